"""One connection of the page's server: what it may cost us, and when it is cut. uvicorn has no such deadlines.

A caller has ASKING seconds for a whole request and ANSWERING for its answer to be made and taken, however slowly bytes
come or go. When CONNECTIONS are open, a new caller takes the place of the one that has been asking for longest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from agent.web.shell import HEADERS

ASKING = 10.0
"""Seconds from the first byte that may come to the last byte of a request's head."""
IDLE = 20.0
"""Seconds that a connection is kept for a next request, added to ASKING."""
ANSWERING = 120.0
"""Seconds for an answer: a look on behalf of `/probe` (30), and the sending (60)."""
CONNECTIONS = 200
"""Callers at once."""
HEAD = 16 * 1024
"""Bytes of a request's head at most (h11 looks after it)."""
BODY = 64 * 1024
"""Bytes that are taken of what nobody asked for: no route reads a body."""


class Guarded(H11Protocol):
    """A connection that ends in time. `asks_since`: when its turn to speak began, None while it is being answered."""

    asks_since: float | None = None
    _end: asyncio.TimerHandle | None = None
    _surplus = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._asks(ASKING)
        if len(self.connections) > CONNECTIONS:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._surplus += len(data)
        if self._surplus > HEAD + BODY:
            self._cut()
        else:
            super().data_received(data)

    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._surplus = 0
            if not self.cycle.response_complete:
                self.asks_since = None
                self._until(ANSWERING)

    def on_response_complete(self) -> None:
        self._asks(IDLE + ASKING)
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close"), *_dressed()]
        answer = (h11.Response(status_code=400, headers=headers), h11.Data(data=msg.encode()), h11.EndOfMessage())
        if self.cycle is not None:
            self.cycle.disconnected = True  # an answer under way has nobody left to go to
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(b"".join(self.conn.send(event) or b"" for event in answer))
            self.transport.close()
        else:  # in the middle of an answer: what follows the broken request cannot be told apart from it
            self._cut()

    def _asks(self, seconds: float) -> None:
        self.asks_since = self.loop.time()
        self._until(seconds)

    def _until(self, seconds: float) -> None:
        if self._end is not None:
            self._end.cancel()
        self._end = self.loop.call_later(seconds, self._cut)

    def _cut(self) -> None:
        """At once, and without waiting for one who does not read."""
        self.transport.abort()

    def _make_room(self) -> None:
        others = [one for one in cast("set[Any]", self.connections) if isinstance(one, Guarded) and one is not self]
        asking = [one for one in others if one.asks_since is not None and not one.transport.is_closing()]
        min(asking, key=lambda one: one.asks_since or 0.0, default=self)._cut()


def _dressed() -> Iterator[tuple[bytes, bytes]]:
    return ((name.lower().encode(), value.encode()) for name, value in HEADERS.items())
