"""One agent owns a data directory (R5): by whatever name it is called, until it ends, however it ends."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from agent.store import Batch, Store, open_store
from agent.store.database import AUTOCHECKPOINT
from tests.agent.running import Running, running
from tests.faults_store.given import line
from tests.store.given import chain


@pytest.mark.net
def test_a_second_agent_is_refused_and_takes_over_from_a_killed_one(tmp_path: Path) -> None:
    with running(tmp_path, line("cam-1", 9)) as first:
        log = tmp_path / "agent.log"
        seen = len(log.read_bytes())
        (tmp_path / "other").symlink_to(tmp_path / "data", target_is_directory=True)
        for name in ("data", "other"):
            second = Running(tmp_path, data=name)
            assert second.process.wait(timeout=20) == 1
            assert f"process {first.process.pid}" in second.log.splitlines()[-1]
        assert first.metric("campus_agent_store_writable") == 1
        log.write_bytes(log.read_bytes()[:seen])
        first.process.kill()
        first.process.wait()
        log.write_bytes(b"")
        began = time.monotonic()
        third = Running(tmp_path, data="other")
        try:
            third.ready()
            print(f"ready {time.monotonic() - began:.1f} s after the start")
            warnings = re.findall("store.sqlite_wal_reset_bug", third.log)
            assert len(warnings) <= 1
            assert third.stop() == 0
        finally:
            third.process.kill()
            third.process.wait()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "campus.db")


def test_only_the_writer_can_checkpoint(store: Store) -> None:
    """The bug needs a second connection that checkpoints; the readers cannot, nor do they when they close."""
    store.write(Batch(events=chain("T1", 3)))
    log = Path(f"{store.where}-wal")
    before = Path(store.where).read_bytes()
    with closing(store._reading.raw_connection()) as raw, pytest.raises(sqlite3.OperationalError):
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    store._reading.dispose()
    assert log.stat().st_size > 0
    assert Path(store.where).read_bytes() == before
    store.close()
    assert not log.exists()


def test_the_writer_is_one_connection(store: Store) -> None:
    assert store._writing is not None
    assert isinstance(store._writing.pool.size(), int)  # type: ignore[attr-defined]
    assert (store._writing.pool.size(), store._writing.pool._max_overflow) == (1, 0)  # type: ignore[attr-defined]
    store.close()


def test_the_log_stays_short(store: Store) -> None:
    lines = chain("T1", 3000)
    for start in range(0, 3000, 20):
        store.write(Batch(events=lines[start : start + 20]))
    assert Path(f"{store.where}-wal").stat().st_size < 2 * AUTOCHECKPOINT * 4096
    store.close()
