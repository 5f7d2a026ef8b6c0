"""`demo`: the practice campus on this machine, and the agent watching it."""

from __future__ import annotations

from argparse import Namespace

from agent.cli.desk import Desk
from agent.cli.grammar import Parser


def configure(parser: Parser, words: list[str]) -> None:
    parser.take("--listen", metavar="ADDR:PORT")
    parser.take("--script", metavar="tour|quiet|storm|ladder|FILE|-")
    parser.take("--keep", action="store_true")


def run(args: Namespace, desk: Desk) -> int:
    """Until Ctrl-C, which is how a demo ends: 0."""
    from agent.cli.demo import DATA, LISTEN, Wanted, demo

    wanted = Wanted(
        listen=getattr(args, "listen", LISTEN),
        script=getattr(args, "script", "tour"),
        keep=getattr(args, "keep", False),
        data=desk.data or DATA,
        lang=desk.say.lang,
    )
    return demo(wanted)
