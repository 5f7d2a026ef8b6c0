"""The odd device that gufo-snmp cannot serve, through pysnmp: a context name, 16-bit request ids, answers from another
address. One conversation at a time for the whole agent: pysnmp costs some milliseconds of CPU a request.

The one home of pysnmp's asking side; imported only for a device whose options ask for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from gufo.snmp import SnmpAuthError, SnmpError, ValueType
from pyasn1.type import univ
from pysnmp.entity import config
from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    Udp6TransportTarget,
    UdpTransportTarget,
    UsmUserData,
    bulk_cmd,
    get_cmd,
    next_cmd,
)
from pysnmp.nextid import Integer
from pysnmp.proto import errind
from pysnmp.proto.rfc1902 import IpAddress
from pysnmp.proto.rfc1905 import EndOfMibView, NoSuchInstance, NoSuchObject

from agent.probes.snmp import Credential, Options
from agent.probes.snmp.session import Batch, Session
from agent.probes.snmp.usm import AUTH, PRIV

_SHORT = 0x7FFF
_ABSENT = (NoSuchObject, NoSuchInstance, EndOfMibView)
_NO_SUCH_NAME = 2
"""error-status of RFC 1157: what version 1 says instead of an exception value."""
_LOGIN = (
    errind.AuthenticationFailure, errind.AuthenticationError, errind.UnknownUserName, errind.UnsupportedSecurityLevel,
    errind.WrongDigest, errind.DecryptionError,
)  # fmt: skip
_log = logging.getLogger(__name__)
_one_at_a_time: asyncio.Lock | None = None


@dataclass(slots=True)
class Cursor:
    """Where a walk is. size: rows to ask for; 1 is GETNEXT."""

    column: str
    at: str
    size: int


class SlowSession(Session):
    """The same conversation as `session.Session`, with the same errors."""

    def __init__(
        self, address: str, port: int, credential: Credential, options: Options, rejected: Callable[[str], None]
    ) -> None:
        self._address, self._port, self._options = address, port, options
        self._auth, self._context = _auth(credential), ContextData(contextName=options.context.encode())
        self._engine = SnmpEngine()
        if options.small_ids:
            for model in self._engine.message_processing_subsystems.values():
                model._cache.new_message_id = Integer(_SHORT)  # what goes out as request-id and message id
        plain = Udp6TransportTarget if ":" in address else UdpTransportTarget
        self._target = _guarded(plain, None if options.any_source else (address, port), rejected)
        self._timeout, self._retries = 1.0, 0
        self.version = credential.version
        self.engine_id = b""

    async def __aenter__(self) -> SlowSession:
        await _lock().acquire()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _lock().release()

    def within(self, vlan: str) -> None:
        """An odd device is not asked for its VLANs one by one."""

    def patience(self, timeout: float, retries: int) -> None:
        """Wait `timeout` seconds in all, sending again `retries` times."""
        self._timeout, self._retries = timeout / (retries + 1), retries

    def cursor(self, oid: str, size: int) -> Any:
        """A walk's beginning."""
        return Cursor(oid, oid, size)

    async def get(self, oids: list[str]) -> dict[str, ValueType]:
        """Values by OID; what the device does not have is left out."""
        rows = await self._say(get_cmd, (), oids)
        return {oid: value for oid, value in rows if value is not None}

    async def get_one(self, oid: str) -> ValueType:
        """One value, None if the device has none."""
        return (await self.get([oid])).get(oid)

    async def bulk(self, cursor: Any) -> Batch:
        """The next rows of a walk; a last None: the column ended."""
        return self._rows(cursor, await self._say(bulk_cmd, (0, cursor.size), [cursor.at]))

    async def next(self, cursor: Any) -> Batch:
        """The next row of a walk by GETNEXT."""
        return self._rows(cursor, await self._say(next_cmd, (), [cursor.at]))

    def close(self) -> None:
        """Drop the socket."""
        self._engine.close_dispatcher()

    def _rows(self, cursor: Cursor, rows: Sequence[tuple[str, ValueType]]) -> Batch:
        batch: Batch = []
        for oid, value in rows:
            if value is None or not oid.startswith(cursor.column + "."):
                batch.append(None)
                break
            batch.append((oid, value))
            cursor.at = oid
        return batch or [None]

    async def _say(
        self, ask: Callable[..., Any], numbers: tuple[int, ...], oids: Sequence[str]
    ) -> list[tuple[str, ValueType]]:
        to = await self._target.create((self._address, self._port), timeout=self._timeout, retries=self._retries)
        names = [ObjectType(ObjectIdentity(oid)) for oid in oids]
        args = (self._engine, self._auth, to, self._context, *numbers, *names)
        told, status, _, binds = await ask(*args, lookupMib=False)
        if told is not None:
            raise _error(told)
        if int(status) == _NO_SUCH_NAME:
            return []
        if int(status):
            raise SnmpError(f"error-status {int(status)}")
        return [(str(name), _plain(value)) for name, value in binds]


def _lock() -> asyncio.Lock:
    global _one_at_a_time
    if _one_at_a_time is None:
        _one_at_a_time = asyncio.Lock()
    return _one_at_a_time


def _guarded(plain: Any, peer: tuple[str, int] | None, rejected: Callable[[str], None]) -> Any:
    """pysnmp takes an answer from anywhere, if only its id fits; this one from `peer`. What pysnmp stumbles over is
    refused here: it hands a datagram to the loop, whose log would be the first to hear of it.
    """

    def datagram_received(self: Any, datagram: bytes, where: Any) -> None:
        if peer is not None and (str(where[0]).partition("%")[0], where[1]) != peer:
            rejected("source")
            return
        try:
            self._callback_function(self, where, datagram)
        except Exception as error:  # noqa: BLE001 - pysnmp raises what it stumbles over (TypeError)
            _log.debug("answer.malformed source=%s error=%s", where[0], type(error).__name__)
            rejected("malformed")

    transport = type("Guarded", (plain.PROTO_TRANSPORT,), {"datagram_received": datagram_received})
    return type("GuardedTarget", (plain,), {"PROTO_TRANSPORT": transport})


def _auth(credential: Credential) -> CommunityData | UsmUserData:
    if credential.version != "3":
        community = credential.community.reveal() if credential.community else ""
        return CommunityData(community, mpModel=0 if credential.version == "1" else 1)
    return UsmUserData(
        credential.user,
        authKey=credential.auth_key.reveal() if credential.auth_key else None,
        privKey=credential.priv_key.reveal() if credential.priv_key else None,
        authProtocol=AUTH.get(credential.auth, config.USM_AUTH_NONE),
        privProtocol=PRIV.get(credential.priv, config.USM_PRIV_NONE),
    )


def _error(told: errind.ErrorIndication) -> Exception:
    if isinstance(told, errind.RequestTimedOut):
        return TimeoutError()
    if isinstance(told, _LOGIN):
        return SnmpAuthError(str(told))
    return SnmpError(str(told))


def _plain(value: Any) -> ValueType:
    """A value as gufo-snmp gives it."""
    if isinstance(value, _ABSENT):
        return None
    if isinstance(value, IpAddress):
        return ".".join(str(part) for part in value.asOctets())
    if isinstance(value, univ.ObjectIdentifier):
        return str(value)
    if isinstance(value, univ.OctetString):
        return bytes(value.asOctets())
    return int(value) if isinstance(value, univ.Integer) else None
