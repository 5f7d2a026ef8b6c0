"""How people write quantities in files: durations, shares, bounds. Markers for type hints, and the words they accept.

A settings dataclass says `hold: Duration = 120.0`; `agent.config` then takes `2m`, `120` or `1m60s` for it. The values
themselves are plain floats: the rules never see a unit.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum
from typing import Annotated


class Unit(Enum):
    """How the text of a float is read."""

    DURATION = "duration"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Lowest and highest value allowed, both inclusive; seconds for a `Duration`."""

    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True, slots=True)
class Choice:
    """The text must be one of these; `of` names what they are in messages (`kind`, `role`)."""

    of: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """The whole text must match; `of` names what it is in messages (`id`)."""

    of: str
    regex: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The text must name something that the reader is told about when it reads (`schedule`)."""

    of: str


Duration = Annotated[float, Unit.DURATION, Bounds(0.0)]
"""Seconds; written `10s`, `1m30s`, `2h`, `500ms`, `3d`, or a plain number of seconds."""

Share = Annotated[float, Unit.SHARE, Bounds(0.0, 1.0)]
"""0 to 1; written `30%` or `0.3`."""

Id = Annotated[str, Pattern("id", r"[a-z0-9][a-z0-9-]{0,62}")]
"""A name that programs use: a-z, 0-9 and `-`."""

Port = Annotated[int, Bounds(1, 65535)]
"""A TCP or UDP port."""

ScheduleName = Annotated[str, Reference("schedule")]
"""The name of a schedule of the inventory, or `always`."""

_STEPS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile("".join(rf"(?:(?P<{unit}>\d{{1,12}}(?:\.\d{{1,9}})?){unit})?" for unit in _STEPS), re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?", re.ASCII)


def number(text: str) -> float | None:
    """A plain decimal number; None for anything else (`1e9`, `.inf`, `0x10`, `22:00`)."""
    return float(text) if _NUMBER.fullmatch(text) else None


def duration(text: str) -> float | None:
    """Seconds of `1d2h3m4s5ms` (any of them, in this order) or of a plain number; None for anything else."""
    plain = number(text)
    if plain is not None:
        return plain
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        return None
    return math.fsum(float(count) * _STEPS[unit] for unit, count in match.groupdict().items() if count is not None)


def duration_text(seconds: float) -> str:
    """The shortest writing of `seconds`, to the millisecond, that `duration` reads back."""
    rest = round(seconds * 1000)
    words = []
    for unit, step in _STEPS.items():
        count, rest = divmod(rest, round(step * 1000))
        if count:
            words.append(f"{count}{unit}")
    return "".join(words) or "0s"


def share(text: str) -> float | None:
    """0.3 of `30%` or `0.3`; None for anything else. Not bounded here."""
    if text.endswith("%"):
        percent = number(text[:-1].rstrip())
        return None if percent is None else percent / 100.0
    return number(text)
