"""The Unix socket by which a person's command reaches the one writer: a JSON line in, a JSON line out.

`serve_control` is the daemon's end, `call` the command's. The caller is whom the kernel names (SO_PEERCRED, unix(7)),
never whom the request names.
"""

from __future__ import annotations

import asyncio
import contextlib
import grp
import json
import logging
import os
import pwd
import socket
import struct
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.clock import SystemClock
from agent.store.directory import DataDirectory, Lock

LINE = 1 << 20
"""Bytes of a request at most. An answer has no such limit: it is our own."""

DEADLINE = 30.0
"""Seconds for a whole connection, its answers included."""

CONNECTIONS = 64
"""Callers at once; the next is told to come back."""

MODE = 0o660
_PATH = 107
"""Bytes of a socket's path at most, its end mark not counted (`sun_path`, unix(7))."""

_CREDENTIALS = struct.Struct("iII")

_log = logging.getLogger(__name__)

Request = dict[str, Any]
Handler = Callable[[Request, "Caller"], Awaitable[Request]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The process at the other end, at the moment it connected. user: the name of its uid, or the uid in digits."""

    pid: int
    uid: int
    gid: int
    user: str


class ControlError(Exception):
    """The command did not get its answer."""


class NoAgent(ControlError):
    """Nobody listens on the data directory's socket."""


class NotPermitted(ControlError):
    """The socket is there, and this user may not use it."""


class NoAnswer(ControlError):
    """The agent took the command and did not answer in time, or broke off. Whether it was done is not known."""


def error_document(code: str, message: str, hint: str = "", where: str | None = None) -> Request:
    """The one form of an error, on this socket as over HTTP."""
    return {"error": {"code": code, "message": message, "hint": hint, "where": where}}


@asynccontextmanager
async def serve_control(
    lock: Lock, handler: Handler, *, group: str | None = None, deadline: float = DEADLINE
) -> AsyncIterator[Path]:
    """Answer on the socket of the data directory that `lock` holds, until left; the socket then goes away.

    group: the system group whose members may command the agent, beside its own user.
    deadline: seconds for a whole connection.
    Raises OSError where the socket cannot be made, LookupError for a group that the system does not know.
    """
    if not lock.held:
        raise ValueError("the data directory is not ours")
    path = lock.directory.socket
    listening = _listen(path, None if group is None else grp.getgrnam(group).gr_gid)
    mine = path.stat().st_ino
    desk = _Desk(handler, deadline)
    server = await asyncio.start_unix_server(desk.receive, sock=listening, limit=LINE)
    try:
        yield path
    finally:
        server.close()
        await desk.close()
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_ino == mine:
                path.unlink()


def _listen(path: Path, group: int | None) -> socket.socket:
    """A socket that has its mode before it has its name, so that nobody slips in between; a stale one is replaced."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with tempfile.TemporaryDirectory(prefix=".sock-", dir=path.parent) as private:
            made = Path(private, "s")
            with _short(made) as name:
                listening.bind(name)
            made.chmod(MODE)
            if group is not None:
                os.chown(made, -1, group)
            listening.listen(CONNECTIONS)
            made.replace(path)
    except BaseException:
        listening.close()
        raise
    listening.setblocking(False)
    return listening


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name of `path` that fits into a socket address: through its folder's descriptor where the own one is too long.

    Raises OSError where the folder cannot be opened or /proc is not there.
    """
    if len(os.fsencode(path)) <= _PATH:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class _Desk:
    """The daemon's end: counts its callers, reads their lines, hands them on."""

    def __init__(self, handler: Handler, deadline: float) -> None:
        self._handler = handler
        self._deadline = deadline
        self._talks: set[asyncio.Task[None]] = set()

    def receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.get_running_loop().create_task(self._talk(reader, writer, full=len(self._talks) >= CONNECTIONS))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def close(self) -> None:
        """Break off those who are still here."""
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, full: bool) -> None:
        try:
            async with asyncio.timeout(self._deadline):
                if full:
                    await _send(writer, _BUSY)
                else:
                    await self._lines(reader, writer)
        except TimeoutError:
            _say_last(writer, _LATE)
        except ConnectionError:
            pass  # The caller has left; what he asked for is done all the same.
        finally:
            writer.close()

    async def _lines(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = _caller(writer)
        while (line := await _next_line(reader)) is not None:
            await _send(writer, await self._answer(line, caller))
            if len(line) > LINE:
                return

    async def _answer(self, line: bytes, caller: Caller) -> bytes:
        if len(line) > LINE:
            return _line(error_document("too_long", f"a request has at most {LINE} bytes"))
        request = _parsed(line)
        if request is None:
            return _line(error_document("malformed", "a request is one JSON object on one line"))
        try:
            return _line(await self._handler(request, caller))
        except Exception:  # noqa: BLE001 - logged with its trace; one bad request must not end the others
            _log.exception("control.handler_failed pid=%d user=%s", caller.pid, caller.user)
            return _line(error_document("internal", "the agent failed on this request", "its log has the reason"))


async def _next_line(reader: asyncio.StreamReader) -> bytes | None:
    """The next line, the last one perhaps without its end; one that is longer than LINE is cut; None at the end."""
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as end:
        return end.partial or None
    except asyncio.LimitOverrunError:
        return await reader.read(2 * LINE)


def _parsed(line: bytes) -> Request | None:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return request if isinstance(request, dict) else None


def _caller(writer: asyncio.StreamWriter) -> Caller:
    raw = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, gid = _CREDENTIALS.unpack(raw)
    return Caller(pid=pid, uid=uid, gid=gid, user=_user(uid))


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


async def _send(writer: asyncio.StreamWriter, answer: bytes) -> None:
    writer.write(answer)
    await writer.drain()


def _say_last(writer: asyncio.StreamWriter, answer: bytes) -> None:
    """A last word to one who may no longer listen: never waited for, and not behind an answer that he does not take."""
    if writer.transport.get_write_buffer_size() > 0:
        writer.transport.abort()
    else:
        writer.write(answer)


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


_BUSY = _line(error_document("busy", f"{CONNECTIONS} callers are here already", "try again"))
_LATE = _line(error_document("timeout", "no end in time", "look before repeating"))


def call(directory: DataDirectory, request: Mapping[str, Any], timeout: float = DEADLINE) -> Request:
    """Send one request to the agent of `directory`, give back its answer. timeout: seconds, for everything.

    Raises NoAgent, NotPermitted, NoAnswer; ValueError for a request that is too long to be taken.
    """
    line = _line(request)
    if len(line) > LINE:
        raise ValueError(f"a request has at most {LINE} bytes, this one {len(line)}")
    clock = SystemClock()
    until = clock.mono() + timeout
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as to:
        to.settimeout(timeout)
        _connect(to, directory.socket)
        try:
            _send_all(to, line)
            raw = b"".join(_chunks(to, clock, until))
        except OSError as error:
            raise NoAnswer(str(error) or "timed out") from error
    answer = _parsed(raw)
    if answer is None:
        raise NoAnswer("the agent broke off")
    return answer


def _connect(to: socket.socket, path: Path) -> None:
    try:
        with _short(path) as name:
            to.connect(name)
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError) as error:
        raise NoAgent(f"nobody listens on {path}") from error
    except PermissionError as error:
        raise NotPermitted(f"this user may not use {path}") from error
    except OSError as error:
        raise NoAnswer(f"{path}: {error}") from error


def _send_all(to: socket.socket, line: bytes) -> None:
    try:
        to.sendall(line)
        to.shutdown(socket.SHUT_WR)
    except (BrokenPipeError, ConnectionResetError):
        pass  # He who turns callers away does not listen first; his answer is there to be read.


def _chunks(to: socket.socket, clock: SystemClock, until: float) -> Iterator[bytes]:
    while True:
        left = until - clock.mono()
        if left <= 0:
            raise TimeoutError("no answer in time")
        to.settimeout(left)
        chunk = to.recv(1 << 16)
        yield chunk
        if not chunk or chunk.endswith(b"\n"):
            return
