"""A database that another process holds (R4): nobody misses a look, people are told, all is written afterwards."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agent.store import DataDirectory
from agent.store.sound import open_sound
from tests.agent.running import Running, running, until
from tests.faults_store.given import doors, line

SHORT, LONG = 8.0, 60.0


@contextmanager
def held(database: Path) -> Iterator[None]:
    """Another process in the middle of a write (here another thread's own connection: SQLite knows no difference)."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.net
def test_eight_seconds(tmp_path: Path) -> None:
    endure(tmp_path, SHORT)


@pytest.mark.soak
def test_a_minute(tmp_path: Path) -> None:
    endure(tmp_path, LONG)


def endure(folder: Path, seconds: float) -> None:
    with doors(4) as (steady, first, second, third):
        devices = "".join(line(door.name, door.port) for door in (steady, first, second, third))
        with running(folder, devices) as agent:
            until(lambda: agent.metric('campus_device_up{device="cam-4"}') == 1, 10)
            third.shut()
            number = until(lambda: _open_ticket(agent, third.name), 15)
            with held(folder / "data" / "campus.db"):
                began, came = time.monotonic(), steady.callers
                first.shut()
                asking = _Asking(agent, "ticket", "note", number, "--text", "looked at it")
                until(lambda: agent.metric("campus_agent_store_writable") == 0, 20)
                noticed = time.monotonic() - began
                second.shut()
                assert "cannot be written" in agent.get("/?lang=en")
                assert "store.not_writable" in agent.log
                assert (agent.metric("campus_agent_store_pending_entries") or 0) > 0
                time.sleep(max(0.0, seconds - (time.monotonic() - began)))
                length, looks = time.monotonic() - began, steady.callers - came
            until(lambda: agent.metric("campus_agent_store_pending_entries") == 0, 30)
            until(lambda: _open_ticket(agent, second.name), 20)
            back = time.monotonic() - began - length
            asking.ended(seconds)
            print(
                f"noticed after {noticed:.1f} s; {looks} looks in {length:.1f} s; written {back:.1f} s after the lock"
            )
            assert noticed < 20
            assert looks >= length - 2
            assert agent.stop() == 0
    with closing(open_sound(DataDirectory(folder / "data"))) as store:
        rows = store.tickets().items
        assert sorted(row.root for row in rows) == sorted((first.name, second.name, third.name))
        assert store.verify_chains() == {}
        notes = [event for event in store.journal(number) if event.event == "noted"]
        assert len(notes) == 1
        assert sorted(rows, key=lambda row: row.number) == sorted(rows, key=lambda row: row.opened_at)


def _open_ticket(agent: Running, device: str) -> str:
    said = agent.run("--json", "tickets", "--device", device)
    items = json.loads(said.stdout)["items"] if said.returncode == 0 else []
    return str(items[0]["id"]) if items else ""


class _Asking:
    """A command that somebody gives meanwhile, and what he is told."""

    def __init__(self, agent: Running, *words: str) -> None:
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._ask, args=(agent, words))
        self._thread.start()

    def _ask(self, agent: Running, words: tuple[str, ...]) -> None:
        self._said = agent.run(*words)
        self._took = time.monotonic() - self._began

    def ended(self, seconds: float) -> None:
        """Answered after the commit, or told in time that it is kept and not written yet."""
        self._thread.join(timeout=30)
        assert not self._thread.is_alive()
        if seconds < 15:
            assert self._said.returncode == 0, self._said.stderr
        else:
            assert self._said.returncode == 1
            assert "not written yet" in self._said.stderr
            assert self._took < 25
