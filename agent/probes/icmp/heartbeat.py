"""What is kept of one target between its looks, and of the look under way. The only mutable thing of a heartbeat."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

from agent.model import Ms, Outcome, Reading, Target
from agent.probes.icmp.packet import COOKIE, Template
from agent.probes.icmp.sockets import EchoSocket
from agent.probes.resolve import numeric

LOSS_WINDOW = 300.0
"""Seconds over which `loss_ratio` is counted."""
_MIN_WAIT, _RTTS = 0.2, 8.0
_MOST_KEPT = 1024


class Heartbeat:
    """One target: its address, its cookie, how long its answers take, how many of them were lost.

    A look under way has `open`; `first_sequence` and `sent` (nanoseconds, kernel clock) tell its echoes, `due` the
    monotonic second at which its next step is taken, `burst` how many echoes are still to go (-1: no miss yet).
    `named`: the address is a name, asked for at every look. `kept`: the next look will want this object again.
    """

    __slots__ = (
        "address", "at", "begun", "burst", "cookie", "due", "first_sequence", "jitter", "kept", "known_down", "line",
        "missed", "named", "open", "packet", "reason", "ring", "ring_full", "ring_mask", "rtt", "sent", "sent_more",
        "sequence", "sink", "smoothed", "target", "to",
    )  # fmt: skip

    def __init__(self, target: Target, sink: Callable[[Reading], None], missed: Callable[[Target], None]) -> None:
        self.target = target
        self.sink = sink
        self.missed = missed
        self.cookie = os.urandom(COOKIE)
        self.address = ""
        self.to: Any = ()
        self.line: EchoSocket | None = None
        self.packet: Callable[[int], bytes] = _unaimed
        self.named = numeric(target.address) is None
        self.kept = True
        self.sequence = int.from_bytes(os.urandom(2), "big")
        self.first_sequence = 0
        self.open = False
        self.known_down = False
        self.burst = -1
        self.reason = ""
        self.at: Ms = 0
        self.begun = self.due = 0.0
        self.sent = 0
        self.sent_more: list[int] = []
        self.smoothed = self.jitter = -1.0
        self.rtt = 0.0
        self.ring, self.ring_full = 0, 1
        kept = min(_MOST_KEPT, max(1, round(LOSS_WINDOW / target.interval)))
        self.ring_mask = (1 << kept) - 1

    def aim(self, address: str, line: EchoSocket) -> None:
        """Send to this address (a number) by this socket from now on."""
        self.to = socket.getaddrinfo(address, 0, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[0][4]
        self.address = str(self.to[0])
        self.line = line
        self.packet = Template(line.kind, line.ident, self.cookie).packet

    def begin(self, at: Ms, mono: float) -> None:
        """A look begins: its first echo takes the next sequence number."""
        self.at, self.begun = at, mono
        self.open = True
        self.burst = -1
        self.reason = ""
        if self.sent_more:
            self.sent_more = []
        self.first_sequence = self.sequence = (self.sequence + 1) & 0xFFFF
        self.due = mono + self.wait()

    def wait(self) -> float:
        """Seconds after which an echo counts as missed.

        min(timeout, max(200 ms, 8 x smoothed RTT)). The whole timeout (1 s) while no RTT is known, since the first
        echo pays for ARP or neighbour discovery on the way, and for a target that was down, for the same reason.
        """
        if self.smoothed < 0 or self.known_down:
            return self.target.timeout
        return min(self.target.timeout, max(_MIN_WAIT, _RTTS * self.smoothed))

    def sent_at(self, sequence: int) -> int:
        """When the echo of this look with this number left (ns); 0 if it is not one of this look."""
        offset = (sequence - self.first_sequence) & 0xFFFF
        if offset == 0:
            return self.sent
        return self.sent_more[offset - 1] if offset <= len(self.sent_more) else 0

    def answered(self, rtt: float) -> None:
        """Learn from an answer: smoothed RTT as RFC 6298 (1/8), jitter as RFC 3550 6.4.1 (1/16)."""
        if self.smoothed < 0:
            self.smoothed, self.jitter = rtt, 0.0
        else:
            self.smoothed += (rtt - self.smoothed) * 0.125
            self.jitter += (abs(rtt - self.rtt) - self.jitter) * 0.0625
        self.rtt = rtt

    def beat(self, lost: bool) -> None:
        """Remember whether the heartbeat itself (not its burst) was lost, in a ring of bits."""
        mask = self.ring_mask
        self.ring = (self.ring << 1 | lost) & mask
        if self.ring_full <= mask:
            self.ring_full <<= 1

    def samples(self) -> dict[str, float]:
        """`rtt_seconds` and `jitter_seconds` of the last answers, `loss_ratio` of the last five minutes."""
        loss = self.ring.bit_count() / (self.ring_full.bit_length() - 1) if self.ring else 0.0
        if self.smoothed < 0:
            return {"loss_ratio": loss}
        return {"rtt_seconds": self.rtt, "jitter_seconds": self.jitter, "loss_ratio": loss}

    def reading(self, duration: float, outcome: Outcome, reason: str = "") -> Reading:
        """The verdict on the look under way."""
        return Reading(self.target, self.at, duration, outcome, reason, self.samples())


def _unaimed(sequence: int) -> bytes:
    raise RuntimeError("a heartbeat without an address was sent")
