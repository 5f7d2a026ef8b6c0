"""What a ticket's journal says of time: the limits, the results in the books, the times themselves. Nouns only.

`timeline` adds one event to them, `clocks` reads one clock at a moment, `booking` says what an event books or voids;
`sla` is the door to all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.model import Ms
from agent.units import Duration

RANK: Mapping[str, int] = {"latent": 0, "other": 1, "general": 2, "serious": 3, "major": 4}
"""The levels, lowest first: 隐患 (no contract clock), 其他, 一般, 较大, 重大."""

CLOCKS = ("response", "repair", "feedback", "response_ceiling", "repair_ceiling")
RESPONSE, REPAIR = ("response", "response_ceiling"), ("repair", "repair_ceiling")
_MIN, _HOUR = 60.0, 3600.0


def _response() -> dict[str, float]:
    return {"major": 30 * _MIN, "serious": 60 * _MIN, "general": 60 * _MIN, "other": 60 * _MIN}


def _repair() -> dict[str, float]:
    return {"major": 4 * _HOUR, "serious": 8 * _HOUR, "general": 24 * _HOUR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The contract's numbers, seconds; the ticket keeps the ones it was opened under."""

    response: Mapping[str, Duration] = field(default_factory=_response)
    repair: Mapping[str, Duration] = field(default_factory=_repair)
    response_ceiling: Duration = 2 * _HOUR
    repair_ceiling: Duration = 24 * _HOUR
    binding: Literal["strict", "net"] = "strict"

    def as_json(self) -> dict[str, Any]:
        return {
            "response": dict(self.response),
            "repair": dict(self.repair),
            "response_ceiling": self.response_ceiling,
            "repair_ceiling": self.repair_ceiling,
            "binding": self.binding,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One result in the books. `reason` is why it was voided and `voided_at` when, empty while it stands.

    took: seconds that the line counts for in the histograms, from when its clock is over for good. Written once: a
    later void or reopening takes nothing back, since a histogram may not fall.
    """

    clock: str
    level: str
    result: str
    at: Ms
    breached_at: Ms | None = None
    reason: str = ""
    voided_at: Ms | None = None
    took: float | None = None

    def as_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {"clock": self.clock, "level": self.level, "result": self.result}
        return row if self.breached_at is None else {**row, "breached_at": self.breached_at}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A span that the net reading leaves out: a suspension (counts once approved), a wait, up-time before a relapse."""

    start: Ms
    end: Ms | None = None
    approved: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What a ticket's journal says of time.

    since: from which moment the facts met each level.  frozen_at / freezes: the freeze of a self-recovery (4.4), now
    and in the past.  response_due: by when a recovery that is not waived must be taken, where that is later than the
    limit.  broke_at: since when the fault is there, for the order of late entries: the opening, or the last relapse,
    refusal or reopening.  faulty: whether something was broken (an enquiry has no repair clock).  contract: False for
    another party's device.  *_verdict_at: the moment that decides a verdict, where a late entry makes it differ
    (ticket-life.md 3.3 rule 6).
    """

    limits: Limits
    opened_at: Ms
    started_at: Ms
    level: str
    since: tuple[tuple[str, Ms], ...]
    broke_at: Ms = 0
    faulty: bool = True
    contract: bool = True
    taken_at: Ms | None = None
    taken_verdict_at: Ms | None = None
    frozen_at: Ms | None = None
    freezes: tuple[tuple[Ms, Ms], ...] = ()
    response_due: Ms | None = None
    waived: bool = False
    arrived_at: Ms | None = None
    restored_at: Ms | None = None
    restored_verdict_at: Ms | None = None
    pauses: tuple[Pause, ...] = ()
    feedback_from: Ms | None = None
    feedback_due: Ms | None = None
    fed_back_at: Ms | None = None
    fed_back_verdict_at: Ms | None = None
    confirmed_at: Ms | None = None
    void: bool = False
    bookings: tuple[Booking, ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """A step of the wall clock by `ms`: moments are named anew, what has passed between them stays.

    since: moments before it were read from a clock that was right, and stay; None when all are moved.
    """

    ms: int
    since: Ms | None = None

    @classmethod
    def of(cls, args: Mapping[str, Any]) -> Shift:
        """The step that an event `clock_step` tells of."""
        return cls(round(args["seconds"] * 1000), args.get("since"))

    def moves(self, at: Ms | None) -> bool:
        return at is not None and (self.since is None or at >= self.since)

    def __call__(self, at: Ms) -> Ms:
        return at + self.ms if self.moves(at) else at

    def maybe(self, at: Ms | None) -> Ms | None:
        return None if at is None else self(at)

    def due(self, at: Ms | None, base: Ms | None) -> Ms | None:
        """A moment that was reckoned from `base` goes with it."""
        return at + self.ms if at is not None and self.moves(base) else at


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaClock:
    """One clock at one moment. deadline is None without a limit; elapsed and remaining are seconds."""

    name: str
    running: bool
    deadline: Ms | None
    ended_at: Ms | None
    elapsed: float
    remaining: float | None
    result: str | None
