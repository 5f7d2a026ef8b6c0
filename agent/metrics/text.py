"""The text format of Prometheus, version 0.0.4: heads and labels; and work cut into slices of the loop's time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from agent.text import clean

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

LABEL = 200
"""Characters of a label's value at most: names and models, not novels."""

SLICE = 0.004
"""Seconds of work after which the loop gets its turn, so that no look is late for a scrape."""

PORTION = 250
"""Devices or rows between two looks at the clock."""

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_T = TypeVar("_T")


def label(value: str) -> str:
    """A label's value between its quotes, whatever a device or a person has written into it."""
    return clean(value, LABEL).translate(_ESCAPES)


def labels(**values: str) -> str:
    """`name="value",...` without the braces."""
    return ",".join(f'{name}="{label(value)}"' for name, value in values.items())


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its name, its type (gauge, counter, histogram) and what it means.

    scale: what a sample is multiplied with to come into Prometheus's base units.
    """

    name: str
    type: str
    help: str
    scale: float = 1.0

    @property
    def head(self) -> str:
        """HELP and TYPE, printed even where there is no sample."""
        return f"# HELP {self.name} {self.help}\n# TYPE {self.name} {self.type}\n"


def gauge(name: str, help: str) -> Family:
    return Family(name, "gauge", help)


def ratio(name: str, help: str) -> Family:
    """Of a sample that is in percent."""
    return Family(name, "gauge", help, 0.01)


def days(name: str, help: str) -> Family:
    """Of a sample that is in days."""
    return Family(name, "gauge", help, 86_400.0)


def counter(name: str, help: str) -> Family:
    return Family(name, "counter", help)


def portions(rows: list[_T]) -> Iterator[list[_T]]:
    """The rows, `PORTION` at a time."""
    for start in range(0, len(rows), PORTION):
        yield rows[start : start + PORTION]


def histogram(name: str, own: str, cumulated: Iterable[tuple[float, int]], total: int, seconds: float) -> str:
    """The samples of one histogram. own: its labels; cumulated: (upper bound, how many at or below it)."""
    lead, braced = (f"{own},", f"{{{own}}}") if own else ("", "")
    buckets = "".join(f'{name}_bucket{{{lead}le="{bound!r}"}} {count}\n' for bound, count in cumulated)
    whole = f'{name}_bucket{{{lead}le="+Inf"}} {total}\n{name}_sum{braced} {seconds!r}\n{name}_count{braced} {total}\n'
    return buckets + whole


class Turns:
    """Measures a slice of work and gives the loop its turn when it is over."""

    __slots__ = ("_clock", "_until")

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._until = self._clock() + SLICE

    async def breathe(self) -> None:
        """Call between portions of work."""
        if self._clock() >= self._until:
            await asyncio.sleep(0)
            self._until = self._clock() + SLICE
