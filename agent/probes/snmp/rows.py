"""What one full collection of a box is made of: the rows of each class, as plain values.

The names of the fields are those of the `collection` document and of the profile format.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.model import Json
from agent.probes.channels import Channel
from agent.probes.snmp.iftypes import type_name
from agent.probes.snmp.ports import Port

State = Literal["ok", "warning", "critical", "unknown"]
STATES: tuple[State, ...] = ("ok", "warning", "critical", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Who the box is. Texts are "" where it does not say."""

    name: str = ""
    descr: str = ""
    object_id: str = ""
    vendor: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    uptime_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """class_: temperature, voltage, current, power, dbm, fanspeed, percent, state ...  oid: where the value stands.

    check: the check it counts for ("" none).  alarm: the state from which on the check is bad.  proven: only if it has
    been seen good before.
    """

    class_: str
    index: str
    descr: str
    value: float
    unit: str = ""
    state: State | None = None
    oid: str = ""
    check: str = ""
    alarm: State = "critical"
    proven: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Processor:
    index: str
    descr: str = ""
    percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Two of used, free and total make the percentage where the box does not tell it."""

    index: str
    descr: str = ""
    percent: float
    total_bytes: float | None = None
    used_bytes: float | None = None
    free_bytes: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """A disk, a volume, a card of a recorder. state: its health where it is told."""

    index: str
    descr: str = ""
    percent: float | None = None
    total_bytes: float | None = None
    used_bytes: float | None = None
    free_bytes: float | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """protocol: lldp or cdp.  remote_id: the chassis (often a MAC); remote_port_descr, remote_descr: as it says."""

    protocol: str
    local_port: str = ""
    local_index: str = ""
    remote_name: str = ""
    remote_port: str = ""
    remote_port_descr: str = ""
    remote_address: str = ""
    remote_id: str = ""
    remote_descr: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarding:
    """A MAC that was learned on a port. port_index: its ifIndex.  status: learned, self, mgmt ..."""

    mac: str
    port: str = ""
    port_index: str = ""
    vlan: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arp:
    address: str
    mac: str = ""
    port: str = ""
    port_index: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vlan:
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poe:
    """admin: on or off.  detection: disabled, searching, delivering, fault, test, other.  class_: 0 to 8."""

    port: str
    index: str = ""
    admin: str = ""
    detection: str = ""
    class_: str = ""
    watts: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoeSupply:
    """A power source of the switch: what it can give and what is drawn. state: of the source itself."""

    index: str
    budget_watts: float | None = None
    watts: float | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoint:
    """state: up, down or unknown.  channel: of its radios, `36` or `1,36`."""

    index: str
    name: str = ""
    mac: str = ""
    state: str = ""
    clients: float | None = None
    channel: str = ""
    address: str = ""
    model: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """One of a controller's own totals: `aps`, `aps_up`, `clients` ..."""

    of: str
    value: float


CLASSES: Mapping[str, type] = {
    "processors": Processor, "memory": Memory, "sensors": Sensor, "storage": Storage, "channels": Channel,
    "neighbours": Neighbour, "forwarding": Forwarding, "arp": Arp, "vlans": Vlan, "poe": Poe,
    "poe_supplies": PoeSupply, "access_points": AccessPoint, "totals": Total,
}  # fmt: skip
"""The classes a profile has rules for, in the order in which they are read."""

Rows = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """profile, why: which one was chosen and by what.  rows: by class.  failed: what could not be read, and why."""

    profile: str
    why: str
    system: System
    ports: Mapping[int, Port] = field(default_factory=dict)
    rows: Mapping[str, Rows] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str) -> Rows:
        """The rows of a class."""
        return self.rows.get(name, ())

    def totals(self) -> dict[str, float]:
        """The controller's totals by name."""
        return {total.of: total.value for total in self.of("totals")}

    def document(self) -> dict[str, Json]:
        """The `collection` document; `arp`, `vlans`, `poe_supplies`, `storage`, `channels`, `totals` extend it."""
        document: dict[str, Json] = {"profile": self.profile, "why": self.why, "system": _plain(self.system)}
        document["ports"] = [_port(port) for port in self.ports.values()]
        for name in CLASSES:
            if name != "totals":
                document[name] = [_plain(row) for row in self.of(name)]
        document["totals"] = {name: _number(value) for name, value in self.totals().items()}
        if self.failed:
            document["failed"] = dict(self.failed)
        return document


_HIDDEN = frozenset(("check", "alarm", "proven"))


def _plain(row: Any) -> dict[str, Json]:
    names = (each.name for each in dataclasses.fields(row))
    return {name.rstrip("_"): _number(getattr(row, name)) for name in names if name not in _HIDDEN}


def _number(value: Any) -> Any:
    """A whole float as an int, 42 and not 42.0; another without what binary fractions added to it."""
    if type(value) is not float:
        return value
    return int(value) if value.is_integer() else float(f"{value:.12g}")


IF_STATUS = ("", "up", "down", "testing", "unknown", "dormant", "notPresent", "lowerLayerDown")
"""ifOperStatus and ifAdminStatus (RFC 2863) by number."""


def _port(port: Port) -> dict[str, Json]:
    return {
        "index": port.index, "name": port.shown, "descr": port.descr, "alias": port.alias,
        "type": type_name(port.type), "admin": status(port.admin), "oper": status(port.oper),
        "speed_bps": port.speed_bps, "mac": port.mac, "in_octets": port.in_octets, "out_octets": port.out_octets,
        "in_errors": port.in_errors, "out_errors": port.out_errors, "in_discards": port.in_discards,
        "out_discards": port.out_discards, "duplex": port.duplex,
    }  # fmt: skip


def status(number: int) -> str:
    """The name of an ifOperStatus or ifAdminStatus, "" for what the standard does not know."""
    return IF_STATUS[number] if 0 <= number < len(IF_STATUS) else ""
