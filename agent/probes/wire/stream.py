"""A TCP stream to one address, with or without TLS: nothing is read beyond what the caller allows for."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from agent.probes.conversation import NO_TLS, WrongAnswer
from agent.probes.wire.httpc import numbered

WINDOW = 1 << 16
"""Bytes kept of a far side that sends more than is read; TCP holds back the rest."""


@dataclass(frozen=True, slots=True)
class Stream:
    """An open stream. Reading ends with WrongAnswer where the far side hangs up early or says too much."""

    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def exactly(self, count: int) -> bytes:
        """So many bytes."""
        try:
            return await self._reader.readexactly(count)
        except asyncio.IncompleteReadError as short:
            raise WrongAnswer(f"hung up after {len(short.partial)} of {count} bytes") from None

    async def until(self, mark: bytes, limit: int) -> bytes:
        """Up to and with `mark`, at most `limit` bytes (no more than WINDOW)."""
        try:
            found = await self._reader.readuntil(mark)
        except asyncio.IncompleteReadError as short:
            raise WrongAnswer(f"hung up after {len(short.partial)} bytes") from None
        except asyncio.LimitOverrunError:
            raise WrongAnswer(f"more than {WINDOW} bytes without an end") from None
        if len(found) > limit:
            raise WrongAnswer(f"{len(found)} bytes where {limit} are enough")
        return found

    async def some(self, count: int) -> bytes:
        """What is there, at most `count` bytes; nothing at the end."""
        return await self._reader.read(count)

    @property
    def local(self) -> tuple[str, int]:
        """Our own end."""
        host, port = self._writer.get_extra_info("sockname")[:2]
        return str(host), int(port)

    @property
    def certificate(self) -> bytes:
        """What the other side has shown (DER); nothing without TLS."""
        tls = cast("ssl.SSLObject | None", self._writer.get_extra_info("ssl_object"))
        return (tls.getpeercert(binary_form=True) or b"") if tls is not None else b""


@asynccontextmanager
async def dial(address: str, port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Stream]:
    """A stream to an IP address. Raises OSError; the caller holds the deadline. Hangs up at once when left.

    An error of TLS has no number of this machine's kernel: it is the far side's, WrongAnswer.
    """
    try:
        reader, writer = await asyncio.open_connection(address, port, ssl=tls, server_hostname="" if tls else None,
                                                       limit=WINDOW)  # fmt: skip
    except ssl.SSLError as error:
        raise WrongAnswer(f"TLS: {error.reason}", NO_TLS) from None
    except OSError as error:
        raise numbered(error) from None
    try:
        yield Stream(reader, writer)
    except ssl.SSLError as error:
        raise WrongAnswer(f"TLS: {error.reason}") from None
    except OSError as error:
        raise numbered(error) from None
    finally:
        writer.transport.abort()
