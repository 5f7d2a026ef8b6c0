"""The families of `/metrics/ports`: every port of every device whose last look brought its port table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING

from agent.metrics.text import Family, Turns, counter, gauge, labels
from agent.view import View

if TYPE_CHECKING:  # an inventory without SNMP does not load its library
    from agent.probes.snmp.ports import Port

_STATUS = "as IF-MIB numbers it: 1 up, 2 down, 3 testing, 4 unknown, 5 dormant, 6 notPresent, 7 lowerLayerDown"

INFO = gauge("campus_port_info", "A port by its names, type (IANAifType) and address; always 1.")

Read = Callable[["Port"], int | None]
FAMILIES: tuple[tuple[Family, Read], ...] = (
    (gauge("campus_port_oper_status", f"ifOperStatus {_STATUS}."), lambda port: port.oper or None),
    (gauge("campus_port_admin_status", "ifAdminStatus: 1 up, 2 down, 3 testing."), lambda port: port.admin or None),
    (gauge("campus_port_speed_bytes", "ifHighSpeed or ifSpeed, in bytes a second."), lambda port: port.speed_bps // 8),
    (counter("campus_port_in_octets_total", "ifHCInOctets, ifInOctets where it is absent."), lambda p: p.in_octets),
    (counter("campus_port_out_octets_total", "ifHCOutOctets, ifOutOctets where it is absent."), lambda p: p.out_octets),
    (counter("campus_port_in_errors_total", "ifInErrors."), lambda port: port.in_errors),
    (counter("campus_port_out_errors_total", "ifOutErrors."), lambda port: port.out_errors),
    (counter("campus_port_in_discards_total", "ifInDiscards."), lambda port: port.in_discards),
    (counter("campus_port_out_discards_total", "ifOutDiscards."), lambda port: port.out_discards),
)

Rows = list[tuple[str, list["Port"]]]
"""Device id and its ports."""


async def pieces(view: View) -> AsyncIterator[str]:
    """The page in pieces, each family whole and in turn."""
    turns, rows = Turns(), _rows(view)
    named: list[tuple[list[str], list[Port]]] = []
    yield INFO.head
    for device, ports in rows:
        named.append(([labels(device=device, index=str(port.index), port=port.shown) for port in ports], ports))
        yield "".join(_info(own, port) for own, port in zip(*named[-1], strict=True))
        await turns.breathe()
    for family, read in FAMILIES:
        yield family.head
        for own, ports in named:
            yield "".join(_family(family.name, read, own, ports))
            await turns.breathe()


def _rows(view: View) -> Rows:
    """The port table of each device; a device whose last look failed has none."""
    found: dict[str, list[Port]] = {}
    for (device, _), reading in view.monitor.looks.items():
        ports = reading.tables.get("ports")
        if ports and device not in found:
            found[device] = list(ports.values())
    return list(found.items())


def _info(own: str, port: Port) -> str:
    more = labels(alias=port.alias, descr=port.descr, mac=port.mac, type=str(port.type))
    return f"{INFO.name}{{{own},{more}}} 1\n"


def _family(name: str, read: Read, own: list[str], ports: list[Port]) -> Iterator[str]:
    for port_labels, port in zip(own, ports, strict=True):
        value = read(port)
        if value is not None:
            yield f"{name}{{{port_labels}}} {value}\n"
