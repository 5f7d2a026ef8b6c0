"""One device's SNMP conversation over gufo-snmp's sockets, and the cure of what they leave to the caller.

gufo's own session registers the socket, makes a timer and wraps a task for every answer; here that is done once a
conversation. It has no retransmission, gives up on the first garbage datagram, and a version 3 session that was cut
off by the device's restart stays dead: all three are mended here. One request at a time: that is what gufo can.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from fcntl import ioctl
from termios import FIONREAD
from types import TracebackType
from typing import Any, TypeVar

from gufo.snmp import SnmpAuthError, SnmpDecodeError, SnmpError, User, ValueType
from gufo.snmp._fast import GetIter, SnmpV1ClientSocket, SnmpV2cClientSocket, SnmpV3ClientSocket
from gufo.snmp.utils import format_sock_addr

from agent.model import Secret
from agent.probes.snmp import Credential
from agent.probes.snmp.user import user

_STALE = 140.0
"""Seconds after which a version 3 session asks for the device's clock first: the window is 150 s (RFC 3414 2.2.3)."""
_MOST_BYTES = 4096
"""gufo's receive buffer: it takes a longer answer for a malformed one."""
_MOST_STRAYS = 100
_MOST_MALFORMED = 1000
"""Datagrams to one request that cannot be read; then it ends."""
_PANIC = "PanicException"
"""What PyO3 raises where Rust code has stumbled: a BaseException of a module that cannot be imported. gufo-snmp 0.13
stumbles where an element begins at the end of a datagram (ber/header.rs)."""
_NOBODY = User.default()
_REFUSED = re.compile(rb"\x06\x0a\x2b\x06\x01\x06\x03\x0f\x01\x01[\x01\x03\x05\x06]\x00", re.DOTALL)
"""usmStatsUnsupportedSecLevels, UnknownUserNames, WrongDigests and DecryptionErrors (RFC 3414 5) as a report names
them: gufo takes every report for the device's clock, and the question behind it would be a second refusal."""
_OS_ERROR = re.compile(r"\(os error (\d+)\)")

Socket = SnmpV1ClientSocket | SnmpV2cClientSocket | SnmpV3ClientSocket
Batch = list[tuple[str, ValueType] | None]
T = TypeVar("T")


class TooLarge(SnmpError):
    """The answer is longer than can be read; less must be asked for at once."""


@dataclass(slots=True)
class _Waiting:
    """A request under way: who waits for the answer, how it is read, and what has come that was none."""

    waiter: asyncio.Future[Any]
    sock: Socket
    receive: Callable[[Socket], Any]
    malformed: int = 0


class Session:
    """A long-lived session; `async with session:` is one conversation, in which the requests are made.

    Errors of a request: TimeoutError (nobody answered), OSError (with the kernel's number, ConnectionRefusedError
    for a closed port), SnmpAuthError (login refused), TooLarge, SnmpDecodeError (nothing came but garbage), SnmpError
    (an answer that says no).
    """

    def __init__(self, address: str, port: int, credential: Credential, rejected: Callable[[str], None]) -> None:
        self._at = (address, port)
        self._to = format_sock_addr(address, port)
        self._credential = credential
        self._rejected = rejected
        self._lock = asyncio.Lock()
        self._sock: Socket | None = None
        self._waiting: _Waiting | None = None
        self._garbled = False
        self._last = 0.0
        self.waits: tuple[float, ...] = (1.0,)
        self.version = credential.version
        self.engine_id = b""

    async def __aenter__(self) -> Session:
        await self._lock.acquire()
        if self._sock is not None:
            self._listen(self._sock)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sock is not None:
            asyncio.get_running_loop().remove_reader(self._sock.get_fd())
        self._lock.release()

    def patience(self, timeout: float, retries: int) -> None:
        """Wait for an answer `timeout` seconds in all, sending again `retries` times after doubling pauses."""
        whole = 2 ** (retries + 1) - 1
        self.waits = tuple(timeout * 2**step / whole for step in range(retries + 1))

    async def get(self, oids: list[str]) -> dict[str, ValueType]:
        """Values by OID; what the device does not have is left out. Version 1 gives all or nothing (RFC 1157 4.1.2)."""
        return await self._request(lambda sock: sock.send_get_many(oids), lambda sock: sock.recv_get_many())

    async def get_one(self, oid: str) -> ValueType:
        """One value, None if the device has none."""
        return (await self.get([oid])).get(oid)

    def cursor(self, oid: str, size: int) -> GetIter:
        """A walk's beginning; size: rows to ask for, 1 is GETNEXT."""
        return GetIter(oid, size) if size > 1 else GetIter(oid)

    async def bulk(self, cursor: GetIter) -> Batch:
        """The next rows of a walk; a last None: the column ended. An empty list: the device's view ended."""
        return await self._request(
            lambda sock: sock.send_get_bulk(cursor), lambda sock: _rows(lambda: sock.recv_get_bulk(cursor))
        )

    async def next(self, cursor: GetIter) -> Batch:
        """The next row of a walk by GETNEXT, in the form of `bulk`."""
        return await self._request(
            lambda sock: sock.send_get_next(cursor), lambda sock: _rows(lambda: [sock.recv_get_next(cursor)])
        )

    def within(self, vlan: str) -> Session | None:
        """The same box as it answers for one VLAN, under `COMMUNITY@VLAN` as Cisco IOS has it; its caller closes it.

        None where there is no community: version 3 has contexts for that, which gufo does not know.
        """
        community = self._credential.community
        if community is None or self.version == "3":
            return None
        credential = replace(self._credential, community=Secret(f"{community.reveal()}@{vlan}"))
        other = Session(*self._at, credential, self._rejected)
        other.waits = self.waits
        return other

    def close(self) -> None:
        """Drop the socket; the next request opens another."""
        self._drop()

    # -- requests -----------------------------------------------------------------------------------------------------

    async def _request(self, send: Callable[[Socket], None], receive: Callable[[Socket], T]) -> T:
        if self.version != "3":
            return await self._ask(self._sock or self._opened(), send, receive, self.waits)
        sock = self._sock
        if sock is None:
            return await self._ask(await self._login(self.waits), send, receive, self.waits)
        try:
            if asyncio.get_running_loop().time() - self._last > _STALE:
                await self._refresh(sock, self.waits[:1])
            return await self._ask(sock, send, receive, self.waits[:-1] or self.waits)
        except (SnmpAuthError, SnmpDecodeError, TimeoutError):
            # The device restarted (its clock and boots changed) or another sits there now: learn them anew, ask again.
            last = (self.waits[-1] / 4,) * 2
            return await self._ask(await self._login(last), send, receive, last)

    async def _ask(
        self, sock: Socket, send: Callable[[Socket], None], receive: Callable[[Socket], T],
        waits: tuple[float, ...], told: bool = False,
    ) -> T:  # fmt: skip
        """Send until answered. `told`: the device has just answered without login, so silence refuses the login.

        (An agent that cannot decrypt drops the request without a report.)
        """
        self._garbled = False
        for wait in waits:
            self._send(sock, send)
            answer = await self._answer(sock, receive, wait)
            if answer is not None:
                self._last = asyncio.get_running_loop().time()
                return answer
        if told:
            raise SnmpAuthError("no answer to what was signed and encrypted")
        if self._garbled:
            raise SnmpDecodeError("nothing came but garbage")
        raise TimeoutError

    def _send(self, sock: Socket, send: Callable[[Socket], None]) -> None:
        """Send after throwing away what has come unasked: answers that were late or double, an old refusal."""
        for _ in range(_MOST_STRAYS):
            try:
                os.read(sock.get_fd(), 1)
            except BlockingIOError:
                break
            except OSError:
                continue
            self._rejected("late")
        try:
            send(sock)
        except OSError as error:
            raise _numbered(error) from error

    async def _answer(self, sock: Socket, receive: Callable[[Socket], T], wait: float) -> T | None:
        """What `receive` makes of the first believable datagram within `wait` seconds, else None."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T | None] = loop.create_future()
        self._waiting = _Waiting(waiter, sock, receive)
        timer = loop.call_later(wait, _give_up, waiter)
        try:
            return await waiter
        finally:
            timer.cancel()
            self._waiting = None

    def _arrived(self) -> None:
        """Read here and not in the task: by the time the task runs, the loop would have seen the datagram twice."""
        waiting = self._waiting
        if waiting is None or waiting.waiter.done():
            return
        try:
            if _size(waiting.sock) > _MOST_BYTES:
                os.read(waiting.sock.get_fd(), 1)
                waiting.waiter.set_exception(TooLarge("an answer beyond gufo's buffer"))
            else:
                waiting.waiter.set_result(waiting.receive(waiting.sock))
        except BlockingIOError:
            self._rejected("wrong_id")
        except SnmpDecodeError:
            self._malformed(waiting)
        except TimeoutError:  # gufo's word for ICMP port unreachable
            waiting.waiter.set_exception(ConnectionRefusedError(errno.ECONNREFUSED, "port unreachable"))
        except (SnmpError, OSError, ValueError, RuntimeError) as error:
            waiting.waiter.set_exception(error)
        except BaseException as error:
            if type(error).__name__ != _PANIC:
                raise
            self._malformed(waiting)

    def _malformed(self, waiting: _Waiting) -> None:
        """Passed over, as whoever guesses our port may send it; but not without end: gufo's panics write to stderr."""
        self._garbled = True
        self._rejected("malformed")
        waiting.malformed += 1
        if waiting.malformed >= _MOST_MALFORMED:
            waiting.waiter.set_exception(SnmpDecodeError(f"{_MOST_MALFORMED} datagrams, none of them an answer"))

    # -- socket and login ---------------------------------------------------------------------------------------------

    def _opened(self) -> Socket:
        self._drop()
        sock = _open(self._to, self._credential)
        self._sock = sock
        self._listen(sock)
        return sock

    def _listen(self, sock: Socket) -> None:
        asyncio.get_running_loop().add_reader(sock.get_fd(), self._arrived)

    def _drop(self) -> None:
        if self._sock is not None:
            asyncio.get_running_loop().remove_reader(self._sock.get_fd())
            self._sock = None

    async def _login(self, waits: tuple[float, ...]) -> SnmpV3ClientSocket:
        """Discover the engine, set the localised keys, learn its boots and clock (RFC 3414 4)."""
        sock = self._opened()
        assert isinstance(sock, SnmpV3ClientSocket)
        try:
            await self._refresh(sock, waits)
            who = user(self._credential)
            sock.set_keys(who.name, who.get_auth_alg(), who.get_auth_key(), who.get_priv_alg(), who.get_priv_key())
            self.engine_id = sock.get_engine_id()
            if who.require_auth():
                await self._refresh(sock, waits, told=True)
        except BaseException:
            self._drop()
            raise
        return sock

    async def _refresh(self, sock: Socket, waits: tuple[float, ...], told: bool = False) -> None:
        assert isinstance(sock, SnmpV3ClientSocket)
        refreshing = sock

        def receive(_: Socket) -> bool:
            if told and _REFUSED.search(_peeked(refreshing)):
                os.read(refreshing.get_fd(), 1)
                raise SnmpAuthError("the report says that the login is refused")
            refreshing.recv_refresh()
            return True

        await self._ask(sock, lambda _: refreshing.send_refresh(), receive, waits, told)


def _open(to: str, credential: Credential) -> Socket:
    community = credential.community.reveal() if credential.community else ""
    try:
        if credential.version == "1":
            return SnmpV1ClientSocket(to, community, 0, 0, 0, 0)
        if credential.version == "2c":
            return SnmpV2cClientSocket(to, community, 0, 0, 0, 0)
        return SnmpV3ClientSocket(
            to, b"", _NOBODY.name, _NOBODY.get_auth_alg(), _NOBODY.get_auth_key(),
            _NOBODY.get_priv_alg(), _NOBODY.get_priv_key(), 0, 0, 0, 0,
        )  # fmt: skip
    except OSError as error:
        raise _numbered(error) from error


def _size(sock: Socket) -> int:
    """Bytes of the datagram that is next to be read."""
    return int.from_bytes(ioctl(sock.get_fd(), FIONREAD, bytes(4)), sys.byteorder)


def _peeked(sock: Socket) -> bytes:
    """The datagram that is next to be read. Raises OSError."""
    with socket.socket(fileno=os.dup(sock.get_fd())) as same:
        return same.recv(_MOST_BYTES, socket.MSG_PEEK)


def _numbered(error: OSError) -> OSError:
    """The same error with its number: gufo's carry it in their text only."""
    found = _OS_ERROR.search(str(error))
    if error.errno is not None or found is None:
        return error
    return OSError(int(found[1]), str(error))  # OSError() picks the subclass by the number


def _rows(receive: Callable[[], Batch]) -> Batch:
    """gufo's word for a first row outside the column is StopAsyncIteration."""
    try:
        return receive()
    except StopAsyncIteration:
        return [None]


def _give_up(waiter: asyncio.Future[Any]) -> None:
    if not waiter.done():
        waiter.set_result(None)
