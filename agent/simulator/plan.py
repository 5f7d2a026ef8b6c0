"""What stands on the campus: plain data that comes as JSON, so that the simulator needs no inventory. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

POE_KINDS = frozenset({"ap", "camera"})
"""Fed by the switch port they hang on, unless tagged `own-power`; anything else only when tagged `poe`."""

POE_WATTS = {"ap": 12.9, "camera": 6.2, "amplifier": 22.0}
POE_WATTS_ELSE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One protocol that a device speaks, and on which port. `username`, `password`: whom it lets in, "" everybody.

    `path`: where on it, for a stream. `foreign`: another program serves it; the device only names it.
    """

    name: str
    port: int
    username: str = ""
    password: str = ""
    path: str = ""
    foreign: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One device. `parent` and `port` say which port of which device its cable ends in; "" is the agent's own socket.

    `tcp` are ports that it only listens on, `services` those where it speaks; without a community it speaks no SNMP.
    `ports` is how many a switch has. `controller`: of an access point.
    """

    id: str
    kind: str
    name: str = ""
    role: str = ""
    address: str = ""
    parent: str = ""
    port: str = ""
    vendor: str = ""
    model: str = ""
    place: str = ""
    tags: tuple[str, ...] = ()
    community: str = ""
    tcp: tuple[int, ...] = ()
    ports: int = 0
    controller: str = ""
    services: tuple[Service, ...] = ()

    def service(self, name: str) -> Service | None:
        """The first service of that name."""
        return next((service for service in self.services if service.name == name), None)

    @property
    def watts(self) -> float:
        """What it draws from its switch port; 0 when it has a supply of its own."""
        fed = (self.kind in POE_KINDS and "own-power" not in self.tags) or "poe" in self.tags
        return POE_WATTS.get(self.kind, POE_WATTS_ELSE) if fed and self.parent else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole campus. `loopback`: no namespace, addresses of 127/8 that always answer to ping.

    `networks` are address ranges that answer beside the devices' own, `frames` a folder of pictures in place of the
    shipped ones (both for measurements).
    """

    boxes: tuple[Box, ...]
    snmp_port: int = 161
    loopback: bool = False
    networks: tuple[str, ...] = ()
    frames: str = ""


def to_json(plan: Plan) -> str:
    return json.dumps(asdict(plan), ensure_ascii=False)


def from_json(text: str) -> Plan:
    """Raises ValueError, KeyError or TypeError when the text is no plan."""
    raw: Mapping[str, Any] = json.loads(text)
    boxes = tuple(_box(box) for box in raw["boxes"])
    return Plan(**{**raw, "boxes": boxes, "networks": tuple(raw.get("networks", ()))})


def _box(raw: Mapping[str, Any]) -> Box:
    lists = {key: tuple(raw.get(key, ())) for key in ("tags", "tcp")}
    return Box(**{**raw, **lists, "services": tuple(Service(**service) for service in raw.get("services", ()))})
