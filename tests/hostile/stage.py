"""Where hostile devices stand: a loop in a thread of its own, beside a test that waits for a real agent."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from tests.hostile.given import pair
from tests.probes.peers import Datagrams, Reply, Talk

T = TypeVar("T")


class Stage:
    """Everything that is opened here is closed with it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._open: list[asyncio.Server | asyncio.DatagramTransport] = []
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine gives, run over there."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def tcp(self, talk: Talk, address: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> int:
        """Serve `talk`; the port."""
        on = socket.create_server((address, port))
        self.run(self._tcp(talk, on, tls))
        return int(on.getsockname()[1])

    def udp(self, reply: Reply, address: str, port: int) -> None:
        """Send what `reply` makes of each datagram."""
        on = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        on.setblocking(False)
        on.bind((address, port))
        self.run(self._udp(reply, on))

    def both(self, talk: Talk, reply: Reply) -> int:
        """TCP and UDP on one port of the loopback."""
        by_tcp, by_udp = pair()
        self.run(self._tcp(talk, by_tcp, None))
        self.run(self._udp(reply, by_udp))
        return int(by_tcp.getsockname()[1])

    async def _tcp(self, talk: Talk, on: socket.socket, tls: ssl.SSLContext | None) -> None:
        async def one(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
            gone = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
            with suppress(*gone, asyncio.CancelledError):  # Python 3.11 calls a cancelled connection an error
                await talk(incoming, outgoing)
                await outgoing.drain()
            outgoing.close()

        self._open.append(await asyncio.start_server(one, sock=on, ssl=tls, limit=1 << 20, backlog=1024))

    async def _udp(self, reply: Reply, on: socket.socket) -> None:
        transport, _ = await self._loop.create_datagram_endpoint(lambda: Datagrams(reply), sock=on)
        self._open.append(transport)

    def close(self) -> None:
        """End every conversation and the thread."""
        asyncio.run_coroutine_threadsafe(self._ended(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _ended(self) -> None:
        for one in self._open:
            one.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


@contextmanager
def stage() -> Iterator[Stage]:
    made = Stage()
    try:
        yield made
    finally:
        made.close()
