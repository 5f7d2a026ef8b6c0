"""`restore FILE`: a backup in the place of the database; what it replaces stays beside it."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.desk import Desk
from agent.cli.grammar import Parser
from agent.cli.places import one_folder
from agent.cli.stop import DONE, USAGE, Stop

if TYPE_CHECKING:
    from agent.store import BackedUp


def configure(parser: Parser, words: list[str]) -> None:
    parser.take("file", type=Path, metavar="FILE")
    parser.take("--dry-run", action="store_true")


def run(args: Namespace, desk: Desk) -> int:
    """Refused while an agent runs there. With --dry-run the backup is only checked."""
    from agent.cli.keeping import backed_up_document, keeping_errors
    from agent.store import DataDirectory, restore

    say, folder = desk.say.say, one_folder(desk)
    if not args.file.is_file():
        raise Stop(USAGE, say("cli.no_file", place=str(args.file)))
    with keeping_errors(desk, args.file, "cli.kept"):
        if hasattr(args, "dry_run"):
            done = _checked(args.file)
        else:
            done = restore(DataDirectory(folder), args.file, now=desk.clock.now())
    if desk.as_json:
        desk.document(backed_up_document(done))
        return DONE
    key = "cli.would_restore" if hasattr(args, "dry_run") else "cli.restored"
    desk.print(say(key, place=str(folder), file=str(args.file), tickets=done.tickets, events=done.events))
    if done.replaced is not None:
        desk.tell(say("cli.restored_kept", place=str(done.replaced)))
    if not hasattr(args, "dry_run"):
        desk.tell(say("cli.restored_next", data=str(folder)))
    return DONE


def _checked(file: Path) -> BackedUp:
    """The backup's own check, on a private copy: nothing is written beside it."""
    from agent.store.copy import private_copy
    from agent.store.keeping import check

    with private_copy(file) as copied:
        return check(copied)
