"""The tables that tell who is beside, behind and below a box: LLDP, CDP, bridge, ARP, a controller's access points.

LLDP-MIB (IEEE 802.1AB), CISCO-CDP-MIB, BRIDGE-MIB (RFC 4188), Q-BRIDGE-MIB (RFC 4363), IP-MIB (RFC 4293), IF-MIB
(RFC 2863), ENTITY-MIB (RFC 6933); the controllers' own as read off real ones.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gufo.snmp import SnmpDecodeError, SnmpError
from gufo.snmp._fast import GetIter

from agent.discovery.box import Managed, Neighbour
from agent.probes.snmp.session import Session, TooLarge
from agent.text import clean

MOST_ROWS = 20_000
"""Rows of one column."""
_BULK = 25
_LLDP, _LLDP_LOCAL, _LLDP_ADDRESS = "1.0.8802.1.1.2.1.4.1.1", "1.0.8802.1.1.2.1.3.7.1", "1.0.8802.1.1.2.1.4.2.1.3"
_CDP = "1.3.6.1.4.1.9.9.23.1.2.1.1"
_IF_NAME, _IF_DESCR, _IF_MAC = "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.2.2.1.2", "1.3.6.1.2.1.2.2.1.6"
_FDB_VLAN, _FDB, _BRIDGE_IF = "1.3.6.1.2.1.17.7.1.2.2.1.2", "1.3.6.1.2.1.17.4.3.1.2", "1.3.6.1.2.1.17.1.4.1.2"
_ARP, _OWN = "1.3.6.1.2.1.4.22.1.2", "1.3.6.1.2.1.4.20.1.1"
_ENTITY_CLASS, _ENTITY_MODEL, _ENTITY_SERIAL = (f"1.3.6.1.2.1.47.1.1.1.1.{column}" for column in (5, 13, 11))
_CHASSIS = 3
_CAPABILITIES = ("other", "repeater", "bridge", "ap", "router", "telephone", "docsis", "station")
"""Bits of LldpSystemCapabilitiesMap, the highest first."""

NO_ANSWER = (SnmpError, OSError, ValueError, RuntimeError)
"""What a request raises where the box says no, nothing, or what gufo-snmp cannot read."""

Column = Mapping[str, Any]
"""Values by the index, as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApTable:
    """Columns of a controller's table of access points, "" where it has none; the index ends in the MAC, 6 numbers.

    text_index: the index is a text instead, the serial number.
    """

    vendor: str
    name: str
    address: str = ""
    model: str = ""
    serial: str = ""
    text_index: bool = False


_HUAWEI, _RUIJIE = "1.3.6.1.4.1.2011.6.139.13.3.3.1", "1.3.6.1.4.1.4881.1.1.10.2.56.2.1.1.1"
_H3C, _H3C_OLD = "1.3.6.1.4.1.25506.2.75.2.1", "1.3.6.1.4.1.2011.10.2.75.2.1"
_CISCO, _ARUBA = "1.3.6.1.4.1.14179.2.2.1.1", "1.3.6.1.4.1.14823.2.2.1.5.2.1.4.1"


def _ap_table(vendor: str, base: str, *columns: str, text_index: bool = False) -> ApTable:
    """columns: of name, address, model, serial number, as far as the table has them."""
    name, address, model, serial = (f"{base}.{column}" if column else "" for column in (*columns, "", "")[:4])
    return ApTable(vendor=vendor, name=name, address=address, model=model, serial=serial, text_index=text_index)


AP_TABLES: tuple[ApTable, ...] = (
    _ap_table("Huawei", _HUAWEI, "4", "13", "3", "2"),
    _ap_table("H3C", _H3C, "2.1.8", "1.1.2", "2.1.9", text_index=True),
    _ap_table("H3C", _H3C_OLD, "2.1.8", "1.1.2", "2.1.9", text_index=True),
    _ap_table("HPE", _H3C, "2.1.8", "1.1.2", "2.1.9", text_index=True),
    _ap_table("Ruijie", _RUIJIE, "2", "33", "39", "32"),
    _ap_table("Cisco", _CISCO, "3", "19", "16", "17"),
    _ap_table("Aruba", _ARUBA, "3", "2", "13", "6"),
)


class Reader:
    """Walks columns of one box within one deadline; what cannot be read is empty, never an exception."""

    def __init__(self, session: Session, until: float, bulk: int = _BULK) -> None:
        """until: loop time."""
        self._session, self._until, self._bulk = session, until, bulk if session.version != "1" else 1

    async def column(self, oid: str, most: int = MOST_ROWS) -> Column:
        """A column. Ends at `most` rows, at the deadline, and where the device repeats itself."""
        for size in dict.fromkeys((self._bulk, 1)):
            try:
                found = await self._walk(oid, size, most)
            except (TooLarge, SnmpDecodeError, TimeoutError):
                if asyncio.get_running_loop().time() >= self._until:
                    return {}
            except NO_ANSWER:
                return {}
            else:
                self._bulk = size
                return found
        return {}

    async def _walk(self, oid: str, size: int, most: int) -> Column:
        found: dict[str, Any] = {}
        cursor, ask = (GetIter(oid, size), self._session.bulk) if size > 1 else (GetIter(oid), self._session.next)
        while len(found) < most and asyncio.get_running_loop().time() < self._until:
            batch = await ask(cursor)
            for row in batch:
                if row is None or row[0] in found or not row[0].startswith(f"{oid}."):
                    return _indexed(found, oid)
                found[row[0]] = row[1]
            if not batch:
                break
        return _indexed(found, oid)


def _indexed(found: Mapping[str, Any], oid: str) -> Column:
    return {name[len(oid) + 1 :]: value for name, value in found.items()}


def mac_text(value: object) -> str:
    """`aa:bb:cc:dd:ee:ff` of six bytes, "" of anything else and of the empty address."""
    good = isinstance(value, bytes) and len(value) == 6 and any(value) and value != b"\xff" * 6
    return value.hex(":") if good and isinstance(value, bytes) else ""


def text_of(value: object) -> str:
    """Clean text of an OCTET STRING; numbers as they are."""
    return clean(value, 200) if isinstance(value, bytes | str) else "" if value is None else clean(str(value), 200)


def address_of(value: object) -> str:
    """An address of its text, of 4 or of 16 bytes; "" of anything else."""
    try:
        if isinstance(value, bytes) and len(value) in (4, 16):
            return str(ipaddress.ip_address(value))
        found = ipaddress.ip_address(text_of(value))
    except ValueError:
        return ""
    return "" if found.is_unspecified else str(found)


def _mac_index(index: str) -> str:
    """The MAC in the last six numbers of an index."""
    numbers = index.split(".")[-6:]
    if len(numbers) != 6 or not all(number.isdigit() and int(number) < 256 for number in numbers):
        return ""
    return mac_text(bytes(map(int, numbers)))


async def port_names(reader: Reader) -> dict[str, str]:
    """Names of ports by ifIndex: ifName, else ifDescr."""
    names = {index: text_of(value) for index, value in (await reader.column(_IF_DESCR)).items()}
    return names | {index: text_of(value) for index, value in (await reader.column(_IF_NAME)).items() if text_of(value)}


async def own_macs(reader: Reader) -> tuple[str, ...]:
    """MACs of its ports, each once."""
    found = (mac_text(value) for value in (await reader.column(_IF_MAC, 500)).values())
    return tuple(dict.fromkeys(mac for mac in found if mac))


async def own_addresses(reader: Reader) -> tuple[str, ...]:
    found = (address_of(index) for index in await reader.column(_OWN, 500))
    return tuple(
        address for address in dict.fromkeys(found) if address and not ipaddress.ip_address(address).is_loopback
    )


async def lldp(reader: Reader, ports: Mapping[str, str]) -> tuple[Neighbour, ...]:
    """LLDP neighbours (lldpRemTable; its index is time mark, local port, number)."""
    chassis = await reader.column(f"{_LLDP}.5", 2000)
    if not chassis:
        return ()
    remote = {number: await reader.column(f"{_LLDP}.{number}", 2000) for number in (6, 7, 8, 9, 10, 12)}
    local = {number: await reader.column(f"{_LLDP_LOCAL}.{number}", 2000) for number in (2, 3, 4)}
    addresses = _lldp_addresses(await reader.column(_LLDP_ADDRESS, 2000))
    return tuple(
        Neighbour(
            protocol="lldp",
            local_port=_local_port(index.split(".")[1], local, ports),
            name=text_of(remote[9].get(index)),
            port=_port_id(remote[6].get(index), remote[7].get(index), remote[8].get(index)),
            address=addresses.get(index, ""),
            mac=mac_text(value),
            descr=text_of(remote[10].get(index)),
            capabilities=_capabilities(remote[12].get(index)),
        )
        for index, value in chassis.items()
        if index.count(".") == 2
    )


def _lldp_addresses(column: Column) -> dict[str, str]:
    """By row: the first management address. Index: the row's three, subtype (1 IPv4, 2 IPv6), length, the address."""
    found: dict[str, str] = {}
    for index in column:
        numbers = index.split(".")
        if len(numbers) > 5 and all(number.isdigit() and int(number) < 256 for number in numbers[5:]):
            address = address_of(bytes(map(int, numbers[5:])))
            if address:
                found.setdefault(".".join(numbers[:3]), address)
    return found


def _local_port(number: str, local: Mapping[int, Column], ports: Mapping[str, str]) -> str:
    """Its name: what LLDP calls it where that is a name (subtypes 1, 5, 7), else by ifIndex, else its description."""
    if local[2].get(number) in (1, 5, 7):
        told = text_of(local[3].get(number))
        return ports.get(number, told) if told.isdigit() else told
    return ports.get(number) or text_of(local[4].get(number)) or number


def _port_id(subtype: object, ident: object, descr: object) -> str:
    """lldpRemPortId where it is a name; a MAC (subtype 3) or an address says less than the description."""
    if subtype in (3, 4) or not isinstance(ident, bytes):
        return text_of(descr) or mac_text(ident)
    return text_of(ident)


def _capabilities(value: object) -> tuple[str, ...]:
    bits = value[0] if isinstance(value, bytes) and value else 0
    return tuple(name for place, name in enumerate(_CAPABILITIES) if bits & 0x80 >> place)


async def cdp(reader: Reader, ports: Mapping[str, str]) -> tuple[Neighbour, ...]:
    """CDP neighbours (cdpCacheTable; its index is ifIndex, number)."""
    names = await reader.column(f"{_CDP}.6", 2000)
    if not names:
        return ()
    addresses, remote = await reader.column(f"{_CDP}.4", 2000), await reader.column(f"{_CDP}.7", 2000)
    platforms = await reader.column(f"{_CDP}.8", 2000)
    return tuple(
        Neighbour(
            protocol="cdp",
            local_port=ports.get(index.split(".")[0], index.split(".")[0]),
            name=text_of(value),
            port=text_of(remote.get(index)),
            address=address_of(addresses.get(index)),
            descr=text_of(platforms.get(index)),
        )
        for index, value in names.items()
    )


async def forwarding(reader: Reader, ports: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """(MAC, port) of the forwarding table, by VLAN where there is one, each pair once."""
    table = await reader.column(_FDB_VLAN) or await reader.column(_FDB)
    if not table:
        return ()
    interfaces = {index: str(value) for index, value in (await reader.column(_BRIDGE_IF)).items()}
    pairs: dict[tuple[str, str], None] = {}
    for index, bridge_port in table.items():
        mac, interface = _mac_index(index), interfaces.get(str(bridge_port), str(bridge_port))
        if mac and bridge_port:
            pairs[mac, ports.get(interface, interface)] = None
    return tuple(pairs)


async def arp(reader: Reader) -> tuple[tuple[str, str], ...]:
    """(address, MAC) of ipNetToMediaTable; its index is ifIndex, address."""
    found = ((address_of(index.partition(".")[2]), mac_text(mac)) for index, mac in (await reader.column(_ARP)).items())
    return tuple((address, mac) for address, mac in found if address and mac)


async def chassis(reader: Reader) -> tuple[str, str]:
    """(model, serial number) of the first chassis of the entity table, "" where it has none."""
    rows = await reader.column(_ENTITY_CLASS, 100)
    place = next((index for index, kind in rows.items() if kind == _CHASSIS), next(iter(rows), ""))
    if not place:
        return "", ""
    model, serial = await reader.column(_ENTITY_MODEL, 100), await reader.column(_ENTITY_SERIAL, 100)
    return text_of(model.get(place)), text_of(serial.get(place))


async def managed(reader: Reader, vendor: str) -> tuple[Managed, ...]:
    """The access points of a controller of this maker."""
    for table in (table for table in AP_TABLES if table.vendor == vendor):
        names = await reader.column(table.name)
        if names:
            others = [await reader.column(oid) if oid else {} for oid in (table.address, table.model, table.serial)]
            ident = _text_index if table.text_index else _mac_index
            return tuple(_aps(names, others, ident))
    return ()


def _aps(names: Column, others: list[Column], ident: Callable[[str], str]) -> Iterable[Managed]:
    addresses, models, serials = others
    for index, name in names.items():
        told = ident(index)
        is_mac = told.count(":") == 5
        serial = text_of(serials.get(index)) or ("" if is_mac else told)
        yield Managed(
            mac=told if is_mac else "",
            name=text_of(name),
            address=address_of(addresses.get(index)),
            model=text_of(models.get(index)),
            serial=serial,
        )


def _text_index(index: str) -> str:
    """A text in an index: its length first (RFC 2578 7.7), or alone. H3C's is the serial number."""
    numbers = index.split(".")
    numbers = numbers[1:] if numbers[0].isdigit() and int(numbers[0]) == len(numbers) - 1 else numbers
    if not all(number.isdigit() and int(number) < 256 for number in numbers):
        return ""
    return clean(bytes(map(int, numbers)), 64)
