"""Who hangs on whom: a frozen value that the judge asks, made anew when the inventory changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from agent.model import Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """parents: child id to the id it hangs on; children: the other way. Only devices of the inventory, no cycles."""

    parents: Mapping[str, str] = field(default_factory=dict)
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def above(self, device: str) -> Iterator[str]:
        """Its ancestors, nearest first."""
        seen = {device}
        while (device := self.parents.get(device, "")) and device not in seen:
            seen.add(device)
            yield device

    def below(self, device: str) -> Iterator[str]:
        """All its descendants, nearest first; the device itself is not among them."""
        ring = list(self.children.get(device, ()))
        while ring:
            yield from ring
            ring = [grandchild for child in ring for grandchild in self.children.get(child, ())]


def declared(devices: Iterable[Device]) -> Graph:
    """The graph of the parents that the inventory declares."""
    known = {device.id: device for device in devices}
    parents = {d.id: d.parent.device for d in known.values() if d.parent and d.parent.device in known}
    children: dict[str, list[str]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    return Graph(parents=parents, children={parent: tuple(ids) for parent, ids in children.items()})
