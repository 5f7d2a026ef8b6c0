"""How a device stands now: exactly one of seven states, the first that fits (interface.md "Device states")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.alerting import findings
from agent.alerting.conditions import Condition
from agent.alerting.frame import Frame
from agent.alerting.state import Key
from agent.model import Device, Ms, Outcome, Reading

STATES = ("up", "degraded", "down", "shadowed", "maintenance", "off_schedule", "unknown")
STALE = 3
"""After this many intervals without a look nobody knows."""


@dataclass(frozen=True, slots=True)
class Standing:
    """state: one of `STATES`.  up: 1 in up and degraded, 0 when confirmed not to answer, None when nobody knows."""

    state: str
    up: bool | None


UNKNOWN, UP = Standing("unknown", None), Standing("up", True)
"""Nearly every device at nearly every scrape: the same two objects."""


_BLANK = Outcome.UNKNOWN
"""Looking a member up on its enumeration costs as much as the rest of the common case."""


def stand(
    device: Device, frame: Frame, looks: Mapping[Key, Reading], conditions: Sequence[Condition], blind: bool, now: Ms
) -> Standing:
    """How the device stands. conditions: its own, inactive ones left out."""
    leading = frame.leading.get(device.id)
    reading = None if leading is None or blind else looks.get((device.id, leading))
    if reading is None or reading.outcome is _BLANK or now - reading.at > _fresh_ms(reading):
        return UNKNOWN
    if not conditions and not frame.policy.windows:
        return UP
    return _failing(device, frame, [condition for condition in conditions if condition.fires], now)


def _fresh_ms(reading: Reading) -> float:
    """For how long a look says how the device stands."""
    return (STALE * reading.target.interval + reading.target.timeout + reading.duration) * 1000


def _failing(device: Device, frame: Frame, firing: Sequence[Condition], now: Ms) -> Standing:
    gone = next((condition for condition in firing if condition.cause == findings.UNREACHABLE), None)
    up = gone is None
    if frame.maintained(device, now):
        return Standing("maintenance", up)
    if firing and not frame.in_schedule(device, now):
        return Standing("off_schedule", up)
    if gone is not None:
        return Standing("shadowed" if gone.held in ("shadowed", "quarantine") else "down", False)
    return Standing("degraded", True) if firing else UP
