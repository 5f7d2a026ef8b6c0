"""A past: many tickets that went all their way, written through the store. `python -m bench.past FILE`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from agent.alerting.events import Event
from agent.alerting.sla import Limits
from agent.alerting.state import Delta
from agent.alerting.tickets import Ticket, fold, next_event
from agent.memory import batch
from agent.model import Ms
from agent.store import Batch, open_store

MINUTE, DAY = 60_000, 86_400_000
GROUP = 500
"""Tickets in one transaction."""

LIFE: Sequence[tuple[int, str, str, dict[str, Any]]] = (
    (0, "opened", "agent", {"source": "agent", "level": "general", "cause": "down", "policy": "1"}),
    (2, "dispatched", "agent", {"to": "li", "tier": 1}),
    (5, "taken", "li", {"who": "li"}),
    (25, "arrived", "li", {}),
    (55, "restored", "agent", {"by": "agent"}),
    (65, "reported", "li", {"cause": "cable", "did": "接头重做 replaced the connector"}),
    (90, "confirmed", "chen", {"by": "chen"}),
    (95, "filed", "agent", {}),
)
"""Minutes after the opening, event, by whom, its arguments: one life of eight lines."""

LIMITS = Limits().as_json()


def write_past(database: Path, tickets: int, *, devices: Sequence[str], until: Ms, days: int = 365) -> None:
    """Fill a new database with `tickets` filed tickets on `devices` in turn, spread over the `days` before `until`."""
    store = open_store(database)
    try:
        lives = _lives(tickets, devices, until - days * DAY, days * DAY // tickets)
        while group := list(islice(lives, GROUP)):
            store.write(Batch.merged(group))
    finally:
        store.close()


def _lives(tickets: int, devices: Sequence[str], since: Ms, apart: Ms) -> Iterator[Batch]:
    day, count = "", 0
    for number in range(tickets):
        began = since + number * apart
        today = f"{datetime.fromtimestamp(began / 1000, UTC):%Y%m%d}"
        day, count = today, count + 1 if today == day else 1
        yield _life(f"T{day}-{count:04d}", devices[number % len(devices)], began, (day, count))


def _life(number: str, root: str, began: Ms, counter: tuple[str, int]) -> Batch:
    events: list[Event] = []
    ticket: Ticket | None = None
    for minute, name, by, args in LIFE:
        at = began + minute * MINUTE
        via = "agent" if by == "agent" else "cli"
        whole = {**args, "root": root, "members": [root], "limits": LIMITS} if name == "opened" else args
        event = next_event(ticket, number, name, at=at, now=at, by=by, via=via, args=whole)
        ticket = fold(ticket, event)
        events.append(event)
    assert ticket is not None
    return batch(Delta(events=events, tickets={number: ticket}, counter=counter), {}, ticket.last_at)


def main() -> None:
    """Write one by hand, to look at: `python -m bench.past FILE [TICKETS]`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("tickets", type=int, nargs="?", default=100_000)
    parser.add_argument("--devices", type=int, default=20_000)
    asked = parser.parse_args()
    names = [f"host-{number:04}" for number in range(1, asked.devices + 1)]
    now = round(datetime.now(UTC).timestamp() * 1000)
    write_past(asked.file, asked.tickets, devices=names, until=now)


if __name__ == "__main__":
    main()
