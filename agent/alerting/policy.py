"""The policy: every number the judge uses, joined from the dataclasses of the files that use them. Data, not code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from agent.alerting.conditions import Thresholds
from agent.alerting.incidents import Grouping
from agent.alerting.severity import Annex
from agent.alerting.sla import Limits
from agent.units import Duration, Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The windows of the ticket life (ticket-life.md 3.3 rule 11) and what follows the contract only by agreement.

    schedule_grace: how long after its timetable begins a device may still be starting.
    close_of_business: local time at which a working day ends for feedback.  tier1: 一线时限, `major` and `other`.
    free_waivers: how many self-recoveries of one device and cause in waiver_window are free of a response (4.4).
    """

    stability_window: Duration = 3600.0
    repeat_window: Duration = 30 * 86400.0
    waiver_window: Duration = 7 * 86400.0
    free_waivers: int = 2
    close_of_business: str = "18:00"
    feedback_reading: Literal["day", "span"] = "day"
    redispatch: tuple[Share, ...] = (1 / 3, 2 / 3)
    suspend: bool = False
    refuse_workdays: int = 3
    tier1: Mapping[str, Duration] = field(default_factory=lambda: {"major": 900.0, "other": 1800.0})
    schedule_grace: Duration = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """An announced maintenance: local times (`2026-03-02 10:00`), device ids, buildings; nothing named = everywhere."""

    name: str
    start: str
    end: str
    devices: tuple[str, ...] = ()
    buildings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A listening test's slot inside a guard period, local times."""

    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """An examination guard period (考试保障): local times, with its listening slots."""

    name: str
    start: str
    end: str
    listening: tuple[Listening, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All of it. `version` and `sha256` name it in every ticket it judged."""

    version: int = 1
    sha256: str = ""
    contract: Limits = Limits()
    life: Life = Life()
    conditions: Thresholds = Thresholds()
    grouping: Grouping = Grouping()
    severity: Annex = Annex()
    windows: tuple[Window, ...] = ()
    guards: tuple[Guard, ...] = field(default=())
