"""What devices answer to datagrams: SNMP, SIP, Barix, WS-Discovery, each from the address that was asked. asyncio."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable, Iterable, Mapping

from agent.clock import Clock
from agent.simulator import packet
from agent.simulator.campus import Campus
from agent.simulator.services import announcing
from agent.simulator.services.table import DATAGRAMS
from agent.simulator.services.voice import Voice
from agent.simulator.station import Station

Answer = Callable[[bytes, float], bytes | None]
"""One datagram and the time now; what goes back, None is silence."""


class Datagrams:
    """Answers one protocol on one UDP port for every device that speaks it; in the campus one socket hears them all."""

    def __init__(
        self, campus: Campus, chance: random.Random, clock: Clock, spoken: tuple[str, int],
        stations: Mapping[bytes, tuple[str, Answer]],
    ) -> None:  # fmt: skip
        """`spoken`: name and port.  `stations`: device and answer by the four octets of its address."""
        self._campus, self._chance, self._clock = campus, chance, clock
        self._name, self._port = spoken
        self._stations = stations
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
            alive = self._campus.paths[device].reachable and self._campus.service(device, self._name) != "stop"
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
            device, answer = found
            state = self._campus.service(device, self._name)
            path = self._campus.paths[device]
            if state == "stop" and self._raw:
                gone = packet.port_unreachable(peer, address, self._port, len(data))
                packet.send_from(self._raw, gone, address, (peer[0], 0))
            elif not state and path.reachable and self._chance.random() >= path.loss:
                reply = answer(data, now)
                if reply is not None:
                    later(path.delay, packet.send_from, sock, reply, address, peer)


def stations(campus: Campus, voices: Iterable[Voice]) -> dict[tuple[str, int], dict[bytes, tuple[str, Answer]]]:
    """What answers datagrams: by protocol and port, then by address. SNMP is always there, if only to say nothing."""
    snmp: dict[bytes, tuple[str, Answer]] = {
        socket.inet_aton(box.address): (box.id, Station(campus, box).answer)
        for box in campus.plan.boxes
        if box.address and box.community
    }
    found: dict[tuple[str, int], dict[bytes, tuple[str, Answer]]] = {("snmp", campus.plan.snmp_port): snmp}
    for voice in voices:
        if voice.service.name == "onvif" and not campus.plan.loopback:  # there the port may be somebody else's
            announced = found.setdefault(("wsd", announcing.PORT), {})
            announced[socket.inet_aton(voice.box.address)] = (voice.box.id, _said(announcing.match, voice))
        speak = DATAGRAMS.get(voice.service.name)
        if speak is not None:
            stations = found.setdefault((voice.service.name, voice.service.port), {})
            stations[socket.inet_aton(voice.box.address)] = (voice.box.id, _said(speak, voice))
    return found


def _said(speak: Callable[[Voice, bytes], bytes | None], voice: Voice) -> Answer:
    return lambda data, now: speak(voice, data)


def later(delay: float, do: Callable[..., None], *args: object) -> None:
    if delay > 0:
        asyncio.get_running_loop().call_later(delay, do, *args)
    else:
        do(*args)
