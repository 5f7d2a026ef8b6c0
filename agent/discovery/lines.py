"""Two sockets that shout to many addresses and hear who answers: ICMP echo (RFC 792, 4443), WS-Discovery (UDP 3702)."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator, Mapping
from typing import Protocol

from agent.discovery.onvif import Match, parse_match, probe_message
from agent.probes.icmp.packet import COOKIE, Template
from agent.probes.icmp.sockets import EchoSocket, widen

WSD_PORT = 3702
WSD_GROUP = "239.255.255.250"
_MOST = 2048
_DATAGRAM = 65535
_SEND_ROOM = 8 << 20
"""Bytes: 3 s of packets to addresses that nobody has."""
_ANCILLARY = 512
_IP_RECVERR, _IPV6_RECVERR = 11, 25
_EXTENDED_ERROR = struct.Struct("@IBBBBII")
_FROM_ICMP = (2, 3)
"""SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6."""
_UNREACHABLE = {(2, 3): (0, 1), (3, 1): (0, 3)}
"""(origin, ICMP type) -> codes that say that nobody is there (RFC 792 net and host, RFC 4443 no route and address)."""


class Line(Protocol):
    """A non-blocking socket of one family."""

    def send(self, address: str) -> None:
        """One packet. Raises OSError, ENOBUFS while the neighbour table or a queue is full."""

    def answers(self) -> Iterator[str]:
        """Who has answered, nothing twice in a row checked; strangers are dropped."""

    def nobody(self) -> Iterator[str]:
        """Addresses of which an ICMP error says that nobody is there."""

    def close(self) -> None: ...


class EchoLine:
    """Echo requests with one cookie for the whole sweep: a stranger would have to guess it."""

    def __init__(self, family: socket.AddressFamily) -> None:
        """Raises OSError when neither a raw nor a datagram ICMP socket is allowed."""
        self._socket = EchoSocket(family)
        self._socket.send_room(_SEND_ROOM)
        self._cookie = os.urandom(COOKIE)
        self._packet = Template(self._socket.kind, self._socket.ident, self._cookie).packet
        self._sequence = 0

    def send(self, address: str) -> None:
        self._sequence = self._sequence + 1 & 0xFFFF
        self._socket.sendto(self._packet(self._sequence), (address, 0))

    def answers(self) -> Iterator[str]:
        for data, start, sender, _ in self._socket.answers(_MOST):
            if start >= 0 and data[start + 8 : start + 16] == self._cookie:
                yield str(sender)

    def nobody(self) -> Iterator[str]:
        for address, quoted in self._socket.errors(_MOST):
            if quoted[8:16] in (b"", self._cookie):
                yield address

    def close(self) -> None:
        self._socket.close()


class ProbeLine:
    """WS-Discovery probes (OASIS WS-Discovery 1.1 as ONVIF uses it). `matches`: what was said, by address."""

    def __init__(self, family: socket.AddressFamily) -> None:
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        level, option = (socket.SOL_IP, _IP_RECVERR) if family == socket.AF_INET else (41, _IPV6_RECVERR)
        self._socket.setsockopt(level, option, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        widen(self._socket, _SEND_ROOM)
        self._socket.bind(("", 0))
        self._message = probe_message()
        self.matches: dict[str, Match] = {}

    def send(self, address: str) -> None:
        self._socket.sendto(self._message, (address, WSD_PORT))

    def shout(self) -> None:
        """To the group, on the interface of the route to it. Raises OSError without one."""
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        self.send(WSD_GROUP)

    def answers(self) -> Iterator[str]:
        for _ in range(_MOST):
            try:
                data, sender = self._socket.recvfrom(_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error of some probe: the error queue tells whose
            match = parse_match(data)
            if match is not None:
                self.matches.setdefault(str(sender[0]), match)
                yield str(sender[0])

    def nobody(self) -> Iterator[str]:
        for _ in range(_MOST):
            try:
                _, ancillary, _, to = self._socket.recvmsg(_DATAGRAM, _ANCILLARY, socket.MSG_ERRQUEUE)
            except OSError:
                return
            for _, _, value in ancillary:
                _, origin, kind, code, *_ = _EXTENDED_ERROR.unpack_from(value)
                if to and origin in _FROM_ICMP and code in _UNREACHABLE.get((origin, kind), ()):
                    yield str(to[0])

    def close(self) -> None:
        self._socket.close()


class ByFamily:
    """One line for each family of addresses that the ground has."""

    def __init__(self, lines: Mapping[socket.AddressFamily, Line]) -> None:
        self._lines = dict(lines)

    def send(self, address: str) -> None:
        self._lines[family_of(address)].send(address)

    def answers(self) -> Iterator[str]:
        for line in self._lines.values():
            yield from line.answers()

    def nobody(self) -> Iterator[str]:
        for line in self._lines.values():
            yield from line.nobody()

    def close(self) -> None:
        for line in self._lines.values():
            line.close()


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
