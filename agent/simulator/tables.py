"""What devices of a kind have to tell by SNMP beside their interfaces, as cells of their table. Pure.

Fans and power supplies of three makes; access points of a Ruijie controller; disks of Hikvision's and Dahua's
recorders; a UPS (UPS-MIB, RFC 1628); neighbours by LLDP (IEEE 802.1AB-2005). Columns as recordings of real boxes have
them.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from zlib import crc32

from agent.simulator import ber
from agent.simulator.ber import GAUGE32, IP_ADDRESS, OCTETS, Oid
from agent.simulator.cells import ENTERPRISES, Cell, View, fixed, live
from agent.simulator.plan import Box

_H3C, _HUAWEI, _RUIJIE = (*ENTERPRISES, 25506), (*ENTERPRISES, 2011), (*ENTERPRISES, 4881, 1, 1, 10, 2)
_HIKVISION: Oid = (*ENTERPRISES, 50001, 1)
_DAHUA: Oid = (*ENTERPRISES, 1004849, 2)
_UPS: Oid = (1, 3, 6, 1, 2, 1, 33, 1)
_LLDP: Oid = (1, 0, 8802, 1, 1, 2, 1)
_AP: Oid = (*_RUIJIE, 56, 2, 1, 1, 1)
_AC: Oid = (*_RUIJIE, 56, 1, 1)
_RADIO: Oid = (*_RUIJIE, 56, 2, 1, 2, 1)
DISKS = 4
BATTERY_MINUTES = 40.0
"""How long the UPS lasts."""

Row = tuple[Oid, Cell]


def environment(vendor: str) -> Iterator[Row]:
    """Two fans and two power supplies; the first of each is the one that `set DEVICE fan bad`, `psu bad` breaks."""
    for unit in (1, 2):
        yield from _PARTS.get(vendor.lower(), _no_parts)(unit)


def _no_parts(unit: int) -> Iterator[Row]:
    return iter(())


def _h3c_parts(unit: int) -> Iterator[Row]:
    """HH3C-LSW-DEV-ADM-MIB: active 1, deactive 2."""
    yield _state((*_H3C, 8, 35, 9, 1, 1, 1, 2, unit), "fan", unit, (1, 2))
    yield _state((*_H3C, 8, 35, 9, 1, 2, 1, 2, unit), "psu", unit, (1, 2))


def _huawei_parts(unit: int) -> Iterator[Row]:
    """HUAWEI-ENTITY-EXTENT-MIB: speed in percent, present 1, normal 1, abnormal 2; supply 2 is "notSupply"."""
    fan, supply = (*_HUAWEI, 5, 25, 31, 1, 1, 10, 1), (*_HUAWEI, 5, 25, 31, 1, 1, 18, 1)
    yield fixed((*fan, 6, 0, unit), ber.integer(1))
    yield _state((*fan, 5, 0, unit), "fan", unit, (45, 0))
    yield _state((*fan, 7, 0, unit), "fan", unit, (1, 2))
    yield fixed((*supply, 5, 0, unit), ber.integer(1))
    yield _state((*supply, 6, 0, unit), "psu", unit, (1, 2))


def _ruijie_parts(unit: int) -> Iterator[Row]:
    """RUIJIE-SYSTEM-MIB: normal 4, abnormal 5."""
    yield _state((*_RUIJIE, 1, 1, 18, 1, 2, unit), "psu", unit, (4, 5))
    yield fixed((*_RUIJIE, 1, 1, 18, 1, 3, unit), ber.text(f"Power {unit}"))
    yield _state((*_RUIJIE, 1, 1, 21, 1, 2, unit), "fan", unit, (4, 5))
    yield fixed((*_RUIJIE, 1, 1, 21, 1, 3, unit), ber.text(f"Fan {unit}"))


_PARTS: Mapping[str, Callable[[int], Iterator[Row]]] = {
    "h3c": _h3c_parts,
    "huawei": _huawei_parts,
    "ruijie": _ruijie_parts,
}


def _state(oid: Oid, key: str, unit: int, values: tuple[int, int]) -> Row:
    """Good or bad by what `set DEVICE key` says; only the first of its sort ever breaks."""
    good, bad = (ber.integer(value) for value in values)
    return live(oid, lambda view: bad if unit == 1 and view.setting(key, "good") == "bad" else good)


def access_points(aps: Iterable[Box]) -> Iterator[Row]:
    """RUIJIE-AC-MGMT-MIB of a controller with these access points: state 1 is registered, 2 is not."""
    known = tuple(aps)
    for ap in known:
        yield from _access_point(ap)
    yield live((*_AC, 11, 0), lambda view: ber.integer(sum(view.serves(ap.id) for ap in known), GAUGE32))
    yield live((*_AC, 15, 0), lambda view: ber.integer(sum(_clients(view, ap) for ap in known), GAUGE32))
    yield fixed((*_AC, 81, 0), ber.integer(len(known), GAUGE32))


def _access_point(ap: Box) -> Iterator[Row]:
    index = octets_of(ap.id)
    plain: dict[int, bytes] = {
        2: ber.text(ap.id), 32: ber.text(f"G1{index[-1]:03d}{index[-2]:03d}"),
        33: ber.tlv(IP_ADDRESS, socket.inet_aton(ap.address or "0.0.0.0")), 39: ber.text(ap.model),
    }  # fmt: skip
    for column, value in plain.items():
        yield fixed((*_AP, column, *index), value)
    yield live((*_AP, 34, *index), lambda view: ber.integer(_clients(view, ap), GAUGE32))
    yield live((*_AP, 48, *index), lambda view: ber.integer(1 if view.serves(ap.id) else 2))
    for radio, channel in ((1, (1, 6, 11)[index[-1] % 3]), (2, (36, 44, 149)[index[-2] % 3])):
        yield fixed((*_RADIO, 11, *index, radio), ber.integer(channel))


def octets_of(device: str) -> tuple[int, ...]:
    """The MAC address of a device, as numbers."""
    return tuple(bytes.fromhex(mac(device).replace(":", "")))


def _clients(view: View, ap: Box) -> int:
    return 3 + (octets_of(ap.id)[-1] + int(view.uptime) // 60) % 37 if view.serves(ap.id) else 0


def recorder(vendor: str, model: str) -> Iterator[Row]:
    """A recorder's disks; `set DEVICE disk bad` breaks the first."""
    return _dahua_recorder(model) if vendor.lower() == "dahua" else _hikvision_recorder()


def _dahua_recorder(model: str) -> Iterator[Row]:
    """DAHUA-SNMP-MIB: status 1 is good; volumes say theirs as text."""
    plain: dict[tuple[int, ...], bytes] = {
        (1, 1, 1, 0): ber.text("4.001.0000001.1"), (1, 2, 4, 0): ber.text("9K0A5D1PAZ00001"),
        (1, 2, 6, 0): ber.text(model), (1, 3, 0): ber.integer(23),
    }  # fmt: skip
    for column, value in plain.items():
        yield fixed((*_DAHUA, *column), value)
    yield _state((*_DAHUA, 1, 2, 8, 0), "disk", 1, (1, 0))
    for disk in range(1, DISKS + 1):
        yield fixed((*_DAHUA, 4, 1, 1, 4, disk), ber.text(f"/dev/sd{chr(96 + disk)}"))
        yield live((*_DAHUA, 4, 1, 1, 5, disk), partial(_volume, disk))
        yield fixed((*_DAHUA, 4, 1, 1, 6, disk), ber.integer(97))


def _volume(disk: int, view: View) -> bytes:
    return ber.text("Error" if disk == 1 and view.setting("disk", "good") == "bad" else "Normal")


def _hikvision_recorder() -> Iterator[Row]:
    """HIKVISION-MIB: an NVR with four disks, the first of which `set DEVICE disk bad` breaks (status 2: error)."""
    plain: dict[tuple[int, ...], bytes] = {
        (3, 0): ber.text("DS8664NI16"), (100, 0): ber.integer(2), (102, 0): ber.integer(1),
        (220, 0): ber.integer(4096), (221, 0): ber.integer(41), (230, 0): ber.integer(1),
    }  # fmt: skip
    for column, value in plain.items():
        yield fixed((*_HIKVISION, *column), value)
    for disk in range(1, DISKS + 1):
        yield fixed((*_HIKVISION, 241, 1, 2, disk), ber.text(f"HDD{disk}"))
        yield _state((*_HIKVISION, 241, 1, 3, disk), "disk", disk, (0, 2))
        yield fixed((*_HIKVISION, 241, 1, 4, disk), ber.integer(0))
        yield fixed((*_HIKVISION, 241, 1, 5, disk), ber.integer(5_723_166))


def ups(model: str) -> Iterator[Row]:
    """UPS-MIB: on mains, or on battery since `set DEVICE mains off`, which then runs down."""
    yield fixed((*_UPS, 1, 2, 0), ber.text(model))
    yield live((*_UPS, 2, 1, 0), lambda view: ber.integer(3 if _charge(view) < 20 else 2))
    yield live((*_UPS, 2, 2, 0), lambda view: ber.integer(int(_on_battery(view))))
    yield live((*_UPS, 2, 3, 0), lambda view: ber.integer(max(1, int(BATTERY_MINUTES * _charge(view) / 100))))
    yield live((*_UPS, 2, 4, 0), lambda view: ber.integer(_charge(view)))
    yield fixed((*_UPS, 2, 5, 0), ber.integer(2_180))
    yield fixed((*_UPS, 2, 7, 0), ber.integer(27))
    yield live((*_UPS, 3, 3, 1, 3, 1), lambda view: ber.integer(0 if _dark(view) else 228))
    yield live((*_UPS, 4, 1, 0), lambda view: ber.integer(5 if _dark(view) else 3))
    yield fixed((*_UPS, 4, 4, 1, 2, 1), ber.integer(220))
    yield live((*_UPS, 4, 4, 1, 5, 1), lambda view: ber.integer(28 + view.load() // 4))


def _dark(view: View) -> bool:
    return view.setting("mains", "on") == "off"


def _on_battery(view: View) -> float:
    return view.set_ago("mains") if _dark(view) else 0.0


def _charge(view: View) -> int:
    return max(1, round(100 - 100 * _on_battery(view) / 60 / BATTERY_MINUTES))


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Who is heard at local port `index`: its name, its own port, its address."""

    index: int
    device: str
    name: str
    port: str
    address: str


def local_ports(ports: Iterable[str]) -> Iterator[Row]:
    """lldpLocPortTable: subtype 5 is interfaceName; the number is the ifIndex."""
    for index, port in enumerate(ports, 1):
        yield fixed((*_LLDP, 3, 7, 1, 2, index), ber.integer(5))
        yield fixed((*_LLDP, 3, 7, 1, 3, index), ber.text(port))
        yield fixed((*_LLDP, 3, 7, 1, 4, index), ber.text(f"{port} Interface"))


def neighbours(heard: Iterable[Neighbour]) -> Iterator[Row]:
    """lldpRemTable and lldpRemManAddrTable; chassis subtype 4 is a MAC address, port subtype 5 interfaceName."""
    for one in heard:
        at = (0, one.index, 1)
        values: dict[int, bytes] = {
            4: ber.integer(4), 5: ber.tlv(OCTETS, bytes(octets_of(one.device))), 6: ber.integer(5),
            7: ber.text(one.port), 8: ber.text(one.port), 9: ber.text(one.name), 10: ber.text(one.device),
        }  # fmt: skip
        for column, value in values.items():
            yield fixed((*_LLDP, 4, 1, 1, column, *at), value)
        if one.address:
            host = socket.inet_aton(one.address)
            yield fixed((*_LLDP, 4, 2, 1, 3, *at, 1, len(host), *host), ber.integer(2))


def mac(device: str) -> str:
    """A locally administered address of its own for each device."""
    return "02:00:" + ":".join(f"{octet:02x}" for octet in crc32(device.encode()).to_bytes(4, "big"))
