"""What `backup` and `restore` share: the store's refusals in words, and their result as a document."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.cli.desk import Desk
from agent.cli.moment import machine_zone, shown_at
from agent.cli.stop import DAMAGED, FAILED, Stop
from agent.store import AlreadyRunning, BackedUp, DamagedDatabase, NewerDatabase, NotBackedUp, NotRestored, StoreError


@contextmanager
def keeping_errors(desk: Desk, file: Path) -> Iterator[None]:
    """Each refusal as a `Stop` that names the place and the mend."""
    say = desk.say.say
    try:
        yield
    except AlreadyRunning as error:
        now = desk.clock.now()
        since = "?" if error.since is None else shown_at(error.since, machine_zone(now), now)
        raise Stop(FAILED, say("cli.running", pid=error.pid, since=since), say("cli.running_mend")) from error
    except DamagedDatabase as error:
        raise Stop(DAMAGED, say("cli.damaged", place=str(file), why=str(error)), say("cli.kept")) from error
    except NewerDatabase as error:
        raise Stop(FAILED, say("cli.newer", place=str(file), found=error.found, known=error.known)) from error
    except (NotBackedUp, NotRestored) as error:
        raise Stop(FAILED, str(error)) from error
    except (StoreError, OSError) as error:
        raise Stop(FAILED, say("cli.not_written", place=str(file), why=str(error)), say("cli.kept")) from error


def backed_up_document(done: BackedUp) -> dict[str, Any]:
    return {
        "file": str(done.path),
        "size_bytes": done.size,
        "revision": done.revision,
        "tickets": done.tickets,
        "events": done.events,
        "replaced": None if done.replaced is None else str(done.replaced),
    }
