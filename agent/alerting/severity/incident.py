"""What is known of one incident when it is judged, and the counting that its rules share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time

from agent.alerting.severity.annex import Rule
from agent.model import Device


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that matched, the level it gives, and the numbers it saw."""

    rule: str
    level: str
    args: Mapping[str, str | int]

    def as_json(self) -> dict[str, object]:
        return {"rule": self.rule, "level": self.level, **self.args}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one incident when it is judged. `root` is None for what a person reports of a place.

    dark: the devices in schedule that this incident takes away, the root included.  failing: all devices in schedule
    that do not serve now, of other incidents too, by (building, kind).  census: devices in schedule by (building,
    kind).  in_use: whether a device's own timetable says on and is more than `always`.  covered: whether another
    camera of the same key point still serves.  reason: the observation's own key.  extent: how many channels, disks
    or ports it is about.  joint: the incident is a system's as a whole, no single device is its root.
    """

    root: Device | None
    cause: str
    dark: tuple[Device, ...] = ()
    failing: Mapping[tuple[str, str], int] = field(default_factory=dict)
    census: Mapping[tuple[str, str], int] = field(default_factory=dict)
    room_dark: int = 0
    room_total: int = 0
    occupied: bool = True
    in_term: bool = True
    listening: bool = False
    lesson: bool = False
    in_use: Callable[[Device], bool] = field(default=lambda device: False)
    covered: Callable[[Device], bool] = field(default=lambda device: False)
    clock: time = time(12, 0)
    danger: bool = False
    recent: int = 0
    stated: str = ""
    reason: str = ""
    extent: int = 1
    joint: bool = False

    @property
    def wide(self) -> bool:
        """Whether how much of a system is gone is this incident's to tell: one device that fell by itself, among many
        that did, is no outage of the system."""
        return self.joint or len(self.dark) > 1

    def at(self, *kinds: str) -> bool:
        """Whether the fault lies at a device of these kinds, or at a system of them."""
        if self.root is not None:
            return self.root.kind in kinds
        return self.joint and any(device.kind in kinds for device in self.dark)


Test = Callable[[Facts, Rule], Iterator[Reason]]
"""One rule's own question: the reasons for which it matches."""


def reaches(count: int, total: int, rule: Rule) -> bool:
    return count > 1 and total > 0 and count / total >= rule.share > 0


def dark_buildings(facts: Facts) -> Iterator[str]:
    """Buildings of which this incident takes every device, and more than one."""
    for building, count in tallied(device.location.building for device in facts.dark):
        total = sum(n for (name, _), n in facts.census.items() if name == building)
        if building and count > 1 and count >= total:
            yield building


def tallied(names: Iterable[str]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return list(counts.items())


def buildings(facts: Facts, kind: str) -> list[str]:
    return [name for name, _ in tallied(d.location.building for d in facts.dark if d.kind == kind) if name]


def within(facts: Facts, building: str, kind: str) -> tuple[int, int]:
    key = (building, kind)
    return facts.failing.get(key, 0), facts.census.get(key, 0)


def everywhere(facts: Facts, kind: str) -> tuple[int, int]:
    failing = sum(n for (_, k), n in facts.failing.items() if k == kind)
    return failing, sum(n for (_, k), n in facts.census.items() if k == kind)
