"""Which addresses exist in the campus namespace: local routes by rtnetlink (rtnetlink(7)), packed by hand.

Twenty thousand of them are a fifth of a second this way, half a minute by a general library.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import Self

_NEWROUTE, _DELROUTE = 24, 25
_REQUEST, _ACK, _CREATE, _REPLACE = 0x1, 0x4, 0x400, 0x100
_TABLE_LOCAL, _PROTO_BOOT, _SCOPE_HOST, _TYPE_LOCAL = 255, 3, 254, 2
_HEADER = struct.Struct("=IHHII")
_ROUTE = struct.Struct("=8BI")
_DST = struct.Struct("=HH4s")
_OIF = struct.Struct("=HHi")
_LENGTH = _HEADER.size + _ROUTE.size + _DST.size + _OIF.size
_BATCH = 100


class Routes:
    """Adds and removes local routes: an address with one answers, an address without one is gone."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))
        self._lo = socket.if_nametoindex("lo")

    def add(self, networks: Iterable[str]) -> None:
        """Let these addresses (`198.18.1.1` or `198.18.0.0/16`) be here. Raises OSError."""
        self._send(networks, _NEWROUTE, _REQUEST | _ACK | _CREATE | _REPLACE, missing_ok=False)

    def remove(self, networks: Iterable[str]) -> None:
        """Let them vanish; one that is not there is no mistake. Raises OSError."""
        self._send(networks, _DELROUTE, _REQUEST | _ACK, missing_ok=True)

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _send(self, networks: Iterable[str], kind: int, flags: int, missing_ok: bool) -> None:
        messages = [self._message(IPv4Network(network), kind, flags) for network in networks]
        for start in range(0, len(messages), _BATCH):
            batch = messages[start : start + _BATCH]
            self._socket.send(b"".join(batch))
            self._take_acks(len(batch), missing_ok)

    def _message(self, network: IPv4Network, kind: int, flags: int) -> bytes:
        return b"".join(
            (
                _HEADER.pack(_LENGTH, kind, flags, 0, 0),
                _ROUTE.pack(
                    socket.AF_INET, network.prefixlen, 0, 0, _TABLE_LOCAL, _PROTO_BOOT, _SCOPE_HOST, _TYPE_LOCAL, 0
                ),
                _DST.pack(8, 1, network.network_address.packed),
                _OIF.pack(8, 4, self._lo),
            )
        )

    def _take_acks(self, count: int, missing_ok: bool) -> None:
        while count > 0:
            answer = self._socket.recv(65536)
            offset = 0
            while offset < len(answer):
                length, _, _, _, _, code = struct.unpack_from("=IHHIIi", answer, offset)
                offset += (length + 3) & ~3
                count -= 1
                if code and not (missing_ok and -code == 3):
                    raise OSError(-code, os.strerror(-code))
