"""《故障分级确认表》: the rules as data, their levels and numbers (severity.md 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.units import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule's level and numbers. otherwise: its level when the campus or room is out of use ("" = does not match);
    of V6 for many channels or a key point, of V7 while redundancy is left.

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
        "V5": Rule(level="serious"),
        "V6": Rule(level="general", otherwise="serious", count=5),
        "V7": Rule(level="serious", otherwise="general"),
        "V8-canteen": Rule(level="serious", tags=("canteen",), hours=("05:00-19:00",)),
        "V8-dormitory": Rule(level="serious", tags=("dormitory",), hours=("21:30-06:30",)),
        "V8-chemicals": Rule(level="serious", tags=("chemicals",)),
        "V9": Rule(level="major"),
        "B1": Rule(level="major"),
        "B2": Rule(level="serious", tags=("whole-building", "playground", "exam")),
        "B3": Rule(level="general"),
        "C1": Rule(level="serious", share=0.3333),
        "C2": Rule(level="general", share=0.3333),
        "C3": Rule(level="other"),
        "S1": Rule(level="major"),
        "S2": Rule(level="serious"),
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
