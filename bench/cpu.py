"""What a process and all its descendants cost: CPU from `stat`, memory as PSS from `smaps_rollup` (proc(5)).

CPU is user and system time, with that of children already reaped, at the kernel's 10 ms: a hundredth of a per cent of
a 60-second window for each process. PSS counts a page that N processes share as 1/N of it in each, so the sum is right.
"""

from __future__ import annotations

import math
import os
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured quantity: the value that is judged, and the range it was seen in."""

    low: float
    value: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float], rank: float = 0.5) -> Figure:
        """The median of the values, or another rank (0.99: that which 99 % do not exceed)."""
        kept = sorted(values)
        value = statistics.median(kept) if rank == 0.5 else kept[math.ceil(rank * len(kept)) - 1]
        return cls(low=kept[0], value=value, high=kept[-1])


def tree(root: int) -> Iterator[int]:
    """The process and its living descendants."""
    yield root
    for task in Path(f"/proc/{root}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:  # the thread has ended meanwhile
            continue
        for child in children:
            yield from tree(int(child))


def seconds(roots: Iterable[int]) -> float:
    """CPU seconds that the trees have used since they began."""
    return sum(_ticks(pid) for root in roots for pid in tree(root)) / _TICKS


def waited(pid: int) -> float:
    """Seconds that the process's threads were ready to run and another program had their core (schedstat)."""
    return sum(int(path.read_text().split()[1]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def pss(roots: Iterable[int]) -> int:
    """Bytes of memory that the trees hold now."""
    return sum(_pss(pid) for root in roots for pid in tree(root))


def _ticks(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # ended, and its parent has its time
        return 0
    return sum(map(int, text.rpartition(")")[2].split()[11:15]))  # utime, stime, cutime, cstime


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
