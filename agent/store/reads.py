"""Questions to the store, each one or two statements on a connection that the caller holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from agent.alerting.events import Event, broken_link
from agent.model import Json, Ms
from agent.store import schema
from agent.store.rows import Fault, Histogram, Loaded, Page, RequestRow, TicketRow

_JOURNAL = schema.journal.c
_TICKETS = schema.tickets.c
_BOOKINGS = schema.bookings.c

_Condition = sa.ColumnElement[bool] | sa.TextClause

_OPEN = sa.text("is_open")
"""Word for word as the partial index has it."""


def load(connection: sa.Connection) -> Loaded:
    """What a start needs; past tickets are not touched."""
    return Loaded(
        tickets=tuple(_ticket(row) for row in connection.execute(sa.select(schema.tickets).where(_OPEN))),
        journals=_open_journals(connection),
        conditions=_values(connection, schema.conditions, "snapshot"),
        remembered=_values(connection, schema.remembered, "snapshot"),
        counters={row.day: row.last for row in connection.execute(sa.select(schema.counters))},
        meta=_values(connection, schema.meta, "value"),
    )


def _open_journals(connection: sa.Connection) -> dict[str, tuple[Event, ...]]:
    numbers = sa.select(_TICKETS.number).where(_OPEN)
    query = sa.select(schema.journal).where(_JOURNAL.ticket.in_(numbers)).order_by(_JOURNAL.ticket, _JOURNAL.seq)
    return {ticket: tuple(events) for ticket, events in groupby(map(_event, connection.execute(query)), _ticket_of)}


def _values(connection: sa.Connection, table: sa.Table, column: str) -> dict[str, Json]:
    return {key: json.loads(text) for key, text in connection.execute(sa.select(table.c.key, table.c[column]))}


def journal(connection: sa.Connection, ticket: str) -> tuple[Event, ...]:
    """The events of one ticket in their order; empty where there is none of that number."""
    query = sa.select(schema.journal).where(_JOURNAL.ticket == ticket).order_by(_JOURNAL.seq)
    return tuple(map(_event, connection.execute(query)))


def ticket_row(connection: sa.Connection, number: str) -> TicketRow | None:
    row = connection.execute(sa.select(schema.tickets).where(_TICKETS.number == number)).one_or_none()
    return None if row is None else _ticket(row)


def request(connection: sa.Connection, key: str) -> RequestRow | None:
    """The answer that a command with this idempotency key was given."""
    row = connection.execute(sa.select(schema.requests).where(schema.requests.c.key == key)).one_or_none()
    if row is None:
        return None
    return RequestRow(key=row.key, ticket=row.ticket, answered_at=row.answered_at, answer=json.loads(row.answer))


def tickets(
    connection: sa.Connection, wanted: Mapping[str, str], *, only_open: bool, limit: int, after: tuple[Ms, str] | None
) -> Page:
    """Newest first. wanted: columns (`state`, `severity`, `root`) and the value each must have.

    No statement here walks through the years: `tests/soak/test_years.py` measures it.
    """
    where = _where(schema.tickets, wanted, only_open=only_open)
    total = _total(connection, wanted, only_open=only_open)
    if after is not None:
        where.append(sa.tuple_(_TICKETS.opened_at, _TICKETS.number) < sa.tuple_(*map(sa.literal, after)))
    order = (_TICKETS.opened_at.desc(), _TICKETS.number.desc())
    rows = connection.execute(sa.select(schema.tickets).where(*where).order_by(*order).limit(limit + 1)).all()
    items = tuple(_ticket(row) for row in rows[:limit])
    return Page(items=items, total=total, next=cursor_of(items[-1]) if len(rows) > limit else None)


def _where(table: sa.Table, wanted: Mapping[str, str], *, only_open: bool) -> list[_Condition]:
    where: list[_Condition] = [_OPEN] if only_open else []
    for name, value in wanted.items():
        # Beside a root no other index: SQLite holds them all for equally narrow, and most tickets share a state.
        hidden = "root" in wanted and name != "root"
        where.append((table.c[name].concat("") if hidden else table.c[name]) == value)
    return where


def _total(connection: sa.Connection, wanted: Mapping[str, str], *, only_open: bool) -> int:
    """How long the whole list is: from the totals, or counted where it is of one root and so short."""
    table = schema.tickets if "root" in wanted else schema.ticket_totals
    count = sa.func.count() if "root" in wanted else sa.func.coalesce(sa.func.sum(schema.ticket_totals.c["count"]), 0)
    where = _where(table, wanted, only_open=only_open)
    return int(connection.execute(sa.select(count).select_from(table).where(*where)).scalar_one())


def cursor_of(row: TicketRow) -> str:
    """Where a list goes on after `row`."""
    return f"{row.opened_at}.{row.number}"


def parsed_cursor(cursor: str) -> tuple[Ms, str]:
    """Raises ValueError for anything that `cursor_of` does not write."""
    opened_at, dot, number = cursor.partition(".")
    if not (dot and number and opened_at.isascii() and opened_at.isdigit() and len(opened_at) < 19):
        raise ValueError(f"not a cursor: {cursor[:40]!r}")
    return int(opened_at), number


def recent_faults(connection: sa.Connection, since: Ms) -> tuple[Fault, ...]:
    """Tickets whose service came back at or after `since`, in the order of their restoration."""
    columns = (_TICKETS[name] for name in ("number", "root", "cause", "kind", "state", "opened_at", "restored_at"))
    # IN and not EXISTS: correlated, SQLite walks every booking of the clock for each ticket (100,000 tickets: 96 s).
    waivers = sa.select(_BOOKINGS.ticket).where(
        _BOOKINGS.clock == "response", _BOOKINGS.result == "waived", _BOOKINGS.voided_reason.is_(None)
    )
    waived = _TICKETS.number.in_(waivers).label("waived")
    query = (
        sa.select(*columns, waived).where(_TICKETS.restored_at >= since).order_by(_TICKETS.restored_at, _TICKETS.number)
    )
    return tuple(Fault(**{**row, "waived": bool(row["waived"])}) for row in connection.execute(query).mappings())


def booking_totals(connection: sa.Connection) -> dict[tuple[str, str, str], int]:
    """How many results were ever booked, voided or not, by (clock, severity, result)."""
    return _counted(connection, (_BOOKINGS.clock, _BOOKINGS.severity, _BOOKINGS.result))


def voided_totals(connection: sa.Connection) -> dict[tuple[str, str, str, str], int]:
    """How many of them were voided later, by (clock, severity, result, reason)."""
    columns = (_BOOKINGS.clock, _BOOKINGS.severity, _BOOKINGS.result, _BOOKINGS.voided_reason)
    return _counted(connection, columns, _BOOKINGS.voided_reason.is_not(None))


def opened_totals(connection: sa.Connection) -> dict[tuple[str, str], int]:
    """How many tickets were ever opened, by the (severity, kind) that they were opened with."""
    return _counted(connection, (_TICKETS.opened_severity, _TICKETS.opened_kind))


def reopened_totals(connection: sa.Connection) -> dict[str, int]:
    """How often `relapsed`, `refused` and `reopened` stand in the journal."""
    totals = _counted(connection, (_JOURNAL.event,), sa.text(schema.REOPENINGS))
    return {event: count for (event,), count in totals.items()}


def _counted(connection: sa.Connection, columns: Sequence[sa.ColumnElement[Any]], *where: Any) -> dict[Any, int]:
    query = sa.select(*columns, sa.func.count()).where(*where).group_by(*columns)
    return {tuple(row[:-1]): row[-1] for row in connection.execute(query)}


def booked_histograms(connection: sa.Connection, clock: str, bounds: Sequence[float]) -> dict[str, Histogram]:
    """By severity: how long `clock` took where it was over for good, voided later or not. bounds: seconds, rising."""
    took = _BOOKINGS.elapsed_seconds
    below = [sa.func.sum(sa.case((took <= bound, 1), else_=0)) for bound in bounds]
    query = (
        sa.select(_BOOKINGS.severity, sa.func.count(), sa.func.sum(took), *below)
        .where(_BOOKINGS.clock == clock, took.is_not(None))
        .group_by(_BOOKINGS.severity)
    )
    return {
        severity: Histogram(bounds=tuple(bounds), counts=tuple(map(int, counts)), total=total, sum=float(seconds))
        for severity, total, seconds, *counts in connection.execute(query)
    }


def broken_chains(connection: sa.Connection) -> dict[str, int]:
    """Every ticket whose journal does not hold together: its number, and the `seq` of the first wrong event.

    A ticket whose row says a version with no journal at all is `0`.
    """
    query = sa.select(schema.journal).order_by(_JOURNAL.ticket, _JOURNAL.seq)
    rows = connection.execution_options(yield_per=1000).execute(query)
    broken = {ticket: first_broken(map(_event, chain)) for ticket, chain in groupby(rows, lambda row: row.ticket)}
    found = {ticket: seq for ticket, seq in broken.items() if seq is not None}
    silent = sa.select(_TICKETS.number).where(_TICKETS.number.not_in(sa.select(_JOURNAL.ticket)))
    return found | dict.fromkeys(connection.execute(silent).scalars(), 0)


def first_broken(lines: Iterable[Event]) -> int | None:
    """`broken_link`; 0 where a damaged line is not even JSON or of another type than was written."""
    try:
        return broken_link(lines)
    except (TypeError, ValueError):
        return 0


def stream_journal(connection: sa.Connection, since: Ms, until: Ms) -> Iterator[Event]:
    """Every event recorded in [since, until), ticket by ticket, a thousand rows in memory at a time."""
    within = (_JOURNAL.recorded_at >= since, _JOURNAL.recorded_at < until)
    query = sa.select(schema.journal).where(*within).order_by(_JOURNAL.ticket, _JOURNAL.seq)
    yield from map(_event, connection.execution_options(yield_per=1000).execute(query))


def _ticket_of(event: Event) -> str:
    return event.ticket


def _event(row: sa.Row[Any]) -> Event:
    return event_of(dict(row._mapping))


def event_of(row: Mapping[str, Any]) -> Event:
    """A row of the journal as what was written."""
    return Event(**{**row, "args": json.loads(row["args"])})


def _ticket(row: sa.Row[Any]) -> TicketRow:
    values = dict(row._mapping)
    return TicketRow(**values | {"snapshot": json.loads(values["snapshot"])})
