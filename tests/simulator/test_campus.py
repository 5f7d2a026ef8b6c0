"""What the faults do to power, cables, ports and PoE."""

from __future__ import annotations

import pytest

from agent.simulator.campus import REBOOT_SECONDS, Campus, Refused
from agent.simulator.plan import Box, Plan
from tests.simulator.given import campus, gone, throw

ALL = {"core", "sw", "cam", "ap", "amp"}
BEHIND = ALL - {"core"}


@pytest.mark.parametrize(
    ("fault", "mend", "lost"),
    [
        ("power off cam", "power on cam", {"cam"}),
        ("power off sw", "power on sw", BEHIND),
        ("cable cut sw", "cable join sw", BEHIND),
        ("cable cut sw:GigabitEthernet1/0/9", "cable join cam", {"cam"}),
        ("port shut sw:GigabitEthernet1/0/17", "port open sw:GigabitEthernet1/0/17", {"amp"}),
        ("poe deny sw:GigabitEthernet1/0/9", "poe allow sw:GigabitEthernet1/0/9", {"cam"}),
        ("poe limit sw:GigabitEthernet1/0/1", "poe allow sw:GigabitEthernet1/0/1", {"ap"}),
        ("poe limit sw:GigabitEthernet1/0/9", "poe allow sw:GigabitEthernet1/0/9", set()),
        ("uplink cut", "uplink join", ALL),
    ],
)
def test_who_is_lost_and_comes_back(fault: str, mend: str, lost: set[str]) -> None:
    school = campus()
    throw(school, fault)
    assert gone(school) == lost
    throw(school, mend)
    assert gone(school) == set()


def test_loss_and_delay_add_up_along_the_way() -> None:
    school = campus()
    for line in ("loss 50% sw", "loss 50% cam", "delay 100 sw", "delay 20 cam"):
        throw(school, line)
    path = school.paths["cam"]
    assert path.loss == pytest.approx(0.75) and path.delay == pytest.approx(0.12)
    assert school.paths["core"].loss == 0
    throw(school, "cable bad ap")
    assert school.paths["ap"].loss == pytest.approx(0.65)


def test_a_reboot_ends_and_starts_the_uptime_anew() -> None:
    school = campus()
    assert school.uptime("sw", 0) > 0
    throw(school, "reboot sw", now=100)
    assert gone(school) == BEHIND and school.next_tick() == 100 + REBOOT_SECONDS
    assert not school.tick(139) and school.tick(140)
    assert gone(school) == set() and school.uptime("sw", 150) == 10
    assert school.uptime("cam", 150) == 10, "its switch fed it"
    assert school.uptime("amp", 150) > 100, "it has a supply of its own"


def test_power_that_returns_late_counts_from_then() -> None:
    school = campus()
    throw(school, "power off amp", now=10)
    throw(school, "power on amp", now=500)
    assert school.uptime("amp", 501) == 1


def test_a_flapping_cable_keeps_its_rhythm_until_somebody_mends_it() -> None:
    school = campus()
    throw(school, "flap amp 10/20", now=0)
    seen = []
    for now in range(0, 60, 5):
        school.tick(now)
        seen.append("amp" not in gone(school))
    assert seen == [False] * 4 + [True] * 2 + [False] * 4 + [True] * 2
    throw(school, "power on amp")
    assert school.next_tick() is None and gone(school) == set()


def test_ports_show_what_is_plugged_in() -> None:
    school = campus()
    assert school.port_up("sw", "GigabitEthernet1/0/9")
    throw(school, "power off cam", now=10)
    assert not school.port_up("sw", "GigabitEthernet1/0/9")
    assert school.link_seconds("cam", 60) == school.link_seconds("cam", 10)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("port shut sw:GigabitEthernet1/0/2", "empty_port"),
        ("poe deny sw:GigabitEthernet1/0/17", "no_poe"),
        ("service stop cam snmp", "no_service"),
        ("agent kill", "not_ours"),
    ],
)
def test_what_the_campus_refuses(line: str, key: str) -> None:
    school = campus()
    with pytest.raises(Refused) as caught:
        throw(school, line)
    assert caught.value.key == key and gone(school) == set()


@pytest.mark.parametrize("parents", [("b", "a"), ("x", "")])
def test_a_plan_without_sense(parents: tuple[str, str]) -> None:
    boxes = tuple(Box(id=name, kind="switch", parent=parent) for name, parent in zip("ab", parents, strict=True))
    with pytest.raises(ValueError, match=r"ring|not there"):
        Campus(plan=Plan(boxes=boxes), began=0)
