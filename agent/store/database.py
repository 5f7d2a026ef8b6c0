"""Engines: one that writes, one that reads; the settings of SQLite and PostgreSQL, and which versions to warn of."""

from __future__ import annotations

import os
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from agent.store.errors import DatabaseTaken, Unavailable

BUSY_TIMEOUT = 5.0
"""Seconds that SQLite itself waits for a lock before it says so."""

READERS = 4
"""Connections that read at once."""

AUTOCHECKPOINT = 256
"""Pages in the -wal (1 MiB) after which a commit folds it in: a log that waits longer fills a small disk first."""

_POSTGRESQL = {
    "connect_timeout": 10, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}  # fmt: skip
_SESSION = (
    "-c statement_timeout=60s -c lock_timeout=5s -c timezone=UTC"
    # The server, too, lets go of an agent whose machine has died: its lock would keep the next one out.
    " -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
)

OWNER_LOCK = 0x63616D707573
"""The advisory lock of a PostgreSQL database ("campus"), held by the one agent that writes it."""


def is_url(where: str | Path) -> bool:
    return isinstance(where, str) and "://" in where


def wal_reset_bug(version: tuple[int, ...]) -> bool:
    """Whether this SQLite can damage a WAL database when two connections checkpoint and write at the same moment.

    Present from 3.7.0, mended in 3.51.3 and in the branches 3.50.7 and 3.44.6 (sqlite.org/wal.html, "WAL-Reset Bug").
    """
    if (3, 44, 6) <= version < (3, 45) or (3, 50, 7) <= version < (3, 51):
        return False
    return (3, 7, 0) <= version < (3, 51, 3)


def writing_engine(where: str | Path) -> sa.Engine:
    """The engine of the one writer: a single connection that is kept, with every commit on the disk when it returns."""
    if is_url(where):
        engine = _postgresql_engine(str(where), size=1, options=_SESSION)
        sa.event.listen(engine, "do_connect", _connect_as_owner)
        return engine
    path = Path(where)
    _create_private(path)
    engine = sa.create_engine(_sqlite_url(path, "rw"), poolclass=sa.pool.QueuePool, pool_size=1, max_overflow=0)
    sa.event.listen(engine, "connect", _prepare_writer)
    sa.event.listen(engine, "begin", _begin_immediate)
    return engine


def reading_engine(where: str | Path) -> sa.Engine:
    """An engine whose connections cannot write: the WAL has one writer, who alone also checkpoints."""
    if is_url(where):
        options = f"{_SESSION} -c default_transaction_read_only=on"
        return _postgresql_engine(str(where), size=READERS, options=options)
    engine = sa.create_engine(
        _sqlite_url(Path(where), "ro"), poolclass=sa.pool.QueuePool, pool_size=READERS, max_overflow=0
    )
    sa.event.listen(engine, "connect", _prepare_reader)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _postgresql_engine(where: str, *, size: int, options: str) -> sa.Engine:
    url = sa.make_url(where)
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    name = f"campus-agent {socket.gethostname()} {os.getpid()}"
    arguments = {**_POSTGRESQL, "options": options, "application_name": name[:63]}
    try:
        return sa.create_engine(url, pool_size=size, max_overflow=0, pool_pre_ping=True, connect_args=arguments)
    except ModuleNotFoundError as error:
        raise Unavailable(f"PostgreSQL needs the extra: pip install 'campus-agent[postgresql]' ({error})") from error


def _connect_as_owner(dialect: Any, _record: Any, words: list[Any], options: dict[str, Any]) -> Any:
    """A connection that holds the advisory lock for as long as it lasts. Raises DatabaseTaken."""
    connection = dialect.connect(*words, **options)
    try:
        if not connection.execute("SELECT pg_try_advisory_lock(%s)", (OWNER_LOCK,)).fetchone()[0]:
            found = connection.execute(_OWNER, (OWNER_LOCK >> 32, OWNER_LOCK & 0xFFFF_FFFF)).fetchone()
            raise DatabaseTaken(found[0] if found else "")
        connection.commit()
    except BaseException:
        connection.close()
        raise
    return connection


_OWNER = (
    "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database"
    " WHERE datname = current_database()) AND classid = %s AND objid = %s AND objsubid = 1"
)
"""Who holds a lock of one 64-bit key (PostgreSQL manual, pg_locks)."""


def shown(where: str | Path) -> str:
    """Where a database lies, for people: of a URL only the host and the name, never what may be secret."""
    if not is_url(where):
        return str(where)
    url = sa.make_url(str(where))
    host = url.host or url.query.get("host") or "localhost"
    return f"postgresql://{host}/{url.database or ''}"


def sqlite_uri(path: Path, mode: str) -> str:
    """The file as SQLite's own URI; `mode` is `ro` or `rw` (never `rwc`: who creates, sets the rights)."""
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


def _sqlite_url(path: Path, mode: str) -> sa.URL:
    database = f"file:{quote(str(path.absolute()))}"
    return sa.URL.create("sqlite", database=database, query={"mode": mode, "uri": "true"})


def _create_private(path: Path) -> None:
    """An empty file of mode 0600 unless one is there; SQLite gives the -wal and -shm beside it the same mode."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _prepare_writer(connection: sqlite3.Connection, _record: Any) -> None:
    _prepare(connection)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint={AUTOCHECKPOINT}")
    connection.execute("PRAGMA journal_size_limit=16777216")


def _prepare_reader(connection: sqlite3.Connection, _record: Any) -> None:
    _prepare(connection)
    connection.execute("PRAGMA query_only=ON")


def _prepare(connection: sqlite3.Connection) -> None:
    # The driver's own BEGIN comes late and skips DDL; ours is sent by the engine's "begin".
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={int(BUSY_TIMEOUT * 1000)}")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: sa.Connection) -> None:
    # A writer that starts as a reader can be refused in the middle (SQLITE_BUSY_SNAPSHOT).
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A file to build in, in a private folder on the file system of `target`; what is left of it goes away."""
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        yield Path(folder, target.name)


def sync(path: Path) -> None:
    """See that a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
