"""Who may speak, and how often: asked for each datagram before a byte of it is read, so that a flood stays cheap.

UDP proves no source: what passes here may still be forged, and buys its sender one look each `APART` seconds.
"""

from __future__ import annotations

from collections.abc import Mapping

APART = 10.0
"""Seconds between two looks at one device for its traps' sake."""
BURST = 4
"""Datagrams of one device read within that time: an inform of version 3 takes three to be understood."""
STRANGER, HELD, PASSED = "stranger", "held", "passed"


class Sieve:
    """Counts what came of every datagram in `counts`."""

    def __init__(self, sources: Mapping[str, tuple[str, ...]]) -> None:
        """sources: address to the devices of the inventory that have it."""
        self._sources = sources
        self._windows: dict[str, tuple[float, int]] = {}
        self._looked: dict[str, float] = {}
        self.counts: dict[str, int] = {STRANGER: 0, HELD: 0, PASSED: 0}

    def sources(self, sources: Mapping[str, tuple[str, ...]]) -> None:
        """Another inventory is in force."""
        self._sources = sources
        self._windows = {source: seen for source, seen in self._windows.items() if source in sources}
        self._looked = {source: at for source, at in self._looked.items() if source in sources}

    def devices(self, source: str) -> tuple[str, ...]:
        return self._sources.get(source, ())

    def take(self, source: str, mono: float) -> str:
        """What becomes of a datagram from this address at this monotonic second."""
        word = self._judge(source, mono)
        self.counts[word] += 1
        return word

    def _judge(self, source: str, mono: float) -> str:
        if source not in self._sources:
            return STRANGER
        begun, count = self._windows.get(source, (mono, 0))
        if mono - begun >= APART:
            begun, count = mono, 0
        self._windows[source] = (begun, count + 1)
        return PASSED if count < BURST else HELD

    def may_look(self, source: str, mono: float) -> bool:
        """Whether the source's devices may be looked at now; asked only for what was understood."""
        if mono - self._looked.get(source, -APART) < APART:
            return False
        self._looked[source] = mono
        return True
