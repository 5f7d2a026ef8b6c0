"""Which addresses are one device, and whose a MAC address is. Pure."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence

from agent.discovery.box import Box
from agent.inventory import hosts


def one_each(boxes: Iterable[Box], known: Container[str]) -> list[Box]:
    """A router answers at each of its addresses: one box of all of them, at the address that is known or the lowest."""
    ordered = sorted(boxes, key=lambda box: (box.address not in known, _order(box.address)))
    kept: dict[str, Box] = {}
    by_engine: dict[tuple[str, str], str] = {}
    own: dict[tuple[str, str, str], str] = {}
    here: str | None = None
    for box in ordered:
        twin = by_engine.get((box.engine, box.name)) if box.engine else None
        twin = twin if twin and _one_machine(kept[twin], box) else None
        twin = twin or own.get((box.address, box.name, box.object_id))
        if box.spoke and twin:
            kept[twin] = _joined(kept[twin], box)
            continue
        if "self" in box.heard and here is not None:
            kept[here] = _joined(kept[here], box)
            continue
        here = box.address if "self" in box.heard else here
        kept[box.address] = box
        if box.engine:
            by_engine.setdefault((box.engine, box.name), box.address)
        for address in box.own if box.name else ():
            own.setdefault((address, box.name, box.object_id), box.address)
    return list(kept.values())


def _one_machine(box: Box, other: Box) -> bool:
    """Machines made from one image share engine and name; their ports do not."""
    return not (box.macs and other.macs) or not {*box.macs}.isdisjoint(other.macs)


def _joined(box: Box, other: Box) -> Box:
    return dataclasses.replace(box, own=tuple(dict.fromkeys((*box.own, *other.own, other.address))))


def _order(address: str) -> tuple[int, int]:
    found = ipaddress.ip_address(address)
    return found.version, int(found)


def macs_of(boxes: Sequence[Box], arp: Mapping[str, str]) -> dict[str, str]:
    """Address -> MAC of each box: by the routers' ARP tables or this machine's, else its own word.

    One that stands beside several hosts is a router's that answers for them (proxy ARP, RFC 1027), or a copy: nobody's
    but whose own word it is.
    """
    table = dict(arp)
    owners: dict[str, str] = {}
    for box in boxes:
        table |= dict(box.arp)
        table |= {ap.address: ap.mac for ap in box.managed if ap.address and ap.mac}
        for mac in box.macs:
            owners.setdefault(mac, box.address)
    bearers = Counter(table.get(box.address, "") for box in boxes)
    found: dict[str, str] = {}
    for box in boxes:
        seen, announced = table.get(box.address, ""), box.match.mac if box.match else ""
        alone = owners.get(seen) == box.address or (seen not in owners and bearers[seen] == 1)
        own = next((mac for mac in (*box.macs[:1], announced) if mac), "")
        found[box.address] = seen if alone and hosts.mac(seen) else own
    return {address: mac for address, mac in found.items() if mac}
