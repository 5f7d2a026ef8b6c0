"""Switches, gateway, access points, whole buildings: N1 to N5."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.alerting.severity.annex import Rule
from agent.alerting.severity.incident import Facts, Reason, Test, buildings, dark_buildings, reaches, within


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
    if reaches(len(facts.dark), total, rule):
        yield Reason("N2", rule.level, {"count": len(facts.dark), "total": total})
    for building in dark_buildings(facts):
        if facts.occupied:
            yield Reason("N2", rule.level, {"building": building})


def _n3(facts: Facts, rule: Rule) -> Iterator[Reason]:
    root = facts.root
    if root is None:
        return
    if root.kind == "controller" or (root.kind == "switch" and root.role == "aggregation"):
        yield Reason("N3", rule.level, {"role": root.role or root.kind})
    if root.kind == "switch":
        yield from _feeds(facts, rule)
    for building in dark_buildings(facts):
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
    kind = next((kind for kind in ("switch", "ap") if facts.at(kind)), None)
    if kind:
        yield Reason("N4", rule.level, {"kind": kind})


def _n5(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if not (facts.occupied and facts.wide):
        return
    for building in buildings(facts, "ap"):
        failing, total = within(facts, building, "ap")
        if failing >= rule.count and reaches(failing, total, rule):
            yield Reason("N5", rule.level, {"building": building, "count": failing, "total": total})


RULES: Mapping[str, Test] = {
    "N1": _n1,
    "N2": _n2,
    "N3": _n3,
    "N4": _n4,
    "N5": _n5,
}
