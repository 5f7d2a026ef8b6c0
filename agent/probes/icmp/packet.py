"""Echo packets as bytes (RFC 792, RFC 4443): made from a prepared sum, read without trust. Pure."""

from __future__ import annotations

import struct

COOKIE = 8
"""Bytes of payload: a random number for each target. A stranger would have to guess it to be believed."""

ECHO, ECHO6 = 8, 128
_HEAD = struct.Struct("!BBHHH")
_KERNEL_TIME = struct.Struct("@qq")


class Template:
    """The echo requests of one target; only the sequence number changes between them."""

    __slots__ = ("_cookie", "_ident", "_kind", "_sum")

    def __init__(self, kind: int, ident: int, cookie: bytes) -> None:
        self._kind = kind
        self._ident = ident
        self._cookie = cookie
        self._sum = (kind << 8) + ident + sum(struct.unpack(f"!{COOKIE // 2}H", cookie))

    def packet(self, sequence: int) -> bytes:
        """The echo request with this sequence number (RFC 1071 checksum; the kernel makes its own for ICMPv6)."""
        total = self._sum + sequence
        total = (total & 0xFFFF) + (total >> 16)
        total = (total & 0xFFFF) + (total >> 16)
        return _HEAD.pack(self._kind, 0, ~total & 0xFFFF, self._ident, sequence) + self._cookie


def payload_start(data: bytes, with_ip: bool) -> int:
    """Where the ICMP message begins: a raw IPv4 socket gives the IP header before it. -1 if that header is broken."""
    if not with_ip:
        return 0
    if not data or data[0] >> 4 != 4 or data[0] & 15 < 5:
        return -1
    return (data[0] & 15) * 4


def kernel_time(stamp: bytes) -> int:
    """Nanoseconds of a `struct timespec` (SO_TIMESTAMPNS)."""
    seconds, nanoseconds = _KERNEL_TIME.unpack(stamp)
    return int(seconds) * 1_000_000_000 + int(nanoseconds)
