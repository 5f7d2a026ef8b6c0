"""A small campus that tests throw faults at."""

from __future__ import annotations

from agent.simulator.campus import Campus
from agent.simulator.plan import Box, Plan
from agent.simulator.script import Fault, parse_now

PORT = "GigabitEthernet1/0/{}"
BOXES = (
    Box(id="core", kind="switch", address="198.18.0.1", vendor="H3C", model="S7503X", community="practice", ports=24),
    Box(
        id="sw", kind="switch", address="198.18.1.11", parent="core", port=PORT.format(11), vendor="H3C",
        model="S5130S-52S", name="教学楼A 接入", place="教学楼A", community="practice", ports=48,
    ),
    Box(id="cam", kind="camera", address="198.18.21.1", parent="sw", port=PORT.format(9), tcp=(554,)),
    Box(id="ap", kind="ap", address="198.18.11.1", parent="sw", port=PORT.format(1)),
    Box(id="amp", kind="amplifier", address="198.18.31.1", parent="sw", port=PORT.format(17)),
)  # fmt: skip


def campus(began: float = 0.0) -> Campus:
    return Campus(plan=Plan(boxes=BOXES), began=began)


def throw(campus: Campus, line: str, now: float = 0.0) -> None:
    fault = parse_now(line, "test", campus.boxes)
    assert isinstance(fault, Fault)
    campus.apply(fault, now)


def gone(campus: Campus) -> set[str]:
    return {device for device, path in campus.paths.items() if not path.reachable}
