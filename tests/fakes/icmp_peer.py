"""A far side of our own making: whatever is sent to 198.18.0.0/15 comes out of a TUN device, and we say what returns.

Lives in a network namespace of its own; the sockets of the code under test must be opened inside `with here():`.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 1, 0x1000
ECHO_REPLY, UNREACHABLE, ECHO = 0, 3, 8
ROUTER = "198.19.255.254"
Packets = list[bytes]


@dataclass(frozen=True, slots=True)
class Echo:
    """An echo request as it came by the wire."""

    source: bytes
    to: bytes
    ident: int
    sequence: int
    payload: bytes
    whole: bytes

    @property
    def address(self) -> str:
        return ".".join(map(str, self.to))


def checksum(data: bytes) -> int:
    """RFC 1071, written for itself."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return int(~total & 0xFFFF)


def ipv4(source: bytes, to: bytes, body: bytes, protocol: int = 1) -> bytes:
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0, source, to)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def icmp(kind: int, code: int, rest: bytes, payload: bytes) -> bytes:
    body = struct.pack("!BBH", kind, code, 0) + rest + payload
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def answer(echo: Echo, **other: bytes | int) -> bytes:
    """An honest reply; `sequence`, `ident`, `payload`, `source` may be others."""
    ident, sequence = other.get("ident", echo.ident), other.get("sequence", echo.sequence)
    payload, source = other.get("payload", echo.payload), other.get("source", echo.to)
    assert isinstance(payload, bytes) and isinstance(source, bytes)
    return ipv4(source, echo.source, icmp(ECHO_REPLY, 0, struct.pack("!HH", ident, sequence), payload))


def unreachable(echo: Echo, quoted: int = 1000) -> bytes:
    """A router's host unreachable, quoting so many bytes of the echo."""
    router = bytes(map(int, ROUTER.split(".")))
    return ipv4(router, echo.source, icmp(UNREACHABLE, 1, bytes(4), echo.whole[:quoted]))


def honest(echo: Echo) -> Packets:
    return [answer(echo)]


class IcmpPeer:
    """Reads the echoes and sends what `behaviour` makes of each. `seen`: every echo, in order."""

    def __init__(self, namespace: str) -> None:
        self.behaviour: Callable[[Echo], Packets] = honest
        self.seen: list[Echo] = []
        self._tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self._tun, _TUNSETIFF, struct.pack("16sH", b"peer", _IFF_TUN | _IFF_NO_PI))
        configure(
            namespace, "addr add 198.19.255.1/32 dev peer", "link set peer up", "route add 198.18.0.0/15 dev peer"
        )
        asyncio.get_running_loop().add_reader(self._tun, self._readable)

    def send(self, packet: bytes) -> None:
        """Put a packet on the wire towards the code under test."""
        os.write(self._tun, packet)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._tun)
        os.close(self._tun)

    def _readable(self) -> None:
        while True:
            try:
                data = os.read(self._tun, 2048)
            except BlockingIOError:
                return
            if data[0] == 0x45 and data[9] == 1 and data[20] == ECHO:
                ident, sequence = struct.unpack_from("!HH", data, 24)
                echo = Echo(data[12:16], data[16:20], ident, sequence, data[28:], data)
                self.seen.append(echo)
                for packet in self.behaviour(echo):
                    self.send(packet)


def configure(namespace: str, *commands: str) -> None:
    """Run these `ip` commands in the namespace."""
    for command in commands:
        subprocess.run(["ip", "-n", namespace, *command.split()], check=True)


@contextmanager
def here() -> Iterator[str]:
    """Enter a fresh network namespace; yields its name, removes it at the end."""
    from pyroute2 import netns

    name = f"probe-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        netns.pushns(name)
        try:
            configure(name, "link set lo up")
            yield name
        finally:
            netns.popns()
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)
