"""How a device stands now: exactly one of seven states, the first that fits (interface.md "Device states")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def stand(
    device: Device, frame: Frame, looks: Mapping[Key, Reading], conditions: Iterable[Condition], blind: bool, now: Ms
) -> Standing:
    """How the device stands. conditions: its own, inactive ones left out."""
    leading = frame.leading.get(device.id)
    firing = [condition for condition in conditions if condition.fires]
    gone = next((condition for condition in firing if condition.cause == findings.UNREACHABLE), None)
    if leading is None or blind or not _known(frame, looks, device.id, leading, now):
        return Standing("unknown", None)
    up = gone is None
    if frame.maintained(device, now):
        return Standing("maintenance", up)
    if firing and not frame.in_schedule(device, now):
        return Standing("off_schedule", up)
    if gone is not None:
        return Standing("shadowed" if gone.held in ("shadowed", "quarantine") else "down", False)
    return Standing("degraded" if firing else "up", True)


def _known(frame: Frame, looks: Mapping[Key, Reading], device: str, leading: str, now: Ms) -> bool:
    """Whether the leading probe could look within the last three intervals."""
    reading = looks.get((device, leading))
    if reading is None or reading.outcome is Outcome.UNKNOWN:
        return False
    window = STALE * reading.target.interval + reading.target.timeout + reading.duration
    return now - reading.at <= window * 1000
