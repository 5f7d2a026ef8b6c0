"""What the tests of probes share: hooks that keep what they are told, targets, and the wait for readings."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from agent.clock import SystemClock
from agent.model import Reading, Target
from agent.probes.base import Hooks


@dataclass(slots=True)
class Watch:
    """Keeps readings, misses and refused replies."""

    readings: list[Reading] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    def hooks(self) -> Hooks:
        return Hooks(
            clock=SystemClock(),
            sink=self._take,
            missed=lambda target: self.missed.append(target.device),
            rejected=lambda probe, reason: self.rejected.update((reason,)),
        )

    async def until(self, count: int, limit: float = 10.0) -> list[Reading]:
        """Wait until so many readings have come."""
        async with asyncio.timeout(limit):
            while len(self.readings) < count:
                self._came.clear()
                await self._came.wait()
        return self.readings

    def _take(self, reading: Reading) -> None:
        self.readings.append(reading)
        self._came.set()


def target(
    protocol: str, address: str, options: Any, *, interval: float = 10.0, timeout: float = 1.0, credential: Any = None
) -> Target:
    """A target whose device is called as its address."""
    return Target(
        device=address, probe=protocol, protocol=protocol, address=address, interval=interval, timeout=timeout,
        options=options, credential=credential,
    )  # fmt: skip


def lacking(what: str) -> None:
    """Skip, saying what is absent; on the build server that is a failure."""
    pytest.fail(what) if os.environ.get("CI") == "true" else pytest.skip(what)
