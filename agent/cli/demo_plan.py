"""The practice campus out of an inventory: the plan for the simulator, and the inventory as it reads on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from agent.inventory import Inventory
from agent.model import Device, Target
from agent.probes import PROBES
from agent.simulator.plan import Box, Plan, Service

SNMP_PORTS = (161, 1161)
"""SNMP's own, and the one that needs no rights."""
LOW_PORTS = (80, 443, 554)
"""TCP ports of the campus that need rights."""
UNPRIVILEGED_SHIFT = 1000
STREAM = "/Streaming/Channels/101"
"""Where a camera's stream is that ONVIF names."""
LIFE_PORT = 2222
"""On loopback: the TCP port that stands for being there, where a device has no other."""
DEFAULT_PORTS = {"switch": 24, "gateway": 8, "controller": 8}


def plan_of(inventory: Inventory, loopback: bool) -> Plan:
    """Every device with its address, its cable, its TCP ports and its community."""
    shift = UNPRIVILEGED_SHIFT if _shifted(inventory) else 0
    targets: dict[str, list[Target]] = {}
    for target in inventory.targets:
        targets.setdefault(target.device, []).append(target)
    gateway = next((device.id for device in inventory.devices.values() if device.kind == "gateway"), "")
    boxes = tuple(_box(device, targets.get(device.id, ()), gateway, shift) for device in inventory.devices.values())
    ports = {target.options.port for target in inventory.targets if target.protocol == "snmp"}
    return Plan(boxes=boxes, snmp_port=min(ports, default=SNMP_PORTS[0]), loopback=loopback)


def _shifted(inventory: Inventory) -> bool:
    """Whether this is a variant whose low ports were moved."""
    return any(t.protocol == "onvif" and t.options.port == PROBES["onvif"].port + UNPRIVILEGED_SHIFT
               for t in inventory.targets)  # fmt: skip


def _box(device: Device, targets: Sequence[Target], gateway: str, shift: int) -> Box:
    secrets = [t.credential.community.reveal() for t in targets if t.protocol == "snmp" and _community(t)]
    parent = device.parent.device if device.parent else (gateway if device.id.startswith("@") else "")
    place = device.location
    return Box(
        id=device.id,
        kind=device.kind,
        name=device.name,
        role=device.role,
        address=device.address,
        parent=parent,
        port=device.parent.port if device.parent else "",
        vendor=device.vendor,
        model=device.model,
        place=" ".join(part for part in (place.building, place.floor, place.room) if part),
        tags=tuple(sorted(device.tags)),
        community=secrets[0] if secrets else "",
        tcp=tuple(sorted({target.options.port for target in targets if target.protocol == "tcp"})),
        ports=_port_count(device),
        controller=device.controller,
        services=tuple(_services(targets, shift)),
    )


def _services(targets: Iterable[Target], shift: int) -> Iterator[Service]:
    """What the agent will ask, served; a camera's stream too, which ONVIF leads to."""
    for target in targets:
        if target.protocol not in _SERVED:
            continue
        port = target.options.port or _SERVED[target.protocol]
        login = target.credential
        user = (login.username, login.password.reveal()) if login is not None else ("", "")
        path = target.options.path if target.protocol == "rtsp" else ""
        yield Service(name=target.protocol, port=port, username=user[0], password=user[1], path=path)
        if target.protocol == "onvif" and target.options.stream:
            yield Service(name="rtsp", port=RTSP_PORT + shift, username=user[0], password=user[1], path=STREAM)


_SERVED = {"onvif": 80, "rtsp": 554, "http": 80, "sip": 5060, "barix": 0, "rdp": 3389, "vnc": 5900, "spice": 5900}
"""Protocols that the campus speaks beside ICMP, SNMP and plain TCP, and the port where none is said."""
RTSP_PORT = 554


def _community(target: Target) -> bool:
    return target.credential is not None and target.credential.community is not None


def _port_count(device: Device) -> int:
    """A switch's model often says how many ports it has, fast ones included: 52 is 48 and 4."""
    if device.kind != "switch":
        return DEFAULT_PORTS.get(device.kind, 0)
    sizes = [int(number) for number in re.findall(r"(?<!\d)(?:24|28|30|48|52)(?!\d)", device.model)]
    return {28: 24, 30: 24, 52: 48}.get(sizes[-1], sizes[-1]) if sizes else DEFAULT_PORTS["switch"]


def on_loopback(text: str, snmp_port: int, low_ports: bool) -> str:
    """The inventory `text` with 198.18.a.b as 127.18.a.b, and TCP in place of ICMP, which cannot fall silent there.

    `low_ports`: whether ports below 1024 may be listened on; otherwise they are moved up by a thousand.
    """
    document = yaml.safe_load(text)
    for entry in document["devices"]:
        if "address" in entry:
            _move(entry, snmp_port, low_ports)
    # What lies outside the campus answers on loopback for ever, so it proves nothing there.
    references = document["site"].get("references", [])
    document["site"]["references"] = [name for name in references if not str(name).startswith("198.")]
    return str(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))


def _move(entry: dict[str, Any], snmp_port: int, low_ports: bool) -> None:
    address = str(entry["address"]).replace("198.18.", "127.18.")
    asked = [_probe(probe, low_ports) for probe in entry.get("probes", ["icmp"])]
    probes = [probe for probe in asked if probe != "icmp"]
    if not any(isinstance(probe, Mapping) and "tcp" in probe for probe in probes):
        probes.insert(0, {"tcp": {"port": LIFE_PORT}})
    entry["probes"] = probes
    ports = {name: port + UNPRIVILEGED_SHIFT for name, port in _plain_ports(probes) if port < 1024 and not low_ports}
    if "snmp" in map(_named, probes) and snmp_port != SNMP_PORTS[0]:
        ports["snmp"] = snmp_port
    entry["address"] = {"address": address, "ports": ports} if ports else address


def _plain_ports(probes: Iterable[Any]) -> Iterator[tuple[str, int]]:
    """Protocols on their own port, but SNMP, which is moved apart."""
    for probe in probes:
        name, said = _named(probe), probe[_named(probe)] if isinstance(probe, Mapping) else None
        if name in _SERVED and _SERVED[name] and "port" not in (said or {}):
            yield name, _SERVED[name]


def _named(probe: Any) -> str:
    """The protocol of an item: a name, or one name with its options."""
    return str(next(iter(probe))) if isinstance(probe, Mapping) else str(probe)


def _probe(probe: Any, low_ports: bool) -> Any:
    """The same probe, its own low port moved where those may not be listened on."""
    if not isinstance(probe, Mapping):
        return probe
    name, said = _named(probe), probe[_named(probe)]
    port = (said or {}).get("port", 1024)
    return {name: {**said, "port": port + UNPRIVILEGED_SHIFT}} if port < 1024 and not low_ports else probe
