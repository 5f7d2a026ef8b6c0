"""pysnmp reads what passed the sieve: a community or a user must be the device's own. Informs are answered by it.

The one home of pysnmp's receiving side; imported only where `traps.listen` is set (0.2 s and 20 MB).
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Mapping
from typing import Any

from pysnmp.carrier.asyncio.dgram import udp, udp6
from pysnmp.entity import config, engine
from pysnmp.entity.rfc3413 import ntfrcv
from pysnmp.proto.rfc1902 import OctetString

from agent.model import Secret
from agent.probes.snmp import Credential
from agent.probes.snmp.usm import AUTH, PRIV
from agent.text import clean
from agent.traps.sieve import PASSED, Sieve

MALFORMED, REFUSED, HEARD = "malformed", "refused", "heard"
"""Beside the sieve's own words: not readable; not by a login of that device; taken."""
MOST_BYTES = 8_192
"""What a trap may weigh; a longer one is not read."""

_TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"
_NAMES = {
    f"1.3.6.1.6.3.1.1.5.{number}": name
    for number, name in enumerate(("coldStart", "warmStart", "linkDown", "linkUp", "authenticationFailure"), 1)
}
_log = logging.getLogger(__name__)

Logins = Mapping[str, Credential]
"""Device to the SNMP login that it is polled by."""


class Receiver:
    """Listens on one UDP socket. `look(device)` is called for what a trap's sender should be looked at for."""

    def __init__(
        self,
        sock: socket.socket,
        sieve: Sieve,
        logins: Logins,
        engine_id: Callable[[str], str],
        mono: Callable[[], float],
        look: Callable[[str], None],
    ) -> None:
        """sock: bound, not blocking.  engine_id: a device's SNMP engine as polling found it, hex, "" unknown: without
        it a trap of version 3 cannot be read (RFC 3414 3.2), and the device's first poll brings it."""
        self._sieve, self._engine_id, self._mono, self._look = sieve, engine_id, mono, look
        self._engine = engine.SnmpEngine()
        self._users: dict[tuple[str, str], Credential] = {}
        self._communities: dict[Secret, str] = {}
        self._count_logins = 0
        self._heard: dict[str, Any] = {}
        self.logins(logins)
        family = udp6 if sock.family == socket.AF_INET6 else udp
        transport = _transport(family)(self._datagram).open_server_mode(sock=sock)
        config.add_transport(self._engine, family.DOMAIN_NAME, transport)
        self._engine.observer.register_observer(self._observed, "rfc3412.receiveMessage:request")
        ntfrcv.NotificationReceiver(self._engine, self._notified)

    def logins(self, logins: Logins) -> None:
        """The logins of an inventory that is now in force; those that left are refused from here on."""
        self._logins = dict(logins)
        self._in_force = frozenset(login for login in logins.values() if login.version == "3")
        wanted = {login.community for login in logins.values() if login.community is not None}
        for community in self._communities.keys() - wanted:
            config.delete_v1_system(self._engine, self._communities.pop(community))
        for community in wanted - self._communities.keys():
            self._count_logins += 1
            name = self._communities[community] = f"login-{self._count_logins}"
            config.add_v1_system(self._engine, name, community.reveal())

    def close(self) -> None:
        self._engine.transport_dispatcher.close_dispatcher()

    # -- one datagram

    def _datagram(self, hand: Callable[[], None], data: bytes, source: str) -> None:
        if self._sieve.take(source, self._mono()) != PASSED:
            return
        if len(data) > MOST_BYTES:
            self._count(MALFORMED)
            return
        for device in self._sieve.devices(source):
            self._know(device)
        self._heard = {}
        try:
            hand()
        except Exception as error:  # noqa: BLE001 - pysnmp raises what it stumbles over (TypeError)
            _log.debug("trap.malformed source=%s error=%s", source, type(error).__name__)
            self._count(MALFORMED)
            return
        if not self._heard:
            self._count(REFUSED)

    def _count(self, word: str) -> None:
        self._sieve.counts[word] = self._sieve.counts.get(word, 0) + 1

    def _know(self, device: str) -> None:
        """Teach pysnmp the device's user: for informs by our own engine, for traps by the device's."""
        login = self._logins.get(device)
        if login is None or login.version != "3":
            return
        for of in ("", self._engine_id(device)):
            user = (login.user, of)
            known = self._users.get(user)
            if known == login or (known in self._in_force and not of):
                continue  # by our own engine a name has one pair of keys: those of the device that came first
            if known is not None:
                self._unlearn(user)
            self._users[user] = login
            config.add_v3_user(
                self._engine,
                login.user,
                AUTH.get(login.auth, config.USM_AUTH_NONE),
                login.auth_key.reveal() if login.auth_key else None,
                PRIV.get(login.priv, config.USM_PRIV_NONE),
                login.priv_key.reveal() if login.priv_key else None,
                securityEngineId=OctetString(hexValue=of) if of else None,
            )

    def _unlearn(self, user: tuple[str, str]) -> None:
        """Its keys have changed. Dear (pysnmp walks its table), so only for a device that has just spoken."""
        del self._users[user]
        name, of = user
        config.delete_v3_user(self._engine, name, OctetString(hexValue=of) if of else None)

    def _observed(self, engine: Any, point: str, variables: Mapping[str, Any], context: Any) -> None:
        self._heard = dict(variables)

    def _notified(self, engine: Any, reference: Any, engine_id: Any, name: Any, binds: Any, context: Any) -> None:
        source = str(self._heard["transportAddress"][0])
        devices = [device for device in self._sieve.devices(source) if self._is_by(device)]
        if not devices:
            self._count(REFUSED)
            return
        self._count(HEARD)
        if not self._sieve.may_look(source, self._mono()):
            return
        for device in devices:
            _log.info("trap.heard device=%s trap=%s", device, _named(binds))
            self._look(device)

    def _is_by(self, device: str) -> bool:
        """Whether the login of this message is the device's."""
        login, name = self._logins.get(device), str(self._heard["securityName"])
        if login is None:
            return False
        if login.version == "3":
            return int(self._heard["securityModel"]) == 3 and name == login.user
        return login.community is not None and self._communities.get(login.community) == name


def _named(binds: Any) -> str:
    """The trap's name, else its number."""
    oid = next((str(value) for name, value in binds if str(name) == _TRAP_OID), "")
    return _NAMES.get(oid) or clean(oid) or "?"


def _transport(family: Any) -> Any:
    """pysnmp's transport with our sieve before it; its own puts every datagram on the loop's list unseen."""

    def __init__(self: Any, arrived: Callable[[Callable[[], None], bytes, str], None]) -> None:
        base.__init__(self)
        self._arrived = arrived

    def datagram_received(self: Any, datagram: bytes, where: Any) -> None:
        source = str(where[0]).removeprefix("::ffff:").partition("%")[0]
        self._arrived(lambda: self._callback_function(self, where, datagram), datagram, source)

    base = family.Udp6AsyncioTransport if family is udp6 else family.UdpAsyncioTransport
    return type("Sieved", (base,), {"__init__": __init__, "datagram_received": datagram_received})
