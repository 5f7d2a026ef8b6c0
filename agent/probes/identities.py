"""Who answers at a device's address: its certificate, serial number, engine. Known across restarts and changes of its
login, so that a box that was swapped while nobody looked is noticed and gets no password of the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

Change = Callable[[str, str, str], None]
"""(device, what, value): told of everything that becomes known; "" that it is forgotten."""


def _untold(device: str, what: str, value: str) -> None:
    """Nobody keeps it."""


class Identities:
    """One for the house. What is known is by device and by what of it (`certificate`, `serial`, `engine_id`)."""

    def __init__(self, changed: Change = _untold) -> None:
        """changed: must return at once."""
        self._changed = changed
        self._known: dict[str, dict[str, str]] = {}

    def of(self, device: str, what: str) -> str:
        """ "" where it is not known."""
        return self._known.get(device, {}).get(what, "")

    def learn(self, device: str, what: str, value: str) -> None:
        """It is so from now on: seen for the first time, or a person has acknowledged it."""
        if value and self.of(device, what) != value:
            self._known.setdefault(device, {})[what] = value
            self._changed(device, what, value)

    def load(self, known: Mapping[tuple[str, str], str]) -> None:
        """Go on from what an earlier start has learned."""
        for (device, what), value in known.items():
            self._known.setdefault(device, {})[what] = value

    def forget(self, devices: Collection[str]) -> None:
        """These are others now, or are no more, as the inventory says: whoever answers next is known from then on."""
        for device in devices:
            for what in self._known.pop(device, {}):
                self._changed(device, what, "")
