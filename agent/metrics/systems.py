"""The families of what stands by its parts: the broadcast, each classroom."""

from __future__ import annotations

from agent.metrics.survey import Survey
from agent.metrics.text import gauge, labels
from agent.systems import STATES, System, systems

STATE = gauge("campus_system_state", "1 for the one state that the broadcast or a classroom is in, 0 for the others.")
TOTAL = gauge("campus_system_devices", "Its devices that should serve now.")
UP = gauge("campus_system_devices_up", "Of these, how many do.")


def of_systems(survey: Survey) -> str:
    """All three families; a school has some dozens of systems."""
    found = list(systems(survey.rows()))
    return (
        STATE.head
        + "".join(
            f"{STATE.name}{{{_own(one)},{labels(state=s)}}} {int(s == one.state)}\n" for one in found for s in STATES
        )
        + TOTAL.head
        + "".join(f"{TOTAL.name}{{{_own(one)}}} {one.total}\n" for one in found)
        + UP.head
        + "".join(f"{UP.name}{{{_own(one)}}} {one.up}\n" for one in found)
    )


def _own(system: System) -> str:
    return labels(system=system.name, place=system.place)
