"""What goes into the store and what comes out of it: frozen rows, no database here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from agent.alerting.events import Event
from agent.model import Json, Ms

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRow:
    """A ticket as its journal now says, for lists and for a quick start; the journal is the truth.

    root: device id or place key. is_open: not at an end (`filed`, `withdrawn`, `false_alarm`, `merged`).
    holds_root: occupies its root; no other row may hold the same one (row 1 of the ticket table).
    snapshot: the ticket's own state as JSON. opened_severity, opened_kind: as at its opening, kept from the first write
    (empty: `severity` and `kind` of that write).
    """

    number: str
    root: str
    is_open: bool
    holds_root: bool
    state: str
    severity: str
    kind: str
    opened_at: Ms
    cause: str = ""
    restored_at: Ms | None = None
    ended_at: Ms | None = None
    version: int = 0
    snapshot: Json = None
    opened_severity: str = ""
    opened_kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRow:
    """One booked result of one clock; `seq` is the journal line that booked it. A void fills the last two fields.

    elapsed_seconds: what the clock showed when it was booked, for the histograms.
    """

    ticket: str
    seq: int
    clock: str
    severity: str
    result: str
    at: Ms
    breached_at: Ms | None = None
    voided_reason: str | None = None
    voided_at: Ms | None = None
    elapsed_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """An answered command by its idempotency key, so that a repeat gets the same answer."""

    key: str
    ticket: str
    answered_at: Ms
    answer: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A past outage, for what comes back within the repeat window. waived: its response was (自愈免响应)."""

    number: str
    root: str
    cause: str
    kind: str
    state: str
    opened_at: Ms
    restored_at: Ms
    waived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list: `total` counts the whole list, `next` is the cursor of the following page."""

    items: tuple[TicketRow, ...]
    total: int
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """counts[i]: how many at or below `bounds[i]`; `total` counts all; `sum` in seconds."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: int
    sum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a start needs: everything that is still open, and the small tables."""

    tickets: tuple[TicketRow, ...]
    journals: Mapping[str, tuple[Event, ...]]
    conditions: Mapping[str, Json]
    counters: Mapping[str, int]
    meta: Mapping[str, Json]
    remembered: Mapping[str, Json] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """All that one step said, written in one transaction or not at all.

    events are appended in the order given; tickets, bookings and requests replace the row of the same key.
    conditions, remembered and meta: a JSON value replaces, None deletes. counters: day (`20260901`) to the last
    number used.
    """

    events: tuple[Event, ...] = ()
    tickets: tuple[TicketRow, ...] = ()
    bookings: tuple[BookingRow, ...] = ()
    requests: tuple[RequestRow, ...] = ()
    conditions: Mapping[str, Json] = field(default_factory=lambda: _EMPTY)
    meta: Mapping[str, Json] = field(default_factory=lambda: _EMPTY)
    counters: Mapping[str, int] = field(default_factory=lambda: _EMPTY)
    remembered: Mapping[str, Json] = field(default_factory=lambda: _EMPTY)

    def __bool__(self) -> bool:
        parts = (self.events, self.tickets, self.bookings, self.requests, self.conditions, self.meta, self.counters)
        return any(parts) or bool(self.remembered)

    @property
    def size(self) -> int:
        """Rows that it holds, the single values of `meta` and `counters` left out."""
        rows = (self.events, self.tickets, self.bookings, self.requests, self.conditions, self.remembered)
        return sum(map(len, rows))

    @staticmethod
    def merged(batches: Iterable[Batch]) -> Batch:
        """One batch that says what these say one after the other; of rows with the same key the later wins."""
        events: list[Event] = []
        tickets: dict[str, TicketRow] = {}
        bookings: dict[tuple[str, int, str], BookingRow] = {}
        requests: dict[str, RequestRow] = {}
        conditions: dict[str, Json] = {}
        meta: dict[str, Json] = {}
        counters: dict[str, int] = {}
        remembered: dict[str, Json] = {}
        for batch in batches:
            events.extend(batch.events)
            for row in batch.tickets:
                tickets[row.number] = _as_opened(row, tickets.get(row.number))
            bookings.update(((row.ticket, row.seq, row.clock), row) for row in batch.bookings)
            requests.update((row.key, row) for row in batch.requests)
            conditions.update(batch.conditions)
            meta.update(batch.meta)
            counters.update(batch.counters)
            remembered.update(batch.remembered)
        return Batch(
            events=tuple(events),
            tickets=tuple(tickets.values()),
            bookings=tuple(bookings.values()),
            requests=tuple(requests.values()),
            conditions=conditions,
            meta=meta,
            counters=counters,
            remembered=remembered,
        )


def _as_opened(row: TicketRow, earlier: TicketRow | None) -> TicketRow:
    """The row, with what an earlier row of the same ticket said of its opening."""
    first = earlier or row
    return replace(
        row,
        opened_severity=first.opened_severity or first.severity,
        opened_kind=first.opened_kind or first.kind,
    )
