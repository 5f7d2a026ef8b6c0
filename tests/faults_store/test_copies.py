"""The daily copies (R6): made while the agent writes, checked, few, and good for a restore."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.clock import SystemClock
from agent.store import Batch, DamagedDatabase, DataDirectory, NotBackedUp, restore
from agent.store.copies import KEPT, Stopped, due, make_copy, prune
from agent.store.keeping import check
from agent.store.rounds import Pace, Rounds
from agent.store.sound import open_sound
from bench.past import write_past
from tests.agent.running import Running
from tests.faults_store.given import past, small_disk
from tests.store.given import NOON, chain, event

DAY = date(2026, 9, 1)


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    return past(tmp_path / "data", 60)


def test_a_copy_is_good_for_a_restore(directory: DataDirectory, tmp_path: Path) -> None:
    made = make_copy(directory, DAY)
    assert made.path == directory.newest_copy() == directory.path / "backups" / "campus-20260901.db"
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert made.path.parent.stat().st_mode & 0o777 == 0o700
    assert made.chains == 60
    assert [path.name for path in directory.backups.iterdir()] == ["campus-20260901.db"]
    elsewhere = DataDirectory(tmp_path / "elsewhere")
    assert restore(elsewhere, made.path, now=NOON).tickets == 60
    with closing(open_sound(elsewhere)) as store:
        assert store.verify_chains() == {}


def test_the_second_goes_through_what_changed_and_a_tenth(directory: DataDirectory) -> None:
    make_copy(directory, DAY)
    with closing(open_sound(directory)) as store:
        now = SystemClock().now()
        store.write(Batch(events=(event("TX", 1, at=now, recorded_at=now),)))
        seen = [make_copy(directory, DAY + timedelta(days=number)).chains for number in range(1, 11)]
    # In ten days each of the sixty, and the fresh one every day while the copy before it is so young.
    assert sum(seen) == 60 + 10
    assert max(seen) < 30


def test_writing_goes_on_while_it_is_made(directory: DataDirectory) -> None:
    with closing(open_sound(directory)) as store:
        lines, written = chain("T1", 20_000), 0
        over = threading.Event()
        made: list[Path] = []

        def copy() -> None:
            made.append(make_copy(directory, DAY).path)
            over.set()

        thread = threading.Thread(target=copy)
        thread.start()
        while not over.is_set() and written < 20_000:
            store.write(Batch(events=lines[written : written + 2]))
            written += 2
        thread.join()
    assert written > 10
    assert check(made[0]).events <= 60 * 8 + written


def test_fourteen_are_kept_and_nobody_elses(directory: DataDirectory) -> None:
    directory.backups.mkdir()
    (directory.backups / "by-hand.db").touch()
    days = [DAY + timedelta(days=number) for number in range(20)]
    for day in days:
        (directory.backups / f"campus-{day:%Y%m%d}.db").touch()
    prune(directory)
    assert [path.name for path in directory.copies()] == [f"campus-{day:%Y%m%d}.db" for day in reversed(days[-KEPT:])]
    assert (directory.backups / "by-hand.db").exists()


def test_a_damaged_journal_is_no_copy(directory: DataDirectory) -> None:
    make_copy(directory, DAY)
    with closing(sqlite3.connect(directory.database)) as connection, connection:
        for trigger in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger[0]}")
        connection.execute("UPDATE journal SET args = '{\"x' WHERE rowid % 8 = 0")
    with pytest.raises(DamagedDatabase, match="broken journal"):
        make_copy(directory, DAY + timedelta(days=1))
    assert [path.name for path in directory.backups.iterdir()] == ["campus-20260901.db"]


def test_one_that_is_stopped_leaves_nothing(directory: DataDirectory) -> None:
    with pytest.raises(Stopped):
        make_copy(directory, DAY, lambda: True)
    assert list(directory.backups.iterdir()) == []


@pytest.mark.net
def test_without_room_there_is_none_and_the_database_keeps_its_own(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        directory = past(disk / "data", 100)
        with pytest.raises(NotBackedUp, match="MiB"):
            make_copy(directory, DAY)
        assert directory.copies() == ()


@pytest.mark.parametrize(
    ("local", "newest", "wanted"),
    [
        ("2026-09-02 03:19", "campus-20260901.db", False),
        ("2026-09-02 03:20", "campus-20260901.db", True),
        ("2026-09-02 08:00", None, True),
        ("2026-09-02 08:00", "campus-20260902.db", False),
        ("2026-09-01 08:00", "campus-20260902.db", False),
        ("2026-09-09 23:59", "campus-20260901.db", True),
    ],
)
def test_when_it_is_due(local: str, newest: str | None, wanted: bool) -> None:
    assert due(datetime.fromisoformat(local), None if newest is None else Path(newest)) is wanted


# --- the rounds -----------------------------------------------------------------------------------------------------


class Stood(SystemClock):
    """A wall clock that stands at one moment."""

    def __init__(self, text: str) -> None:
        self.at = round(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)

    def now(self) -> int:
        return self.at


ZONE = ZoneInfo("Asia/Shanghai")


@contextmanager
def rounds_of(directory: DataDirectory, clock: Stood, again: float = 3600.0) -> Iterator[Rounds]:
    with closing(open_sound(directory)) as store:
        yield Rounds(
            directory, store.reserve, clock, lambda: ZONE, lambda: True, Pace(settle=0, every=0.02, again=again)
        )


async def until(directory: DataDirectory, count: int) -> None:
    for _ in range(300):
        await asyncio.sleep(0.02)
        if len(directory.copies()) == count:
            return
    raise AssertionError(f"{len(directory.copies())} copies, not {count}")


async def test_each_local_day_has_one(directory: DataDirectory) -> None:
    clock = Stood("2026-09-01 03:30")
    with rounds_of(directory, clock) as rounds:
        async with rounds.walked():
            await until(directory, 1)
            clock.at += 20 * 3_600_000
            await asyncio.sleep(0.2)
            assert len(directory.copies()) == 1
            clock.at += 4 * 3_600_000
            await until(directory, 2)
            assert rounds.failed == ""
    assert [path.name for path in directory.copies()] == ["campus-20260902.db", "campus-20260901.db"]


async def test_one_that_fails_is_told_of_and_tried_again(directory: DataDirectory) -> None:
    directory.backups.touch()
    with rounds_of(directory, Stood("2026-09-01 03:30"), again=0.1) as rounds:
        async with rounds.walked():
            for _ in range(100):
                await asyncio.sleep(0.02)
                if rounds.failed:
                    break
            assert "backups" in rounds.failed
            directory.backups.unlink()
            await until(directory, 1)
            await asyncio.sleep(0.1)
            assert rounds.failed == ""


# --- a large past ---------------------------------------------------------------------------------------------------

TICKETS, DEVICES = 100_000, 20_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A hundred thousand tickets of the last year on 20,000 devices: 350 MB."""
    folder = tmp_path_factory.mktemp("large")
    names = [f"host-{number:05d}" for number in range(DEVICES)]
    (folder / "data").mkdir()
    write_past(folder / "data" / "campus.db", TICKETS, devices=names, until=SystemClock().now())
    heads = "version: 1\nsite: {id: s, name: s, timezone: Asia/Shanghai}\ndefaults: {tcp: {interval: 10m}}\ndevices:\n"
    lines = "".join(
        json.dumps({"id": name, "kind": "camera", "address": "127.0.0.1", "probes": [{"tcp": {"port": 9}}]}).join(
            ("  - ", "\n")
        )
        for name in names
    )
    (folder / "inventory.yaml").write_text(heads + lines, "utf-8")
    (folder / "config.yaml").write_text("version: 1\ninventory: inventory.yaml\n", "utf-8")
    yield folder
    shutil.rmtree(folder)


@pytest.mark.soak
def test_start_with_a_large_past(large: Path) -> None:
    """Ready within 10 s, with 20,000 devices."""
    took = []
    for _ in range(3):
        (large / "agent.log").write_bytes(b"")
        began = time.monotonic()
        agent = Running(large)
        try:
            agent.ready()
            took.append(time.monotonic() - began)
        finally:
            agent.process.kill()
            agent.process.wait()
    print(f"ready after {sorted(took)} s")
    assert sorted(took)[1] < 10


@pytest.mark.soak
async def test_the_loop_does_not_feel_a_large_copy(large: Path) -> None:
    """How late a timer of the loop is while 350 MB are copied and every chain is gone through, beside a calm time."""
    directory = DataDirectory(large / "data")
    calm = await _lateness(3.0, lambda: False)
    over = threading.Event()

    def copy() -> None:
        try:
            print(make_copy(directory, datetime.now(UTC).date()))
        finally:
            over.set()

    task = asyncio.create_task(asyncio.to_thread(copy))
    busy = await _lateness(300.0, over.is_set)
    await task
    print(f"late by (p50, p99, worst), calm: {_spread(calm)}, while copying: {_spread(busy)}")
    assert sorted(busy)[len(busy) * 99 // 100] < 0.1


async def _lateness(seconds: float, over: Callable[[], bool]) -> list[float]:
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end and not over():
        at = time.monotonic()
        await asyncio.sleep(0.01)
        found.append(time.monotonic() - at - 0.01)
    return found


def _spread(values: list[float]) -> tuple[str, ...]:
    ordered = sorted(values)
    return tuple(f"{ordered[len(ordered) * part // 1000] * 1000:.1f} ms" for part in (500, 990, 999))
