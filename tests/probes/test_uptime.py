"""A clock that goes back: reboot, restart of the SNMP daemon, or 497 days gone by."""

from __future__ import annotations

import pytest

from agent.probes.snmp.uptime import WRAP, Clocks, rebooted, seconds_up, wrapped

DAY = 86400.0


def clocks(mono: float, agent: float | None = None, **more: float) -> Clocks:
    host, engine, boots = more.get("host"), more.get("engine"), more.get("boots")
    return Clocks(mono=mono, agent=agent, host=host, engine=engine, boots=None if boots is None else int(boots))


@pytest.mark.parametrize(
    ("before", "now", "is_reboot", "is_wrap"),
    [
        pytest.param(clocks(0, 100), clocks(60, 160), False, False, id="it goes on"),
        pytest.param(clocks(0, 5 * DAY), clocks(60, 30), True, False, id="went back"),
        pytest.param(clocks(0, WRAP - 30), clocks(60, 30), False, True, id="wrap between two looks"),
        pytest.param(clocks(0, WRAP - 30), clocks(3 * DAY, 3 * DAY - 30), False, True, id="wrap in days of silence"),
        pytest.param(clocks(0, WRAP - 5 * DAY), clocks(600, 20), True, False, id="reboot short of the wrap"),
        pytest.param(clocks(0, WRAP - 30), clocks(DAY, 40), True, False, id="wrapped, then rebooted"),
        pytest.param(clocks(0, 9 * DAY, boots=3), clocks(60, 20, boots=3), False, False, id="boots say no"),
        pytest.param(clocks(0, 9 * DAY, boots=3), clocks(60, 20, boots=4), True, False, id="boots say yes"),
        pytest.param(
            clocks(0, 9 * DAY, host=9 * DAY, boots=3), clocks(60, 5, host=9 * DAY + 60, boots=4), False, False,
            id="only the daemon restarted",
        ),
        pytest.param(clocks(0, 9 * DAY, host=9 * DAY), clocks(60, 5, host=6), True, False, id="the host restarted"),
        pytest.param(clocks(0), clocks(60), False, False, id="nothing told"),
    ],
)  # fmt: skip
def test_back(before: Clocks, now: Clocks, is_reboot: bool, is_wrap: bool) -> None:
    assert rebooted(before, now) is is_reboot
    assert wrapped(before, now) is is_wrap


def test_up_for_longer_than_the_clock_can_say() -> None:
    assert seconds_up(clocks(0, 30.0)) == 30
    assert seconds_up(clocks(0, 30.0, engine=3 * WRAP + 35)) == 3 * WRAP + 35
    assert seconds_up(clocks(0, 30.0, engine=2**31 - 5000)) == 30, "an engine clock that tells of another start"
    assert seconds_up(Clocks(mono=0, agent=30.0, wraps=2)) == 2 * WRAP + 30
    assert seconds_up(clocks(0, engine=77.0)) == 77
    assert seconds_up(clocks(0)) is None
