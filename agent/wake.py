"""Wake-on-LAN: a magic packet (AMD 20213, Magic Packet Technology) to the broadcast address of a device's network.

Which network that is: the one of our own that the address is in; else a /24 around it, whose router then has to let
directed broadcasts pass (RFC 2644 has it refuse by default). Nothing tells whether anybody woke up.
"""

from __future__ import annotations

import fcntl
import socket
import struct
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

PORT = 9
"""discard (RFC 863): where magic packets go."""
TIMES = 3
"""A datagram may be lost, and there is no answer."""

_ADDRESS, _NETMASK = 0x8915, 0x891B
"""SIOCGIFADDR, SIOCGIFNETMASK (netdevice(7))."""


class NotWakeable(Exception):
    """No packet can be made for it. `why`: no_mac, no_address, not_its_broadcast."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def wake(mac: str, address: str, broadcast: str = "") -> str:
    """Send the packet; where to. mac: as the inventory spells it.  broadcast: an address that a person chose.

    Raises NotWakeable, and OSError where this machine cannot send.
    """
    packet, to = magic(mac), destination(address, broadcast)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        for _ in range(TIMES):
            sock.sendto(packet, (to, PORT))
    return to


def magic(mac: str) -> bytes:
    """Six bytes of ones and sixteen times the MAC address."""
    try:
        raw = bytes.fromhex(mac.replace(":", ""))
    except ValueError:
        raw = b""
    if len(raw) != 6:
        raise NotWakeable("no_mac")
    return b"\xff" * 6 + raw * 16


def destination(address: str, broadcast: str = "") -> str:
    """Where the packet goes. Raises NotWakeable for a `broadcast` that is none of a network with `address` in it."""
    try:
        device = IPv4Address(address)
    except ValueError:
        raise NotWakeable("no_address") from None
    if not broadcast:
        own = next((network for network in _networks() if device in network), None)
        return str((own or IPv4Network((device, 24), strict=False)).broadcast_address)
    around = (IPv4Network((device, length), strict=False).broadcast_address for length in (*range(8, 31), 32))
    if broadcast not in map(str, around):
        raise NotWakeable("not_its_broadcast")
    return broadcast


def _networks() -> list[IPv4Network]:
    """The networks that this machine's interfaces are in; the loopback and links without a network are none."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _, name in socket.if_nameindex():
            try:
                address, mask = (_asked(sock, what, name) for what in (_ADDRESS, _NETMASK))
            except OSError:
                continue  # An interface without an IPv4 address.
            network = IPv4Interface(f"{address}/{mask}").network
            if network.prefixlen <= 30 and not network.is_loopback:
                found.append(network)
    return sorted(found, key=lambda network: -network.prefixlen)


def _asked(sock: socket.socket, what: int, name: str) -> str:
    """An address of an interface (ifreq: the name, then a sockaddr_in)."""
    answer = fcntl.ioctl(sock, what, struct.pack("16s24x", name.encode()[:15]))
    return socket.inet_ntoa(answer[20:24])
