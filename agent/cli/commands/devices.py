"""`devices`: all of them, and how they stand."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from agent.cli.desk import Desk
from agent.cli.grammar import Parser
from agent.cli.paint import Painter
from agent.cli.stop import DONE, USAGE, Stop
from agent.cli.talk import Talk, good
from agent.model import KINDS

STATES = ("up", "degraded", "down", "shadowed", "maintenance", "off_schedule", "unknown")


def configure(parser: Parser, words: list[str]) -> None:
    parser.take("--state", choices=STATES)
    parser.take("--kind", metavar="KIND")
    parser.take("--building", metavar="NAME")
    parser.take("--inventory", type=Path, metavar="FILE")


def run(args: Namespace, desk: Desk) -> int:
    """From the agent; without one from the inventory, and nobody knows how they stand."""
    if hasattr(args, "kind"):
        args.kind = _kind(str(args.kind), desk)
    talk = Talk(desk)
    answer = good(talk.read({"do": "devices", "lang": desk.say.lang}, lambda folder: _alone(talk, folder)), desk)
    items = [item for item in answer["items"] if _wanted(item, args)]
    if desk.as_json:
        desk.document({"items": items, "total": len(items), "next": None})
        return DONE
    desk.print(*Painter(desk=desk, zone=talk.zone(), now=desk.clock.now()).devices(items))
    desk.tell(_summary(items, desk))
    return DONE


def _alone(talk: Talk, folder: Path | None) -> dict[str, Any]:
    from agent.cli import alone

    return alone.devices(talk, folder)


def _kind(said: str, desk: Desk) -> str:
    """The kind by its key or by its word on the screen. Stops for what is neither."""
    words = {kind: desk.say.say(f"web.device_kind.{kind}") for kind in KINDS}
    found = next((kind for kind, word in words.items() if said in (kind, word)), None)
    if found is None:
        known = ", ".join(f"{kind} {word}" if word != kind else kind for kind, word in words.items())
        raise Stop(USAGE, desk.say.say("cli.no_kind", kind=said, kinds=known))
    return found


def _wanted(item: dict[str, Any], args: Namespace) -> bool:
    found = {"state": item["state"], "kind": item["kind"], "building": item["location"]["building"]}
    return all(getattr(args, name, value) == value for name, value in found.items())


def _summary(items: list[dict[str, Any]], desk: Desk) -> str:
    """How many, and how many of each state."""
    counts = {state: sum(item["state"] == state for item in items) for state in STATES}
    parts = [f"{desk.say.say(f'device.state.{state}')} {count}" for state, count in counts.items() if count]
    return desk.say.say("cli.devices_total", count=len(items), parts=" · ".join(parts))
