"""A PostgreSQL server that goes away under the agent (R4), and one database that two agents want (R5)."""

from __future__ import annotations

import json
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from agent.store import Batch, Store, open_store
from agent.store.database import OWNER_LOCK
from agent.store.errors import DatabaseTaken, Unavailable
from agent.store.sound import open_served
from tests.agent.running import Running, running, until, write
from tests.faults_store.given import Door, doors, line
from tests.store.given import chain
from tests.store.server import Server, serving

NOTICE = 90.0
"""Seconds within which people must be told."""


@pytest.fixture(scope="module")
def machine() -> Iterator[Server]:
    with serving() as made:
        yield made


@pytest.fixture
def server(machine: Server) -> Server:
    """It runs, whatever the test before it left behind."""
    if not machine.running:
        machine.start()
    return machine


MORE = "database: {url_file: database}\n"


@contextmanager
def agent_on(folder: Path, url: str, watched: list[Door]) -> Iterator[Running]:
    keep(folder, url)
    devices = "".join(line(door.name, door.port) for door in watched)
    with running(folder, devices, more=MORE) as agent:
        until(lambda: agent.metric(f'campus_device_up{{device="{watched[-1].name}"}}') == 1, 10)
        yield agent


def keep(folder: Path, url: str) -> None:
    (folder / "database").write_text(url, "utf-8")
    (folder / "database").chmod(0o600)


def not_started(folder: Path, url: str) -> str:
    """What an agent says that does not start on that database."""
    keep(folder, url)
    write(folder, line("cam-1", 9))
    (folder / "config.yaml").write_text(f"version: 1\ninventory: inventory.yaml\n{MORE}", "utf-8")
    agent = Running(folder)
    assert agent.process.wait(timeout=30) == 1
    return agent.log


@pytest.mark.net
def test_gone_for_half_a_minute(tmp_path: Path, server: Server) -> None:
    gone(tmp_path, server, "short", 20.0, at_once=True)


@pytest.mark.soak
def test_gone_for_six_minutes(tmp_path: Path, server: Server) -> None:
    gone(tmp_path, server, "long", 360.0, at_once=False)


def gone(folder: Path, server: Server, name: str, seconds: float, *, at_once: bool) -> None:
    """at_once: something has to be written at once; else the agent finds out by itself."""
    url = server.make_database(name)
    with (
        doors(5) as (steady, before, first, second, third),
        agent_on(folder, url, [steady, before, first, second, third]) as agent,
    ):
        before.shut()
        number = until(lambda: open_ticket(agent, before.name), 15)
        began, came = time.monotonic(), steady.callers
        server.stop()
        if at_once:
            first.shut()
        until(lambda: agent.metric("campus_agent_store_writable") == 0, NOTICE)
        noticed = time.monotonic() - began
        assert "cannot be written" in agent.get("/?lang=en")
        assert "store.not_writable" in agent.log
        assert refused(agent.url + f"/tickets/{number}") == 503
        said = agent.run("ticket", number)
        assert (said.returncode, "cannot be read now" in said.stderr, "Traceback" in agent.log) == (1, True, False)
        assert json.loads(agent.run("--json", "devices").stdout)["items"]
        asking = threading.Thread(target=agent.run, args=("ticket", "note", number, "--text", "looked at it"))
        asking.start()
        if not at_once:
            first.shut()
        time.sleep(6)
        second.shut()
        before.open()
        until(lambda: (agent.metric("campus_agent_store_pending_entries") or 0) >= 4, 20)
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))
        third.shut()
        length, looks = time.monotonic() - began, steady.callers - came
        server.start()
        again = time.monotonic()
        until(lambda: agent.metric("campus_agent_store_pending_entries") == 0, 30)
        back = time.monotonic() - again
        assert agent.metric("campus_agent_store_writable") == 1
        until(lambda: open_ticket(agent, third.name), 20)
        asking.join(30)
        print(f"told after {noticed:.1f} s; {looks} looks in {length:.1f} s; all written {back:.1f} s after its start")
        assert looks >= length - 2
        assert agent.stop() == 0
    told_once(url, number, before, (before, first, second, third))


def refused(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=15) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def told_once(url: str, noted: str, restored: Door, fallen: tuple[Door, ...]) -> None:
    """0 lost, 0 doubled, in the order in which it happened."""
    with closing(open_served(url)) as store:
        rows = sorted(store.tickets().items, key=lambda row: row.number)
        assert [row.root for row in rows] == [door.name for door in fallen]
        assert rows == sorted(rows, key=lambda row: row.opened_at)
        assert store.verify_chains() == {}
        names = [event.event for event in store.journal(noted)]
        assert names.count("noted") == 1
        assert names.count("restored") == 1
        assert rows[0].root == restored.name
        for row in rows:
            journal = store.journal(row.number)
            assert [event.seq for event in journal] == list(range(1, len(journal) + 1))
            assert [event.event for event in journal].count("opened") == 1


def open_ticket(agent: Running, device: str) -> str:
    said = agent.run("--json", "tickets", "--device", device)
    items = json.loads(said.stdout)["items"] if said.returncode == 0 else []
    return str(items[0]["id"]) if items else ""


@pytest.mark.soak
def test_a_server_that_does_not_answer(tmp_path: Path, server: Server) -> None:
    """Frozen, not gone: nobody refuses anything, there is only no answer."""
    url = server.make_database("frozen")
    with doors(2) as (steady, other), agent_on(tmp_path, url, [steady, other]) as agent:
        server.signal_backends("frozen", signal.SIGSTOP)
        began, came = time.monotonic(), steady.callers
        try:
            until(lambda: agent.metric("campus_agent_store_writable") == 0, NOTICE)
            noticed = time.monotonic() - began
            assert steady.callers - came >= noticed - 2
            assert "no answer" in agent.log
            other.shut()
            until(lambda: (agent.metric("campus_agent_store_pending_entries") or 0) >= 1, 20)
        finally:
            server.signal_backends("frozen", signal.SIGCONT)
        until(lambda: agent.metric("campus_agent_store_writable") == 1, 20)
        print(f"told after {noticed:.1f} s")
        until(lambda: open_ticket(agent, other.name), 20)
        assert agent.stop() == 0


@pytest.mark.net
def test_a_second_agent_is_refused_and_may_follow_a_killed_one(tmp_path: Path, server: Server) -> None:
    url = server.make_database("wanted")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with doors(1) as watched, agent_on(tmp_path / "one", url, watched) as first:
        said = not_started(tmp_path / "two", url)
        assert f"another agent holds the database postgresql://{server.folder}/wanted" in said
        assert f" {first.process.pid})" in said
        assert first.metric("campus_agent_store_writable") == 1
        first.process.kill()
        (tmp_path / "two" / "agent.log").unlink()
        with agent_on(tmp_path / "two", url, watched) as second:
            assert second.stop() == 0


@pytest.mark.net
def test_a_lock_that_was_lost_is_had_again_before_anything_is_written(server: Server) -> None:
    """The connection breaks, and another takes the lock meanwhile: nothing is written until he lets go."""
    url = server.make_database("lost")
    with closing(open_store(url)) as store:
        store.write(Batch(events=chain("T1", 1)))
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as other:
            waiting = threading.Thread(
                target=other.exec_driver_sql, args=("SELECT pg_advisory_lock(%s)", (OWNER_LOCK,)), daemon=True
            )
            waiting.start()
            _cut_the_owner(url)
            waiting.join(10)
            until(lambda: isinstance(_tried(store), DatabaseTaken), 5)
            assert len(store.journal("T1")) == 1
            other.exec_driver_sql("SELECT pg_advisory_unlock(%s)", (OWNER_LOCK,))
            until(lambda: _tried(store) is None, 5)
        engine.dispose()
        assert len(store.journal("T1")) == 2


def _tried(store: Store) -> Exception | None:
    try:
        store.write(Batch(events=chain("T1", 2)[1:]), repeated=True)
    except Unavailable as error:
        return error
    return None


def _cut_the_owner(url: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        owner = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
        pid = until(_scalar(connection, owner), 5)
        connection.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
    engine.dispose()


def _scalar(connection: sa.Connection, question: str) -> Callable[[], object]:
    return lambda: connection.exec_driver_sql(question).scalar()


@pytest.mark.net
def test_no_server_at_the_start(tmp_path: Path) -> None:
    """Told by its host, and never by its password."""
    said = not_started(tmp_path, "postgresql://campus:hunter2@127.0.0.1:1/campus")
    assert "the database postgresql://127.0.0.1/campus cannot be opened" in said
    assert "Traceback" not in said
    assert "hunter2" not in said
