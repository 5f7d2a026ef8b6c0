"""The stages of a discovery in their order, each resumable: ping, ping again, WS-Discovery, TCP, then the questions."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from agent.discovery import box as boxes
from agent.discovery import doors, onvif
from agent.discovery.asking import Asker, Login
from agent.discovery.box import Box
from agent.discovery.ground import ALIVE, UNKNOWN, Ground
from agent.discovery.lines import ByFamily, EchoLine, Line, ProbeLine, family_of
from agent.discovery.sweep import Pace, Pass
from agent.probes.resolve import numeric

STAGES = ("icmp", "icmp_again", "onvif", "tcp", "ask")
AT_ONCE = 32
"""Hosts that are asked at the same time."""
TCP_UNASKED = 4096
"""Addresses up to which silent ones are tried by TCP without a word: with three ports each a sweep takes thrice as
long as by ping."""
GROUP_SECONDS = 2.0
"""How long answers to the multicast probe are awaited; WS-Discovery lets a device wait up to 500 ms."""
_ARP = Path("/proc/net/arp")


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
    """What is known so far. stage, at: where it stands.  heard: the ways by which each host was found.
    outside: addresses that neighbours and answers named and that lie outside the ranges: never asked.
    notes: what could not be done, as (key, args)."""

    ground: Ground
    wish: Wish
    stage: int = 0
    at: int = 0
    heard: dict[str, list[str]] = field(default_factory=dict)
    matches: dict[str, onvif.Match] = field(default_factory=dict)
    boxes: dict[str, Box] = field(default_factory=dict)
    outside: dict[str, str] = field(default_factory=dict)
    notes: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    async def go(self, watcher: Watcher) -> None:
        """Walk the stages that are left."""
        ways: Mapping[str, Callable[[Watcher], Any]] = {
            "icmp": self._ping, "icmp_again": self._ping, "onvif": self._probe, "tcp": self._knock, "ask": self._ask,
        }  # fmt: skip
        while self.stage < len(STAGES):
            await ways[STAGES[self.stage]](watcher)
            self.stage, self.at = self.stage + 1, 0

    def arp(self) -> dict[str, str]:
        """Address -> MAC as this machine's kernel has it: of its own subnets only."""
        try:
            rows = [line.split() for line in _ARP.read_text("ascii", "replace").splitlines()[1:]]
        except OSError:
            return {}
        return {row[0]: row[3] for row in rows if len(row) > 3 and row[2] == "0x2" and row[0] in self.ground}

    # -- the resume file ----------------------------------------------------------------------------------------------

    def body(self) -> dict[str, Any]:
        """What the resume file keeps beside the marks."""
        return {
            "ranges": [str(network) for network in self.ground.networks],
            "stage": STAGES[self.stage] if self.stage < len(STAGES) else "done",
            "at": self.at,
            "heard": self.heard,
            "outside": self.outside,
            "boxes": [boxes.to_json(box) for box in self.boxes.values()],
            "matches": {
                address: boxes.to_json(Box(address=address, match=match)) for address, match in self.matches.items()
            },
        }

    def restore(self, body: Mapping[str, Any]) -> None:
        """Go on from a body. Raises ValueError, TypeError or KeyError for one that makes no sense."""
        self.stage = (*STAGES, "done").index(body["stage"])
        self.at = int(body["at"])
        self.heard = {str(address): [str(way) for way in ways] for address, ways in body["heard"].items()}
        self.outside = {str(address): str(by) for address, by in body["outside"].items()}
        self.boxes = {box.address: box for box in map(boxes.from_json, body["boxes"])}
        found = {address: boxes.from_json(row).match for address, row in body["matches"].items()}
        self.matches = {address: match for address, match in found.items() if match is not None}

    # -- stages -------------------------------------------------------------------------------------------------------

    def _hear(self, way: str, address: str) -> None:
        ways = self.heard.setdefault(address, [])
        if way not in ways:
            ways.append(way)

    def _families(self) -> dict[socket.AddressFamily, None]:
        return dict.fromkeys(family_of(str(network.network_address)) for network in self.ground.networks)

    async def _walk(self, line: Line, way: str, watcher: Watcher, again: bool = False) -> None:
        watcher.stage(STAGES[self.stage], len(self.ground))

        def moved(at: int) -> None:
            self.at = at
            watcher.moved(at, len(self.heard))

        walk = Pass(line, self.ground, Pace(self.wish.rate), lambda who: self._hear(way, who), moved, self.at, again)
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
            await self._walk(line, "icmp", watcher)
        finally:
            line.close()

    async def _probe(self, watcher: Watcher) -> None:
        """To the group first, then to each address: multicast crosses no router."""
        if not self.wish.onvif:
            return
        probes = {family: ProbeLine(family) for family in self._families()}
        line = ByFamily(probes)
        try:
            if self.at == 0 and socket.AF_INET in probes:
                await self._shout(probes[socket.AF_INET])
            await self._walk(line, "onvif", watcher, again=True)
        finally:
            for probe in probes.values():
                self.matches |= {who: match for who, match in probe.matches.items() if who in self.ground}
            line.close()

    async def _shout(self, line: ProbeLine) -> None:
        try:
            line.shout()
        except OSError:
            return  # no route for multicast: each address is asked anyway
        await asyncio.sleep(GROUP_SECONDS)
        for address in line.answers():
            if self.ground.put(address, ALIVE):
                self._hear("onvif", address)
            elif numeric(address):
                self.outside.setdefault(address, "onvif")

    async def _knock(self, watcher: Watcher) -> None:
        """By TCP who filters ping. Without the right to ping at all, everybody."""
        wanted = self.wish.tcp
        if wanted is None:
            wanted = len(self.ground) <= TCP_UNASKED or "no_icmp" in self.notes
        silent = [address for address in self.ground if self.ground.mark(address) == UNKNOWN] if wanted else []
        if not silent:
            return
        watcher.stage("tcp", len(silent) * len(doors.SILENT_PORTS))

        def found(address: str, port: int) -> None:
            self.ground.put(address, ALIVE)
            self._hear(f"tcp:{port}", address)

        await doors.knock(
            silent, doors.SILENT_PORTS, self.wish.rate, found, lambda done: watcher.moved(done, len(self.heard))
        )

    async def _ask(self, watcher: Watcher) -> None:
        """Everybody who is there; then whoever they name and nobody has heard of, as long as it lies in the ranges."""
        asker, slots = Asker(self.wish.logins if self.wish.snmp else ()), asyncio.Semaphore(AT_ONCE)
        for known in self.boxes.values():
            if known.credential:
                asker.remember(known.address, known.credential)
        wanted = [address for address in self.ground.alive() if address not in self.boxes]
        while wanted:
            total = len(self.boxes) + len(wanted)
            watcher.stage("ask", total)

            async def one(address: str) -> None:
                async with slots:
                    self.boxes[address] = await self._questions(address, asker)
                    watcher.moved(len(self.boxes), len(self.heard))

            async with asyncio.TaskGroup() as group:
                for address in wanted:
                    group.create_task(one(address))
            wanted = self._named()

    async def _questions(self, address: str, asker: Asker) -> Box:
        box = Box(address=address, heard=tuple(self.heard.get(address, ())), match=self.matches.get(address))
        box = await asker.ask(box)
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
        for box in list(self.boxes.values()):
            named = [(row.address, row.protocol) for row in box.neighbours] + [
                (ap.address, "controller") for ap in box.managed
            ]
            for address, way in named:
                if not address or address in self.boxes:
                    continue
                if address in self.ground:
                    self._hear(way, address)
                    fresh[address] = None
                else:
                    self.outside.setdefault(address, way)
        return list(fresh)
