"""ICMP echo (RFC 792, RFC 4443): one light echo often, and a burst at once when one goes unanswered.

`packet` bytes · `sockets` one socket a family · `heartbeat` what is kept of a target · `prober` the looks ·
`path` traceroute.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.probes.base import Hooks, Kind, Prober

SPACING = 0.15
"""Seconds between two echoes of a burst: 20 of them outlast a spanning-tree hiccup and a busy box's rate limit."""
MOST_BURST = 20
LAST_WAIT = 1.5
"""Seconds waited at most behind the last echo of a burst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """burst: echoes after a miss, SPACING apart, before the target counts as failed: 0 (asks nothing again) to 20."""

    burst: int = MOST_BURST


def _open(hooks: Hooks) -> Prober:
    from agent.probes.icmp.prober import Pinger

    return Pinger(hooks)


KIND = Kind(
    name="icmp", open=_open, options=Options, interval=10.0, timeout=1.0, confirm=1,
    worst=MOST_BURST * SPACING + LAST_WAIT,
)  # fmt: skip
