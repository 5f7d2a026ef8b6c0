"""Ask one host by SNMP who it is, with the credentials that are known; each at most once, the likeliest first."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gufo.snmp import SnmpAuthError, SnmpDecodeError

from agent.discovery import tables
from agent.discovery.box import Box, Managed
from agent.discovery.boxes import vendor_of
from agent.discovery.tables import NO_ANSWER, Reader, mac_text, text_of
from agent.probes.snmp import Credential
from agent.probes.snmp.collect import rows_of, system_of
from agent.probes.snmp.library import FALLBACK, known
from agent.probes.snmp.rows import AccessPoint
from agent.probes.snmp.select import Identity, choose
from agent.probes.snmp.session import Session
from agent.probes.snmp.tables import Tables
from agent.probes.snmp.walk import Budget
from agent.text import clean

PATIENCE = 1.5
"""Seconds that a credential is given. It is sent once: a wrong community is met by silence, and some boxes count."""
TABLE_SECONDS = 40.0
"""Seconds for all tables of one host."""
_BULK = 25

TRYING, SILENT, REFUSED, OPENED = "trying", "silent", "refused", "opened"
"""What became of a credential at a host. trying: a signed request is under way; nobody knows what it has done."""

Noted = Callable[[str, str, str], None]
"""(address, login, what became of it) -> it is written down, before a signed request leaves and behind each try."""

_SYSTEM = {name: f"1.3.6.1.2.1.1.{number}.0" for name, number in
           (("descr", 1), ("object_id", 2), ("name", 5), ("location", 6), ("services", 7))}  # fmt: skip
_BRIDGE_MAC, _BRIDGE_PORTS = "1.3.6.1.2.1.17.1.1.0", "1.3.6.1.2.1.17.1.2.0"
_ENGINE, _CHASSIS = "1.3.6.1.6.3.10.2.1.1.0", "1.0.8802.1.1.2.1.3.2.0"
_UPS_MAKER, _UPS_MODEL = "1.3.6.1.2.1.33.1.1.1.0", "1.3.6.1.2.1.33.1.1.2.0"
"""upsIdentManufacturer, upsIdentModel (RFC 1628): network cards of any make are known by them."""
_IDENTITY = [*_SYSTEM.values(), _BRIDGE_MAC, _BRIDGE_PORTS, _ENGINE, _CHASSIS, _UPS_MAKER, _UPS_MODEL]
_PRIVATE = {
    "1.3.6.1.4.1.39165.1.1.0": ("Hikvision", "model"),
    "1.3.6.1.4.1.39165.1.4.0": ("Hikvision", "mac"),
    "1.3.6.1.4.1.1004849.2.1.2.6.0": ("Dahua", "model"),
    "1.3.6.1.4.1.1004849.2.1.2.4.0": ("Dahua", "serial"),
}
"""Asked where the system group is empty: a Hikvision camera has none."""

_NOT_BRIDGES = ("Hikvision", "Dahua", "Axis", "2N", "APC", "Microsoft")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A known credential by its name in the inventory, and the port that stands beside it."""

    name: str
    credential: Credential
    port: int = 161


def _unnoted(address: str, login: str, became: str) -> None:
    """For who keeps no file."""


@dataclass(slots=True)
class Asker:
    """Knows the credentials, and which of them opened what: the next host of a /24 is asked with those first."""

    logins: tuple[Login, ...]
    opened: dict[str, Counter[str]] = field(default_factory=dict)
    noted: Noted = _unnoted

    async def ask(self, box: Box) -> Box:
        """The box with what it told; unchanged but for `tried` where nothing opened it.

        `box.credential`: the one that opened it before a discovery was broken off.
        """
        for login in self._in_order(box):
            if login.name in box.tried:
                continue
            box = replace(box, tried=(*box.tried, login.name))
            session = Session(box.address, login.port, login.credential, _unheard)
            try:
                found, became = await self._try(session, box, login)
                if found is not None:
                    self.remember(box.address, login.name)
                    return await _tables(session, replace(found, credential=login.name))
            except ConnectionRefusedError:
                return self._closed(box, login.port)
            finally:
                session.close()
            if became == REFUSED:
                box = replace(box, refused=(*box.refused, login.name))
        return replace(box, credential="")

    async def _try(self, session: Session, box: Box, login: Login) -> tuple[Box | None, str]:
        """(the box that it opened, what became of it). Raises ConnectionRefusedError."""
        if session.version == "3":
            self.noted(box.address, login.name, TRYING)
        found = None
        try:
            found = await _open(session, box)
            became = SILENT if found is None else OPENED
        except ConnectionRefusedError:
            raise
        except SnmpAuthError:
            became = REFUSED
        except NO_ANSWER:
            became = SILENT
        self.noted(box.address, login.name, became)
        return found, became

    def _closed(self, box: Box, port: int) -> Box:
        """The port is closed: no other credential of it is tried."""
        names = [login.name for login in self.logins if login.port == port]
        for name in names:
            self.noted(box.address, name, SILENT)
        return replace(box, tried=tuple(dict.fromkeys((*box.tried, *names))), credential="")

    def _in_order(self, box: Box) -> list[Login]:
        near, all_over = self.opened.get(_block(box.address), Counter()), self.opened.get("", Counter())
        return sorted(
            self.logins, key=lambda login: (login.name != box.credential, -near[login.name], -all_over[login.name])
        )

    def remember(self, address: str, name: str) -> None:
        """This credential opened that host."""
        for block in (_block(address), ""):
            self.opened.setdefault(block, Counter())[name] += 1


def _block(address: str) -> str:
    """The /24 of an IPv4 address, the /64 of an IPv6 one."""
    wide = 64 if ":" in address else 24
    return str(ipaddress.ip_network(f"{address}/{wide}", strict=False))


def _unheard(reason: str) -> None:
    """Replies that were not believed; they are not counted here."""


async def _open(session: Session, box: Box) -> Box | None:
    """Who it says it is; None when it answers and has nothing to say. Raises what a request raises.

    The first request is sent once, signed or not: some boxes count refusals.
    """
    session.patience(PATIENCE, 0)
    async with session:
        values = await _identity(session)
        session.patience(3.0, 2)
        private = {} if values.get(_SYSTEM["object_id"]) else await _quietly(session, list(_PRIVATE))
        if not values and not private:
            return None
    told = {name: text_of(values.get(oid)) for name, oid in _SYSTEM.items() if name != "services"}
    engine = values.get(_ENGINE) or session.engine_id
    macs = [mac_text(values.get(oid)) for oid in (_BRIDGE_MAC, _CHASSIS)] + [
        text_of(value).lower().replace("-", ":") for oid, value in private.items() if _PRIVATE[oid][1] == "mac"
    ]
    known = _private(private)
    return replace(
        box,
        heard=tuple(dict.fromkeys((*box.heard, "snmp"))),
        descr=told["descr"] or known.get("vendor", ""),
        object_id=told["object_id"],
        name=told["name"],
        location=told["location"],
        services=_whole(values.get(_SYSTEM["services"])),
        bridge_ports=_whole(values.get(_BRIDGE_PORTS)),
        engine=engine.hex() if isinstance(engine, bytes) and len(engine) <= 32 else "",
        macs=tuple(dict.fromkeys(mac for mac in macs if len(mac) == 17)),
        model=known.get("model", "") or text_of(values.get(_UPS_MODEL)),
        ups=text_of(values.get(_UPS_MAKER)) or text_of(values.get(_UPS_MODEL)),
        serial=known.get("serial", ""),
    )


async def _identity(session: Session) -> Mapping[str, Any]:
    """In one request; a version 1 agent gives all or nothing, so it is asked singly."""
    try:
        found = await session.get(_IDENTITY)
    except SnmpDecodeError:
        found = {}
    if found:
        return found
    return {oid: value for oid in _IDENTITY if (value := await session.get_one(oid)) is not None}


async def _quietly(session: Session, oids: list[str]) -> Mapping[str, Any]:
    try:
        return await session.get(oids)
    except NO_ANSWER:
        return {}


def _private(values: Mapping[str, Any]) -> dict[str, str]:
    known = {_PRIVATE[oid][1]: text_of(value) for oid, value in values.items() if text_of(value)}
    vendors = [_PRIVATE[oid][0] for oid, value in values.items() if text_of(value)]
    return {**known, **({"vendor": vendors[0]} if vendors else {})}


def _whole(value: object) -> int:
    return value if type(value) is int and 0 <= value < 2**31 else 0


async def _profiled(session: Session, box: Box, until: float) -> Box:
    """What its profile makes of it, where one fits: the maker's own places for model and serial number."""
    held = Tables(session, Budget(until=until, bulk=_BULK, rows=tables.MOST_ROWS))
    try:
        chosen = await choose(known(), Identity(object_id=box.object_id.lstrip("."), descr=box.descr), held)
        if chosen is None or chosen.profile.name == FALLBACK:
            return box
        system = await system_of(chosen.profile, held, {}, None)
        points = await rows_of(chosen.profile, "access_points", held)
    except NO_ANSWER:
        return box
    return replace(
        box,
        profile=chosen.profile.name,
        vendor=clean(system.vendor, 100),
        model=clean(system.model, 100) or box.model,
        serial=clean(system.serial, 100) or box.serial,
        managed=tuple(map(_managed, points)),
    )


def _managed(point: AccessPoint) -> Managed:
    mac = point.mac.lower() if point.mac.count(":") == 5 else ""
    texts = {name: clean(getattr(point, name), 100) for name in ("name", "model", "serial")}
    return Managed(mac=mac, address=tables.address_of(point.address), **texts)


async def _tables(session: Session, box: Box) -> Box:
    """What its tables tell; a box that is no bridge is not asked for a bridge's."""
    until = asyncio.get_running_loop().time() + TABLE_SECONDS
    reader = Reader(session, until)
    vendor = vendor_of(box.object_id, box.descr)
    async with session:
        box = await _profiled(session, box, until)
        if box.object_id:
            model, serial = await tables.chassis(reader)
            more = not box.model or model.startswith(box.model)  # a profile may know the series alone
            box = replace(box, model=model if more and model else box.model, serial=box.serial or serial)
        box = replace(box, macs=_joined(box, await tables.own_macs(reader)), own=await tables.own_addresses(reader))
        if vendor in _NOT_BRIDGES:
            return box
        ports = await tables.port_names(reader)
        return replace(
            box,
            neighbours=(*await tables.lldp(reader, ports), *await tables.cdp(reader, ports)),
            forwarding=await tables.forwarding(reader, ports),
            arp=await tables.arp(reader),
            managed=await tables.managed(reader, vendor) or box.managed,
        )


def _joined(box: Box, macs: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*box.macs, *macs)))
