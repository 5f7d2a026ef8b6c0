"""The stages of a discovery in their order, each resumable: ping, ping again, WS-Discovery, TCP, then the questions."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

from agent.discovery import doors, here, onvif
from agent.discovery.asking import OPENED, REFUSED, TRYING, Asker, Login
from agent.discovery.box import Box
from agent.discovery.found import Found
from agent.discovery.ground import ALIVE, UNKNOWN, UNREACHABLE, Ground
from agent.discovery.lines import ByFamily, EchoLine, Line, ProbeLine, family_of
from agent.discovery.sweep import TAIL, Pace, Pass
from agent.probes.resolve import numeric
from agent.text import clean

STAGES = ("icmp", "icmp_again", "onvif", "tcp", "ask")
AT_ONCE = 32
"""Hosts that are asked at the same time."""
TCP_UNASKED = 4096
"""Addresses up to which silent ones are tried by TCP without a word: with three ports each a sweep takes thrice as
long as by ping."""
GROUP_SECONDS = 2.0
"""How long answers to the multicast probe are awaited; WS-Discovery lets a device wait up to 500 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """rate: packets a second.  logins: known credentials.  tcp: None decides by the number of addresses."""

    rate: float = 1000.0
    logins: tuple[Login, ...] = ()
    icmp: bool = True
    onvif: bool = True
    snmp: bool = True
    tcp: bool | None = None


class Watcher(Protocol):
    """Is told how it goes."""

    def stage(self, name: str, total: int) -> None:
        """A stage begins; `total` steps."""

    def moved(self, done: int, found: int) -> None:
        """So far; `found`: hosts that answered."""


@dataclass(slots=True)
class Journey:
    """stage, at: where it stands.  found: what is known so far.  notes: what could not be done, as (key, args)."""

    ground: Ground
    wish: Wish
    found: Found = field(default_factory=Found)
    stage: int = 0
    at: int = 0
    notes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _written: float = 0.0
    _beside: dict[str, str] = field(default_factory=dict)

    async def go(self, watcher: Watcher) -> None:
        """Walk the stages that are left."""
        ways: Mapping[str, Callable[[Watcher], Any]] = {
            "icmp": self._ping, "icmp_again": self._ping, "onvif": self._probe, "tcp": self._knock, "ask": self._ask,
        }  # fmt: skip
        for address in here.nobodies():
            self.ground.put(address, UNREACHABLE)
        while self.stage < len(STAGES):
            await ways[STAGES[self.stage]](watcher)
            self.stage, self.at = self.stage + 1, 0
            self.found.write(self._place())

    def arp(self) -> dict[str, str]:
        """Address -> MAC as this machine's kernel has it, or had it when the host was asked: of its own subnets only.

        While a wide range is swept the kernel forgets whom it has met.
        """
        now = {**self._beside, **here.neighbours(), **here.own_macs()}
        return {who: mac for who, mac in now.items() if who in self.ground} | {
            box.address: box.mac for box in self.found.boxes.values() if box.mac
        }

    # -- the resume file ----------------------------------------------------------------------------------------------

    def body(self) -> dict[str, Any]:
        """What the resume file keeps beside the marks."""
        return {
            "ranges": [str(network) for network in self.ground.networks], **self._place(), **self.found.body()
        }  # fmt: skip

    def restore(self, body: Mapping[str, Any]) -> None:
        """Go on from a body and the rows `since`. Raises ValueError, TypeError, AttributeError or KeyError for what
        makes no sense.

        The last packets of a sweep are sent again: their answers may have come when nobody listened any more.
        """
        for row in (body, *body.get("since", ())):
            self.found.learn(row)
            if "stage" in row:
                self.stage, self.at = (*STAGES, "done").index(row["stage"]), int(row["at"])
        for address in self.found.heard:
            self.ground.put(address, ALIVE)
        self.at = max(0, self.at - int(self.wish.rate * TAIL))

    def _place(self) -> dict[str, Any]:
        return {"stage": STAGES[self.stage] if self.stage < len(STAGES) else "done", "at": self.at}

    def _moved(self, watcher: Watcher, at: int) -> None:
        """So far; written down once a second."""
        self.at = at
        watcher.moved(at, len(self.found.heard))
        now = asyncio.get_running_loop().time()
        if now - self._written > 1.0:
            self._written = now
            self._beside |= here.neighbours()
            self.found.write(self._place())

    # -- stages -------------------------------------------------------------------------------------------------------

    def _families(self) -> dict[socket.AddressFamily, None]:
        return dict.fromkeys(family_of(str(network.network_address)) for network in self.ground.networks)

    async def _walk(
        self, line: Line, way: str, watcher: Watcher, hear: Callable[[str], None], again: bool = False
    ) -> None:
        watcher.stage(STAGES[self.stage], len(self.ground))
        moved = partial(self._moved, watcher)
        beside = [each.network for each in here.interfaces()]
        walk = Pass(line, self.ground, Pace(self.wish.rate), hear, moved, self.at, again, beside)
        await walk.walk()
        if walk.blind:
            self.notes[f"blind_{way}"] = {"count": walk.blind, "error": walk.error}

    async def _ping(self, watcher: Watcher) -> None:
        """Twice: one echo in a thousand is lost on a good wire, more on the way to a sleeping host."""
        if not self.wish.icmp:
            return
        try:
            line = ByFamily({family: EchoLine(family) for family in self._families()})
        except OSError as error:
            self.notes["no_icmp"] = {"error": error.errno}
            return
        try:
            await self._walk(line, "icmp", watcher, lambda who: self.found.hear("icmp", who))
        finally:
            line.close()

    async def _probe(self, watcher: Watcher) -> None:
        """To the group first, then to each address: multicast crosses no router."""
        if not self.wish.onvif:
            return
        probes = {family: ProbeLine(family) for family in self._families()}
        line = ByFamily(probes)

        def hear(address: str) -> None:
            self.found.announced(address, probes[family_of(address)].matches[address])
            self.found.hear("onvif", address)

        try:
            if self.at == 0 and socket.AF_INET in probes:
                await self._shout(probes[socket.AF_INET], hear)
            await self._walk(line, "onvif", watcher, hear, again=True)
        finally:
            line.close()

    async def _shout(self, line: ProbeLine, hear: Callable[[str], None]) -> None:
        try:
            line.shout()
        except OSError:
            return  # no route for multicast: each address is asked anyway
        await asyncio.sleep(GROUP_SECONDS)
        for address in line.answers():
            if self.ground.put(address, ALIVE):
                hear(address)
            elif numeric(address):
                self.found.beyond(address, "onvif")

    async def _knock(self, watcher: Watcher) -> None:
        """By TCP who filters ping. Without the right to ping at all, everybody."""
        wanted = self.wish.tcp
        if wanted is None:
            wanted = len(self.ground) <= TCP_UNASKED or "no_icmp" in self.notes
        if not wanted:
            return
        watcher.stage("tcp", len(self.ground) * len(doors.SILENT_PORTS))

        def found(address: str, port: int) -> None:
            self.ground.put(address, ALIVE)
            self.found.hear(f"tcp:{port}", address)

        await doors.knock(
            list(self.ground), doors.SILENT_PORTS, self.wish.rate, self._silent, found,
            partial(self._moved, watcher), self.at,
        )  # fmt: skip

    def _silent(self, address: str) -> bool:
        return self.ground.mark(address) == UNKNOWN

    async def _ask(self, watcher: Watcher) -> None:
        """Everybody who is there; then whoever they name and nobody has heard of, as long as it lies in the ranges."""
        self._hear_arp()
        logins, slots = self.wish.logins if self.wish.snmp else (), asyncio.Semaphore(AT_ONCE)
        asker, gateways, known = Asker(logins, noted=self.found.tried), here.gateways(), self.found.boxes
        for box in known.values():
            if box.credential:
                asker.remember(box.address, box.credential)
        wanted = [address for address in self.ground.alive() if address not in known]
        while wanted := wanted or self._named():
            watcher.stage("ask", len(known) + len(wanted))

            async def one(address: str) -> None:
                async with slots:
                    self.found.asked(_of_this_machine(await self._questions(address, asker), gateways))
                    watcher.moved(len(known), len(self.found.heard))

            async with asyncio.TaskGroup() as group:
                for address in wanted:
                    group.create_task(one(address))
            wanted = []

    def _hear_arp(self) -> None:
        """Who hides from ping and shuts every port still answers ARP, on the own subnet. One MAC at several addresses
        is a router that answers for others: it says nothing of them."""
        self._beside |= here.neighbours()
        bearers = Counter(self._beside.values())
        for address, mac in self._beside.items():
            if bearers[mac] == 1 and self.ground.mark(address) != ALIVE and self.ground.put(address, ALIVE):
                self.found.hear("arp", address)

    async def _questions(self, address: str, asker: Asker) -> Box:
        box = await asker.ask(_begun(address, self.found))
        if box.spoke or self.wish.tcp is False:
            return box
        box = replace(box, ports=await doors.open_ports(address))
        if self.wish.onvif and box.match is None and 554 in box.ports:
            for port in (port for port in onvif.PORTS if port in box.ports):
                if await onvif.answers_clock(address, port):
                    return replace(box, heard=(*box.heard, "onvif-clock"))
        return box

    def _named(self) -> list[str]:
        """Addresses that tables name and that were not asked yet; those outside the ranges are only noted."""
        fresh: dict[str, None] = {}
        for box in list(self.found.boxes.values()):
            named = [(row.address, row.protocol) for row in box.neighbours] + [
                (ap.address, "controller") for ap in box.managed
            ]
            for address, way in named:
                if not address or address in self.found.boxes:
                    continue
                if address in self.ground:
                    self.found.hear(way, address)
                    fresh[address] = None
                else:
                    self.found.beyond(address, way)
        return list(fresh)


def _begun(address: str, found: Found) -> Box:
    """The box before it is asked. What was tried before a discovery broke off is not tried again; of a signed request
    whose answer nobody heard, the refusal is taken for granted."""
    tries = found.tries.get(address, {})
    return Box(
        address=address,
        heard=tuple(found.heard.get(address, ())),
        match=found.matches.get(address),
        credential=next((name for name, became in tries.items() if became == OPENED), ""),
        tried=tuple(name for name, became in tries.items() if became != OPENED),
        refused=tuple(name for name, became in tries.items() if became in (REFUSED, TRYING)),
    )


def _of_this_machine(box: Box, gateways: Collection[str]) -> Box:
    """What it is to this machine, and the MAC while the kernel still knows it."""
    roles = (("self", here.is_own(box.address)), ("gateway", box.address in gateways))
    own = roles[0][1]
    return replace(
        box,
        heard=(*box.heard, *(role for role, is_one in roles if is_one)),
        name=box.name or (clean(socket.gethostname(), 100) if own else ""),
        mac=(here.neighbours() | here.own_macs()).get(box.address, ""),
    )
