"""72 virtual hours of looks (R12): scheduler, judge and store keep nothing of a look that changed nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.simulator.campus import Path as Way
from tests.loss.lossy import Lossy
from tests.soak.held import collect, in_use
from tests.soak.storm import slope

HOURS, DEVICES = 72.0, 60
EVERY, WARM = 3600.0, 6 * 3600.0
"""Virtual seconds from note to note, and until the first that counts."""
LOSS = Way(reachable=True, loss=0.3)
MIB = 1 << 20


class Noted:
    """The way to every device, and what the process has in use as the hours go by."""

    def __init__(self) -> None:
        self.ats: list[float] = []
        self.held: list[float] = []

    def __call__(self, device: str, at: float) -> Way:
        if at >= WARM + len(self.ats) * EVERY:
            collect()
            self.ats.append(at)
            self.held.append(float(in_use()))
        return LOSS


@pytest.mark.soak
def test_three_days_of_looks_leave_nothing_behind(tmp_path: Path) -> None:
    noted = Noted()
    seen = Lossy(tmp_path, DEVICES, noted, seed=72).run(HOURS)
    rise = slope(noted.ats, noted.held)
    print(
        f"{seen.looks:,} looks, {seen.tickets} tickets; in use {noted.held[0] / MIB:.2f} to {noted.held[-1] / MIB:.2f} "
        f"MiB: {rise.value / MIB:+.3f} ± {rise.unsure / MIB:.3f} MiB a virtual day (twice the standard error)"
    )
    assert seen.looks > HOURS * 3600 / 10 * DEVICES * 0.99
    assert rise.value + rise.unsure <= MIB
