"""The way to a target: which routers on it answer. For diagnosis, beside the schedule."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import icmplib

from agent.probes.resolve import numeric

MOST_HOPS = 16
_WAIT = 0.5
"""Seconds for one router's answer; a silent one is asked twice: the whole takes at most 16 seconds."""


@dataclass(frozen=True, slots=True)
class Hop:
    """A router at so many hops, and the round trip to it in seconds."""

    distance: int
    address: str
    rtt: float


async def trace(address: str) -> tuple[list[Hop], str]:
    """Routers on the way to an IP address (not a name), nearest first, silent ones left out; or a reason why not.

    icmplib's traceroute blocks, so it runs in a thread; its own time limits end it. Needs a raw socket.
    """
    literal = numeric(address)
    if literal is None:
        return [], "resolve"
    try:
        hops = await asyncio.to_thread(
            icmplib.traceroute, literal, count=2, fast=True, timeout=_WAIT, max_hops=MOST_HOPS
        )
    except icmplib.SocketPermissionError:
        return [], "local_error:EPERM"
    except icmplib.ICMPLibError as error:
        return [], f"local_error:{type(error).__name__}"
    return [Hop(hop.distance, hop.address, hop.avg_rtt / 1000) for hop in hops], ""
