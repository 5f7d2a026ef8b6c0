"""A network of its own for the practice campus: two network namespaces and a cable between them.

Nothing is named under /run and no process waits in them: they live as long as the `Lab` or a program inside does.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from agent.simulator import enter

Where = Literal["agent", "campus"]
OPEN_SECONDS = 20.0
_ENTER = str(Path(enter.__file__))
_CAPABILITIES = {
    "agent": (enter.NET_BIND_SERVICE, enter.NET_RAW),
    "campus": (enter.NET_BIND_SERVICE, enter.NET_RAW, enter.NET_ADMIN),
}
"""What an ordinary user's program holds inside; root's holds root's."""


class NoLab(Exception):
    """This system gives us no network namespaces; the text says what it denied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How any spawner (subprocess, asyncio) starts a program inside: its arguments and the descriptors to pass."""

    argv: tuple[str, ...]
    pass_fds: tuple[int, ...]


@dataclass(slots=True)
class Lab:
    """`campus_ns` and `agent_ns` are descriptors of namespaces, `user_ns` of the user namespace owning them or None.

    In the campus `198.18.0.0/15` is a black hole until `routes` adds addresses; the agent's side has that one route.
    """

    campus_ns: int
    agent_ns: int
    user_ns: int | None = None
    _open: bool = field(default=True, repr=False)

    @classmethod
    def open(cls) -> Self:
        """As root, or by a user namespace of one's own. Raises NoLab with what stood in the way."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            argv = [sys.executable, "-m", "agent.simulator.wiring", str(theirs.fileno())]
            try:
                done = subprocess.run(
                    argv, pass_fds=[theirs.fileno()], capture_output=True, text=True, timeout=OPEN_SECONDS, check=False
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise NoLab(str(error)) from error
            if done.returncode:
                raise NoLab((done.stderr.strip().splitlines() or ["?"])[-1])
            *user, campus, agent = socket.recv_fds(ours, 1, 3)[1]
        return cls(campus, agent, user[0] if user else None)

    def entry(self, argv: Sequence[str], where: Where, pass_fds: Iterable[int] = ()) -> Entry:
        """The command line that runs `argv` inside; it dies (SIGTERM) with the thread that starts it."""
        net = self.agent_ns if where == "agent" else self.campus_ns
        user = "-" if self.user_ns is None else str(self.user_ns)
        capabilities = ",".join(map(str, _CAPABILITIES[where]))
        own = (net,) if self.user_ns is None else (net, self.user_ns)
        return Entry(
            argv=(sys.executable, "-IS", _ENTER, str(os.getpid()), user, str(net), capabilities, *argv),
            pass_fds=(*own, *pass_fds),
        )

    def spawn(
        self, argv: Sequence[str], where: Where, pass_fds: Iterable[int] = (), **popen: Any
    ) -> subprocess.Popen[Any]:
        """Start a program inside; `popen` as for `subprocess.Popen`."""
        entry = self.entry(argv, where, pass_fds)
        return subprocess.Popen(entry.argv, pass_fds=entry.pass_fds, **popen)

    def close(self) -> None:
        """Let go of the namespaces; the kernel removes them with the last program inside."""
        if self._open:
            self._open = False
            for fd in (self.campus_ns, self.agent_ns, self.user_ns):
                if fd is not None:
                    os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
