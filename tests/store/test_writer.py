"""Group commit: order, company, patience, and a clear end where a batch can never be written."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from agent.store import Batch, Refused, Store, Unavailable, Writer, open_store
from tests.scenarios.virtual import VirtualLoop

from .given import chain, event


class Inline(Executor):
    """Runs what it is given at once, in the caller's thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - an executor hands every error to its future
            future.set_exception(error)
        return future


class Owner:
    """Who owns a writer, and what it was told."""

    def __init__(self, store: Store, executor: Executor) -> None:
        self.groups: list[Batch] = []
        self.errors: list[BaseException] = []
        self.done: list[int] = []
        self.writer = Writer(store, executor, self.groups.append, lambda error, _: self.errors.append(error))

    def put(self, number: int, batch: Batch) -> None:
        self.writer.put(batch, lambda: self.done.append(number))

    async def sees_it_not_writable(self) -> None:
        for _ in range(500):
            await asyncio.sleep(0.01)
            if not self.writer.writable:
                return
        raise AssertionError("still writable")


@pytest.fixture(params=["inline", "thread"])
def owner(request: pytest.FixtureRequest, sqlite_store: Store) -> Iterator[Owner]:
    executor = Inline() if request.param == "inline" else ThreadPoolExecutor(1)
    yield Owner(sqlite_store, executor)
    executor.shutdown()


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """A disk that is full beyond `size` bytes a file, for this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_what_queues_goes_together_and_is_told_in_order(owner: Owner, sqlite_store: Store) -> None:
    lines = chain("T1", 50)
    for number, line in enumerate(lines):
        owner.put(number, Batch(events=(line,), meta={"last": number}))
    assert owner.writer.pending == owner.writer.pending_entries == 50
    assert owner.done == []
    assert await owner.writer.close() == 0
    assert owner.done == list(range(50))
    assert len(owner.groups) == 1
    assert sqlite_store.journal("T1") == lines
    assert sqlite_store.load().meta == {"last": 49}


async def test_steps_that_come_during_a_write_go_into_the_next(sqlite_store: Store) -> None:
    with ThreadPoolExecutor(1) as executor:
        owner = Owner(sqlite_store, executor)
        lines = chain("T1", 40)
        for number, line in enumerate(lines):
            owner.put(number, Batch(events=(line,)))
            if number % 2:  # two at a time: however fast the disk is, the second waits for the first
                await asyncio.sleep(0.0005)
        assert await owner.writer.close() == 0
    assert owner.done == list(range(40))
    assert 1 < len(owner.groups) < 40
    assert sqlite_store.journal("T1") == lines


async def test_done_comes_after_the_commit(owner: Owner, sqlite_store: Store) -> None:
    seen: list[int] = []
    owner.writer.put(Batch(events=chain("T1", 1)), lambda: seen.append(len(sqlite_store.journal("T1"))))
    await owner.writer.close()
    assert seen == [1]


async def test_a_done_may_put_the_next_step(owner: Owner, sqlite_store: Store) -> None:
    one, two = chain("T1", 2)
    owner.writer.put(Batch(events=(one,)), lambda: owner.put(2, Batch(events=(two,))))
    assert await owner.writer.close() == 0
    assert owner.done == [2]
    assert sqlite_store.journal("T1") == (one, two)


async def test_a_disk_that_cannot_take_it_delays_and_loses_nothing(
    owner: Owner, sqlite_store: Store, database_file: Path
) -> None:
    lines = chain("T1", 3)
    with files_limited_to(database_file.with_name("campus.db-wal").stat().st_size + 100):
        owner.put(0, Batch(events=lines[:1]))
        await owner.sees_it_not_writable()
        owner.put(1, Batch(events=lines[1:]))
        assert isinstance(owner.writer.last_error, Unavailable)
        assert (owner.writer.pending, owner.done) == (2, [])
        assert await owner.writer.close(patience=0.05) == 2
        assert owner.done == []
    assert sqlite_store.journal("T1") == ()


async def test_it_goes_on_when_the_disk_has_room_again(owner: Owner, sqlite_store: Store, database_file: Path) -> None:
    lines = chain("T1", 2)
    with files_limited_to(database_file.with_name("campus.db-wal").stat().st_size + 100):
        owner.put(0, Batch(events=lines[:1]))
        await owner.sees_it_not_writable()
        owner.put(1, Batch(events=lines[1:]))
    assert await owner.writer.close() == 0
    assert (owner.writer.writable, owner.writer.last_error, owner.done) == (True, None, [0, 1])
    assert sqlite_store.journal("T1") == lines


async def test_a_refused_step_stops_the_writer_and_spares_those_before_it(owner: Owner, sqlite_store: Store) -> None:
    lines = chain("T1", 3)
    owner.put(0, Batch(events=lines[:1]))
    owner.put(1, Batch(events=(event("T1", 2, "f" * 64),)))
    owner.put(2, Batch(events=chain("T2", 1)))
    assert await owner.writer.close() == 2
    assert owner.done == [0]
    assert [type(error) for error in owner.errors] == [Refused]
    assert owner.writer.stopped
    assert not owner.writer.writable
    assert sqlite_store.journal("T1") == lines[:1]
    owner.put(3, Batch(meta={"a": 1}))
    assert (owner.writer.pending, sqlite_store.load().meta) == (3, {})


async def test_a_failing_callback_is_told_to_the_owner(sqlite_store: Store) -> None:
    owner = Owner(sqlite_store, Inline())
    owner.writer.put(Batch(events=chain("T1", 1)), lambda: 1 // 0)  # type: ignore[arg-type]
    owner.put(1, Batch(events=chain("T2", 1)))
    await owner.writer.close()
    assert [type(error) for error in owner.errors] == [ZeroDivisionError]
    assert len(sqlite_store.journal("T2")) == 1


def test_a_lock_held_by_another_is_unavailable(sqlite_store: Store, database_file: Path) -> None:
    with closing(sqlite3.connect(database_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with sqlite_store._writing.connect() as connection:  # type: ignore[union-attr]
            connection.connection.execute("PRAGMA busy_timeout=10")
        with pytest.raises(Unavailable, match="locked"):
            sqlite_store.write(Batch(meta={"a": 1}))
        other.execute("ROLLBACK")
    sqlite_store.write(Batch(meta={"a": 1}))


@pytest.mark.net
async def test_a_lost_connection_is_made_again(postgresql_url: str) -> None:
    store, lines = open_store(postgresql_url), chain("T1", 3)
    with ThreadPoolExecutor(1) as executor:
        owner = Owner(store, executor)
        owner.put(0, Batch(events=lines[:1]))
        await owner.writer.close()
        owner = Owner(store, executor)
        owner.put(1, Batch(events=lines[1:2]))
        _cut_all_connections(postgresql_url)
        owner.put(2, Batch(events=lines[2:]))
        assert await owner.writer.close() == 0
    assert owner.done == [1, 2]
    assert store.journal("T1") == lines
    store.close()


def _cut_all_connections(url: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    engine.dispose()


class Hung(Executor):
    """A thread that never comes back: the disk under it has stopped answering."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return Future()


def test_a_write_that_is_never_answered_is_noticed(sqlite_store: Store) -> None:
    loop = VirtualLoop()
    seen: list[tuple[bool, bool]] = []

    async def write() -> None:
        owner = Owner(sqlite_store, Hung())
        owner.put(1, Batch(events=chain("T1", 1)))
        for _ in range(2):
            await asyncio.sleep(15)
            seen.append((owner.writer.hangs, owner.writer.writable))
        await owner.writer.close(patience=0.1)

    loop.run_until_complete(write())
    loop.close()
    assert seen == [(False, True), (True, False)]
