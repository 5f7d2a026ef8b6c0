"""Addresses of targets that are given by name. Numbers pass through; a name keeps its last good address without DNS."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import threading
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue

TTL = 300.0
"""Seconds a resolved address is used before it is asked for again, beside its use."""
RETRY = 15.0
"""Seconds between two questions for a name that does not resolve."""
LIMIT = 5.0
"""Seconds a look waits for an answer of the resolver."""
THREADS = 4
"""Questions under way at most: a resolver that is a black hole holds no more threads than these."""


_NO_SUCH = frozenset((socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)))
"""The resolver answered, and there is no such name or no address for it."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Entry:
    address: str | None = None
    ask_after: float = 0.0
    asking: asyncio.Future[_Answer] | None = None
    told: bool = field(default=False)


@dataclass(frozen=True, slots=True)
class _Answer:
    """address: None without one.  why: the error of getaddrinfo(3), 0 without."""

    address: str | None
    why: int = 0


class _Askers:
    """Threads that ask and do not keep the process from ending: inside the C library nothing can call them back."""

    def __init__(self) -> None:
        self._questions: SimpleQueue[tuple[str, asyncio.Future[_Answer]] | None] = SimpleQueue()
        self._threads = 0

    def ask(self, name: str, answer: asyncio.Future[_Answer]) -> None:
        if self._threads < THREADS:
            self._threads += 1
            threading.Thread(target=self._work, name=f"resolve-{self._threads}", daemon=True).start()
        self._questions.put((name, answer))

    def close(self) -> None:
        for _ in range(self._threads):
            self._questions.put(None)

    def _work(self) -> None:
        while (question := self._questions.get()) is not None:
            name, answer = question
            if answer.cancelled():
                continue
            found = _lookup(name)
            try:
                answer.get_loop().call_soon_threadsafe(_tell, answer, found)
            except RuntimeError:
                return  # The loop has been closed: nobody is left to be told.


def _tell(answer: asyncio.Future[_Answer], found: _Answer) -> None:
    if not answer.done():
        answer.set_result(found)


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
        self._askers = _Askers()
        self._silent_since: float | None = None

    def known(self, name: str) -> str | None:
        """The address as far as it is known now; asks in the background when there is none or it is old."""
        literal = numeric(name)
        if literal is not None:
            return literal
        entry = self._entries.setdefault(name, _Entry())
        self._ask(name, entry)
        return entry.address

    async def address(self, name: str) -> str | None:
        """The address, waiting at most LIMIT seconds for the first answer; None if the name does not resolve.

        Nobody waits while the resolver is known to be silent: looks that wait would keep their places from others.
        """
        found = self.known(name)
        if found is not None:
            return found
        asking = self._entries[name].asking
        if asking is not None and self._silent_since is None:
            await asyncio.wait([asking], timeout=LIMIT)
        return self._entries[name].address

    def close(self) -> None:
        """Stop asking. A thread inside the C library's resolver ends by that resolver's own time limit."""
        for entry in self._entries.values():
            if entry.asking is not None:
                entry.asking.cancel()
        self._askers.close()

    def _ask(self, name: str, entry: _Entry) -> None:
        loop = asyncio.get_running_loop()
        if entry.asking is not None or loop.time() < entry.ask_after:
            return
        entry.asking = loop.create_future()
        entry.asking.add_done_callback(partial(self._answered, name, entry))
        self._askers.ask(name, entry.asking)

    def _answered(self, name: str, entry: _Entry, answer: asyncio.Future[_Answer]) -> None:
        entry.asking = None
        if answer.cancelled():
            return
        found, now = answer.result(), answer.get_loop().time()
        entry.ask_after = now + (TTL if found.address else RETRY)
        entry.address = found.address or entry.address
        if found.why in _NO_SUCH:
            self._no_such(name, entry)
        else:
            self._heard(name, found, now)

    def _heard(self, name: str, found: _Answer, now: float) -> None:
        """Told when the resolver falls silent and when it answers again, not for each name that waits for it."""
        if found.address is None and self._silent_since is None:
            self._silent_since = now
            _log.warning("dns.silent name=%s error=%s", name, _named(found.why))
        elif found.address is not None and self._silent_since is not None:
            _log.warning("dns.answers_again after=%.0f", now - self._silent_since)
            self._silent_since = None

    def _no_such(self, name: str, entry: _Entry) -> None:
        if not entry.told:
            entry.told = True
            _log.warning("dns.no_such_name name=%s", name)


def _named(why: int) -> str:
    """`EAI_AGAIN` and the like (RFC 3493, 6.1)."""
    names = {getattr(socket, name): name for name in dir(socket) if name.startswith("EAI_")}
    return names.get(why, str(why))


def _lookup(name: str) -> _Answer:
    """Ask the system's resolver, IPv4 first as the campus's management networks are."""
    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    except socket.gaierror as error:
        return _Answer(None, error.errno or socket.EAI_FAIL)
    except (OSError, UnicodeError):
        return _Answer(None, socket.EAI_NONAME)
    answers.sort(key=lambda answer: answer[0] != socket.AF_INET)
    return _Answer(str(answers[0][4][0])) if answers else _Answer(None, socket.EAI_NONAME)
