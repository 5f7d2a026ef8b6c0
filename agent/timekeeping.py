"""The wall clock as the loop follows it: its steps taken over in one step of the judge, its word stored every while."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import replace

from agent.alerting.engine import Stepped
from agent.clock import Clock, Steady
from agent.memory import Memory
from agent.model import Json, Reading
from agent.store import Batch

KEEP = 45.0
"""Seconds after which the clock is stored again though nothing else is: a start must not begin long before its end, and
a database that takes nothing must be known within 90 s (R4), not when a ticket first needs it."""

_LONGEST_LOOK = 60.0
"""Seconds after a step behind which no look is under way any more that began before it."""

_log = logging.getLogger(__name__)


class Timekeeper:
    """Follows a `Steady` clock; any other is taken as it is. Everything happens in the loop's thread."""

    def __init__(
        self, clock: Clock, memory: Memory, put: Callable[[Batch], None], stepped: Callable[[Stepped], None]
    ) -> None:
        """put: takes the row with the clock.  stepped: whatever bears a time goes with the clock."""
        self._clock, self._memory, self._put, self._stepped = clock, memory, put, stepped
        self.steps = 0
        self._kept = -math.inf
        self._lately: Stepped | None = None

    def begin(self) -> None:
        """Believe the clock as far as it can be believed at a start."""
        if isinstance(self._clock, Steady):
            self._trust(self._clock.sure)
            self.follow()

    def follow(self) -> None:
        """Take over what the wall clock did since the last time."""
        clock = self._clock
        if not isinstance(clock, Steady):
            return
        step = clock.follow()
        if step is not None:
            self._step(Stepped(ms=step.ms, since=step.since))
        if clock.sure != self._memory.sure:
            self._trust(clock.sure)
        if step is not None or clock.mono() - self._kept >= KEEP:
            self._put(self.row())

    def row(self) -> Batch:
        """The clock as a start will want to know it, beside whatever is written now."""
        if not isinstance(self._clock, Steady):
            return Batch()
        self._kept = self._clock.mono()
        stored: Json = dict(self._clock.stored())
        return Batch(meta={"clock": stored})

    def dated(self, reading: Reading) -> Reading:
        """The reading as the clock now runs: begun before a step and ended behind it, by the clock it took as long as
        the step is."""
        if self._lately is None:
            return reading
        behind = self._clock.now() - reading.at - reading.duration * 1000
        if abs(behind - self._lately.ms) < abs(behind):
            return replace(reading, at=reading.at + self._lately.ms)
        return reading

    def _step(self, stepped: Stepped) -> None:
        _log.warning("clock.step seconds=%.3f", stepped.ms / 1000)
        self.steps += 1
        self._stepped(stepped)
        self._lately = stepped
        asyncio.get_running_loop().call_later(_LONGEST_LOOK, self._forget, stepped)

    def _forget(self, stepped: Stepped) -> None:
        if self._lately is stepped:
            self._lately = None

    def _trust(self, sure: bool) -> None:
        if sure != self._memory.sure:
            _log.log(logging.INFO if sure else logging.WARNING, "clock.trusted" if sure else "clock.not_synchronised")
        self._memory.trust(sure)
