"""Makes a prober of one coroutine: bounded concurrency, one total deadline, exactly one reading for each start."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from agent.model import Outcome, Reading, Target
from agent.probes.base import Hooks, Log
from agent.probes.errors import classify

CONCURRENCY = 256
"""Looks of one prober under way at once; the others wait for a slot, their deadline not yet running."""

_logger = logging.getLogger(__name__)

Look = Callable[[Target, Log], Awaitable[Reading]]


def silent(line: str) -> None:
    """The log of a scheduled look."""


class Each:
    """A `Prober` whose looks are independent coroutines."""

    def __init__(self, hooks: Hooks, look: Look, *, worst: float = 0.0, concurrency: int = CONCURRENCY) -> None:
        """`worst`: seconds a look may take beyond its target's timeout, as the protocol's `Kind` declares."""
        self._hooks = hooks
        self._look = look
        self._worst = worst
        self._slots = asyncio.Semaphore(concurrency)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, targets: Sequence[Target]) -> None:
        for target in targets:
            task = asyncio.create_task(self._scheduled(target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def look(self, target: Target, log: Log) -> Reading:
        """One look that always ends with a reading: in time, and whatever goes wrong inside."""
        at, begun = self._hooks.clock.now(), self._hooks.clock.mono()

        def ended(outcome: Outcome, reason: str) -> Reading:
            return Reading(target, at, self._hooks.clock.mono() - begun, outcome, reason)

        try:
            async with asyncio.timeout(target.timeout + self._worst):
                return await self._look(target, log)
        except OSError as error:  # a time-out is one
            log(f"{type(error).__name__}: {error}")
            return ended(*classify(error))
        except Exception as error:
            _logger.exception("look at %s by %s broke", target.device, target.probe)
            return ended(Outcome.UNKNOWN, f"bug:{type(error).__name__}")

    def forget(self, target: Target) -> None:
        """Nothing is kept between looks here."""

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _scheduled(self, target: Target) -> None:
        async with self._slots:
            reading = await self.look(target, silent)
        self._hooks.sink(reading)
