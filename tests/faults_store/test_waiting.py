"""What waits in memory while nothing can be written is bounded, and what happens at the bound is said (R3)."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from agent.alerting.commands import Command
from agent.store import Batch, DataDirectory, Writer
from agent.store.sound import open_sound
from agent.store.writer import FOLD, MOST
from agent.web import make_app
from tests.metrics.campus import Campus, campus, device
from tests.store.given import event, ticket


@contextmanager
def held(database: Path) -> Iterator[None]:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


async def written(writer: Writer, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while writer.pending:
        await asyncio.sleep(0.02)
        assert time.monotonic() < end


@contextmanager
def writing(folder: Path, most: int = MOST) -> Iterator[Writer]:
    store = open_sound(DataDirectory(folder))
    errors: list[BaseException] = []
    try:
        with ThreadPoolExecutor(1) as executor:
            yield Writer(store, executor, lambda _: None, lambda error, _: errors.append(error), most)
    finally:
        store.close()
    assert errors == []


def outage(number: int) -> Batch:
    name = f"T20260901-{number:05d}"
    one = event(name, 1)
    return Batch(
        events=(one, event(name, 2, one.hash)),
        tickets=(ticket(name, version=2, root=name),),
        conditions={f"{name}/icmp": {"state": "firing", "since": number}},
    )


async def test_what_only_replaces_is_kept_once(tmp_path: Path) -> None:
    """A device that comes and goes for days costs a row, not a row for each time; the last word is the one written."""
    with writing(tmp_path / "data") as writer:
        with held(tmp_path / "data" / "campus.db"):
            writer.put(outage(0))
            await asyncio.sleep(0.05)
            for turn in range(20_000):
                name = f"cam-{turn % 50}/icmp"
                writer.put(Batch(conditions={name: {"turn": turn}}, meta={"clock": turn}))
                if turn % 5000 == 0:
                    writer.put(outage(1 + turn // 5000))
            assert writer.pending <= FOLD + 10
            assert writer.pending_rows <= FOLD + 50 * 6
            assert writer.pending_entries == 2 * 5
            assert not writer.full
        await written(writer)
        assert (writer.pending_rows, writer.pending_entries) == (0, 0)
        loaded = writer._store.load()
        assert {loaded.conditions[f"cam-{n}/icmp"]["turn"] for n in range(50)} == set(range(19_950, 20_000))  # type: ignore[index, call-overload]
        assert loaded.meta["clock"] == 19_999
        assert writer._store.tickets().total == 5
        assert writer._store.verify_chains() == {}


async def test_every_done_is_told_in_order_though_steps_were_folded(tmp_path: Path) -> None:
    told: list[int] = []
    with writing(tmp_path / "data") as writer:
        with held(tmp_path / "data" / "campus.db"):
            for turn in range(3 * FOLD):
                writer.put(Batch(conditions={"cam/icmp": {"turn": turn}}), lambda turn=turn: told.append(turn))  # type: ignore[misc]
            assert writer.pending < 2 * FOLD
        await written(writer)
    assert told == list(range(3 * FOLD))


async def test_the_bound_is_told_and_left_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="agent")
    with writing(tmp_path / "data", most=4000) as writer:
        with held(tmp_path / "data" / "campus.db"):
            for number in range(999):
                writer.put(outage(number))
            assert not writer.full
            writer.put(outage(999))
            assert writer.full
            assert [record.levelname for record in caplog.records if "store.full" in record.message] == ["CRITICAL"]
            writer.put(outage(1000))
        await written(writer)
        assert not writer.full
        assert "store.has_room" in caplog.text
        assert writer._store.tickets().total == 1001
        assert writer._store.verify_chains() == {}


async def test_an_agent_that_can_keep_no_more_judges_no_more(tmp_path: Path) -> None:
    """Looks go on and conditions stay; no ticket is opened that nobody could keep, no command taken, and all say so."""
    names = [f"cam-{n}" for n in range(30)]
    async with campus(tmp_path, [device(name, kind="server") for name in names]) as made:
        monitor, writer = made.monitor, made.writer
        writer.most = 60
        await made.pass_time(30)
        with held(tmp_path / "campus.db"):
            for down in range(1, 31):
                made.later(10)
                made.all_well(but=names[:down])
                made.tick()
                monitor._look_around()
                if writer.full:
                    break
            assert 0 < len(monitor.memory.tickets) < 30
            opened, firing = set(monitor.memory.tickets), set(monitor.memory.conditions)
            waiting = writer.pending_rows
            for _ in range(30):
                made.later(10)
                made.all_well(but=names)
                made.tick()
                monitor._look_around()
            assert set(monitor.memory.tickets) == opened
            assert {ticket.root for ticket in monitor.memory.tickets.values()} <= {key[0] for key in firing}
            assert {key for key in firing if key[0] in made.monitor.memory.by_root} <= set(monitor.memory.conditions)
            assert monitor.looks["cam-29", "icmp"].at == made.clock.at
            assert writer.pending_rows <= waiting + 2 * 30
            answer = await monitor.command(Command(ticket=min(opened), verb="take", by="li"))
            assert answer.refused is not None
            assert (answer.refused.code, answer.refused.key) == (503, "store_full")
            page = await made.page()
            assert float(page.split("\ncampus_agent_store_pending_ratio ")[1].split()[0]) >= 1
            assert "no more can wait in memory" in await front(made)
        await written(writer)
        monitor._look_around()
        assert monitor.memory.blind_since is None
        await made.pass_time(60, down=names)
        assert {ticket.root for ticket in monitor.memory.tickets.values()} == set(names)
        assert made.store.tickets().total == 30
        assert made.store.verify_chains() == {}


async def front(made: Campus) -> str:
    async def nothing(*args: object) -> None:
        return None

    app = make_app(
        made.view, made.exposition, nothing, nothing, lambda: (True, ""),  # type: ignore[arg-type]
        writable=lambda: made.writer.writable, full=lambda: made.writer.full,
    )  # fmt: skip
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://campus") as client:
        return (await client.get("/?lang=en", headers={"accept": "text/html"})).text
