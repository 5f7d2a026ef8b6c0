"""Every protocol of the table against the same hostile servers: being in `PROBES` is what puts a protocol here.

TCP and UDP stand on one port, so that nothing needs to be known of a protocol but that its options have a `port`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast, get_args, get_type_hints

import pytest

from agent.model import Outcome, Secret, Target
from agent.probes import PROBES
from agent.probes.base import Kind
from tests.hostile.given import pair
from tests.probes.watching import Watch

TIMEOUT = 0.5
MOST_MEMORY = 8_000_000
"""Bytes that one look may hold at once."""
MOST_STALL = 0.5
"""Seconds that one look may keep the loop from everybody else."""

ASKED = sorted(name for name, kind in PROBES.items() if "port" in {field.name for field in
                                                                   dataclasses.fields(kind.options)})  # fmt: skip

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Reply = Callable[[bytes, random.Random], list[bytes]]


async def tarpit(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
    """A byte, and ten seconds later the next."""
    while True:
        outgoing.write(b"R")
        await outgoing.drain()
        await asyncio.sleep(10)


async def endless(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
    """The same line for ever, as fast as it is taken."""
    while True:
        outgoing.write(b"HTTP/1.1 200 OK: RFB 003.008 REDQ\r\n" * 500)
        await outgoing.drain()


async def zeros(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
    """Nothing, a great deal of it."""
    while True:
        outgoing.write(bytes(1 << 16))
        await outgoing.drain()


async def garbage(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
    """Noise, then the end."""
    outgoing.write(random.Random(3).randbytes(100_000))
    await outgoing.drain()


async def echo(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
    """What it is told."""
    while piece := await incoming.read(4096):
        outgoing.write(piece)


async def closed(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
    """Hangs up."""


async def reset(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
    """Breaks off."""
    outgoing.transport.abort()


async def mute(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
    """Listens, and says nothing."""
    await incoming.read()


SERVERS: Mapping[str, tuple[Talk, Reply]] = {
    "tarpit": (tarpit, lambda request, chance: [b"R"]),
    "endless": (endless, lambda request, chance: [b"R" * 1400] * 300),
    "zeros": (zeros, lambda request, chance: [bytes(1400)] * 300),
    "garbage": (garbage, lambda request, chance: [chance.randbytes(chance.randrange(1, 9000)) for _ in range(100)]),
    "echo": (echo, lambda request, chance: [request, request + b"\r\n\r\n"]),
    "closed": (closed, lambda request, chance: []),
    "reset": (reset, lambda request, chance: []),
    "mute": (mute, lambda request, chance: []),
}


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, reply: Reply) -> None:
        self._reply, self._chance = reply, random.Random(7)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for answer in self._reply(data, self._chance):
            self._transport.sendto(answer, addr)


@asynccontextmanager
async def standing(talk: Talk, reply: Reply) -> AsyncIterator[int]:
    """The server, by TCP and UDP on one port."""

    async def one(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await talk(incoming, outgoing)
        outgoing.close()

    by_tcp, by_udp = pair()
    port = by_tcp.getsockname()[1]
    server = await asyncio.start_server(one, sock=by_tcp)
    loop = asyncio.get_running_loop()
    beside, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(reply), sock=by_udp)
    try:
        yield port
    finally:
        beside.close()
        server.close()


def credential(kind: Kind) -> Any:
    """Something for every secret and every word that a login must have."""
    if kind.credential is None:
        return None
    hints = get_type_hints(kind.credential)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind.credential):
        hint = hints[field.name]
        if hint is Secret or Secret in get_args(hint):
            values[field.name] = Secret("public")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            values[field.name] = "admin"
    return kind.credential(**values)


def target(kind: Kind, port: int) -> Target:
    return Target(
        device="box", probe=kind.name, protocol=kind.name, address="127.0.0.1", interval=10.0, timeout=TIMEOUT,
        options=kind.options(port=port), credential=credential(kind),
    )  # fmt: skip


async def stalls(found: list[float]) -> None:
    """Notes how late the loop wakes."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0.01)
        found.append(time.perf_counter() - before - 0.01)


def descriptors() -> set[Path]:
    return set(Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("name", ASKED)
async def test_a_look_ends_in_time_and_memory(name: str, server: str) -> None:
    kind, watch, late = PROBES[name], Watch(), [0.0]
    prober = kind.open(watch.hooks())
    log: list[str] = []
    async with standing(*SERVERS[server]) as port:
        before = descriptors()
        await asyncio.sleep(0)
        watching = asyncio.create_task(stalls(late))
        tracemalloc.start()
        begun = time.perf_counter()
        reading = await prober.look(target(kind, port), log.append)
        took, peak = time.perf_counter() - begun, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        watching.cancel()
        await prober.close()
        await asyncio.sleep(0.02)
        left = descriptors() - before
    assert not reading.reason.startswith("bug:"), (reading.reason, log)
    assert took < TIMEOUT + kind.worst + 0.5
    assert reading.outcome is not Outcome.OK or name == "tcp", (reading, log)
    assert reading.outcome is not Outcome.UNKNOWN, (reading, log)
    assert "public" not in " ".join(log)
    assert peak < MOST_MEMORY, peak
    assert max(late) < MOST_STALL, max(late)
    assert len(left) <= 2, "its own sockets are closed; at most a server's end is left"
