"""What the scheduler knows of one target, and how late looks were sent."""

from __future__ import annotations

import asyncio
import math
from bisect import bisect_left
from zlib import crc32

from agent.model import Target

LAG_BOUNDS = (0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Upper bounds of the histogram of lag (sent − due), seconds."""


class Slot:
    """What the scheduler knows of one target."""

    __slots__ = ("busy", "due", "fails", "gone", "passed_over", "phase", "started", "target", "waiting")

    def __init__(self, target: Target) -> None:
        self.target = target
        self.phase = phase(target)
        self.due = 0
        self.busy = False
        self.gone = False
        self.passed_over = False
        self.fails = 0
        self.started = -math.inf
        self.waiting: list[asyncio.Future[None]] = []

    def free(self) -> None:
        """The look under way has ended: who waits for that may go."""
        self.busy = False
        for one in self.waiting:
            if not one.done():
                one.set_result(None)
        self.waiting.clear()


def phase(target: Target) -> float:
    """Where in its interval a target is looked at, seconds; the same at every start."""
    return crc32(f"{target.device}/{target.probe}".encode()) / 2**32 * target.interval


class Lag:
    """How late looks were sent, as a histogram; counted per tick, since a tick's looks leave together."""

    __slots__ = ("counts", "sum", "worst")

    def __init__(self) -> None:
        self.counts = [0] * (len(LAG_BOUNDS) + 1)
        self.sum = 0.0
        self.worst = 0.0

    def add(self, lag: float, looks: int) -> None:
        self.counts[bisect_left(LAG_BOUNDS, lag)] += looks
        self.sum += lag * looks
        self.worst = max(self.worst, lag)
