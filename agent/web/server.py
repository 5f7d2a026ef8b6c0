"""The server under the application: uvicorn with our connections, our sockets and our TLS; signals are the agent's."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette

from agent.config.agentfile import LISTEN, Endpoint
from agent.web.guard import ASKING, CONNECTIONS, HEAD, IDLE, Guarded

SHUTDOWN = 3
"""Seconds that answers under way have when the agent stops."""


class CannotListen(Exception):
    """The page has no address: where it was wanted, and what the system says."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why = where, why


@asynccontextmanager
async def serving(app: Starlette, sockets: Sequence[socket.socket], tls: ssl.SSLContext | None) -> AsyncIterator[None]:
    """Serve the application on listening sockets until left."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", server_header=False, proxy_headers=False, ws="none",
        http=Guarded, timeout_keep_alive=round(IDLE), timeout_graceful_shutdown=SHUTDOWN,
        limit_concurrency=2 * CONNECTIONS, h11_max_incomplete_event_size=HEAD,
    )  # fmt: skip
    server = _Server(config, tls)
    task = asyncio.create_task(server.serve(sockets=list(sockets)), name="web")
    try:
        yield
    finally:
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, tls: ssl.SSLContext | None) -> None:
        super().__init__(config)
        self._tls = tls

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None: they are the agent's."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn's own has no limit for the handshake, in which nobody counts the callers yet."""
        await self.lifespan.startup()
        loop, limit = asyncio.get_running_loop(), None if self._tls is None else ASKING
        self.servers = [
            await loop.create_server(
                self._connection, sock=sock, ssl=self._tls, backlog=self.config.backlog,
                ssl_handshake_timeout=limit, ssl_shutdown_timeout=limit,
            )
            for sock in sockets or ()
        ]  # fmt: skip
        self.started = True

    def _connection(self) -> Guarded:
        return Guarded(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


def listen(asked: str | None, configured: Endpoint) -> socket.socket:
    """A listening socket. Raises CannotListen."""
    try:
        endpoint = Endpoint.parse(asked) if asked else configured or LISTEN
    except ValueError:
        raise CannotListen(asked or "", "ADDR:PORT?") from None
    family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((endpoint.host, endpoint.port))
        made.listen(128)
    except OSError as error:
        made.close()
        raise CannotListen(str(endpoint), error.strerror or str(error)) from error
    return made
