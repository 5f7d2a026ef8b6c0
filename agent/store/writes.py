"""One batch becomes rows, inside a transaction that the caller holds. One statement a table, whatever the dialect."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from agent.alerting.events import Event
from agent.model import Json
from agent.store import schema
from agent.store.rows import Batch, BookingRow, RequestRow, TicketRow

Row = dict[str, Any]

_INSERTS: Mapping[str, Callable[[sa.Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}

_COUNTED = ("is_open", "state", "severity")
"""What the totals of tickets tell apart."""


def write(connection: sa.Connection, batch: Batch, *, repeated: bool = False) -> None:
    """Write all of `batch`.

    repeated: an earlier try may have been committed although it was answered by an error (a connection lost at the
    commit); journal lines that are there already, word for word, are then left out.
    """
    events = _not_yet_there(connection, batch.events) if repeated else batch.events
    _run(connection, sa.insert(schema.journal), [_journal_row(event) for event in events])
    _release_roots(connection, batch.tickets)
    _move_totals(connection, batch.tickets)
    _upsert(connection, schema.tickets, [_ticket_row(row) for row in batch.tickets], ("opened_severity", "opened_kind"))
    _upsert(connection, schema.bookings, [_booking_row(row) for row in batch.bookings])
    _upsert(connection, schema.requests, [_request_row(row) for row in batch.requests])
    _replace(connection, schema.conditions, "snapshot", batch.conditions)
    _replace(connection, schema.remembered, "snapshot", batch.remembered)
    _replace(connection, schema.meta, "value", batch.meta)
    _upsert(connection, schema.counters, [{"day": day, "last": last} for day, last in batch.counters.items()])


def packed(value: Json | Mapping[str, Any]) -> str:
    """JSON as it is stored: one line, UTF-8 as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _run(connection: sa.Connection, statement: sa.Executable, rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(statement, rows)


def _upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row], keep: tuple[str, ...] = ()) -> None:
    """Insert, or replace the row of the same primary key but for the columns `keep`."""
    if rows:
        connection.execute(_upserting(connection.dialect.name, table, keep), rows)


# Built once: each of these statements is a knot of 70 objects that only the collector takes apart, and a step has six.
@cache
def _upserting(dialect: str, table: sa.Table, keep: tuple[str, ...]) -> sa.Insert:
    insert = _INSERTS[dialect](table)
    key = [column.name for column in table.primary_key]
    fixed = {*key, *keep}
    changed = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in fixed}
    return insert.on_conflict_do_update(index_elements=key, set_=changed)


@cache
def _deleting(table: sa.Table) -> sa.Delete:
    return sa.delete(table).where(table.c.key == sa.bindparam("gone"))


@cache
def _adding(dialect: str) -> sa.Insert:
    insert, count = _INSERTS[dialect](schema.ticket_totals), schema.ticket_totals.c["count"]
    return insert.on_conflict_do_update(index_elements=_COUNTED, set_={"count": count + insert.excluded["count"]})


def _replace(connection: sa.Connection, table: sa.Table, column: str, values: Mapping[str, Json]) -> None:
    """Key by key: None deletes, anything else replaces."""
    gone = [{"gone": key} for key, value in values.items() if value is None]
    kept = [{"key": key, column: packed(value)} for key, value in values.items() if value is not None]
    _run(connection, _deleting(table), gone)
    _upsert(connection, table, kept)


def _release_roots(connection: sa.Connection, rows: Sequence[TicketRow]) -> None:
    # One ticket may give its root up to another in the same batch; all let go before any takes hold.
    if len(rows) > 1:
        statement = sa.update(schema.tickets).where(schema.tickets.c.number == sa.bindparam("letting_go"))
        _run(connection, statement.values(holds_root=False), [{"letting_go": row.number} for row in rows])


def _move_totals(connection: sa.Connection, rows: Sequence[TicketRow]) -> None:
    """Count each ticket under what its row will say, and no longer under what it still says."""
    if not rows:
        return
    table, written = schema.tickets.c, {row.number: row for row in rows}
    old = sa.select(table.is_open, table.state, table.severity).where(table.number.in_(written))
    moved = Counter((row.is_open, row.state, row.severity) for row in written.values())
    moved.subtract(tuple(row) for row in connection.execute(old))
    changed = [dict(zip(_COUNTED, key, strict=True), count=more) for key, more in moved.items() if more]
    _run(connection, _adding(connection.dialect.name), changed)


def _not_yet_there(connection: sa.Connection, events: Sequence[Event]) -> list[Event]:
    table = schema.journal
    known = sa.select(table.c.hash).where(table.c.ticket == sa.bindparam("t"), table.c.seq == sa.bindparam("s"))
    return [e for e in events if connection.execute(known, {"t": e.ticket, "s": e.seq}).scalar() != e.hash]


def _journal_row(event: Event) -> Row:
    return {
        "ticket": event.ticket,
        "seq": event.seq,
        "at": event.at,
        "recorded_at": event.recorded_at,
        "event": event.event,
        "by": event.by,
        "via": event.via,
        "args": packed(event.args),
        "prev_hash": event.prev_hash,
        "hash": event.hash,
    }


def _ticket_row(row: TicketRow) -> Row:
    return {
        "number": row.number,
        "root": row.root,
        "is_open": row.is_open,
        "holds_root": row.holds_root,
        "state": row.state,
        "severity": row.severity,
        "kind": row.kind,
        "cause": row.cause,
        "opened_at": row.opened_at,
        "restored_at": row.restored_at,
        "ended_at": row.ended_at,
        "version": row.version,
        "snapshot": packed(row.snapshot),
        "opened_severity": row.opened_severity or row.severity,
        "opened_kind": row.opened_kind or row.kind,
    }


def _booking_row(row: BookingRow) -> Row:
    return asdict(row)


def _request_row(row: RequestRow) -> Row:
    return {"key": row.key, "ticket": row.ticket, "answered_at": row.answered_at, "answer": packed(row.answer)}
