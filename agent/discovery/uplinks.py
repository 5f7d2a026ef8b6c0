"""Who hangs on whom: links by LLDP, CDP and forwarding tables, made a tree that hangs from its best connected bridge.

Pure: boxes in, links out. Hosts are named by their address, access points without one by their MAC.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from agent.discovery.box import Box, Neighbour

CROWD = 64
"""MACs on a port beyond which it says nothing of who is behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One end seen from the other. source: lldp, cdp, fdb.  beside: how many other MACs the port shows (fdb)."""

    one: str
    port: str
    other: str
    other_port: str = ""
    source: str
    beside: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """parent: the host above.  port: its port.  source, beside: as the link has them."""

    parent: str
    port: str
    source: str
    beside: int = 0


@dataclass(frozen=True, slots=True)
class Names:
    """Finds the host that a table means, by address, MAC or name; a name that two have means nobody."""

    addresses: Mapping[str, str]
    macs: Mapping[str, str]
    names: Mapping[str, str]

    @classmethod
    def of(cls, boxes: Iterable[Box]) -> Names:
        addresses: dict[str, str] = {}
        macs: dict[str, str] = {}
        names: dict[str, str] = {}
        for box in boxes:
            addresses |= dict.fromkeys((box.address, *box.own), box.address)
            for mac in box.macs:
                macs.setdefault(mac, box.address)
            if box.name:
                names[box.name.casefold()] = "" if box.name.casefold() in names else box.address
        for box in boxes:
            for address, mac in box.arp:
                if address in addresses:
                    macs.setdefault(mac, addresses[address])
        return cls(addresses, macs, names)

    def meant(self, neighbour: Neighbour) -> str:
        """Its host, "" for a stranger."""
        return (
            self.addresses.get(neighbour.address, "")
            or self.macs.get(neighbour.mac, "")
            or self.names.get(neighbour.name.casefold(), "")
        )


@dataclass(slots=True)
class Wiring:
    """The links between hosts, told by their own tables. wired: (host, port) that lead to another bridge."""

    boxes: Mapping[str, Box]
    names: Names
    links: dict[frozenset[str], Link] = field(default_factory=dict)
    wired: set[tuple[str, str]] = field(default_factory=set)

    def learn(self, endpoints: Mapping[str, str]) -> None:
        """From every table. endpoints: MAC -> host, of those whose MAC is known from elsewhere."""
        for box in self.boxes.values():
            for neighbour in box.neighbours:
                self._neighbour(box, neighbour)
        macs = {**endpoints, **self.names.macs}
        for host, (switch, port, beside) in _nearest(self.boxes.values(), macs, self.wired).items():
            if not self._linked(host):
                self._add(Link(one=switch, port=port, other=host, source="fdb", beside=beside))

    def _linked(self, host: str) -> bool:
        return any(host in pair and link.source != "fdb" for pair, link in self.links.items())

    def _neighbour(self, box: Box, neighbour: Neighbour) -> None:
        host = self.names.meant(neighbour)
        bridge = "bridge" in neighbour.capabilities or (host in self.boxes and self.boxes[host].bridge)
        if bridge:
            self.wired.add((box.address, neighbour.local_port))
        if not host or host == box.address:
            return
        self._add(Link(
            one=box.address, port=neighbour.local_port, other=host, other_port=neighbour.port,
            source=neighbour.protocol,
        ))  # fmt: skip

    def _add(self, link: Link) -> None:
        """LLDP before CDP before forwarding; the same from the other end only adds its port."""
        pair = frozenset((link.one, link.other))
        known = self.links.get(pair)
        rank = {"lldp": 0, "cdp": 1, "fdb": 2}
        if known is None or rank[link.source] < rank[known.source]:
            self.links[pair] = link


def _nearest(
    boxes: Iterable[Box], macs: Mapping[str, str], wired: Collection[tuple[str, str]]
) -> dict[str, tuple[str, str, int]]:
    """Host -> (switch, port, other MACs there): the port on which fewest are seen beside it, none to a bridge."""
    found: dict[str, tuple[str, str, int]] = {}
    for box in boxes:
        crowd: dict[str, set[str]] = {}
        for mac, port in box.forwarding:
            crowd.setdefault(port, set()).add(mac)
        for mac, port in box.forwarding:
            host, beside = macs.get(mac, ""), len(crowd[port]) - 1
            if not host or host == box.address or beside > CROWD or (box.address, port) in wired:
                continue
            if host not in found or beside < found[host][2]:
                found[host] = (box.address, port, beside)
    return found


def uplinks(wiring: Wiring, roots: Collection[str] = ()) -> dict[str, Uplink]:
    """Each host's way up. roots: hosts that are known to be on top."""
    around: dict[str, dict[str, Link]] = {}
    for pair, link in wiring.links.items():
        for host in pair:
            (other,) = pair - {host}
            around.setdefault(host, {})[other] = link
    found: dict[str, Uplink] = {}
    seen: set[str] = set()
    for root in sorted(around, key=lambda host: _weight(host, around, wiring.boxes, roots)):
        if root not in seen:
            _hang(root, around, wiring.boxes, found, seen)
    return found


def _weight(
    host: str, around: Mapping[str, Mapping[str, Link]], boxes: Mapping[str, Box], roots: Collection[str]
) -> tuple[bool, bool, int, int, str]:
    """The smallest is the top: a known root, then a bridge with the most bridges around, then the most of anything."""
    bridges = sum(other in boxes and boxes[other].bridge for other in around[host])
    is_bridge = host in boxes and boxes[host].bridge
    return host not in roots, not is_bridge, -bridges, -len(around[host]), host


def _hang(
    root: str, around: Mapping[str, Mapping[str, Link]], boxes: Mapping[str, Box], found: dict[str, Uplink],
    seen: set[str],
) -> None:  # fmt: skip
    """Breadth first from the root; only a bridge (or the root) has others below it."""
    ring = deque([root])
    seen.add(root)
    while ring:
        above = ring.popleft()
        if above != root and not (above in boxes and boxes[above].bridge):
            continue
        for host, link in sorted(around[above].items()):
            if host not in seen:
                seen.add(host)
                found[host] = _uplink(above, link)
                ring.append(host)


def _uplink(above: str, link: Link) -> Uplink:
    port = link.port if link.one == above else link.other_port
    return Uplink(parent=above, port=port, source=link.source, beside=link.beside)
