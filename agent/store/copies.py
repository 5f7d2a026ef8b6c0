"""The daily copies: each one checked file in `backups/`, named by the local day, made while the agent goes on.

Everything here runs in the process that has the database open, so it reaches it through SQLite alone: closing any other
handle of the file would drop SQLite's own locks.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from agent.model import Ms
from agent.store.database import BUSY_TIMEOUT, beside, sqlite_uri, sync
from agent.store.directory import DataDirectory
from agent.store.errors import DamagedDatabase, NotBackedUp, translated
from agent.store.reads import event_of, first_broken
from agent.store.sound import whole

KEPT = 14
"""Copies; every chain is gone through once in ten of them."""

PAGES, REST = 512, 0.01
"""Pages that are copied at once, and seconds of rest after them: the disk is the writer's, too."""

CHAINS = 8
"""Journals that are gone through before a rest."""

DAY = 86_400_000
ROOM = 2
"""Times its own size must be free before a copy is made: the database comes first."""

Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A copy that passed its check. size: bytes. chains: how many journals were gone through."""

    path: Path
    size: int
    chains: int
    seconds: float


class Stopped(Exception):
    """The agent stops; the copy is made another time."""


def make_copy(directory: DataDirectory, day: date, stop: Stop = lambda: False) -> Copied:
    """The database as of now into `backups/campus-YYYYMMDD.db`, whole or not at all, then the oldest ones go.

    What has changed since the copy before it is checked, and a tenth of everything else. Blocks for as long as it
    takes; for a thread of its own. Raises NotBackedUp, DamagedDatabase, Unavailable, OSError, Stopped.
    """
    began = time.monotonic()
    folder = directory.backups
    folder.mkdir(mode=0o700, exist_ok=True)
    _has_room(directory)
    before = directory.newest_copy()
    since = 0 if before is None else int(before.stat().st_mtime * 1000) - DAY
    target = folder / name_of(day)
    with beside(target) as made:
        _copy(directory.database, made, stop)
        whole(made)
        chains = _check_chains(made, since, day, stop)
        sync(made)
        made.replace(target)
    sync(folder)
    prune(directory)
    return Copied(path=target, size=target.stat().st_size, chains=chains, seconds=time.monotonic() - began)


def prune(directory: DataDirectory, keep: int = KEPT) -> None:
    """Take away all but the newest; files of other names are not ours."""
    for old in directory.copies()[keep:]:
        old.unlink()


def _has_room(directory: DataDirectory) -> None:
    size = sum(path.stat().st_size for path in (directory.database, Path(f"{directory.database}-wal")) if path.exists())
    free = shutil.disk_usage(directory.backups).free
    if free < ROOM * size:
        raise NotBackedUp(f"{free >> 20} MiB are free, {ROOM * size >> 20} MiB wanted for a copy of {size >> 20} MiB")


def _copy(source: Path, target: Path, stop: Stop) -> None:
    """SQLite's online backup within one read transaction: no writer waits for it, and none makes it begin again."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))

    def progress(_status: int, _left: int, _total: int) -> None:
        if stop():
            raise Stopped

    try:
        with (
            closing(sqlite3.connect(sqlite_uri(source, "ro"), uri=True, timeout=BUSY_TIMEOUT)) as there,
            closing(sqlite3.connect(sqlite_uri(target, "rw"), uri=True)) as here,
        ):
            there.execute("BEGIN")
            there.execute("SELECT 1 FROM sqlite_master").fetchone()
            there.backup(here, pages=PAGES, progress=progress, sleep=REST)
            here.execute("PRAGMA journal_mode=DELETE")
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise translated(error) from error


def _check_chains(made: Path, since: Ms, day: date, stop: Stop) -> int:
    """How many journals of the copy were gone through: those with a line since then, and those that are the day's."""
    try:
        with closing(sqlite3.connect(sqlite_uri(made, "ro"), uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            numbers = [row[0] for row in connection.execute(_WANTED, (since, day.toordinal() % 10))]
            for place, number in enumerate(numbers):
                if place % CHAINS == 0:
                    if stop():
                        raise Stopped
                    time.sleep(REST)
                wrong = first_broken(event_of(dict(row)) for row in connection.execute(_CHAIN, (number,)))
                if wrong is not None:
                    raise DamagedDatabase(f"broken journal: {number}, line {wrong}")
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise translated(error) from error
    return len(numbers)


# Ticket numbers end in low digits; the first character of a hash is any of sixteen, which fall into ten classes.
_WANTED = (
    "SELECT ticket FROM journal WHERE recorded_at >= ?"
    " UNION SELECT ticket FROM journal WHERE seq = 1 AND unicode(hash) % 10 = ?"
)
_CHAIN = "SELECT * FROM journal WHERE ticket = ? ORDER BY seq"


# --- when -----------------------------------------------------------------------------------------------------------

AT = "03:20"
"""Local time from which the day's copy is due: nobody teaches, and nobody looks."""


def due(local: datetime, newest: Path | None) -> bool:
    """Whether the copy of the local day is still to be made. A clock that went back makes none a second time."""
    return f"{local:%H:%M}" >= AT and (newest is None or newest.name < name_of(local))


def name_of(day: date) -> str:
    """The copy of a local day."""
    return f"campus-{day:%Y%m%d}.db"
