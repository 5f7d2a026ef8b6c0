"""The store as the house sees it: open, write a batch, ask. One object, one database."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from agent.alerting.events import Event
from agent.model import Json, Ms
from agent.store import database, migrate, reads, writes
from agent.store.copy import private_copy
from agent.store.directory import DataDirectory
from agent.store.errors import DamagedDatabase, OlderDatabase, Refused, translated
from agent.store.reserve import Reserve
from agent.store.rows import Batch, Fault, Histogram, Loaded, Page, RequestRow, TicketRow

PAGE = 50
"""Rows of a list unless asked otherwise."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


def open_store(where: str | Path, *, read_only: bool = False) -> Store:
    """Open a database by URL, or an SQLite file by its path, and bring its layout up to date; a missing file is made.

    read_only: change nothing, not even the layout. Raises NewerDatabase, OlderDatabase (read_only), DamagedDatabase,
    Unavailable.
    """
    if not (read_only or database.is_url(where)):
        _create(Path(where))
    store = Store(where, read_only=read_only)
    try:
        store.prepare()
    except BaseException:
        store.close()
        raise
    return store


def _create(path: Path) -> None:
    """An empty database of our layout under its name, whole or not at all: a file without content is never a new one.

    Raises DamagedDatabase for such a file.
    """
    if path.exists():
        if path.stat().st_size == 0:
            raise DamagedDatabase("the file is empty")
        return
    with database.beside(path) as made:
        store = Store(made, read_only=False)
        try:
            store.prepare()
        finally:
            store.close()
        database.sync(made)
        made.replace(path)
        database.sync(path.parent)


@contextmanager
def read_copy(directory: DataDirectory) -> Iterator[Store]:
    """The last committed state of a directory's database, for reading without its agent: a private copy, then gone.

    A copy of an older layout is brought up to date, the database itself never. Raises FileNotFoundError,
    NewerDatabase, DamagedDatabase, Unavailable.
    """
    with private_copy(directory.database) as copied:
        try:
            store = open_store(copied, read_only=True)
        except OlderDatabase:
            open_store(copied).close()
            store = open_store(copied, read_only=True)
        try:
            yield store
        finally:
            store.close()


class Store:
    """Reads may come from any thread; writes come one at a time, from the `Writer`."""

    def __init__(self, where: str | Path, *, read_only: bool) -> None:
        self.where = where
        self.read_only = read_only
        self._writing = None if read_only else database.writing_engine(where)
        self._reading = database.reading_engine(where)
        self.reserve = None if read_only or database.is_url(where) else Reserve(Path(where).with_name("reserve"))

    def prepare(self) -> None:
        """Bring the layout up to date, or see that it is."""
        if self._writing is None:
            return self._ask(migrate.require)
        with self._errors(), self._writing.begin() as connection:
            migrate.upgrade(connection)
        return None

    def write(self, batch: Batch, *, repeated: bool = False) -> None:
        """Write `batch` in one transaction; on return it is on the disk.

        repeated: this batch was tried before. Raises Unavailable, Refused, DamagedDatabase.
        """
        if self._writing is None:
            raise Refused("opened only for reading")
        with self._errors(), self._writing.begin() as connection:
            writes.write(connection, batch, repeated=repeated)

    def make_room(self) -> bool:
        """The disk is full: give the reserve back and fold the -wal into the file. In the writer's thread.

        Returns whether there was a reserve.
        """
        given = self.reserve is not None and self.reserve.release()
        if self.reserve is not None and self._writing is not None:
            # Outside of any transaction, which the engine would begin.
            with contextlib.suppress(sqlite3.Error, sa.exc.SQLAlchemyError):
                raw = self._writing.raw_connection()
                try:
                    raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
                finally:
                    raw.close()
        return given

    def close(self) -> None:
        """Close all connections; SQLite then folds the -wal into the file."""
        self._reading.dispose()
        if self._writing is not None:
            self._writing.dispose()

    def load(self) -> Loaded:
        """What a start needs: open tickets with their journals, conditions, what is remembered, counters, meta."""
        return self._ask(reads.load)

    def journal(self, ticket: str) -> tuple[Event, ...]:
        """The events of one ticket in their order; empty where there is none of that number."""
        return self._ask(reads.journal, ticket)

    def ticket_row(self, number: str) -> TicketRow | None:
        return self._ask(reads.ticket_row, number)

    def ticket_snapshot(self, number: str) -> Json:
        """The ticket's own state as its last step left it; None where there is no such ticket."""
        row = self.ticket_row(number)
        return None if row is None else row.snapshot

    def request(self, key: str) -> RequestRow | None:
        """The answer that a command with this idempotency key was given."""
        return self._ask(reads.request, key)

    def tickets(
        self,
        *,
        state: str | None = None,
        severity: str | None = None,
        device: str | None = None,
        only_open: bool = False,
        limit: int = PAGE,
        cursor: str | None = None,
    ) -> Page:
        """Newest first; `device` is the ticket's root. Raises ValueError for a cursor that no page gave."""
        wanted = {"state": state, "severity": severity, "root": device}
        chosen = {name: value for name, value in wanted.items() if value is not None}
        after = None if cursor is None else reads.parsed_cursor(cursor)
        return self._ask(reads.tickets, chosen, only_open=only_open, limit=max(1, limit), after=after)

    def recent_faults(self, since_ms: Ms) -> tuple[Fault, ...]:
        """Tickets whose service came back at or after `since_ms`, in the order of their restoration."""
        return self._ask(reads.recent_faults, since_ms)

    def booking_totals(self) -> dict[tuple[str, str, str], int]:
        """How many results were ever booked, voided or not, by (clock, severity, result)."""
        return self._ask(reads.booking_totals)

    def voided_totals(self) -> dict[tuple[str, str, str, str], int]:
        """How many of them were voided later, by (clock, severity, result, reason)."""
        return self._ask(reads.voided_totals)

    def opened_totals(self) -> dict[tuple[str, str], int]:
        """How many tickets were ever opened, by the (severity, kind) that they were opened with."""
        return self._ask(reads.opened_totals)

    def reopened_totals(self) -> dict[str, int]:
        """How often `relapsed`, `refused` and `reopened` stand in the journal."""
        return self._ask(reads.reopened_totals)

    def booked_histograms(self, clock: str, bounds: Sequence[float]) -> dict[str, Histogram]:
        """By severity: how long `clock` had run when a result was booked, voided ones left out."""
        return self._ask(reads.booked_histograms, clock, bounds)

    def verify_chains(self) -> dict[str, int]:
        """Tickets whose journal does not hold together, and the `seq` of the first wrong event; empty when all hold."""
        return self._ask(reads.broken_chains)

    def _ask(self, question: Callable[Concatenate[sa.Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        with self._errors(), self._reading.begin() as connection:
            return question(connection, *args, **kwargs)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.SQLAlchemyError, sqlite3.Error, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise translated(error) from error
