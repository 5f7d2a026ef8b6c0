"""How all devices stand at one moment, asked in slices so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agent.alerting.standing import STATES, Standing
from agent.metrics.text import Turns, portions
from agent.model import Device, Ms
from agent.view import View


@dataclass(frozen=True, slots=True)
class Survey:
    """The devices of the inventory in its order, and beside them how each stood; `at` the moment the survey began.

    Two lists, since a pair for each of 20,000 devices keeps the garbage collector busier than the survey is.
    """

    at: Ms
    devices: list[Device]
    standings: list[Standing]

    def rows(self) -> Iterator[tuple[Device, Standing]]:
        return zip(self.devices, self.standings, strict=True)

    def counts(self) -> dict[str, int]:
        """How many devices are in each state, every state named."""
        found = dict.fromkeys(STATES, 0)
        for standing in self.standings:
            found[standing.state] += 1
        return found


async def surveyed(view: View) -> Survey:
    """Ask every device of the inventory."""
    now, turns, devices = view.now, Turns(), list(view.devices())
    standings: list[Standing] = []
    for some in portions(devices):
        standings += [view.standing(device, now) for device in some]
        await turns.breathe()
    return Survey(now, devices, standings)
