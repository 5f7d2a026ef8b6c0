"""A broadcast and a classroom by their parts."""

from __future__ import annotations

import pytest

from agent.alerting.standing import Standing
from agent.model import Device, Location
from agent.systems import System, systems

UP, DEGRADED, DOWN = Standing("up", True), Standing("degraded", True), Standing("down", False)
SHADOWED, OFF, UNKNOWN = Standing("shadowed", False), Standing("off_schedule", False), Standing("unknown", None)


def device(kind: str, role: str = "", room: str = "") -> Device:
    return Device(id="x", name="x", kind=kind, role=role, location=Location(building="A", room=room))


def the(*rows: tuple[Device, Standing]) -> System:
    (found,) = systems(rows)
    return found


SERVER, AMP, ZONE = device("server", "broadcast"), device("amplifier"), device("zone")


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([(SERVER, UP), (AMP, UP), (ZONE, UP)], "up"),
        ([(SERVER, UP), (AMP, DEGRADED)], "degraded"),
        ([(SERVER, UP), (AMP, DOWN), (ZONE, UP)], "degraded"),
        ([(SERVER, DOWN), (AMP, UP)], "down"),
        ([(SERVER, UP), (AMP, DOWN), (ZONE, SHADOWED)], "down"),
        ([(AMP, DOWN), (AMP, UP)], "degraded"),
        ([(SERVER, DEGRADED), (AMP, UP)], "degraded"),
        ([(AMP, UNKNOWN)], "unknown"),
        ([(SERVER, UP), (AMP, OFF)], "up"),
    ],
)
def test_the_broadcast(rows: list[tuple[Device, Standing]], state: str) -> None:
    assert the(*rows).state == state


@pytest.mark.parametrize(
    ("up", "down", "off", "state"),
    [
        (9, 0, 0, "up"),
        (7, 2, 0, "up"),
        (6, 3, 0, "degraded"),
        (0, 9, 0, "down"),
        (0, 0, 9, "off_schedule"),
        (3, 0, 6, "up"),
    ],
)
def test_a_classroom(up: int, down: int, off: int, state: str) -> None:
    pc = device("terminal", room="301")
    found = the(*[(pc, UP)] * up, *[(pc, DOWN)] * down, *[(pc, OFF)] * off)
    assert (found.state, found.place, found.up, found.total) == (state, "A 301", up, up + down)


def test_others_are_no_system() -> None:
    assert not list(systems([(device("camera"), UP), (device("terminal"), UP), (device("server"), UP)]))
