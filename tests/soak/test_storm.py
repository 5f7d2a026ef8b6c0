"""45 minutes of the practice campus under the storm script: memory does not creep, descriptors do not leak (R12).

Two things could grow. What a look leaves behind is a line through the calm after the last storm: it is fitted through
the bytes in use, and with its error it has to stay below the bar. What is resident cannot show it: the kernel tells it
by groups of 32 pages, and one of them in half an hour is 6 MiB a day. What a storm leaves behind is a step, and is
bounded beside it: its tickets are worth no more than `STEP`.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest

from tests.simulator import needs
from tests.soak.held import Held
from tests.soak.storm import APART, CALM, DAY, EVERY, LULL, MINUTES, ROUNDS, Sample, Slope, Storm, slope, storms

S = TypeVar("S", Sample, Held)

KIB, MIB = 1 << 10, 1 << 20
STEP = 64 * KIB
"""What one storm may leave in use: a few lines more in the ledgers and journals of its tickets."""
PAGES = MIB
"""What is resident may still rise by this from the second storm to the end: malloc and Python take pages by groups."""
KNOTS = 512 * KIB
"""What may wait for the collector after twenty seconds."""


def test_a_slope_is_told_with_its_error() -> None:
    dice, ats = random.Random(12), [20.0 * n for n in range(50)]
    noise = [dice.gauss(0, 2 * KIB) for _ in ats]
    flat, rising = slope(ats, noise), slope(ats, [at * MIB / DAY + more for at, more in zip(ats, noise, strict=True)])
    assert abs(flat.value) <= flat.unsure < MIB / 2
    assert rising.value == pytest.approx(flat.value + MIB)
    assert rising.value + rising.unsure > MIB


def test_the_storm_is_repeated_later() -> None:
    assert storms("# x\n+20    power off core\n").splitlines()[:2] == [
        "+20    power off core",
        f"+{20 + APART}    power off core",
    ]


@pytest.mark.soak
def test_a_storm_begins(storm: Storm) -> None:
    needs.lab().close()
    end = time.monotonic() + 90
    while not storm.samples:
        assert time.monotonic() < end, "no page yet"
        time.sleep(1)


@pytest.mark.soak
def test_what_the_storm_left_behind(storm: Storm) -> None:
    storm.wait()
    samples, notes = storm.samples, storm.notes
    held, knots = _calm(notes, lambda note: note.held), max(note.knots for note in notes)
    resident = _calm(samples, lambda sample: sample.resident)
    kept = _lulls(notes, lambda note: note.held)
    pages = _lulls(samples, lambda sample: sample.resident)
    files = [statistics.median(_lull(samples, turn, lambda sample: sample.files)) for turn in range(ROUNDS)]
    print(
        f"{len(samples)} samples, {len(notes)} notes; in the calm of {MINUTES - CALM / 60:.0f} minutes a slope a day "
        f"of {_told(held)} MiB in use (after a collection) and {_told(resident)} MiB resident, with twice the standard "
        f"error; after each storm {_each(kept, MIB)} MiB in use, {_each(pages, MIB)} MiB resident, {_each(files, 1)} "
        f"descriptors; at most {knots / KIB:.0f} KiB waited for the collector"
    )
    assert len(samples) >= MINUTES * 60 / EVERY * 0.9
    assert held.value + held.unsure <= MIB
    assert resident.value - resident.unsure <= MIB
    assert (kept[-1] - kept[1]) / (ROUNDS - 2) <= STEP
    assert pages[-1] - pages[1] <= PAGES
    assert knots <= KNOTS
    assert abs(files[-1] - files[0]) <= 2


def _calm(seen: Sequence[S], value: Callable[[S], float]) -> Slope:
    calm = [one for one in seen if one.at >= CALM]
    return slope([one.at for one in calm], [value(one) for one in calm])


def _lull(seen: Sequence[S], turn: int, value: Callable[[S], float]) -> list[float]:
    begins, ends = (turn * APART + edge for edge in LULL)
    return [value(one) for one in seen if begins <= one.at < ends]


def _lulls(seen: Sequence[S], value: Callable[[S], float]) -> list[float]:
    """The same moment of each round: after its storm, before the next."""
    return [statistics.median(_lull(seen, turn, value)) for turn in range(ROUNDS)]


def _told(slope: Slope) -> str:
    return f"{slope.value / MIB:+.2f} ± {slope.unsure / MIB:.2f}"


def _each(values: Sequence[float], unit: int) -> str:
    return ", ".join(f"{value / unit:.2f}" for value in values)
