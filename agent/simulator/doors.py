"""The TCP ports of the campus, and who speaks behind them. asyncio."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Mapping

from agent.simulator import packet
from agent.simulator.campus import Campus
from agent.simulator.plan import Box
from agent.simulator.services.table import STREAMS
from agent.simulator.services.voice import Voice

TCP_HOLD_SECONDS = 60.0
"""How long a connection is kept."""

Door = tuple[str, int]
"""A device and one of its TCP ports."""


class Doors:
    """Listening TCP ports, each with what is spoken there: a stopped one is closed, a hung one takes connections and
    says nothing, like those where nothing is spoken.
    """

    def __init__(self, campus: Campus, voices: Mapping[Door, Voice]) -> None:
        """`voices`: what speaks behind a port, where something does."""
        self._campus, self._voices = campus, voices
        self._names: dict[Door, set[str]] = {}
        for box in campus.plan.boxes:
            for name, port in _tcp(box):
                self._names.setdefault((box.id, port), set()).add(name)
        self._servers: dict[Door, asyncio.Server] = {}
        self._open: dict[Door, set[asyncio.StreamWriter]] = {}
        self._hung: set[Door] = set()

    async def follow(self) -> None:
        for door, names in self._names.items():
            states = {self._campus.service(door[0], name) for name in names}
            listening = "stop" not in states and self._reachable(door[0])
            if listening and door not in self._servers:
                self._servers[door] = await self._listen(door)
            elif not listening and door in self._servers:
                self._shut(door)
            hung = "hang" in states
            if hung != (door in self._hung):
                (self._hung.add if hung else self._hung.discard)(door)
                self._hang_up(door)

    def close(self) -> None:
        for door in list(self._servers):
            self._shut(door)

    def _reachable(self, device: str) -> bool:
        """In the campus a vanished address needs no closed port."""
        return not self._campus.plan.loopback or self._campus.paths[device].reachable

    async def _listen(self, door: Door) -> asyncio.Server:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_IP, packet.IP_FREEBIND, 1)
        sock.bind((self._campus.boxes[door[0]].address, door[1]))

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._take(door, reader, writer)

        return await asyncio.start_server(take, sock=sock)

    async def _take(self, door: Door, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end; a caller that talks nonsense is hung up on."""
        writers = self._open.setdefault(door, set())
        writers.add(writer)
        voice = None if door in self._hung else self._voices.get(door)
        try:
            async with asyncio.timeout(TCP_HOLD_SECONDS):
                await (_hold(reader) if voice is None else STREAMS[voice.service.name](voice, reader, writer))
        except (TimeoutError, OSError, EOFError, ValueError):
            pass
        finally:
            writers.discard(writer)
            writer.close()

    def _shut(self, door: Door) -> None:
        self._servers.pop(door).close()
        self._hang_up(door)

    def _hang_up(self, door: Door) -> None:
        for writer in self._open.pop(door, set()):
            writer.transport.abort()


async def _hold(reader: asyncio.StreamReader) -> None:
    while await reader.read(4096):
        pass


def _tcp(box: Box) -> Iterator[tuple[str, int]]:
    """What a device has on TCP, by name; one without an address has nothing."""
    if box.address:
        yield from (("tcp", port) for port in box.tcp)
        yield from ((one.name, one.port) for one in box.services if one.name in STREAMS and not one.foreign)
