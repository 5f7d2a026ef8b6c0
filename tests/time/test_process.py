"""R7 and R8 on the real program: its wall clock is set by libfaketime, its monotonic one is the machine's."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.agent.running import QUICK, Running, until, write
from tests.crash.test_kills import Door, free_ports

HOUR, DAY = 3600, 86_400


def library() -> str:
    """libfaketime, or a skip that says so."""
    found = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
    if found is None:
        assert os.environ.get("CI") != "true", "faketime is not installed"
        pytest.skip("faketime is not installed")
    return str(found)


class Machine:
    """A folder with one camera, and a wall clock that is `ahead` of the true one by so many seconds."""

    def __init__(self, folder: Path) -> None:
        self._library, self._folder, self._offset = library(), folder, folder / "offset"
        self.door = Door("cam-1", free_ports(1)[0])
        self.door.open()
        probe = f"probes: [{{tcp: {{port: {self.door.port}}}}}]"
        write(folder, f"  - {{id: cam-1, kind: camera, address: 127.0.0.1, {probe}}}\n")
        (folder / "policy.yaml").write_text(QUICK, "utf-8")
        (folder / "config.yaml").write_text("version: 1\ninventory: inventory.yaml\npolicy: policy.yaml\n", "utf-8")
        self.set(0)

    def set(self, ahead: int) -> None:
        fresh = self._offset.with_suffix(".new")
        fresh.write_text(f"{ahead:+d}", "ascii")
        fresh.rename(self._offset)

    @contextmanager
    def agent(self) -> Iterator[Running]:
        env = {
            "LD_PRELOAD": self._library,
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
        (self._folder / "agent.log").unlink(missing_ok=True)
        agent = Running(self._folder, env=env)
        try:
            agent.ready()
            yield agent
        finally:
            agent.process.kill()
            agent.process.wait()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    if made.door.is_open:
        made.door.shut()


def ticket(agent: Running) -> dict[str, Any] | None:
    items = json.loads(agent.get("/api/v1/tickets"))["items"]
    return json.loads(agent.get(f"/api/v1/tickets/{items[0]['id']}")) if items else None


def events(agent: Running, name: str) -> list[dict[str, Any]]:
    found = ticket(agent)
    assert found is not None
    return [event for event in found["journal"] if event["event"] == name]


def stepped(agent: Running, count: int) -> bool:
    """Whether so many steps are in the journal. libfaketime takes a lock at each reading of the clock and has once held
    a whole answer up on a busy machine: what is asked here is what the agent wrote, not how fast it told."""
    try:
        return len(events(agent, "clock_step")) == count
    except TimeoutError:
        return False


@pytest.mark.net
def test_an_hour_and_a_day_and_back(machine: Machine) -> None:
    with machine.agent() as agent:
        machine.door.shut()
        shown = until(lambda: ticket(agent), 15)
        assert shown is not None
        began = time.monotonic() - shown["clocks"]["response"]["elapsed_seconds"]
        for count, ahead in enumerate((HOUR, 0, -HOUR, DAY, -DAY, 0), 1):
            machine.set(ahead)
            until(partial(stepped, agent, count), 40)
            now = ticket(agent)
            assert now is not None
            clock = now["clocks"]["response"]
            assert abs(clock["elapsed_seconds"] - (time.monotonic() - began)) <= 2.0
            assert clock["running"]
            assert clock["result"] is None
        sizes = [round(event["args"]["seconds"] / HOUR, 2) for event in events(agent, "clock_step")]
        assert sizes == [1, -1, -1, 25, -48, 24]
        assert not events(agent, "breached")
        assert agent.metric("campus_agent_clock_steps_total") == 6
        seqs = [event["seq"] for event in (ticket(agent) or {})["journal"]]
        assert seqs == list(range(1, len(seqs) + 1))


@pytest.mark.net
def test_started_again_with_a_clock_of_1970(machine: Machine) -> None:
    """In the same run of the machine: the agent's time goes on from what it has stored, as if nothing had been."""
    begun = time.time() - 1
    with machine.agent() as agent:
        machine.door.shut()
        until(lambda: ticket(agent), 15)
        machine.door.open()
        until(lambda: (ticket(agent) or {})["state"] == "restored", 15)
    machine.set(-int(time.time()))
    with machine.agent() as agent:
        machine.door.shut()
        until(lambda: events(agent, "relapsed"), 20)
        found = ticket(agent)
        assert found is not None
        told = [datetime.fromisoformat(event["at"]).timestamp() for event in found["journal"]]
        assert begun <= min(told)
        assert max(told) <= time.time() + 1
        machine.set(0)
        time.sleep(2.5)
        assert not events(agent, "clock_step")
        assert not events(agent, "breached")


@pytest.mark.net
def test_restarted_on_a_clock_that_went_a_year(machine: Machine) -> None:
    with machine.agent() as agent:
        machine.door.shut()
        first = until(lambda: ticket(agent), 15)
        assert first is not None
        began = time.monotonic() - first["clocks"]["response"]["elapsed_seconds"]
    machine.set(365 * DAY)
    with machine.agent() as agent:
        until(lambda: events(agent, "clock_step"), 10)
        machine.set(0)
        until(lambda: len(events(agent, "clock_step")) == 2, 10)
        found = ticket(agent)
        assert found is not None
        assert abs(found["clocks"]["response"]["elapsed_seconds"] - (time.monotonic() - began)) <= 2.0
        assert not events(agent, "breached")


@pytest.mark.net
def test_first_start_in_1970(machine: Machine) -> None:
    """An empty store and no battery: looks run, the ticket is marked, its dates are mended; the banner says why."""
    machine.set(-int(time.time()))
    with machine.agent() as agent:
        assert agent.metric("campus_agent_clock_trusted") == 0
        assert "时间未同步" in agent.get("/?lang=zh")
        assert "clock.not_synchronised" in agent.log
        machine.door.shut()
        found = until(lambda: ticket(agent), 15)
        fell = time.time()
        assert found is not None
        assert "unsynced" in found["flags"]
        assert found["opened_at"] >= "2026-01-01"
        machine.set(0)
        until(lambda: events(agent, "clock_step"), 10)
        until(lambda: agent.metric("campus_agent_clock_trusted") == 1, 10)
        mended = ticket(agent)
        assert mended is not None
        elapsed = mended["clocks"]["response"]["elapsed_seconds"]
        assert abs(elapsed - (time.time() - fell)) <= 2.0
        assert mended["opened_at"] >= time.strftime("%Y-%m-%dT%H:%M", time.gmtime(fell - 60))
        assert "时间未同步：" not in agent.get("/?lang=zh")
