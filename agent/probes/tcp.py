"""Is a TCP port open? Connect, measure, hang up: nothing is sent (RFC 9293)."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

from agent.model import Outcome, Reading, Target
from agent.probes.base import Hooks, Kind, Log, Prober
from agent.probes.each import Each
from agent.probes.errors import classify
from agent.probes.resolve import LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """port: the port to connect to; there is no default."""

    port: int


class Connector(Each):
    """The prober: `ok`, `refused`, `timeout`, `unreachable`, with the time the connection took."""

    def __init__(self, hooks: Hooks) -> None:
        super().__init__(hooks, self._connect, worst=KIND.worst)
        self._clock = hooks.clock
        self._resolver = hooks.resolver

    async def close(self) -> None:
        await super().close()
        self._resolver.close()

    async def _connect(self, target: Target, log: Log) -> Reading:
        at = self._clock.now()
        address = await self._resolver.address(target.address)
        if address is None:
            log(f"{target.address} does not resolve")
            return Reading(target, at, 0.0, Outcome.UNKNOWN, "resolve")
        log(f"connect to {address} port {target.options.port}, at most {target.timeout:g} s")
        begun = self._clock.mono()
        outcome, reason = await _try(address, target.options.port, target.timeout)
        took = self._clock.mono() - begun
        log(f"{reason or 'connected'} after {took * 1000:.1f} ms")
        samples = {"connect_seconds": took} if outcome is Outcome.OK else {}
        return Reading(target, at, took, outcome, reason, samples)


async def _try(address: str, port: int, limit: float) -> tuple[Outcome, str]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.setblocking(False)
            async with asyncio.timeout(limit):
                await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except OSError as error:
        return classify(error)
    return Outcome.OK, ""


def _open(hooks: Hooks) -> Prober:
    return Connector(hooks)


KIND = Kind(name="tcp", open=_open, options=Options, interval=60.0, timeout=5.0, worst=LIMIT + 1.0, confirm=2)
"""worst: the wait for a name, so that a resolver that is slow is never taken for a device that is."""
