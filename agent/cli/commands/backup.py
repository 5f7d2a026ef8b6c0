"""`backup FILE`: the last committed state as one checked file, with or without a running agent."""

from __future__ import annotations

import shlex
from argparse import Namespace
from pathlib import Path

from agent.cli.desk import Desk
from agent.cli.grammar import Parser
from agent.cli.places import one_folder
from agent.cli.stop import DONE, FAILED, Stop


def configure(parser: Parser, words: list[str]) -> None:
    parser.take("file", type=Path, metavar="FILE")
    parser.take("--force", action="store_true")


def run(args: Namespace, desk: Desk) -> int:
    """Whole or not at all; a file that is there stays unless forced."""
    from agent.cli.keeping import backed_up_document, keeping_errors
    from agent.store import DataDirectory, backup

    database = DataDirectory(one_folder(desk), create=False).database
    force = getattr(args, "force", False)
    say = desk.say.say
    if not database.exists():
        raise Stop(FAILED, say("cli.no_database", place=str(database)), say("cli.no_database_mend"))
    if args.file.exists() and not force:
        raise Stop(FAILED, say("cli.backup_there", file=str(args.file)), say("cli.backup_there_mend"))
    if not args.file.absolute().parent.is_dir():
        folder = str(args.file.absolute().parent)
        raise Stop(FAILED, say("cli.no_folder", folder=folder), say("cli.no_folder_mend", folder=shlex.quote(folder)))
    with keeping_errors(desk, args.file, "cli.no_backup"):
        done = backup(database, args.file, force=force)
    if desk.as_json:
        desk.document(backed_up_document(done))
        return DONE
    size = f"{done.size / 1024:.0f} KiB"
    desk.print(say("cli.backed_up", file=str(done.path), size=size, tickets=done.tickets, events=done.events))
    desk.tell(say("cli.backed_up_next", file=str(done.path)))
    return DONE
