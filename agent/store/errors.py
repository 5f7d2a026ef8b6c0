"""What the store refuses or cannot do::

StoreError
├── AlreadyRunning     another process holds the data directory
├── NewerDatabase      the layout was made by a later program
├── OlderDatabase      the layout needs a migration, and this was opened only for reading
├── DamagedDatabase    the file is no database, or its check fails
├── Unavailable        not now: locked, I/O error, connection lost; the same batch may go through later
│   ├── DiskFull       not now: no room; making room may help at once
│   └── DatabaseTaken  not now: another agent holds the PostgreSQL database
├── Refused            a constraint said no: a bug of the caller, repeating it cannot help
├── NotBackedUp        the backup was not made (the file exists, the result fails its check)
└── NotRestored        the restore was not made; the database is as it was
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from agent.model import Ms

if TYPE_CHECKING:
    import sqlalchemy as sa


class StoreError(Exception):
    """Whatever the store says no to."""


class AlreadyRunning(StoreError):
    """Another process holds the data directory. `pid` is 0 and `since` None where it has not written them yet."""

    def __init__(self, pid: int, since: Ms | None) -> None:
        super().__init__(f"an agent is already running on this data directory: pid {pid}, since {since}")
        self.pid = pid
        self.since = since


class NewerDatabase(StoreError):
    """`found` is a revision that this program does not know, `known` its own newest."""

    def __init__(self, found: str, known: str) -> None:
        super().__init__(f"the database has layout {found}, this program knows layouts up to {known}")
        self.found = found
        self.known = known


class OlderDatabase(StoreError):
    """`found` is the revision of the database ("" when it is empty), `needed` the program's own."""

    def __init__(self, found: str, needed: str) -> None:
        super().__init__(f"the database has layout {found or 'none'}, reading needs {needed}")
        self.found = found
        self.needed = needed


class DamagedDatabase(StoreError):
    """The file is no SQLite database, a page of it is malformed, or a journal's chain is broken."""


class Unavailable(StoreError):
    """Not now: disk full, I/O error, locked, connection lost. Nothing of the batch was written."""


class DiskFull(Unavailable):
    """No room on the disk, or a quota or a limit of the file's size is reached. Nothing of the batch was written."""


class DatabaseTaken(Unavailable):
    """Another agent holds the database. `owner`: how the server calls it, "" where it is gone already."""

    def __init__(self, owner: str) -> None:
        super().__init__(f"another agent holds this database: {owner or 'unknown'}")
        self.owner = owner


class Refused(StoreError):
    """A constraint, a trigger or a type said no. Nothing of the batch was written, and a repeat would fail again."""


class NotBackedUp(StoreError):
    """No backup was made; a file that stood at the place still does."""


class NotRestored(StoreError):
    """No restore was made; the database is as it was."""


_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNREADABLE = "Could not decode to UTF-8"
"""How Python's driver begins to say that a text of the database is none; only we wrote texts."""

_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE}
"""SQLite calls only ENOSPC full; a quota (EDQUOT) and RLIMIT_FSIZE (EFBIG) are failed writes to it."""

_PRIMARY = 0xFF
"""The low byte of an extended SQLite result code is the primary one (sqlite.org/rescode.html)."""


def translated(error: sa.exc.SQLAlchemyError | sqlite3.Error | ValueError) -> StoreError:
    """The store's own name for what a driver raised. A damaged schema makes its messages, too, break as UTF-8."""
    if isinstance(error, ValueError):
        return DamagedDatabase(f"a value is not what was written: {error}")
    import sqlalchemy as sa  # Here: the errors above are named by those, too, who never open a database.

    origin = getattr(error, "orig", None) or error
    text = f"{type(origin).__name__}: {origin}"
    code = getattr(origin, "sqlite_errorcode", 0) if isinstance(origin, sqlite3.Error) else 0
    if code & _PRIMARY in _DAMAGED or _UNREADABLE in text:
        return DamagedDatabase(text)
    if code in _FULL:
        return DiskFull(text)
    if isinstance(error, sa.exc.OperationalError | sa.exc.InternalError | sa.exc.TimeoutError):
        return Unavailable(text)
    if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
        return Unavailable(text)
    if isinstance(error, sqlite3.OperationalError):
        return Unavailable(text)
    return Refused(text)
