"""A prober whose answers come from the simulator's physical model, for scenarios in virtual time.

The only fake of the house that speaks no socket: virtual time has none. It keeps the timing of the real heartbeat: a
miss after 200 ms, a burst of 20 echoes 150 ms apart, one echo where the look before failed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence

from agent.model import Outcome, Reading, Target
from agent.probes.base import Hooks, Log
from agent.simulator.campus import Path

MISS, SPACING, BURST = 0.2, 0.15, 20
RTT = 0.002

Way = Callable[[str, str], Path]
"""(device, service) -> the way to it now."""

Verdict = tuple[str, Mapping[str, str]]
Said = Callable[[str, str], Verdict]
"""(device, protocol) -> why it answers and does not serve, "" where it does; and what is judged beside that."""


class ScriptedProber:
    """Answers every look from `way`; packets are lost at its `loss`, independently, by a seeded generator."""

    def __init__(self, hooks: Hooks, way: Way, seed: int = 1, said: Said = lambda device, protocol: ("", {})) -> None:
        self._hooks, self._way, self._random, self._said = hooks, way, random.Random(seed), said
        self._failed: set[tuple[str, str]] = set()

    def start(self, targets: Sequence[Target]) -> None:
        for target in targets:
            self._begin(target)

    async def look(self, target: Target, log: Log) -> Reading:
        return self._reading(target, Outcome.OK if self._answers(target) else Outcome.FAILED, 0.0)

    def forget(self, target: Target) -> None:
        self._failed.discard(target.key)

    async def close(self) -> None:
        """Nothing is held open."""

    def _answers(self, target: Target) -> bool:
        path = self._way(target.device, target.protocol)
        return path.reachable and self._random.random() >= path.loss

    def _reading(self, target: Target, outcome: Outcome, took: float) -> Reading:
        reason = "" if outcome is Outcome.OK else "timeout"
        at = self._hooks.clock.now() - round(took * 1000)
        if outcome is not Outcome.OK:
            return Reading(target, at, took, outcome, reason)
        why, checks = self._said(target.device, target.protocol)
        outcome = Outcome.FAILED if why else outcome
        facts = {"rung": "clock" if why == "clock_drift" else "login"} if why else {}
        return Reading(target, at, took, outcome, why, {"rtt_seconds": RTT}, facts, {}, checks)

    def _begin(self, target: Target) -> None:
        loop = asyncio.get_running_loop()
        if self._answers(target):
            loop.call_later(RTT, self._end, target, Outcome.OK, RTT)
        elif target.key in self._failed or target.protocol != "icmp":
            loop.call_later(MISS, self._end, target, Outcome.FAILED, MISS)
        else:
            loop.call_later(MISS, self._miss, target)

    def _miss(self, target: Target) -> None:
        self._hooks.missed(target)
        self._burst(target, 1)

    def _burst(self, target: Target, number: int) -> None:
        took = MISS + number * SPACING
        if self._answers(target):
            self._end(target, Outcome.OK, took)
        elif number >= BURST:
            self._end(target, Outcome.FAILED, took)
        else:
            asyncio.get_running_loop().call_later(SPACING, self._burst, target, number + 1)

    def _end(self, target: Target, outcome: Outcome, took: float) -> None:
        if outcome is Outcome.FAILED:
            self._failed.add(target.key)
        else:
            self._failed.discard(target.key)
        self._hooks.sink(self._reading(target, outcome, took))
