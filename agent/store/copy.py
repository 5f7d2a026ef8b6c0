"""A private copy of a database that another process may be writing, without asking that process for anything.

Never within the process that has the database open: closing any other handle of the file drops SQLite's own locks.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from filecmp import cmp
from pathlib import Path

from agent.store.database import BUSY_TIMEOUT, sqlite_uri
from agent.store.errors import DamagedDatabase, Unavailable

TRIES, PAUSE = 20, 0.05
"""A checkpoint that falls into a copy spoils it; the next try waits so many seconds."""

_WAL_HEADER = 32
"""Bytes; two salts in it change whenever the log starts anew (sqlite.org/fileformat2.html, 4.1)."""


@contextmanager
def private_copy(database: Path) -> Iterator[Path]:
    """A copy of `database` in a folder of mode 0700 that is gone afterwards; whoever gets it may even migrate it.

    Raises FileNotFoundError, DamagedDatabase, Unavailable.
    """
    if not database.exists():
        raise FileNotFoundError(database)
    with tempfile.TemporaryDirectory(prefix="campus-agent-") as folder:
        copied = Path(folder, "campus.db")
        snapshot(database, copied)
        yield copied


def snapshot(source: Path, target: Path) -> None:
    """The last committed state of `source` as one file at `target`, mode 0600, without a -wal.

    Through SQLite where its shared memory is there and the folder is ours to write, else file by file.
    Raises DamagedDatabase, Unavailable.
    """
    shared = Path(f"{source}-shm")
    try:
        if not (shared.exists() and os.access(source.parent, os.W_OK) and _by_sqlite(source, target)):
            copy_files(source, target)
        with closing(sqlite3.connect(sqlite_uri(target, "rw"), uri=True)) as copied:
            copied.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        raise Unavailable(str(error)) from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise DamagedDatabase(str(error)) from error


def _by_sqlite(source: Path, target: Path) -> bool:
    """SQLite's online backup in one step: one read transaction, which no writer waits for."""
    _create(target)
    try:
        with (
            closing(sqlite3.connect(sqlite_uri(source, "ro"), uri=True, timeout=BUSY_TIMEOUT)) as there,
            closing(sqlite3.connect(sqlite_uri(target, "rw"), uri=True)) as here,
        ):
            there.backup(here)
    except sqlite3.OperationalError:
        return False
    return True


def copy_files(source: Path, target: Path) -> None:
    """Copy database and -wal so that a writer between them cannot leave a torn pair unseen.

    The database is read before and after the log. Where both readings are the same, no checkpoint wrote to it while
    the log was copied; where the log's header is the same too, the log did not start anew. Then the copied log is a
    whole or a cut prefix of what belongs on top of this database, and SQLite drops a cut end by its checksums.
    Raises DamagedDatabase when a copy that held still fails its check, Unavailable when none would hold still.
    """
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)
        if _copied_whole(source, target):
            return _check(target)
    raise Unavailable(f"{source} did not hold still for {TRIES} copies")


def _copied_whole(source: Path, target: Path) -> bool:
    log, copied_log = Path(f"{source}-wal"), Path(f"{target}-wal")
    _copy(source, target)
    _copy(log, copied_log)
    # The order matters: a log that started anew does so after a checkpoint, which the second reading then shows.
    return _header(log) == _header(copied_log) and cmp(source, target, shallow=False)


def _copy(source: Path, target: Path) -> None:
    _create(target)
    try:
        with source.open("rb") as there, target.open("wb") as here:
            shutil.copyfileobj(there, here, 1 << 20)
    except FileNotFoundError:
        target.write_bytes(b"")


def _create(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))


def _header(log: Path) -> bytes:
    try:
        with log.open("rb") as file:
            return file.read(_WAL_HEADER)
    except FileNotFoundError:
        return b""


def _check(path: Path) -> None:
    with closing(sqlite3.connect(sqlite_uri(path, "rw"), uri=True)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        wrong = [row[0] for row in connection.execute("PRAGMA quick_check(3)") if row[0] != "ok"]
    if wrong:
        raise DamagedDatabase("; ".join(wrong))
