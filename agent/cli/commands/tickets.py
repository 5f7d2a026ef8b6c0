"""`tickets`: the open ones, the newest first; past ones when asked for."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from agent.cli.desk import Desk
from agent.cli.grammar import Parser
from agent.cli.paint import Painter
from agent.cli.stop import DONE
from agent.cli.talk import Document, Talk, good

STATES = (
    "new", "dispatched", "working", "suspended", "restored", "reported", "confirmed", "filed", "withdrawn",
    "false_alarm", "merged",
)  # fmt: skip
SEVERITIES = ("major", "serious", "general", "other", "latent")
LIMIT, PAGE = 100, 200


def configure(parser: Parser, words: list[str]) -> None:
    parser.take("--state", choices=STATES)
    parser.take("--severity", choices=SEVERITIES)
    parser.take("--device", metavar="ID")
    parser.take("--all", action="store_true")
    parser.take("--limit", type=int, metavar="N")


def run(args: Namespace, desk: Desk) -> int:
    """From the agent; without one from a private copy of its database."""
    talk = Talk(desk)
    found = _pages(talk, _wanted(args), max(1, getattr(args, "limit", LIMIT)))
    if desk.as_json:
        desk.document(found)
        return DONE
    items, total = found["items"], found["total"]
    if items:
        desk.print(*Painter(desk=desk, zone=talk.zone(), now=desk.clock.now()).tickets(items))
    desk.tell(desk.say.say("cli.tickets_cut" if len(items) < total else "cli.tickets_total", count=total, n=len(items)))
    return DONE


def _wanted(args: Namespace) -> dict[str, Any]:
    names = ("state", "severity", "device", "all")
    return {name: getattr(args, name) for name in names if hasattr(args, name)}


def _pages(talk: Talk, wanted: dict[str, Any], limit: int) -> Document:
    """As many tickets as were asked for, a page at a time."""
    items: list[Document] = []
    while True:
        page = {"limit": min(limit - len(items), PAGE), **wanted}
        request = {"do": "tickets", "lang": talk.desk.say.lang, **page}
        answer = good(
            talk.read(request, lambda folder: _alone(talk.desk, folder, {**wanted, "limit": limit})), talk.desk
        )
        items += answer["items"]
        wanted["cursor"] = answer["next"]
        if answer["next"] is None or len(items) >= limit:
            return {"items": items, "total": answer["total"], "next": answer["next"]}


def _alone(desk: Desk, folder: Path | None, wanted: dict[str, Any]) -> Document:
    from agent.cli import alone

    return alone.tickets(desk, folder, wanted)
