"""What one host told, whoever asked it: plain values, so that they survive in the resume file. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.discovery.onvif import Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """One row of an LLDP or CDP table. mac: the chassis id where it is one.  address: of its management."""

    protocol: str
    local_port: str
    name: str = ""
    port: str = ""
    address: str = ""
    mac: str = ""
    descr: str = ""
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """An access point in its controller's table."""

    mac: str
    name: str = ""
    address: str = ""
    model: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """heard: the ways by which it was found (icmp, tcp:80, onvif, onvif-clock, snmp), and what it is to this machine
    (self, gateway).  tried: credentials that were.  mac: as this machine's ARP table has it.

    vendor, model, serial: as its tables and its profile (the name of one of agent.probes.profiles) tell.
    ups: what it says of itself by UPS-MIB.  macs: its own.  own: its own addresses.  bridge_ports: dot1dBaseNumPorts.
    forwarding: (MAC, port) pairs of its forwarding table.  arp: (address, MAC) pairs of its ARP table.
    """

    address: str
    heard: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    credential: str = ""
    tried: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    descr: str = ""
    object_id: str = ""
    name: str = ""
    location: str = ""
    services: int = 0
    vendor: str = ""
    model: str = ""
    serial: str = ""
    profile: str = ""
    ups: str = ""
    engine: str = ""
    bridge_ports: int = 0
    mac: str = ""
    macs: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    forwarding: tuple[tuple[str, str], ...] = ()
    arp: tuple[tuple[str, str], ...] = ()
    managed: tuple[Managed, ...] = ()
    match: Match | None = None

    @property
    def spoke(self) -> bool:
        """It answered SNMP."""
        return "snmp" in self.heard

    @property
    def bridge(self) -> bool:
        """It forwards frames between ports of its own."""
        return bool(self.forwarding) or self.bridge_ports > 1 or len(self.neighbours) > 1


def to_json(box: Box) -> dict[str, Any]:
    """As the resume file keeps it."""
    return dataclasses.asdict(box)


def from_json(body: Mapping[str, Any]) -> Box:
    """Of what `to_json` made. Raises TypeError, ValueError or KeyError for anything else."""
    words = dict(body)
    lists = ("heard", "ports", "tried", "refused", "macs", "own")
    words |= {name: tuple(words.get(name, ())) for name in lists}
    words["neighbours"] = tuple(
        Neighbour(**{**row, "capabilities": tuple(row["capabilities"])}) for row in words.get("neighbours", ())
    )
    words["managed"] = tuple(Managed(**row) for row in words.get("managed", ()))
    for name in ("forwarding", "arp"):
        words[name] = tuple((str(one), str(other)) for one, other in words.get(name, ()))
    if words.get("match") is not None:
        words["match"] = match_from_json(words["match"])
    return Box(**words)


def match_to_json(match: Match) -> dict[str, Any]:
    return dataclasses.asdict(match)


def match_from_json(body: Mapping[str, Any]) -> Match:
    """Of what `match_to_json` made. Raises TypeError or KeyError for anything else."""
    return Match(**{**body, "types": tuple(body["types"]), "xaddrs": tuple(body["xaddrs"])})
