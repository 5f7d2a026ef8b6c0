"""`run`: the agent itself, in the foreground."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from agent.cli.desk import Desk
from agent.cli.grammar import Parser
from agent.cli.places import data_folders, tell_of_others
from agent.cli.stop import USAGE, Stop


def configure(parser: Parser, words: list[str]) -> None:
    parser.take("--inventory", type=Path, metavar="FILE")
    parser.take("--listen", metavar="ADDR:PORT")


def run(args: Namespace, desk: Desk) -> int:
    """Ends when it is told to (SIGTERM, Ctrl-C) or cannot go on."""
    listen: str | None = getattr(args, "listen", None)
    _check_listen(listen, desk)
    from agent.app import Options
    from agent.start import default_data, serve

    if desk.data is None and default_data() == data_folders(None)[0]:
        tell_of_others(desk, default_data())
    return serve(
        Options(inventory=desk.inventory, config=desk.config, data=desk.data, listen=listen, lang=desk.say.lang)
    )


def _check_listen(listen: str | None, desk: Desk) -> None:
    from agent.config.agentfile import Endpoint

    try:
        if listen is not None:
            Endpoint.parse(listen)
    except ValueError:
        raise Stop(USAGE, desk.say.say("cli.no_endpoint", value=listen)) from None
