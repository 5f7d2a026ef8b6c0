"""Broadcast and classrooms: B1 to B3, C1 to C3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.alerting.severity.annex import Rule
from agent.alerting.severity.incident import Facts, Reason, Test, everywhere, reaches


def _broadcast(facts: Facts) -> bool:
    """The whole system is down: its server, or every zone and amplifier."""
    root = facts.root
    if root and root.kind == "server" and root.role == "broadcast":
        return True
    failing = [a + b for a, b in zip(everywhere(facts, "amplifier"), everywhere(facts, "zone"), strict=True)]
    touched = facts.wide and any(device.kind in ("amplifier", "zone") for device in facts.dark)
    return touched and failing[1] > 1 and failing[0] >= failing[1]


def _b1(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.listening and _broadcast(facts):
        yield Reason("B1", rule.level, {"kind": "broadcast"})


def _b2(facts: Facts, rule: Rule) -> Iterator[Reason]:
    alone = facts.dark if facts.joint else (facts.root,) if facts.root else ()
    if facts.occupied and _broadcast(facts):
        yield Reason("B2", rule.level, {"kind": "broadcast"})
    elif facts.occupied and any(one.kind == "amplifier" and not one.tags.isdisjoint(rule.tags) for one in alone):
        yield Reason("B2", rule.level, {"kind": "amplifier"})


def _b3(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if _broadcast(facts) or facts.at("amplifier", "zone"):
        yield Reason("B3", rule.level, {"kind": facts.root.kind if facts.root else "broadcast"})


def _classroom(facts: Facts, rule: Rule) -> bool:
    root = facts.root
    if root and root.kind == "server" and root.role in ("classroom", "cloud-classroom"):
        return True
    return facts.room_dark > 1 and reaches(facts.room_dark, facts.room_total, rule)


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


RULES: Mapping[str, Test] = {
    "B1": _b1,
    "B2": _b2,
    "B3": _b3,
    "C1": _c1,
    "C2": _c2,
    "C3": _c3,
}
