"""What a device fails to do beside its service: V5 to V7 (recordings), S2 (the server room's power)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.alerting.findings import DISK, POWER, RECORDING, RETENTION
from agent.alerting.severity.annex import Rule
from agent.alerting.severity.incident import Facts, Reason, Test

SPARE = "disk_failed"
"""A disk's reason while the array still has redundancy; any other means that recordings are being lost."""


def _v5(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.cause == RETENTION:
        yield Reason("V5", rule.level, {"count": facts.extent})


def _v6(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.cause != RECORDING:
        return
    key_point = facts.root is not None and "key-point" in facts.root.tags
    many = facts.extent >= rule.count > 0 or key_point
    yield Reason("V6", (rule.otherwise or rule.level) if many else rule.level, {"count": facts.extent})


def _v7(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.cause == DISK:
        spare = facts.reason == SPARE and rule.otherwise
        yield Reason("V7", rule.otherwise if spare else rule.level, {"count": facts.extent})


def _s2(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.cause == POWER:
        yield Reason("S2", rule.level, {"kind": "ups"})


RULES: Mapping[str, Test] = {"V5": _v5, "V6": _v6, "V7": _v7, "S2": _s2}
