"""What a device has to tell by SNMP: rows of MIBs as encoded bindings, live only where something moves. Pure.

A `Shape` is shared by all devices of one make and one set of ports; what differs between two of them is a live cell,
asked at the moment of the answer. SNMPv2-MIB, IF-MIB (RFC 2863), POWER-ETHERNET-MIB (RFC 3621), a few vendor columns.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from agent.simulator import ber, tables
from agent.simulator.ber import COUNTER32, COUNTER64, GAUGE32, OCTETS, TIMETICKS, Oid
from agent.simulator.cells import ENTERPRISES, Cell, Shape, View, fixed, live

SYSTEM: Oid = (1, 3, 6, 1, 2, 1, 1)
IF_NUMBER: Oid = (1, 3, 6, 1, 2, 1, 2, 1, 0)
IF_ENTRY: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1)
IFX_ENTRY: Oid = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
POE_PORT: Oid = (1, 3, 6, 1, 2, 1, 105, 1, 1, 1)
POE_MAIN: Oid = (1, 3, 6, 1, 2, 1, 105, 1, 3, 1, 1)

GIGABIT, TEN_GIGABIT = 1_000_000_000, 10_000_000_000
POE_BUDGET_WATTS = 370


@dataclass(frozen=True, slots=True)
class Make:
    """How a vendor's boxes introduce themselves. `columns` are live gauges: OID -> percent or degrees."""

    descr: str
    object_id: Oid
    port: str
    fast_port: str
    columns: tuple[tuple[Oid, str], ...] = ()


_H3C, _HUAWEI, _RUIJIE = (*ENTERPRISES, 25506), (*ENTERPRISES, 2011), (*ENTERPRISES, 4881)
MAKES: Mapping[str, Make] = {
    "h3c": Make(
        "H3C Comware Platform Software, Software Version 7.1.070, Release 6312P02\r\nH3C {model}\r\n"
        "Copyright (c) 2004-2023 New H3C Technologies Co., Ltd. All rights reserved.",
        (*_H3C, 1, 1, 1868), "GigabitEthernet1/0/{}", "Ten-GigabitEthernet1/0/{}",
        (((*_H3C, 2, 6, 1, 1, 1, 1, 6, 1), "load"), ((*_H3C, 2, 6, 1, 1, 1, 1, 8, 1), "memory"),
         ((*_H3C, 2, 6, 1, 1, 1, 1, 12, 1), "degrees")),
    ),
    "huawei": Make(
        "Huawei Versatile Routing Platform Software \r\n"
        " VRP (R) software,Version 5.170 ({model} V200R019C10SPC500) \r\n"
        " Copyright (C) 2007 Huawei Technologies Co., Ltd.",
        (*_HUAWEI, 2, 23, 663), "GigabitEthernet0/0/{}", "XGigabitEthernet0/0/{}",
        (((*_HUAWEI, 5, 25, 31, 1, 1, 1, 1, 5, 1), "load"), ((*_HUAWEI, 5, 25, 31, 1, 1, 1, 1, 7, 1), "memory"),
         ((*_HUAWEI, 5, 25, 31, 1, 1, 1, 1, 11, 1), "degrees")),
    ),
    "ruijie": Make(
        "Ruijie Gigabit Intelligent Switch({model}) By Ruijie Networks",
        (*_RUIJIE, 1, 1, 10, 1, 162), "GigabitEthernet 0/{}", "TenGigabitEthernet 0/{}",
        (((*_RUIJIE, 1, 1, 10, 2, 36, 1, 1, 2, 0), "load"), ((*_RUIJIE, 1, 1, 10, 2, 35, 1, 1, 1, 3, 1), "memory")),
    ),
    "hikvision": Make("Hikvision company products {model}", (*ENTERPRISES, 50001, 1), "eth{}", "eth{}"),
    "dahua": Make("Linux {model} 3.10.73", (*ENTERPRISES, 1004849, 2), "eth{}", "eth{}"),
    "kehua": Make("{model} network card", (1, 3, 6, 1, 2, 1, 33), "eth{}", "eth{}"),
}  # fmt: skip
"""kehua: a UPS card by the standard MIB, so it introduces itself by that."""
ANY_MAKE = Make("Linux {model} 5.10.0 #1 SMP", (*ENTERPRISES, 8072, 3, 2, 10), "eth{}", "eth{}")


def port_names(vendor: str, count: int, used: tuple[str, ...]) -> tuple[str, ...]:
    """The ports of a box, in order of their index from 1: its own, and those that a cable is said to be in."""
    make = MAKES.get(vendor.lower(), ANY_MAKE)
    fast = 4 if count > 8 else 0
    own = [make.port.format(n) for n in range(1, count + 1)]
    own += [make.fast_port.format(n) for n in range(count + 1, count + fast + 1)]
    return (*own, *sorted(set(used) - set(own)))


@cache
def shape(vendor: str, model: str, ports: tuple[str, ...], poe: bool) -> Shape:
    """The table of one make with these ports."""
    make = MAKES.get(vendor.lower(), ANY_MAKE)
    cells = dict(_system(make, model, len(ports)))
    for index, port in enumerate(ports, 1):
        cells.update(_interface(index, port))
        if poe:
            cells.update(_poe_port(index))
    if poe:
        cells.update(_poe_main())
    cells.update(tables.local_ports(ports))
    if len(ports) > 1:
        cells.update(tables.environment(vendor))
    return Shape(cells)


def _counter(oid: Oid, tag: int, index: int, rate: int) -> tuple[Oid, Cell]:
    """A counter that runs `rate` a second, a little differently on each device, while its port carries."""
    name = ber.tlv(ber.OBJECT, ber.oid_content(oid))
    mask = 0xFFFFFFFF if tag == COUNTER32 else 0xFFFFFFFFFFFFFFFF
    size = len(name) + 2

    def cell(view: View) -> bytes:
        value = int(view.seconds(index) * (rate + (rate * (view.salt & 0xFF) >> 8))) & mask
        length = (value.bit_length() >> 3) + 1
        return b"%c%c%b%c%c%b" % (ber.SEQUENCE, size + length, name, tag, length, value.to_bytes(length, "big"))

    return oid, cell


def _system(make: Make, model: str, ports: int) -> Iterator[tuple[Oid, Cell]]:
    yield fixed((*SYSTEM, 1, 0), ber.text(make.descr.format(model=model)))
    yield fixed((*SYSTEM, 2, 0), ber.tlv(ber.OBJECT, ber.oid_content(make.object_id)))
    yield live((*SYSTEM, 3, 0), lambda view: ber.integer(int(view.uptime * 100) & 0xFFFFFFFF, TIMETICKS))
    yield fixed((*SYSTEM, 4, 0), ber.text(""))
    yield live((*SYSTEM, 5, 0), lambda view: ber.text(view.name))
    yield live((*SYSTEM, 6, 0), lambda view: ber.text(view.place))
    yield fixed((*SYSTEM, 7, 0), ber.integer(78))
    yield fixed(IF_NUMBER, ber.integer(ports))
    for oid, what in make.columns:
        yield live(oid, _GAUGES[what])


_GAUGES: Mapping[str, Callable[[View], bytes]] = {
    "load": lambda view: ber.integer(view.load(), GAUGE32),
    "memory": lambda view: ber.integer(38 + view.salt % 20, GAUGE32),
    "degrees": lambda view: ber.integer(36 + view.salt % 12, GAUGE32),
}


def _interface(index: int, port: str) -> Iterator[tuple[Oid, Cell]]:
    """Every column of ifEntry and ifXEntry, RFC 2863."""
    speed = TEN_GIGABIT if port.lower().startswith(("ten", "xg")) else GIGABIT
    mac = b"\x02\x00" + zlib.crc32(port.encode()).to_bytes(4, "big")
    zero = ber.integer(0, COUNTER32)
    plain: dict[int, bytes] = {
        1: ber.integer(index), 2: ber.text(port), 3: ber.integer(6), 4: ber.integer(1500),
        5: ber.integer(min(speed, 0xFFFFFFFF), GAUGE32), 6: ber.tlv(OCTETS, mac), 9: ber.integer(0, TIMETICKS),
        12: zero, 13: zero, 15: zero, 18: zero, 19: zero, 20: zero, 21: ber.integer(0, GAUGE32),
        22: ber.tlv(ber.OBJECT, b"\x00"),
    }  # fmt: skip
    for column, value in plain.items():
        yield fixed((*IF_ENTRY, column, index), value)
    yield live((*IF_ENTRY, 7, index), lambda view: ber.integer(1 if view.admin(index) else 2))
    yield live((*IF_ENTRY, 8, index), lambda view: ber.integer(1 if view.oper(index) else 2))
    yield live((*IF_ENTRY, 14, index), lambda view: ber.integer(view.errors(index) & 0xFFFFFFFF, COUNTER32))
    rate = 40_000 + 7_000 * (index % 13)
    for column, share in ((10, 1), (11, 600), (16, 4), (17, 450)):
        yield _counter((*IF_ENTRY, column, index), COUNTER32, index, _share(rate, share))
    wide: dict[int, bytes] = {
        1: ber.text(port), 14: ber.integer(1), 15: ber.integer(speed // 1_000_000, GAUGE32), 16: ber.integer(2),
        17: ber.integer(1), 18: ber.text(""), 19: ber.integer(0, TIMETICKS),
        2: zero, 3: zero, 4: zero, 5: zero,
        8: ber.integer(0, COUNTER64), 9: ber.integer(0, COUNTER64), 12: ber.integer(0, COUNTER64),
        13: ber.integer(0, COUNTER64),
    }  # fmt: skip
    for column, value in wide.items():
        yield fixed((*IFX_ENTRY, column, index), value)
    for column, share in ((6, 1), (7, 600), (10, 4), (11, 450)):
        yield _counter((*IFX_ENTRY, column, index), COUNTER64, index, _share(rate, share))


def _share(rate: int, share: int) -> int:
    """Octets out are four times those in; packets are octets by a mean size."""
    return rate * share if share < 10 else rate // share


def _poe_port(index: int) -> Iterator[tuple[Oid, Cell]]:
    """pethPsePortEntry: group 1, one row a port. Detection 2 is searching, 3 delivering power."""
    yield fixed((*POE_PORT, 3, 1, index), ber.integer(1))
    yield live((*POE_PORT, 6, 1, index), lambda view: ber.integer(_detection(view, index)))
    yield live((*POE_PORT, 10, 1, index), lambda view: ber.integer(5 if view.watts(index) > 12.95 else 4))


def _detection(view: View, index: int) -> int:
    """pethPsePortDetectionStatus: 2 searching, 3 deliveringPower, 4 fault."""
    return 3 if view.watts(index) else 4 if view.denied(index) else 2


def _poe_main() -> Iterator[tuple[Oid, Cell]]:
    """pethMainPseEntry: watts to give, state on, watts given (port 0: all of them)."""
    yield fixed((*POE_MAIN, 2, 1), ber.integer(POE_BUDGET_WATTS, GAUGE32))
    yield fixed((*POE_MAIN, 3, 1), ber.integer(1))
    yield live((*POE_MAIN, 4, 1), lambda view: ber.integer(round(view.watts(0)), GAUGE32))
