"""What this machine knows of itself: its own addresses and MACs, its gateways, whom it has beside it. Linux only."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ARP, _ROUTES, _ROUTES_6 = Path("/proc/net/arp"), Path("/proc/net/route"), Path("/proc/net/ipv6_route")
_INTERFACES = Path("/sys/class/net")
_ADDRESS, _NETMASK = 0x8915, 0x891B
"""SIOCGIFADDR, SIOCGIFNETMASK (netdevice(7))."""
_COMPLETE = "0x2"
"""ATF_COM: the neighbour has answered (arp(7))."""
_GATEWAY = 0x2
"""RTF_GATEWAY."""


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface with its first IPv4 address; mac: "" where it has none (a tunnel)."""

    address: str
    network: ipaddress.IPv4Network
    mac: str


def is_own(address: str) -> bool:
    """Whether packets to it never leave: the kernel takes an own address for both ends."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect((address, 9))
            return str(sock.getsockname()[0]) == address
        except OSError:
            return False


def interfaces() -> Iterator[Interface]:
    """Those with an IPv4 address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _, name in socket.if_nameindex():
            try:
                address, mask = (_asked(sock, name, what) for what in (_ADDRESS, _NETMASK))
            except OSError:
                continue
            yield Interface(address, ipaddress.IPv4Network(f"{address}/{mask}", strict=False), _mac(name))


def _asked(sock: socket.socket, name: str, what: int) -> str:
    answer = fcntl.ioctl(sock.fileno(), what, struct.pack("256s", name.encode()[:15]))
    return socket.inet_ntoa(answer[20:24])


def _mac(name: str) -> str:
    text = _text(_INTERFACES / name / "address").strip().lower()
    return text if text.count(":") == 5 and text != "00:00:00:00:00:00" else ""


def nobodies() -> tuple[str, ...]:
    """Addresses of the own subnets that are no host's: the first and the last, where a subnet is wider than a pair.

    The kernel sends nothing to them without SO_BROADCAST, whatever broadcast address an interface shows.
    """
    wide = [each.network for each in interfaces() if each.network.prefixlen < 31]
    return tuple(str(address) for net in wide for address in (net.network_address, net.broadcast_address))


def neighbours() -> dict[str, str]:
    """Address -> MAC: of those who have answered this machine's ARP requests lately."""
    rows = [line.split() for line in _text(_ARP).splitlines()[1:]]
    return {row[0]: row[3] for row in rows if len(row) > 3 and row[2] == _COMPLETE}


def own_macs() -> dict[str, str]:
    """Address -> MAC of the own interfaces."""
    return {each.address: each.mac for each in interfaces() if each.mac}


def gateways() -> tuple[str, ...]:
    """Next hops of the default routes, IPv4 and IPv6."""
    four = [row for row in map(str.split, _text(_ROUTES).splitlines()[1:]) if len(row) > 7]
    six = [row for row in map(str.split, _text(_ROUTES_6).splitlines()) if len(row) > 8]
    hops = [
        socket.inet_ntoa(struct.pack("=I", int(row[2], 16)))
        for row in four
        if (row[1], row[7]) == ("00000000", "00000000") and int(row[3], 16) & _GATEWAY
    ]
    hops += [
        str(ipaddress.IPv6Address(bytes.fromhex(row[4])))
        for row in six
        if (row[0], row[1]) == ("0" * 32, "00") and int(row[8], 16) & _GATEWAY
    ]
    return tuple(dict.fromkeys(hops))


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""
