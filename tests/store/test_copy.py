"""A copy taken under the hands of a writer is whole, or there is none."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.store import Batch, DamagedDatabase, DataDirectory, Store, open_store, read_copy
from agent.store.copy import copy_files, snapshot

from . import writing
from .given import chain, ticket


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Path]:
    """A database that another process is writing and checkpointing all the time."""
    path = tmp_path / "busy.db"
    root = Path(writing.__file__).parents[len((writing.__package__ or "").split("."))]
    command = [sys.executable, "-m", writing.__name__, "torn", str(path)]
    environment = {"PYTHONPATH": f"{root}:{Path.cwd()}"}
    with subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        yield path
        process.kill()


@pytest.mark.parametrize("take", [copy_files, snapshot])
def test_a_copy_beside_a_writer_is_never_torn(writer: Path, tmp_path: Path, take: Callable[[Path, Path], None]) -> None:
    seen = set()
    for number in range(12):
        copied = tmp_path / f"copy-{number}.db"
        take(writer, copied)
        with closing(sqlite3.connect(copied)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("SELECT sum(n) FROM t").fetchone() == (0,)
            seen.add(connection.execute("SELECT sum(n * id) FROM t").fetchone())
    assert len(seen) > 1


def test_what_lies_in_the_log_is_read_and_the_copy_is_gone_after(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    store = open_store(directory.database)
    store.write(Batch(events=chain("T1", 2), tickets=(ticket("T1"),)))
    assert directory.path.joinpath("campus.db-wal").stat().st_size > 0
    with read_copy(directory) as reading:
        place = Path(str(reading.where))
        assert place.parent.stat().st_mode & 0o777 == 0o700
        assert place.stat().st_mode & 0o777 == 0o600
        assert len(reading.journal("T1")) == 2
        store.write(Batch(events=chain("T2", 1)))
        assert reading.journal("T2") == ()
    assert not place.parent.exists()
    store.close()


def test_a_stopped_agents_database_is_read_and_left_as_it_is(sqlite_store: Store, database_file: Path) -> None:
    sqlite_store.write(Batch(events=chain("T1", 2)))
    sqlite_store.close()
    before = {path: path.read_bytes() for path in database_file.parent.iterdir()}
    with read_copy(DataDirectory(database_file.parent)) as reading:
        assert len(reading.journal("T1")) == 2
    assert {path: path.read_bytes() for path in database_file.parent.iterdir()} == before


def test_an_empty_database_is_brought_up_to_date_in_the_copy_only(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    with closing(sqlite3.connect(directory.database)) as connection:
        connection.execute("PRAGMA user_version=1")
    before = directory.database.read_bytes()
    with read_copy(directory) as reading:
        assert reading.tickets().total == 0
    assert directory.database.read_bytes() == before != b""


def test_a_file_without_content_is_damaged_not_new(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    directory.database.touch()
    with pytest.raises(DamagedDatabase), read_copy(directory):
        pass
    with pytest.raises(DamagedDatabase):
        open_store(directory.database)
    assert directory.database.read_bytes() == b""


def test_without_a_database_there_is_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), read_copy(DataDirectory(tmp_path)):
        pass


def test_a_damaged_database_is_called_so(sqlite_store: Store, database_file: Path, tmp_path: Path) -> None:
    sqlite_store.write(Batch(events=chain("T1", 300)))
    sqlite_store.close()
    raw = bytearray(database_file.read_bytes())
    raw[4096 * 3 : -4096] = b"\xa5" * (len(raw) - 4096 * 4)
    database_file.write_bytes(raw)
    with pytest.raises(DamagedDatabase), closing(open_store(database_file)):
        snapshot(database_file, tmp_path / "copy.db")
