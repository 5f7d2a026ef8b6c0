"""`device ID`: one device, with what each probe last saw."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from agent.cli.desk import Desk
from agent.cli.grammar import Parser
from agent.cli.paint import Painter
from agent.cli.stop import DONE
from agent.cli.talk import Talk, good


def configure(parser: Parser, words: list[str]) -> None:
    parser.take("device", metavar="ID")
    parser.take("--inventory", type=Path, metavar="FILE")


def run(args: Namespace, desk: Desk) -> int:
    """From the agent; without one from the inventory."""
    talk, wanted = Talk(desk), str(args.device)
    request = {"do": "device", "id": wanted, "lang": desk.say.lang}
    document = good(talk.read(request, lambda folder: _alone(talk, folder, wanted)), desk)
    if desk.as_json:
        desk.document(document)
        return DONE
    desk.print(*Painter(desk=desk, zone=talk.zone(), now=desk.clock.now()).device(document))
    return DONE


def _alone(talk: Talk, folder: Path | None, wanted: str) -> dict[str, Any]:
    from agent.cli import alone

    return alone.device(talk, folder, wanted)
