"""`probe DEVICE`: one look now with the loop's own code. Log, samples, verdict."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from agent.cli.desk import Desk
from agent.cli.grammar import Parser
from agent.cli.paint import Painter
from agent.cli.stop import DONE, FAILED
from agent.cli.talk import Talk, good
from agent.text import clean


def configure(parser: Parser, words: list[str]) -> None:
    parser.take("device", metavar="DEVICE")
    parser.take("--probe", metavar="NAME")
    parser.take("--inventory", type=Path, metavar="FILE")


def run(args: Namespace, desk: Desk) -> int:
    """By the agent; without one from here, with the same code. 0 when all looks are good."""
    talk, device, probe = Talk(desk), str(args.device), getattr(args, "probe", None)
    request = {"do": "probe", "device": device, "probe": probe, "lang": desk.say.lang}
    found = good(talk.read(request, lambda folder: _alone(talk, device, probe)), desk)
    if desk.as_json:
        desk.document(found)
    else:
        _tell(found, Painter(desk=desk, zone=talk.zone(), now=desk.clock.now()))
    looks = found["looks"]
    return DONE if looks and all(look["outcome"] == "ok" for look in looks) else FAILED


def _alone(talk: Talk, device: str, probe: str | None) -> dict[str, Any]:
    from agent.cli.looking import look_alone

    return look_alone(talk, device, probe)


def _tell(found: dict[str, Any], painter: Painter) -> None:
    desk = painter.desk
    if not found["looks"]:
        desk.tell(desk.say.say("cli.no_probes", device=found["device"]))
    for look in found["looks"]:
        desk.print(*(f"    {clean(line)}" for line in look["log"]))
        desk.print(*painter.look({"name": look["probe"], **look}))
