"""R11: the agent itself stood still, or one of its workers died: nobody is down for time that was not looked at."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.alerting.events import Event
from agent.alerting.tickets import Ticket, replay
from agent.model import Outcome
from agent.store import DataDirectory, open_store, read_copy
from tests.agent.running import Running, running, until
from tests.crash.test_kills import Door, free_ports
from tests.time.campus import SECOND, START, Agent, Wires, at

CAMERAS = ["cam-01", "cam-02", "cam-03"]


# --- in virtual time ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [7.0, 30.0, 600.0])
def test_blocked_loop(tmp_path: Path, seconds: float) -> None:
    """cam-01 is down only meanwhile; cam-02 went before and comes back in it; cam-03 goes in it and stays down."""
    froze, woke = 1000.0, 1000.0 + seconds
    middle = froze + seconds / 2
    down = {"cam-01": [(froze + 1, woke - 1)], "cam-02": [(500.0, middle)], "cam-03": [(middle, 1e9)]}
    agent = Agent(tmp_path, Wires(down=down), devices=CAMERAS)
    tickets = {ticket.root: ticket for ticket in agent.play(woke + 300, [at(froze, Agent.freeze, seconds)])}
    assert set(tickets) == {"cam-02", "cam-03"}
    assert abs(agent.monitor.blind_seconds - seconds) <= 1.5
    back = tickets["cam-02"]
    assert back.times.restored_at is not None
    last_bad, first_good = interval(tmp_path, back.id)
    assert last_bad <= START + froze * SECOND + 1500
    assert START + woke * SECOND - 100 <= first_good <= START + (woke + 12) * SECOND
    assert first_good == back.times.restored_at
    names = [event.event for event in journal(tmp_path, back.id)]
    assert names.index("observation_lost") < names.index("observation_back") < names.index("restored")
    assert tickets["cam-03"].times.started_at >= START + (woke - 5) * SECOND


def test_a_hiccup_is_no_hole_and_no_failure(tmp_path: Path) -> None:
    deeds = [at(100.0 + 7 * n, Agent.freeze, 2.5) for n in range(50)]
    agent = Agent(tmp_path, Wires(), devices=CAMERAS)
    assert agent.play(600.0, deeds) == []
    assert agent.monitor.blind_seconds == 0.0


def test_dead_prober(tmp_path: Path) -> None:
    """No look ends any more: the agent is blind, says so, and opens another prober."""
    wires = Wires(down={"cam-01": [(200.0, 1e9)], "cam-02": [(1005.0, 1100.0)]})

    def die(agent: Agent) -> None:
        wires.dead = True

    def heal(agent: Agent) -> None:
        assert agent.monitor.deaf
        assert agent.monitor.hearing.mute == ("icmp",)
        assert agent.opened >= 2
        assert {reading.reason for reading in agent.monitor.looks.values()} == {"lost_look"}
        wires.dead = False

    agent = Agent(tmp_path, wires, devices=CAMERAS)
    tickets = agent.play(1500.0, [at(1000.0, die), at(1200.0, heal)])
    assert [ticket.root for ticket in tickets] == ["cam-01"]
    assert not agent.monitor.deaf
    assert not agent.monitor.hearing.mute
    assert 190 <= agent.monitor.blind_seconds <= 260
    names = [event.event for event in journal(tmp_path, tickets[0].id)]
    assert "observation_lost" in names
    assert "observation_back" in names


def test_a_tick_that_breaks_does_not_stop_the_others(tmp_path: Path) -> None:
    """The scheduler's turn raises once; the next turn comes all the same, and the lost looks are found."""
    wires = Wires(down={"cam-01": [(300.0, 1e9)]}, breaks=(100.0, 111.0))
    agent = Agent(tmp_path, wires, devices=CAMERAS)
    tickets = agent.play(600.0)
    assert len(agent.errors) == 3
    assert [ticket.root for ticket in tickets] == ["cam-01"]
    assert {reading.outcome for reading in agent.monitor.looks.values()} == {Outcome.OK, Outcome.FAILED}


# --- a real agent, stopped by the system ----------------------------------------------------------------------


@contextmanager
def campus(
    folder: Path, count: int, policy: str = "version: 1\nconditions: {hold: 1s}\n"
) -> Iterator[tuple[Running, list[Door]]]:
    doors = [Door(f"cam-{number}", port) for number, port in enumerate(free_ports(count), 1)]
    for door in doors:
        door.open()
    devices = "".join(
        f"  - {{id: {door.name}, kind: camera, address: 127.0.0.1, probes: [{{tcp: {{port: {door.port}}}}}]}}\n"
        for door in doors
    )
    try:
        with running(folder, devices, policy) as agent:
            yield agent, doors
    finally:
        for door in doors:
            if door.is_open:
                door.shut()


def journal(folder: Path, number: str) -> list[Event]:
    store = open_store(folder / "campus.db")
    try:
        return list(store.journal(number))
    finally:
        store.close()


def interval(folder: Path, number: str) -> tuple[int, int]:
    (found,) = (event.args["interval"] for event in journal(folder, number) if event.event == "restored")
    return found[0], found[1]


def tickets(folder: Path) -> dict[str, Ticket]:
    with read_copy(DataDirectory(folder / "data")) as store:
        found = (replay(store.journal(row.number)) for row in store.tickets(limit=100).items)
        return {ticket.root: ticket for ticket in found if ticket is not None}


def stopped(folder: Path, seconds: float) -> None:
    with campus(folder, 6) as (agent, doors):
        only, before, stays, *_ = doors
        until(lambda: agent.metric('campus_device_state{device="cam-6",state="up"}') == 1, 15)
        before.shut()
        until(lambda: "cam-2" in tickets(folder), 20)
        os.kill(agent.process.pid, signal.SIGSTOP)
        asleep = time.time()
        time.sleep(1.0)
        only.shut()
        stays.shut()
        time.sleep(max(0.0, seconds / 2 - 2))
        before.open()
        only.open()
        time.sleep(max(0.0, asleep + seconds - time.time()))
        os.kill(agent.process.pid, signal.SIGCONT)
        awake = time.time()
        until(lambda: tickets(folder)["cam-2"].state == "restored" and "cam-3" in tickets(folder), 25)
        time.sleep(3.0)
        found = tickets(folder)
        assert set(found) == {"cam-2", "cam-3"}, found
        blind = agent.metric("campus_agent_blind_seconds_total")
        assert blind is not None
        assert abs(blind - (awake - asleep)) <= 1.5
        times = found["cam-2"].times
        assert times.restored_at is not None
        assert awake * 1000 - 50 <= times.restored_at <= awake * 1000 + 8000
        assert "interval" in found["cam-2"].flags
        assert found["cam-3"].times.started_at >= awake * 1000 - 50
        assert agent.get("/-/ready")
        assert "agent.away" in agent.log


@pytest.mark.net
def test_stopped_for_fifteen_seconds(tmp_path: Path) -> None:
    stopped(tmp_path, 15.0)


@pytest.mark.soak
def test_stopped_for_ten_minutes(tmp_path: Path) -> None:
    stopped(tmp_path, 600.0)
