"""The campus on the network: SNMP and echo answers, TCP ports, addresses that come and go. asyncio; no policy."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable
from pathlib import Path

from agent.clock import Clock
from agent.simulator import packet
from agent.simulator.campus import Campus
from agent.simulator.plan import Box, Plan
from agent.simulator.routes import Routes
from agent.simulator.station import Station

ECHO_SWITCH = Path("/proc/sys/net/ipv4/icmp_echo_ignore_all")
TCP_HOLD_SECONDS = 60.0
"""How long a connection that says nothing is kept."""


class Snmp:
    """Answers for every device that has a community; in the campus one socket hears them all."""

    def __init__(self, campus: Campus, chance: random.Random, clock: Clock) -> None:
        self._campus, self._chance, self._clock = campus, chance, clock
        self._port = campus.plan.snmp_port
        self._stations = {
            socket.inet_aton(box.address): (box.id, Station(campus, box))
            for box in campus.plan.boxes
            if box.address and box.community
        }
        self._sockets: dict[str, socket.socket] = {}
        self._raw = None if campus.plan.loopback else packet.raw_icmp()

    def follow(self) -> None:
        """Open what should be open now. In the campus an address that is gone hears nothing anyway."""
        if not self._campus.plan.loopback:
            if self._stations and not self._sockets:
                self._open("")
            return
        for address, (device, _) in self._stations.items():
            name = socket.inet_ntoa(address)
            alive = self._campus.paths[device].reachable and self._campus.service(device, "snmp") != "stop"
            if alive and name not in self._sockets:
                self._open(name)
            elif not alive and name in self._sockets:
                self._shut(name)

    def close(self) -> None:
        for name in list(self._sockets):
            self._shut(name)
        if self._raw:
            self._raw.close()

    def _open(self, address: str) -> None:
        sock = self._sockets[address] = packet.udp(address, self._port)
        asyncio.get_running_loop().add_reader(sock, self._read, sock)

    def _shut(self, address: str) -> None:
        sock = self._sockets.pop(address)
        asyncio.get_running_loop().remove_reader(sock)
        sock.close()

    def _read(self, sock: socket.socket) -> None:
        now = self._clock.mono()
        for data, address, peer in packet.received(sock):
            found = self._stations.get(address)
            if found is None:
                continue
            device, station = found
            state = self._campus.service(device, "snmp")
            path = self._campus.paths[device]
            if state == "stop" and self._raw:
                answer = packet.port_unreachable(peer, address, self._port, len(data))
                packet.send_from(self._raw, answer, address, (peer[0], 0))
            elif not state and path.reachable and self._chance.random() >= path.loss:
                reply = station.answer(data, now)
                if reply is not None:
                    _later(path.delay, packet.send_from, sock, reply, address, peer)


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
        _later(path.delay if path else 0.0, packet.send_from, sock, reply, address, (sender, 0))


class Ports:
    """Listening TCP ports: a stopped one is closed, a hung one takes connections and says nothing, like the rest."""

    def __init__(self, campus: Campus) -> None:
        self._campus = campus
        self._servers: dict[str, list[asyncio.Server]] = {}
        self._open: dict[str, set[asyncio.StreamWriter]] = {}

    async def follow(self) -> None:
        for box in self._campus.plan.boxes:
            if not box.tcp or not box.address:
                continue
            listening = self._campus.service(box.id, "tcp") != "stop" and self._reachable(box)
            if listening and box.id not in self._servers:
                self._servers[box.id] = [await self._listen(box, port) for port in box.tcp]
            elif not listening and box.id in self._servers:
                self._shut(box.id)

    def close(self) -> None:
        for device in list(self._servers):
            self._shut(device)

    def _reachable(self, box: Box) -> bool:
        """In the campus a vanished address needs no closed port."""
        return not self._campus.plan.loopback or self._campus.paths[box.id].reachable

    async def _listen(self, box: Box, port: int) -> asyncio.Server:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_IP, packet.IP_FREEBIND, 1)
        sock.bind((box.address, port))
        writers = self._open.setdefault(box.id, set())

        async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.add(writer)
            try:
                async with asyncio.timeout(TCP_HOLD_SECONDS):
                    while await reader.read(4096):
                        pass
            except (TimeoutError, OSError):
                pass
            finally:
                writers.discard(writer)
                writer.close()

        return await asyncio.start_server(hold, sock=sock)

    def _shut(self, device: str) -> None:
        for server in self._servers.pop(device):
            server.close()
        for writer in self._open.pop(device, set()):
            writer.transport.abort()


class Wire:
    """All of it. `follow` makes the network what the campus is now."""

    def __init__(self, campus: Campus, clock: Clock) -> None:
        chance = random.Random(0)
        self._campus, plan = campus, campus.plan
        self._snmp, self._echo, self._ports = Snmp(campus, chance, clock), Echo(campus, chance), Ports(campus)
        self._routes = None if plan.loopback else Routes()
        self._present: set[str] = set()

    async def follow(self) -> bool:
        """False when echoes cannot be lost or delayed on this system. Raises OSError for a port that is taken."""
        if self._routes:
            present = _present(self._campus, self._campus.plan)
            self._routes.remove(self._present - present)
            self._routes.add(present - self._present)
            self._present = present
        self._snmp.follow()
        await self._ports.follow()
        return self._echo.follow()

    def close(self) -> None:
        self._snmp.close()
        self._echo.close()
        self._ports.close()
        if self._routes:
            self._routes.close()


def _present(campus: Campus, plan: Plan) -> set[str]:
    """The addresses and networks that exist now."""
    there = {box.address for box in plan.boxes if box.address and campus.paths[box.id].reachable}
    return there if campus.uplink_cut else there | set(plan.networks)


def _later(delay: float, do: Callable[..., None], *args: object) -> None:
    if delay > 0:
        asyncio.get_running_loop().call_later(delay, do, *args)
    else:
        do(*args)
