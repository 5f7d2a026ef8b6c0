"""A program that a show starts, hears and ends. asyncio."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO

from agent.simulator.namespace import Lab, Where

GRACE_SECONDS = 10.0


@dataclass(slots=True)
class Child:
    """A running program. In a session of its own, so that Ctrl-C reaches only the show."""

    process: asyncio.subprocess.Process

    @classmethod
    async def start(
        cls,
        argv: Sequence[str],
        lab: Lab | None,
        where: Where,
        pass_fds: Iterable[int] = (),
        piped: bool = False,
        log: IO[bytes] | None = None,
    ) -> Child:
        """`piped` opens its standard input and output; otherwise both outputs go to `log`. Raises OSError."""
        fds = tuple(pass_fds)
        if lab is not None:
            entry = lab.entry(argv, where, fds)
            argv, fds = entry.argv, entry.pass_fds
        pipe, sink = asyncio.subprocess.PIPE, log or asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=pipe if piped else asyncio.subprocess.DEVNULL,
            stdout=pipe if piped else sink,
            stderr=None if piped else sink,
            pass_fds=fds,
            start_new_session=True,
        )
        return cls(process)

    def signal(self, number: signal.Signals) -> None:
        if self.process.returncode is None:
            os.kill(self.process.pid, number)

    async def wait(self) -> int:
        return await self.process.wait()

    async def write(self, line: str) -> None:
        """One line to its standard input; a program that has ended does not hear it."""
        if self.process.stdin is not None and self.process.returncode is None:
            try:
                self.process.stdin.write(line.encode() + b"\n")
                await self.process.stdin.drain()
            except (ConnectionError, BrokenPipeError):
                return

    async def end(self) -> int:
        """SIGTERM, also to one that is stopped; SIGKILL when it does not go in time."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                return await self.wait()
        except TimeoutError:
            self.signal(signal.SIGKILL)
            return await self.wait()


def python(module: str, *arguments: str) -> list[str]:
    """The command line of one of our own modules."""
    return [sys.executable, "-m", module, *arguments]
