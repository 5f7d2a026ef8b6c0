"""Access points through their controller: rows become looks, and the judge treats them as any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agent import controllers
from agent.locale import catalogue
from agent.model import Outcome, Reading
from agent.probes.snmp.rows import AccessPoint
from tests.alerting.harness import MINUTE, World, device, frame_of, target

APS = [
    device("ac", kind="controller"),
    device("ap-1", kind="ap", controller="ac", mac="00:11:22:33:44:01"),
    device("ap-2", kind="ap", controller="ac", serial="SN2"),
    device("ap-3", kind="ap", controller="ac"),
    device("ap-4", kind="ap", controller="other"),
]
ROWS = [
    AccessPoint(index="1", name="x", mac="00-11-22-33-44-01", state="up", clients=7, channel="6"),
    AccessPoint(index="2", name="y", serial="sn2", state="down", clients=0),
    AccessPoint(index="3", name="AP-3", state="unknown"),
]


def reading(rows: Sequence[AccessPoint], world: World | None = None, outcome: Outcome = Outcome.OK) -> Reading:
    at = world.now if world else 0
    return Reading(target("ac", "snmp"), at, 1.0, outcome, tables={"access_points": rows})


def frame() -> Any:
    return frame_of(APS, services=[("ac", "snmp")])


def test_rows_find_their_access_points() -> None:
    told = {look.target.device: look for look in controllers.told(reading(ROWS), frame())}
    assert {name: (look.outcome, look.reason) for name, look in told.items()} == {
        "ap-1": (Outcome.OK, ""),
        "ap-2": (Outcome.FAILED, "ap_offline"),
        "ap-3": (Outcome.UNKNOWN, "ap_state"),
    }
    assert told["ap-1"].samples == {"clients": 7.0}
    assert told["ap-1"].target.interval == 10.0


def test_what_is_not_listed_is_not_registered() -> None:
    told = {look.target.device: look.reason for look in controllers.told(reading(ROWS[:1]), frame())}
    assert told == {"ap-1": "", "ap-2": "ap_not_listed", "ap-3": "ap_not_listed"}


def test_the_ticket_says_what_the_controller_says() -> None:
    """An access point that answers pings and is not registered does not "not answer"; one without address neither."""
    for aps, why in (
        ([device("ac", kind="controller"), device("ap-9", kind="ap", controller="ac")], "not registered"),
        ([device("ac", kind="controller"), replace(device("ap-9", kind="ap", controller="ac"), address="")], "not reg"),
    ):
        world = World(frame_of(aps, services=[("ac", "snmp")]), "2026-03-02 10:00")
        for _ in range(3):
            for name in ("ac", *(["ap-9"] if aps[1].address else [])):
                world.look(name, ok=True)
            for look in controllers.told(reading(ROWS[:1], world), world.frame):
                world.step(look)
            world.until(world.now + MINUTE).tick()
        key, args = world.only.title
        assert why in catalogue("en").say(key, **args)
        assert "登记" in catalogue("zh").say(key, **args)


def test_a_table_that_broke_off_accuses_nobody() -> None:
    cut = replace(reading(ROWS[:1]), facts={"profile_failed": {"access_points": "too_slow"}})
    assert {look.target.device: look.reason for look in controllers.told(cut, frame())} == {"ap-1": ""}


def test_an_empty_or_failed_table_says_nothing() -> None:
    assert not list(controllers.told(reading([]), frame()))
    assert not list(controllers.told(reading(ROWS, outcome=Outcome.FAILED), frame()))


def test_an_access_point_that_pings_and_is_off_at_its_controller_has_a_ticket() -> None:
    world = World(frame(), "2026-03-02 10:00")
    for _ in range(3):
        for name in ("ac", "ap-1", "ap-2", "ap-3", "ap-4"):
            world.look(name, ok=True)
        for look in controllers.told(reading(ROWS, world), world.frame):
            world.step(look)
        world.tick()
        world.until(world.now + MINUTE)
    assert (world.only.root, world.only.cause, world.only.severity) == ("ap-2", "service", "general")
