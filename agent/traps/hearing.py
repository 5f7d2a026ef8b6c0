"""The trap socket over its life: opened where the configuration says so, taught the devices of each inventory."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING

from agent.model import Target
from agent.probes.snmp import Credential
from agent.traps.sieve import Sieve

if TYPE_CHECKING:
    from agent.traps.receiver import Receiver


class Hearing:
    """Takes traps for the devices that are polled by SNMP. What came of every datagram is in `counts`."""

    def __init__(
        self,
        host: str,
        port: int,
        targets: Iterable[Target],
        engine_id: Callable[[str], str],
        mono: Callable[[], float],
        look: Callable[[str], None],
    ) -> None:
        """Raises OSError where it cannot listen there. Must be made inside the running loop."""
        from agent.traps.receiver import Receiver

        known = list(targets)
        self._sieve = Sieve(_sources(known))
        self._sock = _bound(host, port)
        self._receiver: Receiver = Receiver(self._sock, self._sieve, _logins(known), engine_id, mono, look)

    @property
    def port(self) -> int:
        return int(self._sock.getsockname()[1])

    @property
    def counts(self) -> Mapping[str, int]:
        return self._sieve.counts

    def teach(self, targets: Iterable[Target]) -> None:
        """Another inventory is in force."""
        known = list(targets)
        self._sieve.sources(_sources(known))
        self._receiver.logins(_logins(known))

    def close(self) -> None:
        self._receiver.close()


def _sources(targets: Iterable[Target]) -> dict[str, tuple[str, ...]]:
    """Devices by address. A name is no source: whoever answers for it may change."""
    found: dict[str, list[str]] = {}
    for target in targets:
        if target.protocol == "snmp" and _is_address(target.address):
            found.setdefault(str(ip_address(target.address)), []).append(target.device)
    return {address: tuple(dict.fromkeys(devices)) for address, devices in found.items()}


def _logins(targets: Iterable[Target]) -> dict[str, Credential]:
    return {target.device: target.credential for target in targets if target.protocol == "snmp" and target.credential}


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host or not host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind((host or "::", port))
    except OSError:
        sock.close()
        raise
    return sock
