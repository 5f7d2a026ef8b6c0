"""R8: the machine starts with a clock that nobody has set: devices are looked at, decisions wait, dates are mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.alerting import sla
from agent.alerting.events import Event
from agent.clock import PATIENCE, RELEASED, Steady, Step, SystemClock
from agent.store import open_store
from tests.scenarios.virtual import VirtualLoop
from tests.time.campus import DAY, HOUR, MINUTE, SECOND, START, Agent, Wall, Wires, at

YEAR = 365 * DAY
CAMERAS = ["cam-01", "cam-02", "cam-03"]
ENDLESS = [(0.0, 1e9)]


def first_run(folder: Path) -> None:
    """Leaves the ticket of cam-01 open, and stops 1000 s after START."""
    (ticket,) = Agent(folder, Wires(down={"cam-01": [(100.0, 1e9)]}), devices=CAMERAS).play(1000.0)
    assert ticket.id == "T20260302-0001"
    assert ticket.state == "new"


def set_right(agent: Agent, now: int) -> None:
    agent.wall.step += now - agent.wall.now()
    agent.wall.steered = True


@pytest.mark.parametrize("wrong", [0, 86_400_000, START + YEAR], ids=["1970", "1970-01-02", "+1y"])
def test_wrong_until_ntp(tmp_path: Path, wrong: int) -> None:
    first_run(tmp_path)
    truth = START + DAY  # it was off for a day
    down = {"cam-01": ENDLESS, "cam-02": [(100.0, 1e9)]}
    agent = Agent(tmp_path, Wires(down=down), devices=CAMERAS, start=wrong, run="second", steered=False)
    meanwhile: list[str] = []

    def look(agent: Agent) -> None:
        assert not agent.monitor.memory.sure
        old, new = agent.tickets()
        meanwhile.append(new.id)
        # By the wrong clock it would be a year overdue; nobody says so yet.
        assert not old.times.bookings
        assert "unsynced" in new.flags
        assert "unsynced" not in old.flags
        assert min(event.at for event in agent.store.journal(new.id)) >= START

    deeds = [at(290.0, look), at(300.0, set_right, truth + 300 * SECOND)]
    old, new = agent.play(1000.0, deeds)
    assert agent.monitor.memory.sure
    assert meanwhile == [new.id] == ["T20260302-0002"]
    assert START + 100 * SECOND <= old.times.opened_at <= START + 120 * SECOND
    assert truth + 100 * SECOND <= new.times.started_at <= truth + 115 * SECOND
    assert 0 <= new.times.opened_at - new.times.started_at <= 10 * SECOND
    # 60 min, and it is 24 h old: booked as soon as the time is known, with the moment at which it was.
    (late,) = (row for row in old.times.bookings if row.clock == "response")
    assert (late.result, late.breached_at) == ("breached", old.times.opened_at + HOUR)
    assert late.at >= truth + 300 * SECOND
    assert not [row for row in new.times.bookings if row.result == "breached"]
    steps = [event for event in agent_events(tmp_path, new.id) if event.event == "clock_step"]
    assert len(steps) == 1


def agent_events(folder: Path, number: str) -> list[Event]:
    store = open_store(folder / "campus.db")
    try:
        return list(store.journal(number))
    finally:
        store.close()


def test_nobody_ever_sets_it(tmp_path: Path) -> None:
    """Ten minutes, then decisions are built on the time that runs on from what is stored. Never on 1970."""
    first_run(tmp_path)
    agent = Agent(tmp_path, Wires(down={"cam-01": ENDLESS}), devices=CAMERAS, start=0, run="second", steered=False)
    booked: list[int] = []
    deeds = [at(5000.0, lambda a: booked.append(len(a.tickets()[0].times.bookings)))]
    (ticket,) = agent.play(5010.0, deeds)
    assert booked == [1]
    (row,) = ticket.times.bookings
    assert row.breached_at == ticket.times.opened_at + HOUR
    assert START < row.at < START + DAY


def test_a_verdict_of_the_wrong_clock_is_voided(tmp_path: Path) -> None:
    """Off for a day, taken a minute after the boot: by the wrong clock in time, in truth 23 h late."""
    first_run(tmp_path)
    agent = Agent(tmp_path, Wires(down={"cam-01": ENDLESS}), devices=CAMERAS, start=0, run="second", steered=False)
    seen: list[str | None] = []

    async def take(agent: Agent) -> None:
        (ticket,) = agent.tickets()
        answer = await agent.order(ticket.id, "take")
        assert answer.refused is None
        seen.append(sla.standing(agent.tickets()[0].times, "response"))

    deeds = [at(60.0, take), at(300.0, set_right, START + DAY + 300 * SECOND)]
    (ticket,) = agent.play(400.0, deeds)
    assert seen == ["met"]
    assert sla.standing(ticket.times, "response") == "breached"
    voided = [row for row in ticket.times.bookings if row.reason and row.clock == "response"]
    assert [(row.result, row.reason) for row in voided] == [("met", "clock_step")]
    assert ticket.times.taken_at is not None
    assert abs(ticket.times.taken_at - (START + DAY + 60 * SECOND)) <= 2 * SECOND


def test_stepped_while_the_agent_was_stopped(tmp_path: Path) -> None:
    """The same run of the machine: the clock that was set meanwhile is known to have been."""
    first_run(tmp_path)
    agent = Agent(tmp_path, Wires(down={"cam-01": ENDLESS}), devices=CAMERAS, start=START, leap=1060.0)
    agent.wall.step = DAY  # the clock was set while nobody looked
    (ticket,) = agent.play(1100.0)
    assert abs(ticket.times.opened_at - (START + DAY + 105 * SECOND)) <= 15 * SECOND
    assert not [row for row in ticket.times.bookings if row.result == "breached"]


def clock(start: int, steered: bool | None = None) -> tuple[VirtualLoop, Wall, Steady]:
    loop = VirtualLoop()
    wall = Wall(loop, start)
    wall.steered, wall.run = steered, "b"
    return loop, wall, Steady(wall)


def stored(at: int) -> dict[str, object]:
    return {"at": at, "boot": "a", "offset": 0, "begun": None}


@pytest.mark.parametrize(
    ("wall", "steered", "sure", "now"),
    [
        (START + MINUTE, True, True, START + MINUTE),
        (START + MINUTE, None, True, START + MINUTE),
        (START + MINUTE, False, False, START + MINUTE),
        (START - 59 * SECOND, True, True, START - 59 * SECOND),
        (START - 61 * SECOND, True, False, START),
        (0, None, False, START),
    ],
)
def test_whom_to_believe_at_boot(wall: int, steered: bool | None, sure: bool, now: int) -> None:
    _, _, steady = clock(wall, steered)
    steady.resume(stored(START))
    assert (steady.sure, steady.now()) == (sure, now)


def test_a_first_start_in_1970_begins_with_the_release() -> None:
    _, _, steady = clock(0)
    steady.resume(None)
    assert steady.now() == RELEASED
    assert not steady.sure


def test_ten_minutes_of_patience() -> None:
    loop, _, steady = clock(0, False)
    steady.resume(stored(START))
    loop.leap(PATIENCE - 1)
    assert steady.follow() is None
    assert not steady.sure
    loop.leap(1)
    assert steady.follow() is None
    assert steady.sure
    assert steady.now() == START + round(PATIENCE * 1000)


def test_the_stored_time_was_wrong() -> None:
    """An earlier run had believed a clock that was a year ahead: after ten minutes the present one wins."""
    loop, _, steady = clock(START, False)
    steady.resume(stored(START + YEAR))
    assert steady.now() == START + YEAR
    loop.leap(PATIENCE)
    steady.follow()
    assert steady.follow() == Step(-YEAR, START + YEAR)
    assert steady.now() == START + round(PATIENCE * 1000)


def test_a_glitch_to_1970_is_not_followed() -> None:
    loop, wall, steady = clock(START)
    wall.step = -START
    loop.leap(1.0)
    assert steady.follow() is None
    assert steady.now() == START + SECOND


def test_a_leap_second_is_no_step() -> None:
    loop, wall, steady = clock(START)
    wall.step = -1000
    for _ in range(250):
        loop.leap(1.0)
        before = steady.now()
        assert steady.follow() is None
        assert steady.now() >= before - 5
    assert steady.now() == wall.now()


def test_the_machines_own_clocks() -> None:
    machine = SystemClock()
    assert machine.boot()
    assert machine.synchronised() in (True, False, None)
    steady = Steady(machine)
    assert abs(steady.now() - machine.now()) <= 5
