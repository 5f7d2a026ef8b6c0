"""The campus on the network: datagrams and echoes answered, TCP ports, addresses that come and go. asyncio."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Iterable
from pathlib import Path

from agent.clock import Clock
from agent.simulator import packet
from agent.simulator.campus import Campus
from agent.simulator.datagrams import Datagrams, later, stations
from agent.simulator.doors import Door, Doors
from agent.simulator.plan import Plan
from agent.simulator.routes import Routes
from agent.simulator.services.logins import Guard
from agent.simulator.services.table import STREAMS
from agent.simulator.services.voice import Voice

ECHO_SWITCH = Path("/proc/sys/net/ipv4/icmp_echo_ignore_all")


class Echo:
    """Answers echoes itself while some device loses or delays them; the kernel does it otherwise, and faster."""

    def __init__(self, campus: Campus, chance: random.Random) -> None:
        self._campus, self._chance = campus, chance
        self._devices = {socket.inet_aton(box.address): box.id for box in campus.plan.boxes if box.address}
        self._socket: socket.socket | None = None

    def follow(self) -> bool:
        """Take over from the kernel, or give back, as the faults ask; false when this system does not let us."""
        wanted = self._wanted()
        if wanted == (self._socket is not None):
            return True
        if self._campus.plan.loopback:
            return False
        try:
            ECHO_SWITCH.write_text("1" if wanted else "0")
            self._open() if wanted else self.close()
        except OSError:
            return False
        return True

    def close(self) -> None:
        if self._socket:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _wanted(self) -> bool:
        paths = self._campus.paths.values()
        return any(path.loss or path.delay for path in paths) or any(
            service == "icmp" for _, service in self._campus.services
        )

    def _open(self) -> None:
        self._socket = packet.raw_icmp()
        asyncio.get_running_loop().add_reader(self._socket, self._read, self._socket)

    def _read(self, sock: socket.socket) -> None:
        for _ in range(packet.DRAIN):
            try:
                data, (sender, _) = sock.recvfrom(65_535)
            except OSError:
                return
            self._answer(sock, data, sender)

    def _answer(self, sock: socket.socket, data: bytes, sender: str) -> None:
        address, body = data[16:20], data[(data[0] & 15) * 4 :]
        device = self._devices.get(address)
        path = self._campus.paths[device] if device else None
        if path and device and (not path.reachable or self._campus.service(device, "icmp")):
            return
        if path and self._chance.random() < path.loss:
            return
        reply = packet.icmp(packet.ECHO_REPLY, 0, body[4:])
        later(path.delay if path else 0.0, packet.send_from, sock, reply, address, (sender, 0))


class Wire:
    """All of it. `follow` makes the network what the campus is now."""

    def __init__(self, campus: Campus, clock: Clock) -> None:
        chance = random.Random(0)
        self._campus, plan = campus, campus.plan
        self._echo = Echo(campus, chance)
        voices = _voices(campus, clock)
        self._doors = Doors(campus, _behind(voices))
        self._datagrams = [
            Datagrams(campus, chance, clock, spoken, heard) for spoken, heard in stations(campus, voices).items()
        ]
        self._routes = None if plan.loopback else Routes()
        self._present: set[str] = set()

    async def follow(self) -> bool:
        """False when echoes cannot be lost or delayed on this system. Raises OSError for a port that is taken."""
        if self._routes:
            present = _present(self._campus, self._campus.plan)
            self._routes.remove(self._present - present)
            self._routes.add(present - self._present)
            self._present = present
        for one in self._datagrams:
            one.follow()
        await self._doors.follow()
        return self._echo.follow()

    def close(self) -> None:
        for one in self._datagrams:
            one.close()
        self._echo.close()
        self._doors.close()
        if self._routes:
            self._routes.close()


def _voices(campus: Campus, clock: Clock) -> list[Voice]:
    """Every service that the devices serve themselves; those of a device share their guard."""
    found = []
    for box in campus.plan.boxes:
        guard = Guard()
        found += [Voice(campus, box, one, clock, guard) for one in box.services if box.address and not one.foreign]
    return found


def _behind(voices: Iterable[Voice]) -> dict[Door, Voice]:
    """Who speaks on each TCP port. ONVIF has its device's pages, too, where both are on one port."""
    ordered = sorted(voices, key=lambda one: one.service.name == "onvif")
    return {(one.box.id, one.service.port): one for one in ordered if one.service.name in STREAMS}


def _present(campus: Campus, plan: Plan) -> set[str]:
    """The addresses and networks that exist now."""
    there = {box.address for box in plan.boxes if box.address and campus.paths[box.id].reachable}
    return there if campus.uplink_cut else there | set(plan.networks)
