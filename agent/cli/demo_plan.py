"""The practice campus out of an inventory: the plan for the simulator, and the inventory as it reads on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from agent.inventory import Inventory
from agent.model import Device, Target
from agent.simulator.plan import Box, Plan

SNMP_PORTS = (161, 1161)
"""SNMP's own, and the one that needs no rights."""
UNPRIVILEGED_SHIFT = 1000
LIFE_PORT = 2222
"""On loopback: the TCP port that stands for being there, where a device has no other."""
DEFAULT_PORTS = {"switch": 24, "gateway": 8, "controller": 8}


def plan_of(inventory: Inventory, loopback: bool) -> Plan:
    """Every device with its address, its cable, its TCP ports and its community."""
    targets: dict[str, list[Target]] = {}
    for target in inventory.targets:
        targets.setdefault(target.device, []).append(target)
    gateway = next((device.id for device in inventory.devices.values() if device.kind == "gateway"), "")
    boxes = tuple(_box(device, targets.get(device.id, ()), gateway) for device in inventory.devices.values())
    ports = {target.options.port for target in inventory.targets if target.protocol == "snmp"}
    return Plan(boxes=boxes, snmp_port=min(ports, default=SNMP_PORTS[0]), loopback=loopback)


def _box(device: Device, targets: Iterable[Target], gateway: str) -> Box:
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
    )


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
    probes = [_probe(probe, low_ports) for probe in entry.get("probes", ["icmp"])]
    probes = [probe for probe in probes if probe != "icmp"]
    if not any(isinstance(probe, Mapping) and "tcp" in probe for probe in probes):
        probes.insert(0, {"tcp": {"port": LIFE_PORT}})
    entry["probes"] = probes
    entry["address"] = address
    if "snmp" in probes and snmp_port != SNMP_PORTS[0]:
        entry["address"] = {"address": address, "ports": {"snmp": snmp_port}}


def _probe(probe: Any, low_ports: bool) -> Any:
    if not (isinstance(probe, Mapping) and "tcp" in probe):
        return probe
    port = probe["tcp"]["port"]
    return {"tcp": {**probe["tcp"], "port": port if low_ports or port >= 1024 else port + UNPRIVILEGED_SHIFT}}
