"""Which TCP ports are open: connect and hang up, at a bounded pace (RFC 9293)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable, Sequence

SILENT_PORTS = (80, 554, 443)
"""Tried where ping is filtered: a web page, a camera's stream."""
TELLING_PORTS = (80, 443, 554, 3389, 5060, 5900, 8000, 8080, 37777)
"""Tried where somebody is: what is open there says what it may be (8000 and 37777: Hikvision's and Dahua's own)."""
PATIENCE = 1.5
"""Seconds for a connection."""
_MOST = 400


async def is_open(address: str, port: int, patience: float = PATIENCE) -> bool:
    """Whether a connection is accepted. A refusal does not count: a router may refuse for a whole range."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.setblocking(False)
            async with asyncio.timeout(patience):
                await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except OSError:
        return False
    return True


async def open_ports(address: str, ports: Iterable[int] = TELLING_PORTS) -> tuple[int, ...]:
    """Those of the ports that are open, tried one after the other: a small box has few connections to give."""
    return tuple([port for port in ports if await is_open(address, port)])


async def knock(
    addresses: Sequence[str], ports: Sequence[int], rate: float, wanted: Callable[[str], bool],
    found: Callable[[str, int], None], moved: Callable[[int], None], at: int = 0,
) -> None:  # fmt: skip
    """Try the ports of every address that is still wanted, `rate` connections a second.

    moved: so many tries, counted through the ports, are settled; at: begin behind so many.
    """
    slots = asyncio.Semaphore(_MOST)
    under_way: dict[int, None] = {}

    async def one(place: int, address: str, port: int) -> None:
        try:
            if wanted(address) and await is_open(address, port):
                found(address, port)
        finally:
            under_way.pop(place, None)
            slots.release()

    async with asyncio.TaskGroup() as group:
        loop = asyncio.get_running_loop()
        begun, count = loop.time(), 0
        for place in range(at, len(addresses) * len(ports)):
            address = addresses[place % len(addresses)]
            if wanted(address):
                await slots.acquire()
                await asyncio.sleep(max(0.0, begun + count / rate - loop.time()))
                under_way[place] = None
                group.create_task(one(place, address, ports[place // len(addresses)]))
                count += 1
            moved(next(iter(under_way), place + 1))
