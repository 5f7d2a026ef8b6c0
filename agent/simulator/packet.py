"""Datagrams answered from the address they were sent to (IP_PKTINFO, ip(7)), and the ICMP packets needed."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

IP_PKTINFO = 8
"""Linux's number; the socket module has no name for it before 3.14."""
IP_FREEBIND = 15
SOL_RAW, ICMP_FILTER = 255, 1
ECHO_REPLY, UNREACHABLE, ECHO_REQUEST = 0, 3, 8
PORT_UNREACHABLE = 3
RECEIVE_BUFFER = 8 << 20
DRAIN = 64
"""Datagrams taken before the loop gets its turn again."""
_INFO = struct.Struct("=i4s4s")

Peer = tuple[str, int]


def udp(address: str, port: int) -> socket.socket:
    """A non-blocking socket on `address` ("" is every one) that tells where a datagram was sent to. Raises OSError."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock


def raw_icmp() -> socket.socket:
    """A non-blocking raw socket that hears echo requests only. Raises OSError."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sock.setsockopt(SOL_RAW, ICMP_FILTER, struct.pack("=I", ~(1 << ECHO_REQUEST) & 0xFFFFFFFF))
    sock.setblocking(False)
    return sock


def received(sock: socket.socket) -> Iterator[tuple[bytes, bytes, Peer]]:
    """Some of what waits: (data, the four octets it was sent to, sender)."""
    for _ in range(DRAIN):
        try:
            data, extras, _, peer = sock.recvmsg(65_535, 64)
        except OSError:  # nothing left, or a queued ICMP error of an earlier answer
            return
        if extras:
            yield data, _INFO.unpack(extras[0][2])[1], peer


def send_from(sock: socket.socket, data: bytes, source: bytes, peer: Peer) -> None:
    """Send with `source` as the sender. A full buffer or a vanished address is a lost packet, as on a wire."""
    extra = (socket.IPPROTO_IP, IP_PKTINFO, _INFO.pack(0, source, b"\0\0\0\0"))
    try:
        sock.sendmsg([data], [extra], 0, peer)
    except OSError:
        return


def checksum(data: bytes) -> int:
    """RFC 1071."""
    data += b"\0" * (len(data) & 1)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def icmp(kind: int, code: int, rest: bytes) -> bytes:
    """An ICMP message; `rest` begins with the second word of the header (RFC 792)."""
    return struct.pack("!BBH", kind, code, checksum(struct.pack("!BBH", kind, code, 0) + rest)) + rest


def port_unreachable(peer: Peer, address: bytes, port: int, length: int) -> bytes:
    """What a host says of a UDP port where nobody listens: RFC 792, with the head of the datagram that came."""
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + length, 0, 0, 64, 17, 0, socket.inet_aton(peer[0]), address)
    return icmp(UNREACHABLE, PORT_UNREACHABLE, b"\0\0\0\0" + header + struct.pack("!4H", peer[1], port, 8 + length, 0))
