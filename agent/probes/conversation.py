"""Makes a prober of one conversation: the name resolved, the target's own timeout over everything, errors as values."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from agent.model import Json, Outcome, Reading, Target
from agent.probes.base import Hooks, Log
from agent.probes.each import Each
from agent.probes.errors import classify
from agent.probes.resolve import LIMIT

WORST = LIMIT + 1.0
"""`Kind.worst` of a conversation: the wait for a name, so that a slow resolver is never taken for a slow device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a conversation brought; the fields are those of `Reading`."""

    reason: str = ""
    samples: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Json] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)


NO_TLS = "no_tls"
"""The two sides found no TLS that both speak."""


class WrongAnswer(Exception):
    """The far side said what its protocol does not allow. The text is for the log of a look, `reason` its reading's."""

    def __init__(self, what: str, reason: str = "wrong_answer") -> None:
        super().__init__(what)
        self.reason = reason


Converse = Callable[[Target, str, Log], Awaitable[Found]]
"""(target, its IP address, log) -> what was found. Raises OSError (a time-out is one) and WrongAnswer."""


class Conversation(Each):
    """A `Prober` of independent conversations, each with one address and within the target's timeout."""

    def __init__(self, hooks: Hooks, converse: Converse) -> None:
        super().__init__(hooks, self._talk, worst=WORST)
        self._clock, self._resolver, self._converse = hooks.clock, hooks.resolver, converse

    async def close(self) -> None:
        await super().close()
        self._resolver.close()

    async def _talk(self, target: Target, log: Log) -> Reading:
        at = self._clock.now()
        address = await self._resolver.address(target.address)
        if address is None:
            log(f"{target.address} does not resolve")
            return Reading(target, at, 0.0, Outcome.UNKNOWN, "resolve")
        begun = self._clock.mono()
        try:
            async with asyncio.timeout(target.timeout):
                found = await self._converse(target, address, log)
            outcome = Outcome.FAILED if found.reason else Outcome.OK
        except WrongAnswer as wrong:
            log(str(wrong))
            outcome, found = Outcome.FAILED, Found(reason=wrong.reason)
        except OSError as error:  # a time-out is one
            log(f"{type(error).__name__}: {error}")
            outcome, reason = classify(error)
            found = Found(reason=reason)
        took = self._clock.mono() - begun
        log(f"{found.reason or 'good'} after {took * 1000:.1f} ms")
        return Reading(
            target, at, took, outcome, found.reason, samples=found.samples, facts=found.facts, checks=found.checks
        )
