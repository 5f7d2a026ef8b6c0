"""Databases of released layouts, dumped as the program of their day made them: they come up to today's layout with all
that is in them, whenever the upgrade is killed."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from agent.alerting.tickets import replay
from agent.store import open_store, schema
from tests.simulator import needs

RELEASED = sorted((Path(__file__).parent / "released").glob("*.sql"))
"""Each made by a real agent of that release: tickets open, restored, one whose command had a key."""

CALLS = "pwrite64,write,fdatasync,fsync,ftruncate,unlink,rename"
OPEN = "import sys; from agent.store import open_store; open_store(sys.argv[1]).close(); print('done')"
FEW = 12

Content = dict[str, list[tuple[object, ...]]]


def made(dump: Path, path: Path) -> Path:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(dump.read_text("utf-8"))
        database.execute("PRAGMA journal_mode=WAL")
    path.chmod(0o600)
    return path


def content(path: Path, columns: dict[str, list[str]] | None = None) -> tuple[str, Content, dict[str, list[str]]]:
    """(layout, rows of each table of it, the columns that were read): by default every column of every table."""
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        layout = database.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        if columns is None:
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            columns = {name: _columns(database, name) for (name,) in names if name != "alembic_version"}
        rows = {
            table: sorted(database.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall(), key=repr)
            for table, names in columns.items()
        }
    return layout, rows, columns


def _columns(database: sqlite3.Connection, table: str) -> list[str]:
    return [f'"{row[1]}"' for row in database.execute(f"PRAGMA table_info({table})")]


@pytest.mark.parametrize("dump", RELEASED, ids=lambda dump: str(dump.stem))
def test_everything_is_there_afterwards(dump: Path, tmp_path: Path) -> None:
    path = made(dump, tmp_path / "campus.db")
    layout, before, columns = content(path)
    assert dump.stem == f"v{layout}"
    with closing(open_store(path)) as store:
        assert store.verify_chains() == {}
        page = store.tickets()
        assert page.total == len(page.items) == len(before["tickets"])
        for row in page.items:
            ticket = replay(store.journal(row.number))
            assert ticket is not None
            assert (ticket.state, ticket.severity, ticket.is_open) == (row.state, row.severity, row.is_open)
        assert set(store.load().journals) == {row.number for row in page.items if row.is_open}
    assert content(path, columns)[:2] == (schema.REVISION, before)


@pytest.mark.net
@pytest.mark.parametrize("dump", RELEASED, ids=lambda dump: str(dump.stem))
def test_killed_at_points_between(dump: Path, tmp_path: Path) -> None:
    """`kill -9` in front of a call that writes, a dozen of them spread over the upgrade."""
    points = calls(made(dump, tmp_path / "rehearsal.db"), tmp_path / "trace")
    survive(dump, tmp_path, points[:: max(1, len(points) // FEW)])


@pytest.mark.soak
@pytest.mark.parametrize("dump", RELEASED, ids=lambda dump: str(dump.stem))
def test_killed_at_every_point(dump: Path, tmp_path: Path) -> None:
    survive(dump, tmp_path, calls(made(dump, tmp_path / "rehearsal.db"), tmp_path / "trace"))


def calls(path: Path, log: Path) -> list[tuple[str, int]]:
    """(name, its how many-th) of each writing call of an upgrade that nothing disturbs."""
    needs.program("strace")
    assert opened(path, ["-o", str(log)]) == 0
    counted: dict[str, int] = {}
    points = []
    for name in re.findall(r"^\d+ +(\w+)\(", log.read_text("utf-8", "replace"), re.MULTILINE):
        counted[name] = counted.get(name, 0) + 1
        points.append((name, counted[name]))
    return points


def survive(dump: Path, folder: Path, points: list[tuple[str, int]]) -> None:
    path = made(dump, folder / "campus.db")
    before, rows, columns = content(path)
    original, outcomes = path.read_bytes(), []
    for name, count in points:
        for ending in ("-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        path.write_bytes(original)
        code = opened(path, ["-o", os.devnull, "-e", f"inject={name}:signal=KILL:when={count}"])
        assert code == -signal.SIGKILL, f"not killed at {name} {count}"
        layout, found, _ = content(path, columns)
        assert found == rows, f"killed at {name} {count}"
        outcomes.append(layout)
        with closing(open_store(path)) as store:
            assert store.verify_chains() == {}
        assert content(path, columns)[:2] == (schema.REVISION, rows), f"killed at {name} {count}"
    print(
        f"{len(points)} kills: {outcomes.count(before)} found {before}, {outcomes.count(schema.REVISION)} the new one"
    )
    assert set(outcomes) <= {before, schema.REVISION}


def opened(path: Path, words: list[str]) -> int:
    """Open a database in a process of its own under strace, whose end is the program's own."""
    argv = ["strace", "-f", "-e", f"trace={CALLS}", *words, sys.executable, "-c", OPEN, str(path)]
    return subprocess.run(
        argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False
    ).returncode
