"""Cells of a table that SNMP reads: encoded bindings, live only where something moves, sorted by name. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Protocol

from agent.simulator import ber
from agent.simulator.ber import Oid

ENTERPRISES: Oid = (1, 3, 6, 1, 4, 1)


class View(Protocol):
    """One device at one moment."""

    salt: int
    uptime: float
    name: str
    place: str

    def seconds(self, index: int) -> float:
        """How long port `index` has carried traffic."""

    def admin(self, index: int) -> bool: ...

    def oper(self, index: int) -> bool: ...

    def errors(self, index: int) -> int:
        """ifInErrors of the port."""

    def watts(self, index: int) -> float:
        """What the port feeds; 0 when it feeds nothing."""

    def denied(self, index: int) -> bool:
        """Whether the port refuses to feed what is plugged into it."""

    def load(self) -> int:
        """Processor in percent."""

    def serves(self, device: str) -> bool:
        """Whether this access point is there and registered with us."""

    def setting(self, key: str, default: str) -> str:
        """What `set` says of the device."""

    def set_ago(self, key: str) -> float:
        """Seconds since then."""


Cell = bytes | Callable[[View], bytes]
"""A whole encoded binding, or what makes it."""


class Shape:
    """A sorted table of cells. Answers where a name is and what comes after one."""

    def __init__(self, cells: Mapping[Oid, Cell], names: Mapping[Oid, bytes] | None = None) -> None:
        """names: encoded ones that are known already."""
        self._oids, known = sorted(cells), names or {}
        self.names = [known.get(oid) or ber.oid_content(oid) for oid in self._oids]
        self.cells = [cells[oid] for oid in self._oids]
        self._index = {name: at for at, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.cells)

    def plus(self, more: Mapping[Oid, Cell]) -> Shape:
        """The same table with more rows."""
        if not more:
            return self
        own = dict(zip(self._oids, self.cells, strict=True))
        return Shape({**own, **more}, dict(zip(self._oids, self.names, strict=True)))

    def at(self, name: bytes) -> int | None:
        """Where exactly this encoded name is."""
        return self._index.get(name)

    def after(self, name: bytes) -> int:
        """Where the first name beyond this one is; `len` when there is none. Raises BadMessage."""
        at = self._index.get(name)
        return at + 1 if at is not None else bisect_right(self._oids, ber.oid_from(name))


def fixed(oid: Oid, value: bytes) -> tuple[Oid, Cell]:
    """A cell that never moves; `value` is a whole encoded one."""
    return oid, ber.binding(ber.oid_content(oid), value)


def live(oid: Oid, value: Callable[[View], bytes]) -> tuple[Oid, Cell]:
    """A cell that is asked each time."""
    name = ber.oid_content(oid)
    return oid, lambda view: ber.binding(name, value(view))
