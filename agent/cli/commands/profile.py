"""`profile list|show|test|record|check`: which profile a box gets and why, what it yields, a recording of it."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from agent.cli.desk import Desk
from agent.cli.grammar import Parser
from agent.cli.stop import USAGE, Stop
from agent.probes.snmp import AUTH, PRIV

ACTIONS = ("list", "show", "test", "record", "check")


def configure(parser: Parser, words: list[str]) -> None:
    parser.take("action", choices=ACTIONS)
    parser.take("name", metavar="NAME|ADDRESS|FILE", nargs="?")
    parser.take("--port", type=int, metavar="PORT")
    parser.take("--community-file", type=Path, metavar="FILE")
    parser.take("--v1", action="store_true")
    parser.take("--user", metavar="NAME")
    parser.take("--auth", choices=AUTH, metavar="SHA256")
    parser.take("--auth-key-file", type=Path, metavar="FILE")
    parser.take("--priv", choices=PRIV, metavar="AES")
    parser.take("--priv-key-file", type=Path, metavar="FILE")
    parser.take("--context", metavar="NAME")
    parser.take("--small-ids", action="store_true")
    parser.take("--any-source", action="store_true")
    parser.take("--timeout", type=float, metavar="SECONDS")
    parser.take("--out", type=Path, metavar="FILE")
    parser.take("--force", action="store_true")
    parser.take("--inventory", type=Path, metavar="FILE")


def run(args: Namespace, desk: Desk) -> int:
    """0 done; 1 when the box does not answer; 2 for mistakes in profiles or on the line."""
    from agent.cli import profiles

    name = getattr(args, "name", None)
    if name is None and args.action in ("show", "test", "record"):
        raise Stop(USAGE, desk.say.say("cli.mistake.required", names="NAME" if args.action == "show" else "ADDRESS"))
    act = {
        "list": profiles.listed, "show": profiles.shown, "test": profiles.tested, "record": profiles.recorded,
        "check": profiles.checked,
    }[args.action]  # fmt: skip
    return act(args, desk)
