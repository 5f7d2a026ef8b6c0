"""How bad a fault is for the school: the rules of the policy file over the facts of one incident (severity.md).

The highest matching rule wins and every match is kept as a reason. The rules' names and defaults are the annex's
(N1 ... Z1); their levels and numbers are data. The agent only ever raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time

from agent.alerting.findings import LATENT
from agent.alerting.sla import RANK
from agent.calendar import Hours
from agent.model import Device
from agent.units import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule's level and numbers. otherwise: its level when the campus or room is out of use ("" = does not match).

    share of a group and count of devices from which it matches, hours (`05:00-19:00`) and tags where it asks for them.
    """

    level: str
    otherwise: str = ""
    share: Share = 0.0
    count: int = 0
    tags: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()


def _rules() -> dict[str, Rule]:
    return {
        "N1": Rule(level="major", otherwise="serious"),
        "N2": Rule(level="major", share=0.3),
        "N3": Rule(level="serious", count=10),
        "N4": Rule(level="general"),
        "N5": Rule(level="serious", share=0.3, count=3),
        "V1": Rule(level="major", share=0.3),
        "V2": Rule(level="major", tags=("papers",)),
        "V3": Rule(level="serious", share=0.3, count=5),
        "V4": Rule(level="general"),
        "V8-canteen": Rule(level="serious", tags=("canteen",), hours=("05:00-19:00",)),
        "V8-dormitory": Rule(level="serious", tags=("dormitory",), hours=("21:30-06:30",)),
        "V8-chemicals": Rule(level="serious", tags=("chemicals",)),
        "V9": Rule(level="major"),
        "B1": Rule(level="major"),
        "B2": Rule(level="serious", tags=("whole-building", "playground", "exam")),
        "B3": Rule(level="general"),
        "C1": Rule(level="serious", share=0.3334),
        "C2": Rule(level="general", share=0.3334),
        "C3": Rule(level="other"),
        "S1": Rule(level="major"),
        "X1": Rule(level="major", count=3),
        "D1": Rule(level="general"),
        "Z1": Rule(level="latent"),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex:
    """《故障分级确认表》: the rules, and the schedule that says when the campus is occupied ("" = working days in term
    06:30-22:00)."""

    version: str = "2026-1"
    occupied: str = ""
    rules: Mapping[str, Rule] = field(default_factory=_rules)


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
    camera of the same key point still serves.
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


Test = Callable[[Facts, Rule], Iterator[Reason]]


def assess(facts: Facts, annex: Annex) -> tuple[str, tuple[Reason, ...]]:
    """The level of an incident and every reason for it, the highest first."""
    reasons = [
        reason for name, test in _TESTS.items() if name in annex.rules for reason in test(facts, annex.rules[name])
    ]
    reasons = reasons or [Reason("D1", facts.stated or annex.rules["D1"].level, {})]
    reasons.sort(key=lambda reason: -RANK[reason.level])
    again = annex.rules.get("X1")
    if again and reasons[0].level != "latent" and facts.recent + 1 >= again.count > 0:
        reasons.insert(0, Reason("X1", raised(reasons[0].level), {"count": facts.recent + 1}))
    return reasons[0].level, tuple(reasons)


def raised(level: str) -> str:
    """One level higher, 重大 at most."""
    order = sorted(RANK, key=lambda name: RANK[name])
    return order[min(RANK[level] + 1, len(order) - 1)]


# --- network ------------------------------------------------------------------------------------------------


def _n1(facts: Facts, rule: Rule) -> Iterator[Reason]:
    root = facts.root
    if root and root.kind == "switch" and root.role == "core":
        yield Reason("N1", rule.level, {"role": "core"})
    elif root and root.kind == "gateway":
        level = rule.level if facts.occupied else rule.otherwise
        if level:
            yield Reason("N1", level, {"role": "gateway"})


def _n2(facts: Facts, rule: Rule) -> Iterator[Reason]:
    total = sum(facts.census.values())
    if _reaches(len(facts.dark), total, rule):
        yield Reason("N2", rule.level, {"count": len(facts.dark), "total": total})
    for building in _dark_buildings(facts):
        if facts.occupied:
            yield Reason("N2", rule.level, {"building": building})


def _reaches(count: int, total: int, rule: Rule) -> bool:
    return count > 1 and total > 0 and count / total >= rule.share > 0


def _dark_buildings(facts: Facts) -> Iterator[str]:
    """Buildings of which this incident takes every device, and more than one."""
    for building, count in _count(device.location.building for device in facts.dark):
        total = sum(n for (name, _), n in facts.census.items() if name == building)
        if building and count > 1 and count >= total:
            yield building


def _count(names: Iterable[str]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return list(counts.items())


def _n3(facts: Facts, rule: Rule) -> Iterator[Reason]:
    root = facts.root
    if root is None:
        return
    if root.kind == "controller" or (root.kind == "switch" and root.role == "aggregation"):
        yield Reason("N3", rule.level, {"role": root.role or root.kind})
    if root.kind == "switch":
        yield from _feeds(facts, rule)
    for building in _dark_buildings(facts):
        if not facts.occupied:
            yield Reason("N3", rule.level, {"building": building})


def _feeds(facts: Facts, rule: Rule) -> Iterator[Reason]:
    """What hangs on a dead switch: a key point, a room in use, or more than so many devices."""
    fed = [device for device in facts.dark if device is not facts.root]
    key = next((device for device in fed if "key-point" in device.tags), None)
    used = next((device for device in fed if facts.in_use(device)), None)
    if key:
        yield Reason("N3", rule.level, {"key_point": key.name})
    if used:
        yield Reason("N3", rule.level, {"room": used.location.room or used.name})
    if len(fed) > rule.count:
        yield Reason("N3", rule.level, {"count": len(fed)})


def _n4(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.root and facts.root.kind in ("switch", "ap"):
        yield Reason("N4", rule.level, {"kind": facts.root.kind})


def _n5(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if not facts.occupied:
        return
    for building in _buildings(facts, "ap"):
        failing, total = _of(facts, building, "ap")
        if failing >= rule.count and _reaches(failing, total, rule):
            yield Reason("N5", rule.level, {"building": building, "count": failing, "total": total})


def _buildings(facts: Facts, kind: str) -> list[str]:
    return [name for name, _ in _count(d.location.building for d in facts.dark if d.kind == kind) if name]


def _of(facts: Facts, building: str, kind: str) -> tuple[int, int]:
    key = (building, kind)
    return facts.failing.get(key, 0), facts.census.get(key, 0)


def _everywhere(facts: Facts, kind: str) -> tuple[int, int]:
    failing = sum(n for (_, k), n in facts.failing.items() if k == kind)
    return failing, sum(n for (_, k), n in facts.census.items() if k == kind)


# --- cameras ------------------------------------------------------------------------------------------------


def _v1(facts: Facts, rule: Rule) -> Iterator[Reason]:
    kinds = {device.kind for device in facts.dark}
    recorders, all_recorders = _everywhere(facts, "recorder")
    if "recorder" in kinds and all_recorders > 1 and recorders >= all_recorders:
        yield Reason("V1", rule.level, {"recorders": recorders})
    cameras, all_cameras = _everywhere(facts, "camera")
    if "camera" in kinds and _reaches(cameras, all_cameras, rule):
        yield Reason("V1", rule.level, {"count": cameras, "total": all_cameras})


def _v2(facts: Facts, rule: Rule) -> Iterator[Reason]:
    for camera in (device for device in facts.dark if device.kind == "camera"):
        papers = not camera.tags.isdisjoint(rule.tags)
        if papers or ("key-point" in camera.tags and not facts.covered(camera)):
            yield Reason("V2", rule.level, {"key_point": camera.location.room or camera.name})
            return


def _v3(facts: Facts, rule: Rule) -> Iterator[Reason]:
    root = facts.root
    for camera in facts.dark:
        if camera.kind == "camera" and "key-point" in camera.tags and facts.covered(camera):
            yield Reason("V3", rule.level, {"key_point": camera.location.room or camera.name})
            break
    if root and root.kind == "recorder":
        yield Reason("V3", rule.level, {"kind": "recorder"})
    for building in _buildings(facts, "camera"):
        failing, total = _of(facts, building, "camera")
        if failing >= rule.count or (failing >= 2 and _reaches(failing, total, rule)):
            yield Reason("V3", rule.level, {"building": building, "count": failing, "total": total})


def _v4(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.root and facts.root.kind == "camera":
        yield Reason("V4", rule.level, {"kind": "camera"})


def _v8(name: str) -> Test:
    def test(facts: Facts, rule: Rule) -> Iterator[Reason]:
        watched = any(d.kind == "camera" and not d.tags.isdisjoint(rule.tags) for d in facts.dark)
        if watched and (not rule.hours or any(Hours.parse(text).holds(facts.clock) for text in rule.hours)):
            yield Reason(name, rule.level, {"tag": rule.tags[0]})

    return test


def _v9(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.root and facts.root.kind == "asset" and "key-point" in facts.root.tags:
        yield Reason("V9", rule.level, {"name": facts.root.name})


# --- broadcast and classrooms -------------------------------------------------------------------------------


def _broadcast(facts: Facts) -> bool:
    """The whole system is down: its server, or every zone and amplifier."""
    root = facts.root
    if root and root.kind == "server" and root.role == "broadcast":
        return True
    failing = [a + b for a, b in zip(_everywhere(facts, "amplifier"), _everywhere(facts, "zone"), strict=True)]
    touched = any(device.kind in ("amplifier", "zone") for device in facts.dark)
    return touched and failing[1] > 1 and failing[0] >= failing[1]


def _b1(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.listening and _broadcast(facts):
        yield Reason("B1", rule.level, {"kind": "broadcast"})


def _b2(facts: Facts, rule: Rule) -> Iterator[Reason]:
    root = facts.root
    if facts.occupied and _broadcast(facts):
        yield Reason("B2", rule.level, {"kind": "broadcast"})
    elif facts.occupied and root and root.kind == "amplifier" and not root.tags.isdisjoint(rule.tags):
        yield Reason("B2", rule.level, {"kind": "amplifier"})


def _b3(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if _broadcast(facts) or (facts.root and facts.root.kind in ("amplifier", "zone")):
        yield Reason("B3", rule.level, {"kind": facts.root.kind if facts.root else "broadcast"})


def _classroom(facts: Facts, rule: Rule) -> bool:
    root = facts.root
    if root and root.kind == "server" and root.role in ("classroom", "cloud-classroom"):
        return True
    return facts.room_dark > 1 and _reaches(facts.room_dark, facts.room_total, rule)


def _c1(facts: Facts, rule: Rule) -> Iterator[Reason]:
    server = facts.root is not None and facts.root.kind == "server"
    if _classroom(facts, rule) and (facts.in_term if server else facts.lesson):
        yield Reason("C1", rule.level, {"count": facts.room_dark, "total": facts.room_total})


def _c2(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if _classroom(facts, rule):
        yield Reason("C2", rule.level, {"count": facts.room_dark, "total": facts.room_total})


def _c3(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.root and facts.root.kind in ("terminal", "asset"):
        yield Reason("C3", rule.level, {"kind": facts.root.kind})


# --- people and latent defects ------------------------------------------------------------------------------


def _s1(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.danger:
        yield Reason("S1", rule.level, {})


def _latent(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.cause in LATENT:
        yield Reason("Z1", rule.level, {"cause": facts.cause})


def _lost(test: Test) -> Test:
    """Only where function is lost: a latent defect matches no rule of the contract's levels."""

    def guarded(facts: Facts, rule: Rule) -> Iterator[Reason]:
        return iter(()) if facts.cause in LATENT else test(facts, rule)

    return guarded


_TESTS: Mapping[str, Test] = {
    **{
        name: _lost(test)
        for name, test in {
            "N1": _n1, "N2": _n2, "N3": _n3, "N4": _n4, "N5": _n5, "V1": _v1, "V2": _v2, "V3": _v3, "V4": _v4,
            "V8-canteen": _v8("V8-canteen"), "V8-dormitory": _v8("V8-dormitory"),
            "V8-chemicals": _v8("V8-chemicals"), "V9": _v9, "B1": _b1, "B2": _b2, "B3": _b3,
            "C1": _c1, "C2": _c2, "C3": _c3,
        }.items()
    },
    "S1": _s1,
    "Z1": _latent,
}  # fmt: skip
