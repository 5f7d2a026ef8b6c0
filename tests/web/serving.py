"""The application over a campus, asked in this process or served on a loopback port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from agent.web import make_app
from tests.metrics.campus import Campus


def app_of(c: Campus, **over: Any) -> Starlette:
    given: dict[str, Any] = {
        "site": lambda: "第一中学",
        "reload_good": lambda: c.good[0],
        "writable": lambda: c.writer.writable,
    }
    ready = over.pop("ready", lambda: (True, ""))
    return make_app(c.view, c.exposition, c.journal, c.look_now, ready, **given | over)


def client(c: Campus, **over: Any) -> httpx.AsyncClient:
    """A browser without a network."""
    transport = httpx.ASGITransport(app_of(c, **over), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://campus", headers={"Accept": "text/html"})


@asynccontextmanager
async def served(c: Campus) -> AsyncIterator[str]:
    """The address of a real server."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app_of(c), log_config=None, access_log=False, lifespan="off", server_header=False, proxy_headers=False,
        http="h11", ws="none",
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
