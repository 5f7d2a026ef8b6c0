"""Addresses of targets that are given by name. Numbers pass through; a name keeps its last good address without DNS."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

TTL = 300.0
"""Seconds a resolved address is used before it is asked for again, beside its use."""
RETRY = 15.0
"""Seconds between two questions for a name that does not resolve."""
LIMIT = 5.0
"""Seconds a look waits for an answer of the resolver."""
THREADS = 4
"""Questions under way at most: a resolver that is a black hole holds no more threads than these."""


@dataclass(slots=True)
class _Entry:
    address: str | None = None
    ask_after: float = 0.0
    asking: asyncio.Task[str | None] | None = None
    waiters: int = field(default=0)


def numeric(address: str) -> str | None:
    """The canonical spelling of an IP address, scope kept; None if it is a name."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None


class Resolver:
    """Names to addresses, asked for in threads of its own, each question once at a time."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._threads: ThreadPoolExecutor | None = None

    def known(self, name: str) -> str | None:
        """The address as far as it is known now; asks in the background when there is none or it is old."""
        literal = numeric(name)
        if literal is not None:
            return literal
        entry = self._entries.setdefault(name, _Entry())
        self._ask(name, entry)
        return entry.address

    async def address(self, name: str) -> str | None:
        """The address, waiting at most LIMIT seconds for the first answer; None if the name does not resolve."""
        found = self.known(name)
        if found is not None:
            return found
        asking = self._entries[name].asking
        if asking is not None:
            await asyncio.wait([asking], timeout=LIMIT)
        return self._entries[name].address

    def close(self) -> None:
        """Stop asking. A thread inside the C library's resolver ends by that resolver's own time limit."""
        for entry in self._entries.values():
            if entry.asking is not None:
                entry.asking.cancel()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, name: str, entry: _Entry) -> None:
        loop = asyncio.get_running_loop()
        if entry.asking is not None or loop.time() < entry.ask_after:
            return
        entry.asking = loop.create_task(self._question(name, entry))

    async def _question(self, name: str, entry: _Entry) -> str | None:
        loop = asyncio.get_running_loop()
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="resolve")
        try:
            found = await loop.run_in_executor(self._threads, _lookup, name)
            entry.ask_after = loop.time() + (TTL if found else RETRY)
            entry.address = found or entry.address
            return found
        finally:
            entry.asking = None


def _lookup(name: str) -> str | None:
    """Ask the system's resolver, IPv4 first as the campus's management networks are."""
    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return None
    answers.sort(key=lambda answer: answer[0] != socket.AF_INET)
    return str(answers[0][4][0]) if answers else None
