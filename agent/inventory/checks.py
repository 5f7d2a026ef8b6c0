"""What only shows across devices: twins, names that nobody has, circles. One pass each, none quadratic."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from agent.config import Source, near, shown
from agent.inventory.devices import Devices, Made
from agent.inventory.entry import ROLES, WATCHED_KINDS

_GUESSES = 20
"""How often the nearest of many ids is looked for; the search is dear, and a file with more mistakes has another."""


class Checks:
    """Looks across the devices of one file and notes what does not fit. Each mistake of an entry is told once."""

    def __init__(self, devices: Devices, source: Source) -> None:
        self._made, self._source = devices.made, source
        self._ids = {made.device.id for made in devices.made} | devices.broken
        self._said: set[tuple[int, str]] = set()
        self._guesses = 0

    def run(self, credentials: Collection[str]) -> None:
        """Every check, in the order of the file within each."""
        for made in self._made:
            self._names(made)
            self._credentials(made, credentials)
            self._sense(made)
        self._addresses()
        self._circles()

    def unique(self) -> list[Made]:
        """The first device of every id; further ones are noted with both lines."""
        first: dict[str, Made] = {}
        for made in self._made:
            other = first.setdefault(made.device.id, made)
            if other is not made:
                self._error(made, ("id",), "config.id_twice", name=shown(made.device.id), line=_line(other, "id"))
        return list(first.values())

    def _error(self, made: Made, keys: tuple[str, ...], key: str, near: str = "", **args: Any) -> None:
        if self._first(made, key + ".".join(keys)):
            self._source.error(*made.entry.place(*keys), key, near, **args)

    def _warn(self, made: Made, keys: tuple[str, ...], key: str, near: str = "", **args: Any) -> None:
        if self._first(made, key + ".".join(keys)):
            self._source.warn(*made.entry.place(*keys), key, near, **args)

    def _first(self, made: Made, key: str) -> bool:
        mark = (id(made.entry), key)
        fresh = mark not in self._said
        self._said.add(mark)
        return fresh

    def _names(self, made: Made) -> None:
        """The devices it names must be there, and be others than itself."""
        device = made.device
        if device.parent is not None:
            self._device(made, ("parent", "device"), device.parent.device)
        if device.controller:
            self._device(made, ("controller",), device.controller)
        if device.standby_of:
            self._device(made, ("standby_of",), device.standby_of)

    def _device(self, made: Made, keys: tuple[str, ...], name: str) -> None:
        if name == made.device.id:
            self._error(made, keys, "config.itself", name=shown(name))
        elif name not in self._ids:
            self._error(made, keys, "config.absent.device", self._guess(name), name=shown(name))

    def _guess(self, name: str) -> str:
        self._guesses += 1
        return near(name, self._ids) if self._guesses <= _GUESSES else ""

    def _credentials(self, made: Made, credentials: Collection[str]) -> None:
        """Not shown when it resembles none: somebody may have put the secret itself there."""
        name = made.entry.read.credentials
        if name and name not in credentials:
            self._error(made, ("credentials",), "config.absent.credentials", near(name, credentials))

    def _sense(self, made: Made) -> None:
        device = made.device
        if device.kind == "ap" and not device.address and not device.controller:
            self._error(made, (), "config.ap_unreachable", name=shown(device.id))
        if device.kind in WATCHED_KINDS and made.entry.read.address is None and made.entry.read.probes is None:
            self._warn(made, (), "config.no_address", name=shown(device.id))
        if device.role and device.role not in ROLES:
            meant = near(device.role, ROLES)
            if meant:
                self._warn(made, ("role",), "config.absent.role", meant, name=shown(device.role))

    def _addresses(self) -> None:
        """One address twice is a slip, unless the ports tell the devices apart (NAT, or the practice campus)."""
        first: dict[tuple[str, tuple[tuple[str, int], ...]], Made] = {}
        for made in self._made:
            if made.device.address:
                other = first.setdefault((made.device.address, tuple(sorted(made.entry.ports.items()))), made)
                if other.device.id != made.device.id:
                    name, line = shown(made.device.address), _line(other, "address")
                    self._warn(made, ("address",), "config.address_twice", name=name, line=line, device=other.device.id)

    def _circles(self) -> None:
        """Nobody hangs on himself by way of others. Every device is walked once."""
        made = {each.device.id: each for each in self._made}
        settled: set[str] = set()
        for start in made:
            path: dict[str, None] = {}
            here = start
            while here in made and here not in settled and here not in path:
                path[here] = None
                parent = made[here].device.parent
                here = parent.device if parent else ""
            if here in path and len(path) > 1:
                self._circle(made[here], list(path)[list(path).index(here) :])
            settled.update(path)

    def _circle(self, made: Made, ring: list[str]) -> None:
        if len(ring) > 1:
            names = " → ".join([*ring[:8], *(["…"] if len(ring) > 8 else []), ring[0]])
            self._error(made, ("parent",), "config.circle", names=names)


def _line(made: Made, key: str) -> int:
    return made.entry.place(key)[0]
