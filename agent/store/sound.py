"""Whether a database may be started on: what is damaged is never written to, and never taken for a new one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from agent.store import wal
from agent.store.database import BUSY_TIMEOUT, sqlite_uri
from agent.store.directory import DataDirectory
from agent.store.errors import DamagedDatabase, translated
from agent.store.reads import first_broken
from agent.store.store import Store, open_store


def open_sound(directory: DataDirectory) -> Store:
    """The store of a directory whose lock is ours, after a look at all of it; a first start makes an empty one.

    The look reads only: pages and trees of the whole file, the log beside it, the journals of what is open. 350 MB:
    1 s. Raises DamagedDatabase, NewerDatabase, Unavailable.
    """
    if directory.database.exists():
        wal.examine(Path(f"{directory.database}-wal"))
        whole(directory.database)
    elif directory.newest_copy() is not None:
        raise DamagedDatabase("the file is missing, and copies of it are there")
    return _examined(open_store(directory.database))


def open_served(url: str) -> Store:
    """The store on a PostgreSQL server, ours alone: its advisory lock is taken, the journals of what is open hold.

    Raises DatabaseTaken, DamagedDatabase, NewerDatabase, Unavailable.
    """
    return _examined(open_store(url))


def _examined(store: Store) -> Store:
    try:
        broken = [number for number, lines in store.load().journals.items() if first_broken(lines) is not None]
        if broken:
            raise DamagedDatabase(f"broken journal: {', '.join(broken[:5])}")
    except BaseException:
        store.close()
        raise
    return store


def whole(database: Path) -> None:
    """SQLite's quick check of a file, changing nothing. Raises DamagedDatabase, Unavailable."""
    if database.stat().st_size == 0:
        raise DamagedDatabase("the file is empty")
    try:
        with closing(sqlite3.connect(sqlite_uri(database, "ro"), uri=True, timeout=BUSY_TIMEOUT)) as connection:
            # What is damaged need not be UTF-8, and the check names it.
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            wrong = [row[0] for row in connection.execute("PRAGMA quick_check(3)") if row[0] != "ok"]
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise translated(error) from error
    if wrong:
        raise DamagedDatabase("; ".join(wrong))
