"""The one socket a family that carries every heartbeat: opened by icmplib, driven here, never blocking.

Raw with the right to it, else datagram (`net.ipv4.ping_group_range`), else a reason. IP_RECVERR is set on both: only
with it does the kernel tell ENOBUFS of a full neighbour table (raw_sendmsg hides it otherwise), and the error queue
names the address that an ICMP unreachable is about.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

import icmplib

from agent.probes.icmp.packet import ECHO, ECHO6, kernel_time, payload_start

SO_TIMESTAMPNS = 35
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
_SOL_RAW, _ICMP_FILTER, _ICMP6_FILTER = 255, 1, 1
_IP_RECVERR, _IPV6_RECVERR = 11, 25
_RECEIVE_BUFFER = 4 << 20
_MOST = 256
_ANCILLARY = 512
_EXTENDED_ERROR = struct.Struct("@IBBBBII")
_EXTENDED = ((socket.SOL_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR))
_ORIGIN_LOCAL = 1


class EchoSocket:
    """A non-blocking ICMP socket of one family."""

    def __init__(self, family: socket.AddressFamily) -> None:
        """Raises OSError with the kernel's own number when neither kind of socket is allowed."""
        self.family = family
        self._owner, self.raw = _open(family)
        sock: socket.socket = self._owner.sock
        sock.setblocking(False)
        _configure(sock, family, self.raw)
        self.ident = int.from_bytes(os.urandom(2), "big")
        self.kind = ECHO if family == socket.AF_INET else ECHO6
        self.with_ip = self.raw and family == socket.AF_INET
        self.sendto = sock.sendto
        self._receive = sock.recvmsg

    def answers(self, most: int) -> Iterator[tuple[bytes, int, str, int]]:
        """(data, offset of the ICMP message, sender, time in ns) of what has come, at most so many."""
        receive, with_ip = self._receive, self.with_ip
        for _ in range(most):
            try:
                data, ancillary, _, sender = receive(_MOST, _ANCILLARY)
            except BlockingIOError:
                return
            except OSError:
                continue  # a pending ICMP error of some echo: the error queue tells whose
            stamp = kernel_time(ancillary[0][2]) if ancillary and ancillary[0][1] == SO_TIMESTAMPNS else 0
            start = 20 if with_ip and data[:1] == b"E" else payload_start(data, with_ip)
            yield data, start, sender[0], stamp

    def errors(self, most: int) -> Iterator[tuple[str, bytes]]:
        """(destination, echo as quoted) of the ICMP errors that came for echoes of this machine, at most so many."""
        for _ in range(most):
            try:
                data, ancillary, _, to = self._receive(_MOST, _ANCILLARY, socket.MSG_ERRQUEUE)
            except OSError:
                return
            for level, kind, value in ancillary:
                extended = (level, kind) in _EXTENDED
                if extended and to and _EXTENDED_ERROR.unpack_from(value)[1] != _ORIGIN_LOCAL:
                    yield to[0], data

    def send_room(self, size: int) -> None:
        """A send buffer of so many bytes: echoes to addresses that nobody has wait in it until ARP gives up, 3 s."""
        widen(self._owner.sock, size)

    def close(self) -> None:
        self._owner.close()


def widen(sock: socket.socket, size: int) -> None:
    """A send buffer of so many bytes; what the system allows, without the right to more."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, size)
    except PermissionError:  # needs CAP_NET_ADMIN
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)


def _open(family: socket.AddressFamily) -> tuple[icmplib.ICMPSocket, bool]:
    kind = icmplib.ICMPv4Socket if family == socket.AF_INET else icmplib.ICMPv6Socket
    try:
        return kind(privileged=True), True
    except icmplib.SocketPermissionError:
        pass
    except icmplib.ICMPSocketError as error:
        raise _cause(error) from error
    try:
        return kind(privileged=False), False
    except icmplib.ICMPLibError as error:
        raise _cause(error) from error


def _cause(error: Exception) -> OSError:
    """icmplib turns the kernel's error into text; the number is in what it was handling."""
    return error.__context__ if isinstance(error.__context__, OSError) else OSError(0, str(error))


def _configure(sock: socket.socket, family: socket.AddressFamily, raw: bool) -> None:
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
    except PermissionError:  # needs CAP_NET_ADMIN, beyond what the service is given
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    if family == socket.AF_INET:
        sock.setsockopt(socket.SOL_IP, _IP_RECVERR, 1)
        if raw:
            sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("@I", ~1 & 0xFFFFFFFF))
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
        if raw:
            sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, _only_echo_reply6())


def _only_echo_reply6() -> bytes:
    """RFC 3542 3.2: a bit set means that the type is blocked; 129 is Echo Reply."""
    return struct.pack("@8I", *(0xFFFFFFFF & ~(1 << 1) if word == 129 // 32 else 0xFFFFFFFF for word in range(8)))
