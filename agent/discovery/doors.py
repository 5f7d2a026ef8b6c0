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
    addresses: Sequence[str], ports: Sequence[int], rate: float, found: Callable[[str, int], None],
    moved: Callable[[int], None],
) -> None:  # fmt: skip
    """Try the ports of every address, `rate` connections a second, until one of an address is open."""
    slots = asyncio.Semaphore(_MOST)
    known: set[str] = set()

    async def one(address: str, port: int) -> None:
        try:
            if address not in known and await is_open(address, port):
                known.add(address)
                found(address, port)
        finally:
            slots.release()

    async with asyncio.TaskGroup() as group:
        loop = asyncio.get_running_loop()
        begun, count = loop.time(), 0
        for port in ports:
            for address in addresses:
                await slots.acquire()
                await asyncio.sleep(max(0.0, begun + count / rate - loop.time()))
                group.create_task(one(address, port))
                count += 1
                moved(count)
