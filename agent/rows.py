"""What one step said, as rows for the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from agent.alerting.commands import Command, Refused
from agent.alerting.state import Delta
from agent.alerting.tickets import Ticket
from agent.model import Json, Ms
from agent.store import Batch, BookingRow, RequestRow, TicketRow


def batch(delta: Delta, before: Mapping[str, Ticket], now: Ms) -> Batch:
    """A step's delta as rows. before: the tickets as they were."""
    return Batch(
        events=tuple(delta.events),
        tickets=tuple(_ticket_row(ticket, now) for ticket in delta.tickets.values()),
        bookings=tuple(row for t in delta.tickets.values() for row in _bookings(before.get(t.id), t)),
        conditions={
            "/".join(key): None if condition is None else asdict(condition)
            for key, condition in delta.conditions.items()
        },
        counters=dict([delta.counter]) if delta.counter else {},
    )


def _ticket_row(ticket: Ticket, now: Ms) -> TicketRow:
    return TicketRow(
        number=ticket.id,
        root=ticket.root,
        is_open=ticket.is_open,
        holds_root=ticket.holds_root,
        state=ticket.state,
        severity=ticket.severity,
        kind=ticket.kind,
        opened_at=ticket.times.opened_at,
        cause=ticket.cause,
        restored_at=ticket.times.restored_at,
        ended_at=None if ticket.is_open else now,
        version=ticket.version,
    )


def _bookings(before: Ticket | None, ticket: Ticket) -> Iterator[BookingRow]:
    """The lines of the ticket's ledger that are new or have changed; `seq` is the line's place in it."""
    old = before.times.bookings if before else ()
    for place, row in enumerate(ticket.times.bookings):
        if place >= len(old) or old[place] != row:
            yield BookingRow(
                ticket=ticket.id,
                seq=place + 1,
                clock=row.clock,
                severity=row.level,
                result=row.result,
                at=row.at,
                breached_at=row.breached_at,
                voided_reason=row.reason or None,
                voided_at=row.voided_at,
                elapsed_seconds=row.took,
            )


def answered(delta: Delta, command: Command, key: str, now: Ms) -> Batch:
    """What a command was answered, by its idempotency key; nothing for one that was refused."""
    if isinstance(delta.answer, Refused):
        return Batch()
    answer: Json = {"verb": command.verb, "by": command.by, "tickets": list(delta.answer)}
    return Batch(requests=(RequestRow(key=key, ticket=delta.answer[0], answered_at=now, answer=answer),))
