"""Who hangs on whom: links by LLDP, CDP and forwarding tables, made a tree that hangs from its best connected bridge.

Pure: boxes in, links out. Hosts are named by their address, access points without one by their MAC.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent.discovery.box import Box, Neighbour
from agent.discovery.bridges import Tables

CROWD = 64
"""MACs on a port beyond which it is no access port, whatever else is known of it."""
_RANK = {"lldp": 0, "cdp": 1, "fdb": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One end seen from the other. source: lldp, cdp, fdb.  beside, other_beside: how many other MACs the port of
    each end shows (fdb)."""

    one: str
    port: str
    other: str
    other_port: str = ""
    source: str
    beside: int = 0
    other_beside: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """parent: the host above.  port: its port.  own: the port of the host itself, "" where nobody told.
    source, beside: as the link has them."""

    parent: str
    port: str
    source: str
    own: str = ""
    beside: int = 0


@dataclass(frozen=True, slots=True)
class Sight:
    """A switch shows the host's MAC on this port, and so many others beside it."""

    host: str
    switch: str
    port: str
    beside: int


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
    """The links between hosts, told by their own tables. wired: (host, port) that lead to another bridge.
    seen: (host, switch, port, other MACs there) by the forwarding tables."""

    boxes: Mapping[str, Box]
    names: Names
    links: dict[frozenset[str], Link] = field(default_factory=dict)
    wired: set[tuple[str, str]] = field(default_factory=set)
    seen: list[Sight] = field(default_factory=list)

    def learn(self, endpoints: Mapping[str, str]) -> None:
        """From every table. endpoints: MAC -> host, of those whose MAC is known from elsewhere."""
        for box in self.boxes.values():
            for neighbour in box.neighbours:
                self._neighbour(box, neighbour)
        hosts = {**endpoints, **self.names.macs}
        told = {host for pair in self.links for host in pair if all(self.is_bridge(each) for each in pair)}
        for pair in Tables(self.boxes, hosts).pairs():
            if told.issuperset((pair.one, pair.other)):
                continue  # LLDP knows better whose neighbours these two are
            self._add(Link(
                one=pair.one, port=pair.port, other=pair.other, other_port=pair.other_port, source="fdb",
                beside=pair.beside, other_beside=pair.other_beside,
            ))  # fmt: skip
        self.seen = list(_sights(self.boxes.values(), hosts))
        for host, sight in _nearest(self.seen, self.boxes, self.wired).items():
            if not self._linked(host):
                self._add(Link(one=sight.switch, port=sight.port, other=host, source="fdb", beside=sight.beside))

    def is_bridge(self, host: str) -> bool:
        return host in self.boxes and self.boxes[host].bridge

    def _linked(self, host: str) -> bool:
        return any(host in pair and link.source != "fdb" for pair, link in self.links.items())

    def _neighbour(self, box: Box, neighbour: Neighbour) -> None:
        host = self.names.meant(neighbour)
        bridge = "bridge" in neighbour.capabilities or self.is_bridge(host)
        if bridge:
            self.wired.add((box.address, neighbour.local_port))
        if not host or host == box.address:
            return
        self._add(Link(
            one=box.address, port=neighbour.local_port, other=host, other_port=neighbour.port,
            source=neighbour.protocol,
        ))  # fmt: skip

    def _add(self, link: Link) -> None:
        """LLDP before CDP before forwarding; the same from the other end only adds its port, in its own words."""
        pair = frozenset((link.one, link.other))
        known = self.links.get(pair)
        if known is None or _RANK[link.source] < _RANK[known.source]:
            self.links[pair] = link
        elif _RANK[link.source] == _RANK[known.source] and known.one == link.other:
            self.links[pair] = replace(known, other_port=link.port, other_beside=link.beside)


def _sights(boxes: Iterable[Box], macs: Mapping[str, str]) -> Iterator[Sight]:
    for box in boxes:
        crowd: dict[str, set[str]] = {}
        for mac, port in box.forwarding:
            crowd.setdefault(port, set()).add(mac)
        for mac, port in box.forwarding:
            host = macs.get(mac, "")
            if host and host != box.address:
                yield Sight(host, box.address, port, len(crowd[port]) - 1)


def _nearest(seen: Sequence[Sight], boxes: Mapping[str, Box], wired: Collection[tuple[str, str]]) -> dict[str, Sight]:
    """By host that is no bridge: the port on which fewest are seen beside it, if it leads to no bridge and shows no
    crowd."""
    bridges = {address for address, box in boxes.items() if box.bridge}
    leading = {*wired, *((each.switch, each.port) for each in seen if each.host in bridges)}
    found: dict[str, Sight] = {}
    for each in seen:
        if each.host in bridges or (each.switch, each.port) in leading or each.beside > CROWD:
            continue
        if each.host not in found or each.beside < found[each.host].beside:
            found[each.host] = each
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
    return {**_behind(wiring, found), **found}


def _behind(wiring: Wiring, found: Mapping[str, Uplink]) -> dict[str, Uplink]:
    """Who is seen at no port of its own: somewhere behind the port that leads down to it and shows fewest.

    A port that leads up shows the whole world; of a bridge whose own way up is unknown none is believed.
    """
    behind: dict[str, Sight] = {}
    for each in wiring.seen:
        above = found.get(each.switch)
        down = above is None or (above.own != "" and above.own != each.port)
        known = each.host in found or wiring.is_bridge(each.host)
        if down and not known and (each.host not in behind or each.beside < behind[each.host].beside):
            behind[each.host] = each
    return {
        host: Uplink(parent=each.switch, port=each.port, source="fdb", beside=each.beside)
        for host, each in behind.items()
    }


def _weight(
    host: str, around: Mapping[str, Mapping[str, Link]], boxes: Mapping[str, Box], roots: Collection[str]
) -> tuple[bool, bool, bool, int, int, str]:
    """The smallest is the top: a known root, then the bridge that is this server's gateway or has it on a port of its
    own, then a bridge with the most bridges around, then the most of anything."""
    bridges = sum(other in boxes and boxes[other].bridge for other in around[host])
    is_bridge = host in boxes and boxes[host].bridge
    out = any(each in boxes and "gateway" in boxes[each].heard for each in (host, *around[host]))
    return host not in roots, not is_bridge, not out, -bridges, -len(around[host]), host


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
    if link.one == above:
        return Uplink(parent=above, port=link.port, own=link.other_port, source=link.source, beside=link.beside)
    return Uplink(parent=above, port=link.other_port, own=link.port, source=link.source, beside=link.other_beside)
