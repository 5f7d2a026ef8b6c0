"""The word to the service manager (sd_notify(3)): ready, alive, reloading, stopping. Nothing happens without one."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

PULSE = 10.0
"""Seconds between two words at most; a watchdog that asks for more gets a third of its time."""

_ABSTRACT = "@"


class Notifier:
    """Speaks to the socket of `$NOTIFY_SOCKET`; without one every word is lost, and that is fine."""

    def __init__(self, environment: Mapping[str, str] = os.environ, pid: int | None = None) -> None:
        """pid: ours; a watchdog that is set for another process (`$WATCHDOG_PID`) is not ours to feed."""
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self.watchdog = _watchdog(environment, os.getpid() if pid is None else pid)
        """Seconds within which a sign of life is due; 0.0 when nobody waits for one."""

    @property
    def pulse(self) -> float:
        """Seconds between two signs of life: a third of what is allowed, so that one may be late."""
        return min(PULSE, self.watchdog / 3) if self.watchdog else PULSE

    def tell(self, **fields: str | int) -> None:
        """One datagram of `FIELD=value` lines. A manager that does not listen is no reason to stop."""
        if not self._address:
            return
        text = "\n".join(f"{name}={str(value).replace(chr(10), ' ')}" for name, value in fields.items())
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door:
            door.setblocking(False)
            try:
                door.sendto(text.encode(), self._address)
            except OSError:
                return  # gone or full: the next word comes in a pulse

    @contextmanager
    def attended(self, alive: Callable[[], tuple[bool, str]], status: Callable[[], str]) -> Iterator[None]:
        """Ready now, stopping at the end; between, a sign of life from the running loop while `alive` says so.

        alive: whether the parts run, and why not.  status: one line for people (`systemctl status`).
        """
        loop = asyncio.get_running_loop()
        timer = loop.call_soon(lambda: None)

        def beat() -> None:
            nonlocal timer
            good, why = alive()
            if good:
                self.tell(WATCHDOG=1, STATUS=status())
            else:
                self.tell(STATUS=f"not ready: {why}")
            timer = loop.call_later(self.pulse, beat)

        self.tell(READY=1)
        beat()
        try:
            yield
        finally:
            timer.cancel()
            self.tell(STOPPING=1, STATUS="stopping")


def _address(named: str) -> str:
    """The socket's address: a path, or with a leading `@` the abstract namespace; "" for any other kind."""
    if named.startswith(_ABSTRACT):
        return "\0" + named[1:]
    return named if named.startswith("/") else ""


def _watchdog(environment: Mapping[str, str], pid: int) -> float:
    """sd_watchdog_enabled(3): microseconds in `$WATCHDOG_USEC`, for the process of `$WATCHDOG_PID` if that is set."""
    asked = environment.get("WATCHDOG_USEC", "")
    owner = environment.get("WATCHDOG_PID", "")
    if not (asked.isascii() and asked.isdigit()) or owner not in ("", str(pid)):
        return 0.0
    return int(asked) / 1_000_000
