"""A full disk (R3): looks and judgement go on, what cannot be written waits in order, and the reserve buys time."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, tzinfo
from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.store import Batch, DataDirectory, Store, Writer
from agent.store.reserve import LEAST, SIZE, Reserve
from agent.store.rounds import Pace, Rounds
from agent.store.sound import open_sound
from tests.agent.running import Running, running, until
from tests.faults_store.given import doors, fill, line, small_disk
from tests.store.given import event, ticket

MANY = 2500
"""Tickets that come while nothing can be written."""


def batches(count: int, lines: int = 2) -> Iterator[Batch]:
    for number in range(count):
        name = f"T20260901-{number:05d}"
        one = event(name, 1)
        two = event(name, 2, one.hash)
        yield Batch(events=(one, two), tickets=(ticket(name, version=2, root=name),), counters={"20260901": number})


class Books:
    """A store, its writer, and what was told to be on the disk, in order."""

    def __init__(self, store: Store, executor: ThreadPoolExecutor) -> None:
        self.done: list[int] = []
        self.errors: list[BaseException] = []
        self.store = store
        self.writer = Writer(store, executor, lambda _: None, lambda error, _: self.errors.append(error))

    def put(self, count: int) -> None:
        for number, batch in enumerate(batches(count)):
            self.writer.put(batch, lambda number=number: self.done.append(number))  # type: ignore[misc]

    async def all_written(self, count: int, seconds: float) -> float:
        began = time.monotonic()
        while len(self.done) < count and not self.errors:
            await asyncio.sleep(0.05)
            assert time.monotonic() - began < seconds, f"{len(self.done)} of {count} after {seconds} s"
        assert self.errors == []
        assert self.done == list(range(count))
        assert self.store.verify_chains() == {}
        assert self.store.tickets().total == count
        return time.monotonic() - began


@contextmanager
def books(folder: Path) -> Iterator[Books]:
    store = open_sound(DataDirectory(folder))
    try:
        with ThreadPoolExecutor(1) as executor:
            yield Books(store, executor)
    finally:
        store.close()


async def blocked(made: Books, seconds: float = 10.0) -> None:
    until_ = time.monotonic() + seconds
    while made.writer.writable:
        await asyncio.sleep(0.02)
        assert time.monotonic() < until_, "still writable"


async def test_page_limit(tmp_path: Path) -> None:
    """SQLITE_FULL by the database's own limit of pages."""
    with books(tmp_path / "data") as made:
        assert made.store._writing is not None
        with closing(made.store._writing.raw_connection()) as raw:
            pages = raw.cursor().execute("PRAGMA page_count").fetchone()[0]
            raw.cursor().execute(f"PRAGMA max_page_count={pages + 20}")
        made.put(MANY)
        await blocked(made)
        await asyncio.sleep(0.5)
        assert made.writer.pending_entries >= 2 * 2000
        made.store.make_room()
        with closing(made.store._writing.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA max_page_count=1000000")
        await made.all_written(MANY, 60)
        assert made.writer.writable


async def test_file_limit(tmp_path: Path) -> None:
    """RLIMIT_FSIZE: the process lives on, the write fails."""
    with books(tmp_path / "data") as made:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
        try:
            made.put(MANY)
            await blocked(made)
            assert made.writer.pending_entries >= 2 * 2000
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        await made.all_written(MANY, 60)


async def settled(made: Books, count: int) -> None:
    """Until all is written, or no more can be."""
    for _ in range(400):
        await asyncio.sleep(0.05)
        if not made.writer.writable or len(made.done) == count:
            return
    raise AssertionError("neither written nor told that it cannot be")


@pytest.mark.net
@pytest.mark.parametrize(("size", "count", "least"), [("3m", 900, 20), ("8m", MANY, 150), ("64m", MANY, MANY)])
async def test_small_disks(tmp_path: Path, size: str, count: int, least: int) -> None:
    """A disk that is full to its last byte: the reserve takes the first tickets, the rest come when there is room."""
    with small_disk(tmp_path / "disk", size) as disk, books(disk / "data") as made:
        reserve = made.store.reserve
        assert reserve is not None
        assert reserve.take()
        hog = fill(disk)
        made.put(count)
        await settled(made, count)
        written = len(made.done)
        assert not reserve.held
        assert written >= least
        hog.unlink()
        took = await made.all_written(count, 60)
        print(f"{size}: {written} of {count} into the reserve, the rest within {took:.1f} s of there being room")


async def test_the_reserve_comes_back(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    reserve = Reserve(tmp_path / "reserve")
    assert reserve.take()
    assert reserve.path.stat().st_blocks * 512 >= SIZE
    assert reserve.path.stat().st_mode & 0o777 == 0o600
    rounds = Rounds(directory, reserve, SystemClock(), _utc, lambda: True, Pace(settle=99, every=0.05))
    async with rounds.walked():
        assert rounds.roomy
        assert reserve.release()
        assert not rounds.roomy
        assert not reserve.path.exists()
        for _ in range(100):
            await asyncio.sleep(0.05)
            if rounds.roomy:
                break
        assert rounds.roomy


def _utc() -> tzinfo:
    return UTC


@pytest.mark.net
def test_a_reserve_never_fills_a_small_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "2m") as disk:
        reserve = Reserve(disk / "reserve")
        assert reserve.take()
        assert LEAST <= reserve.path.stat().st_blocks * 512 <= 1 << 19
        hog = fill(disk)
        assert reserve.release()
        more = fill(disk, "more")
        assert not reserve.take()
        assert not reserve.path.exists()
        more.unlink()
        hog.unlink()
        assert reserve.take()


# --- the whole program ----------------------------------------------------------------------------------------------


@pytest.mark.net
def test_a_real_agent_on_a_full_disk(tmp_path: Path) -> None:
    """Without its reserve: looks go on, tickets wait, the page and the metrics say so, then all is written."""
    with small_disk(tmp_path / "disk", "12m") as disk, doors(3) as (one, two, three):
        (tmp_path / "data").symlink_to(disk, target_is_directory=True)
        devices = "".join(line(door.name, door.port) for door in (one, two, three))
        with running(tmp_path, devices) as agent:
            until(lambda: agent.metric('campus_device_up{device="cam-3"}') == 1, 10)
            assert agent.metric("campus_agent_store_writable") == 1
            (disk / "reserve").unlink()
            hog = fill(disk)
            one.shut()
            until(lambda: agent.metric("campus_agent_store_writable") == 0, 30)
            two.shut()
            until(lambda: (agent.metric("campus_agent_store_pending_entries") or 0) >= 2, 20)
            assert "cannot be written" in _page(agent)
            came = three.callers
            time.sleep(3)
            assert three.callers >= came + 2, "looks stopped"
            hog.unlink()
            began = time.monotonic()
            until(lambda: agent.metric("campus_agent_store_pending_entries") == 0, 60)
            print(f"written {time.monotonic() - began:.1f} s after there was room")
            assert agent.metric("campus_agent_store_writable") == 1
            assert agent.stop() == 0
        with closing(open_sound(DataDirectory(disk))) as store:
            assert {row.root for row in store.tickets().items} >= {one.name, two.name}
            assert store.verify_chains() == {}


def _page(agent: Running) -> str:
    return agent.get("/?lang=en")
