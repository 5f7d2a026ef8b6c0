"""A pipe of UDP between a client and a server on 127.0.0.1 that loses what its `passes` says no to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class UdpPipe(asyncio.DatagramProtocol):
    """Clients send to `port`; answers go back to whoever sent last. `passes(from_server, datagram)`."""

    def __init__(self, server: int) -> None:
        self._server = ("127.0.0.1", server)
        self._client: tuple[str, int] | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self.passes: Callable[[bool, bytes], bool] = lambda from_server, datagram: True
        self.port = 0

    async def open(self) -> UdpPipe:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        from_server = addr == self._server
        if not from_server:
            self._client = addr
        to = self._client if from_server else self._server
        if to is not None and self.passes(from_server, data):
            self._transport.sendto(data, to)
