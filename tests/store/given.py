"""Rows and journals for the store's tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agent.alerting.events import GENESIS, Event, seal
from agent.store import BookingRow, TicketRow

NOON = 1_788_235_200_000


def event(ticket: str, seq: int, prev_hash: str = GENESIS, **over: Any) -> Event:
    """One sealed journal line, a second after the one before it."""
    at = NOON + seq * 1000
    fields: dict[str, Any] = {
        "at": at,
        "recorded_at": at,
        "event": "noted",
        "by": "agent",
        "via": "agent",
        "args": {"词": "掉线 \x00\n"},
    }
    drawn = Event(ticket=ticket, seq=seq, prev_hash=prev_hash, **fields | over)
    return replace(drawn, hash=seal(drawn))


def chain(ticket: str, length: int, *, after: Event | None = None) -> tuple[Event, ...]:
    """`length` lines that follow one another, and `after` where it is given."""
    lines: list[Event] = []
    last = after
    for seq in range(1 if after is None else after.seq + 1, length + (1 if after is None else after.seq + 1)):
        last = event(ticket, seq, GENESIS if last is None else last.hash)
        lines.append(last)
    return tuple(lines)


def ticket(number: str, **over: Any) -> TicketRow:
    fields: dict[str, Any] = {
        "root": f"cam-{number}", "is_open": True, "holds_root": True, "state": "new", "severity": "major",
        "kind": "抢修", "opened_at": NOON, "snapshot": {"number": number, "members": ["cam-1"]},
    }  # fmt: skip
    return TicketRow(number=number, **fields | over)


def booking(ticket: str, seq: int, clock: str = "response", **over: Any) -> BookingRow:
    fields: dict[str, Any] = {"severity": "major", "result": "met", "at": NOON, "elapsed_seconds": 60.0}
    return BookingRow(ticket=ticket, seq=seq, clock=clock, **fields | over)
