"""The connection of one conversation: messages and interleaved packets (RFC 2326, 10.12), all of it bounded."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from agent.probes.rtsp.message import HEAD, Malformed, Message, head, length

TOTAL = 8 << 20
"""Bytes read of one connection, at most: key frames have up to 1 MiB, and some cameras send the rest before."""
ITEMS = 30_000
"""Messages and packets of one connection, at most: 8 MiB of full packets are 6,000, of empty ones two million."""
_BREATH = 200
"""After so many the rest of the house has its turn: what has already come is read without waiting."""
_CHUNK = 64 * 1024
_DOLLAR = 0x24
_EMPTY = 64
"""Bytes of empty lines between two messages."""

Packet = tuple[int, bytes]
"""Channel and content of an interleaved packet."""


class TooMuch(Exception):
    """The far side has sent more than a look may cost."""


class Wire:
    """Reads and writes one connected socket. Raises OSError (ECONNRESET where the far side hangs up), Malformed,
    TooMuch.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._items = 0
        self.taken = 0

    async def send(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._sock, data)

    async def next(self) -> Message | Packet:
        """What comes next, whole."""
        self._items += 1
        if self._items > ITEMS:
            raise TooMuch(f"more than {ITEMS} packets")
        if self._items % _BREATH == 0:
            await asyncio.sleep(0)
        await self._begin()
        if self._buffer[0] != _DOLLAR:
            return await self._message()
        await self._need(4)
        content = await self._cut(4 + int.from_bytes(self._buffer[2:4]))
        return content[1], content[4:]

    async def _message(self) -> Message:
        end, after = await self._head_end()
        message = head((await self._cut(after))[:end])
        body = length(message)
        return replace(message, body=await self._cut(body)) if body else message

    async def _begin(self) -> None:
        """Passes over empty lines between messages, as old servers have them."""
        await self._need(1)
        for _ in range(_EMPTY):
            if self._buffer[0] not in b"\r\n":
                return
            del self._buffer[0]
            await self._need(1)
        raise Malformed("empty lines")

    async def _head_end(self) -> tuple[int, int]:
        """Where the first line and the headers end, and where what follows begins."""
        seen, line = 0, False
        while True:
            for mark in (b"\r\n\r\n", b"\n\n"):
                at = self._buffer.find(mark, max(0, seen - 3), HEAD)
                if at >= 0:
                    return at, at + len(mark)
            if not line and (end := self._buffer.find(b"\n", 0, HEAD)) >= 0:
                line = True
                head(bytes(self._buffer[:end]).rstrip(b"\r"))  # another protocol's greeting: nothing will follow it
            seen = len(self._buffer)
            if seen >= HEAD or not self._buffer[:1].isalpha():
                raise Malformed(f"not RTSP: {seen} bytes without an end, {bytes(self._buffer[:40])!r}")
            await self._need(seen + 1)

    async def _cut(self, count: int) -> bytes:
        await self._need(count)
        content = bytes(self._buffer[:count])
        del self._buffer[:count]
        return content

    async def _need(self, count: int) -> None:
        while len(self._buffer) < count:
            came = await self._loop.sock_recv(self._sock, _CHUNK)
            if not came:
                raise ConnectionResetError(errno.ECONNRESET, "hung up")
            self.taken += len(came)
            if self.taken > TOTAL:
                raise TooMuch(f"more than {TOTAL} bytes")
            self._buffer += came


@asynccontextmanager
async def dial(address: str, port: int) -> AsyncIterator[Wire]:
    """A connection to an IP address. Raises OSError; the caller holds the deadline."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
        yield Wire(sock)
