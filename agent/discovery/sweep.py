"""The paced loop: so many packets a second over the whole ground, slower where the kernel cannot keep up."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.discovery.ground import ALIVE, UNKNOWN, UNREACHABLE, Ground
from agent.discovery.lines import Line

TICK = 0.02
"""Seconds between two bursts: 20 packets each at 1,000 a second."""
TAIL = 1.5
"""Seconds that answers are awaited behind the last packet of a pass."""
SLOWEST = 50.0

_FULL = frozenset((errno.ENOBUFS, errno.EAGAIN, errno.ENOMEM))
_ANOTHERS = frozenset((errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ECONNREFUSED, errno.EACCES, errno.EPROTO))
"""Errors that may be an earlier packet's, told by ICMP."""
_ASKED = 3
_AGAIN = 4
_PAUSE = 0.25
_RECOVERY = 1.002
_GLANCE = 5000
"""Addresses looked at in one go, most of them perhaps settled already."""
_BURST = 0.1
"""Seconds of packets that may be caught up with after the loop was held up."""


@dataclass(slots=True)
class Pace:
    """Packets a second: the wish, and what is possible now.

    The neighbour table holds 1,024 entries unless the administrator has said more, an address that nobody has fills
    one for 3 s: on a directly connected range no more than some 300 a second get through.
    """

    wish: float
    now: float = 0.0

    def __post_init__(self) -> None:
        self.now = self.wish

    def slower(self) -> None:
        self.now = max(SLOWEST, self.now * 0.8)

    def faster(self) -> None:
        self.now = min(self.wish, self.now * _RECOVERY)


@dataclass(slots=True)
class Pass:
    """One walk over the ground. at: how many addresses lie behind.  again: whoever answered is asked, too.

    heard: called for each answer from the ground (the address may come twice), blind: counts what the kernel refused.
    beside: the own subnets. Nobody's address there costs three broadcasts (ARP, RFC 1122 2.3.2.1; Linux' mcast_solicit)
    before it costs a packet, and all count.
    """

    line: Line
    ground: Ground
    pace: Pace
    heard: Callable[[str], None]
    moved: Callable[[int], None]
    at: int = 0
    again: bool = False
    beside: Sequence[ipaddress.IPv4Network] = ()
    blind: int = 0
    error: int = 0

    async def walk(self) -> None:
        """Send to everybody whose answer is still wanted, hear what comes, wait for the last."""
        loop = asyncio.get_running_loop()
        last, owed = loop.time(), 0.0
        while self.at < len(self.ground):
            await asyncio.sleep(TICK)
            now = loop.time()
            owed = min(owed + (now - last) * self.pace.now, max(1.0, self.pace.now * _BURST))
            last = now
            self._listen()
            spent = self._burst(owed)
            owed -= spent
            if spent < 0:
                owed = 0.0
                await asyncio.sleep(_PAUSE)
                last = loop.time()
            self.moved(self.at)
        await self._tail()

    async def _tail(self) -> None:
        for _ in range(round(TAIL / 0.1)):
            await asyncio.sleep(0.1)
            self._listen()

    def _burst(self, owed: float) -> int:
        """Send what is owed, perhaps a little more: how much it was. -1 when the kernel's tables are full: the same
        address is tried again later."""
        ground, sent = self.ground, 0
        end = min(len(ground), self.at + _GLANCE)
        while sent < int(owed) and self.at < end:
            address = ground[self.at]
            mark = ground.mark(address)
            if mark == UNKNOWN or (mark == ALIVE and self.again):
                sent += _ASKED if mark == UNKNOWN and self._is_beside(address) else 1
                if not self._send(address):
                    self.pace.slower()
                    return -1
            self.at += 1
        self.pace.faster()
        return sent

    def _is_beside(self, address: str) -> bool:
        return ":" not in address and any(ipaddress.IPv4Address(address) in network for network in self.beside)

    def _send(self, address: str) -> bool:
        """False when the tables are full. The kernel may tell of an earlier packet's fate here: heard, sent again."""
        error = 0
        for _ in range(_AGAIN):
            try:
                self.line.send(address)
                return True
            except OSError as refusal:
                error = refusal.errno or 0
            if error in _FULL:
                return False
            if error not in _ANOTHERS:
                break
            self._bury()
        if error not in (errno.EHOSTUNREACH, errno.ECONNREFUSED):
            self.blind += 1
            self.error = error
        return True

    def _bury(self) -> None:
        for address in self.line.nobody():
            self.ground.put(address, UNREACHABLE)

    def _listen(self) -> None:
        self._bury()
        for address in self.line.answers():
            if self.ground.put(address, ALIVE):
                self.heard(address)
