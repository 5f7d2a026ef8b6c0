"""The only file that asks the time: wall clock (UTC, ms) and monotonic seconds."""

from __future__ import annotations

import time
from typing import Protocol

from agent.model import Ms


class Clock(Protocol):
    """What the program asks for the time; tests hand in one that stands still or jumps."""

    def now(self) -> Ms:
        """Wall time, milliseconds since the epoch, UTC."""

    def mono(self) -> float:
        """Monotonic seconds, for intervals and deadlines of looks; the zero means nothing."""


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> Ms:
        return time.time_ns() // 1_000_000

    def mono(self) -> float:
        return time.monotonic()


kernel_now = time.time_ns
"""Nanoseconds of the clock by which the kernel stamps packets (CLOCK_REALTIME); only subtracted from such stamps."""
