"""Away and back: a backup is one checked SQLite file; a restore keeps what it replaces."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from agent.model import Ms
from agent.store import migrate, reads, schema, wal
from agent.store.copy import snapshot
from agent.store.database import beside, reading_engine, sqlite_uri, sync
from agent.store.directory import DataDirectory, give
from agent.store.errors import DamagedDatabase, NewerDatabase, NotBackedUp, NotRestored, translated


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """A database that passed its check. size: bytes. replaced: where the one before it lies now, after a restore."""

    path: Path
    size: int
    revision: str
    tickets: int
    events: int
    replaced: Path | None = None


def backup(database: Path, target: Path, *, force: bool = False) -> BackedUp:
    """Write the last committed state to `target`, mode 0600, whole or not at all, with or without a running agent.

    force: replace a file that is there. Raises NotBackedUp, DamagedDatabase, Unavailable, OSError.
    """
    if not database.exists():
        raise NotBackedUp(f"there is no database at {database}")
    if target.exists() and not force:
        raise NotBackedUp(f"{target} is there already")
    with beside(target) as made:
        snapshot(database, made)
        checked = check(made)
        sync(made)
        _place(made, target, force=force)
    sync(target.parent)
    return BackedUp(
        path=target, size=target.stat().st_size, revision=checked.revision, tickets=checked.tickets,
        events=checked.events,
    )  # fmt: skip


def restore(directory: DataDirectory, file: Path, *, now: Ms) -> BackedUp:
    """Put the backup `file` in the place of the directory's database; the replaced one stays beside it.

    Done by root, it belongs to whom the one before it belonged, else to whom the directory belongs. now: for the name
    of the replaced one. Raises AlreadyRunning, NotRestored, DamagedDatabase, NewerDatabase, Unavailable, OSError.
    """
    if not file.is_file():
        raise NotRestored(f"there is no file {file}")
    with directory.lock(since=now), beside(directory.database) as made:
        snapshot(file, made)
        checked = check(made)
        give(made, directory.database if directory.database.exists() else directory.path)
        sync(made)
        replaced = _set_aside(directory.database, now)
        made.replace(directory.database)
        sync(directory.path)
    return BackedUp(
        path=directory.database, size=directory.database.stat().st_size, revision=checked.revision,
        tickets=checked.tickets, events=checked.events, replaced=replaced,
    )  # fmt: skip


def check(database: Path) -> BackedUp:
    """SQLite's integrity check, the layout, and the hash chain of every journal.

    Raises DamagedDatabase, NewerDatabase, Unavailable.
    """
    engine = reading_engine(database)
    try:
        with engine.begin() as connection:
            _whole(connection)
            found = _layout(connection)
            broken = reads.broken_chains(connection)
            if broken:
                raise DamagedDatabase(f"broken journal (ticket: seq): {dict(list(broken.items())[:5])}")
            tickets, events = (_count(connection, table) for table in (schema.tickets, schema.journal))
    except (sa.exc.SQLAlchemyError, sqlite3.Error, UnicodeDecodeError) as error:
        raise translated(error) from error
    finally:
        engine.dispose()
    return BackedUp(path=database, size=database.stat().st_size, revision=found, tickets=tickets, events=events)


def _whole(connection: sa.Connection) -> None:
    wrong = [text for text in connection.exec_driver_sql("PRAGMA integrity_check(5)").scalars() if text != "ok"]
    if wrong:
        raise DamagedDatabase("; ".join(wrong))


def _layout(connection: sa.Connection) -> str:
    found = migrate.revision(connection)
    if not found:
        raise DamagedDatabase("this is no database of the agent")
    if not migrate.known(found):
        raise NewerDatabase(found, schema.REVISION)
    return found


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def _place(made: Path, target: Path, *, force: bool) -> None:
    if force:
        made.replace(target)
        return
    try:
        target.hardlink_to(made)  # Unlike a rename, this never replaces what came there meanwhile.
    except FileExistsError:
        raise NotBackedUp(f"{target} is there already") from None
    except OSError:
        if target.exists():
            raise
        made.replace(target)  # A stick with FAT knows no hard links.


def _set_aside(database: Path, now: Ms) -> Path | None:
    """Keep the old database, with a -wal that could not be folded into it, under a name with the time."""
    if not database.exists():
        _forget_log(database)
        return None
    _fold_log(database)
    stamp = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = _free_name(database, stamp)
    for ending in ("", "-wal"):
        old = Path(f"{database}{ending}")
        if old.exists():
            shutil.copy2(old, f"{aside}{ending}")
            give(Path(f"{aside}{ending}"), old)
            sync(Path(f"{aside}{ending}"))
    sync(database.parent)
    # From here on the old state lies complete aside; its log must not meet the new file.
    _forget_log(database)
    return aside


def _free_name(database: Path, stamp: str) -> Path:
    names = (
        database.with_name(f"{database.name}.replaced-{stamp}{more}")
        for more in ("", *map("-{}".format, range(2, 100)))
    )
    for name in names:
        if not name.exists():
            return name
    raise NotRestored(f"no free name for the replaced {database}")


def _forget_log(database: Path) -> None:
    for ending in ("-wal", "-shm"):
        Path(f"{database}{ending}").unlink(missing_ok=True)


def _fold_log(database: Path) -> None:
    """Fold the -wal in where both are sound enough; where not, it is kept beside the old database as it is."""
    try:
        wal.examine(Path(f"{database}-wal"))
        with closing(sqlite3.connect(sqlite_uri(database, "rw"), uri=True)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except (DamagedDatabase, sqlite3.Error, UnicodeDecodeError):
        return
