"""What `backup` and `restore` share: the store's refusals in words, and their result as a document."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.cli.desk import Desk
from agent.cli.moment import machine_zone, shown_at
from agent.cli.stop import DAMAGED, FAILED, Stop
from agent.cli.talk import Talk
from agent.model import Ms
from agent.store import AlreadyRunning, BackedUp, DamagedDatabase, NewerDatabase, NotBackedUp, NotRestored, StoreError


@contextmanager
def keeping_errors(desk: Desk, file: Path, after: str) -> Iterator[None]:
    """Each refusal as a `Stop` that names the place and the mend. after: the key of how things stand then."""
    say = desk.say.say
    try:
        yield
    except AlreadyRunning as error:
        since = _since(desk, error.since)
        raise Stop(FAILED, say("cli.running", pid=error.pid, since=since), say("cli.running_mend")) from error
    except DamagedDatabase as error:
        raise Stop(DAMAGED, say("cli.damaged", place=str(file), why=str(error)), say(after)) from error
    except NewerDatabase as error:
        raise Stop(FAILED, say("cli.newer", place=str(file), found=error.found, known=error.known)) from error
    except (NotBackedUp, NotRestored) as error:
        raise Stop(FAILED, str(error)) from error
    except (StoreError, OSError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise Stop(FAILED, say("cli.not_written", place=str(file), why=why), say(after)) from error


def _since(desk: Desk, since: Ms | None) -> str:
    """In the site's zone; in this machine's where neither the agent nor an inventory can be asked for it."""
    if since is None:
        return "?"
    now = desk.clock.now()
    try:
        zone = Talk(desk).zone()
    except Stop:
        zone = machine_zone(now)
    return shown_at(since, zone, now)


def backed_up_document(done: BackedUp) -> dict[str, Any]:
    return {
        "file": str(done.path),
        "size_bytes": done.size,
        "revision": done.revision,
        "tickets": done.tickets,
        "events": done.events,
        "replaced": None if done.replaced is None else str(done.replaced),
    }
