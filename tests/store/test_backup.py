"""Away and back: whole or not at all, checked, private, and never over something that was meant to stay."""

from __future__ import annotations

import os
import pwd
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.store import (
    AlreadyRunning,
    Batch,
    DamagedDatabase,
    DataDirectory,
    NewerDatabase,
    NotBackedUp,
    NotRestored,
    Store,
    backup,
    open_store,
    restore,
)
from agent.store.schema import REVISION

from .given import NOON, chain, ticket


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    return DataDirectory(tmp_path / "data")


@pytest.fixture
def store(directory: DataDirectory, empty_database: bytes) -> Iterator[Store]:
    """An agent's open store with one ticket."""
    directory.database.write_bytes(empty_database)
    opened = open_store(directory.database)
    opened.write(Batch(events=chain("T1", 3), tickets=(ticket("T1"),)))
    yield opened
    opened.close()


def numbers(directory: DataDirectory) -> list[str]:
    with closing(open_store(directory.database, read_only=True)) as store:
        return [row.number for row in store.tickets().items]


@pytest.mark.parametrize("running", [True, False])
def test_a_backup_holds_everything_in_one_private_file(
    store: Store, directory: DataDirectory, tmp_path: Path, running: bool
) -> None:
    if not running:
        store.close()
    made = backup(directory.database, tmp_path / "b.db")
    assert (made.tickets, made.events, made.revision) == (1, 3, REVISION)
    assert made.size == made.path.stat().st_size
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.db", "data"]
    with closing(sqlite3.connect(made.path)) as connection:
        assert connection.execute("SELECT count(*) FROM journal").fetchone() == (3,)


def test_a_file_that_is_there_stays_unless_forced(store: Store, directory: DataDirectory, tmp_path: Path) -> None:
    target = tmp_path / "b.db"
    target.write_text("precious")
    with pytest.raises(NotBackedUp, match="already"):
        backup(directory.database, target)
    assert target.read_text() == "precious"
    assert backup(directory.database, target, force=True).tickets == 1


def test_a_backup_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotBackedUp, match="no database"):
        backup(tmp_path / "campus.db", tmp_path / "b.db")


def test_a_broken_chain_is_not_backed_up(store: Store, directory: DataDirectory, tmp_path: Path) -> None:
    with closing(sqlite3.connect(directory.database)) as connection, connection:
        connection.execute("DROP TRIGGER journal_no_update")
        connection.execute("UPDATE journal SET via = 'web' WHERE seq = 2")
    with pytest.raises(DamagedDatabase, match="T1"):
        backup(directory.database, tmp_path / "b.db")
    assert not (tmp_path / "b.db").exists()


def test_a_restore_brings_back_and_keeps_what_it_replaces(
    store: Store, directory: DataDirectory, tmp_path: Path
) -> None:
    backup(directory.database, tmp_path / "b.db")
    store.write(Batch(events=chain("T2", 1), tickets=(ticket("T2"),)))
    store.close()
    back = restore(directory, tmp_path / "b.db", now=NOON)
    assert numbers(directory) == ["T1"]
    assert directory.database.stat().st_mode & 0o777 == 0o600
    assert back.replaced is not None
    assert back.replaced.name == "campus.db.replaced-20260901T040000Z"
    with closing(open_store(back.replaced)) as kept:
        assert kept.tickets().total == 2
    assert directory.owner() is None


def test_the_log_of_a_killed_agent_is_kept_with_its_database(
    store: Store, directory: DataDirectory, tmp_path: Path
) -> None:
    backup(directory.database, tmp_path / "b.db")
    store.write(Batch(tickets=(ticket("T2"),)))
    killed = DataDirectory(tmp_path / "killed")
    for path in directory.path.glob("campus.db*"):
        (killed.path / path.name).write_bytes(path.read_bytes())
    replaced = restore(killed, tmp_path / "b.db", now=NOON).replaced
    assert numbers(killed) == ["T1"]
    assert replaced is not None
    with closing(open_store(replaced)) as kept:
        assert kept.tickets().total == 2


def test_a_damaged_database_is_replaced_and_kept(store: Store, directory: DataDirectory, tmp_path: Path) -> None:
    backup(directory.database, tmp_path / "b.db")
    store.close()
    directory.database.write_bytes(b"nonsense" * 1000)
    replaced = restore(directory, tmp_path / "b.db", now=NOON).replaced
    assert numbers(directory) == ["T1"]
    assert replaced is not None
    assert replaced.read_bytes() == b"nonsense" * 1000
    again = restore(directory, tmp_path / "b.db", now=NOON).replaced
    assert again is not None
    assert again != replaced


def test_into_an_empty_directory(store: Store, directory: DataDirectory, tmp_path: Path) -> None:
    backup(directory.database, tmp_path / "b.db")
    other = DataDirectory(tmp_path / "other")
    assert restore(other, tmp_path / "b.db", now=NOON).replaced is None
    assert numbers(other) == ["T1"]


def test_not_under_a_running_agent(store: Store, directory: DataDirectory, tmp_path: Path) -> None:
    backup(directory.database, tmp_path / "b.db")
    with directory.lock(since=NOON), pytest.raises(AlreadyRunning):
        restore(directory, tmp_path / "b.db", now=NOON)
    assert numbers(directory) == ["T1"]


@pytest.mark.parametrize("what", ["missing", "text", "stranger", "empty", "newer", "chain"])
def test_what_is_no_good_backup_is_not_restored(
    store: Store, directory: DataDirectory, tmp_path: Path, what: str
) -> None:
    file = tmp_path / "b.db"
    expected = _spoil(directory, file, what)
    store.close()
    with pytest.raises(expected):
        restore(directory, file, now=NOON)
    assert numbers(directory) == ["T1"]
    assert {path.name for path in directory.path.iterdir()} <= {
        "campus.db", "campus.db-wal", "campus.db-shm", "agent.lock",
    }  # fmt: skip


def _spoil(directory: DataDirectory, file: Path, what: str) -> type[Exception]:
    if what == "missing":
        return NotRestored
    if what in ("text", "empty"):
        file.write_text("no database" * 100 if what == "text" else "")
        return DamagedDatabase
    if what == "stranger":
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE t (x)")
        return DamagedDatabase
    backup(directory.database, file)
    with closing(sqlite3.connect(file)) as connection, connection:
        if what == "newer":
            connection.execute("UPDATE alembic_version SET version_num = '0999'")
            return NewerDatabase
        connection.execute("DROP TRIGGER journal_no_delete")
        connection.execute("DELETE FROM journal WHERE seq = 2")
    return DamagedDatabase


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_root_restores_belongs_to_whom_the_database_belonged(
    store: Store, directory: DataDirectory, tmp_path: Path
) -> None:
    made = backup(directory.database, tmp_path / "b.db")
    store.close()
    for path in (directory.path, directory.database):
        os.chown(path, 65534, 65534)
    done = restore(directory, made.path, now=NOON)
    assert done.replaced is not None
    for path in (directory.database, directory.lock_file, done.replaced):
        assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65534), path


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_whom_a_person_has_to_become_to_work_in_a_folder(directory: DataDirectory) -> None:
    assert directory.keeper() == ""
    os.chown(directory.path, 65534, 65534)
    assert directory.keeper() == pwd.getpwuid(65534).pw_name
