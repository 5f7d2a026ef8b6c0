"""Which bridges are neighbours by their forwarding tables alone, where LLDP is off: nobody stands between them. Pure.

In a tree every bridge sees another on the port that leads to it. C stands between A and B when A has both on one port
and C has them on two. Tables are never whole: a bridge that another has not heard of lately stands where the hosts
stand that it shows on its other ports.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agent.discovery.box import Box


@dataclass(frozen=True, slots=True)
class Pair:
    """Two neighbours. port, other_port: "" where nobody tells; beside, other_beside: other MACs on each."""

    one: str
    port: str
    other: str
    other_port: str
    beside: int
    other_beside: int


@dataclass(slots=True)
class Tables:
    """The forwarding tables of the bridges. hosts: MAC -> host."""

    boxes: Mapping[str, Box]
    hosts: Mapping[str, str]
    _ports: dict[str, dict[str, str]] = field(default_factory=dict)
    _crowds: dict[str, Counter[str]] = field(default_factory=dict)
    _direct: dict[str, dict[str, str]] = field(default_factory=dict)
    _known: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for address, box in self.boxes.items():
            if box.bridge and box.forwarding:
                self._ports[address] = dict(box.forwarding)
                self._crowds[address] = Counter(port for _, port in {*box.forwarding})
                found = ((self.hosts.get(mac, ""), port) for mac, port in box.forwarding)
                self._direct[address] = {host: port for host, port in found if host and host != address}

    def pairs(self) -> Iterator[Pair]:
        """Each pair of neighbours once."""
        seen: set[frozenset[str]] = set()
        for one in self._ports:
            for port, behind in self._behind(one).items():
                for other in self._closest(one, behind):
                    if frozenset((one, other)) not in seen:
                        seen.add(frozenset((one, other)))
                        yield self._pair(one, port, other)

    def _pair(self, one: str, port: str, other: str) -> Pair:
        far = self.port(other, one)
        crowds = (self._crowds[one][port], self._crowds[other][far])
        beside, other_beside = (max(0, crowd - 1) for crowd in crowds)
        return Pair(one, port, other, far, beside, other_beside)

    def _behind(self, one: str) -> dict[str, list[str]]:
        """By port of this bridge: the other bridges that it leads to."""
        found: dict[str, list[str]] = {}
        for other in self._ports:
            port = self.port(one, other) if other != one else ""
            if port:
                found.setdefault(port, []).append(other)
        return found

    def _closest(self, one: str, behind: list[str]) -> Iterator[str]:
        """Those with nobody between: one, or several where a switch that tells nothing stands on the port."""
        left = behind
        while left:
            first = left[0]
            for other in left[1:]:
                if self._between(one, other, first):
                    first = other
            yield first
            left = [other for other in left if other != first and not self._between(one, first, other)]

    def _between(self, one: str, middle: str, other: str) -> bool:
        here, there = self.port(middle, one), self.port(middle, other)
        return bool(here and there and here != there)

    def port(self, one: str, other: str) -> str:
        """The port of `one` that leads to `other`, "" where neither its own table nor the other's hosts tell."""
        direct = self._direct[one].get(other, "")
        if direct or (one, other) in self._known:
            return direct or self._known[one, other]
        back = self._direct[other].get(one, "")
        ports = self._ports[one]
        votes = Counter(
            ports[mac] for mac, port in self._ports[other].items() if back and port != back and mac in ports
        )
        self._known[one, other] = votes.most_common(1)[0][0] if votes else ""
        return self._known[one, other]
