"""Real peers of a look: programs of system packages, and small servers that speak the protocol on a socket."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import cast

from .watching import lacking

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Reply = Callable[[bytes], list[bytes]]


def needs(program: str, package: str) -> None:
    """Skip without the program, saying which package has it."""
    if shutil.which(program) is None:
        lacking(f"needs {program} of the Debian package {package}")


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(*argv: str, ready: Callable[[], bool], env: Mapping[str, str] | None = None, cwd: Path | None = None
            ) -> Iterator[subprocess.Popen[bytes]]:  # fmt: skip
    """A program, once it is ready; ended in any case."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            until = time.monotonic() + 15.0
            while not ready():
                if process.poll() is not None or time.monotonic() > until:
                    said.seek(0)
                    raise AssertionError(f"{argv[0]} is not ready: {said.read().decode(errors='replace')}")
                time.sleep(0.05)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def takes_tcp(port: int) -> Callable[[], bool]:
    """Whether somebody listens there."""

    def asked() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
        except OSError:
            return False
        return True

    return asked


def holds_udp(port: int) -> Callable[[], bool]:
    """Whether somebody has bound it (proc(5))."""
    wanted = f":{port:04X} "
    return lambda: any(wanted in line[:30] for line in Path("/proc/net/udp").read_text().splitlines())


@asynccontextmanager
async def listening(talk: Talk) -> AsyncIterator[int]:
    """A TCP server of this loop; the port."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # The other side has left.
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def saying(data: bytes, after: int = 0) -> Talk:
    """Reads so many bytes, says `data`, and waits for the other side to leave."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(after)
        writer.write(data)
        await writer.drain()
        await reader.read()

    return talk


class Datagrams(asyncio.DatagramProtocol):
    """Sends what `reply` makes of each."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for answer in self._reply(data):
            self._transport.sendto(answer, addr)


@asynccontextmanager
async def datagrams(reply: Reply) -> AsyncIterator[int]:
    """A UDP server of this loop; the port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Datagrams(reply), local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
