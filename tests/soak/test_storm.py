"""45 minutes of the practice campus under the storm script: memory does not creep, descriptors do not leak (R12)."""

from __future__ import annotations

import statistics
import time

import pytest

from tests.simulator import needs
from tests.soak.storm import DAY, EVERY, MINUTES, SETTLED, Sample, Storm, slope, storms

MIB = 1 << 20


def test_a_slope_is_told_with_its_error() -> None:
    steady = [Sample(at=at, resident=100 * MIB + at % 2 * 4096, files=9) for at in range(900)]
    growing = [Sample(at=at, resident=100 * MIB + at * 10 * MIB / DAY, files=9) for at in range(900)]
    flat, rising = slope(steady), slope(growing)
    assert abs(flat.value) <= flat.unsure
    assert rising.value == pytest.approx(10 * MIB)
    assert rising.unsure < MIB


def test_the_storm_is_repeated_later() -> None:
    assert storms("# x\n+20    power off core\n").splitlines()[:2] == [
        "+20    power off core",
        "+560    power off core",
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
    late = [sample for sample in storm.samples if sample.at >= SETTLED]
    rise, files = slope(late), [sample.files for sample in storm.samples]
    early = [sample.files for sample in storm.samples if 60 <= sample.at < 60 + SETTLED]
    last = files[-40:]
    print(
        f"{len(storm.samples)} samples; resident {late[0].resident / MIB:.1f} to {late[-1].resident / MIB:.1f} MiB "
        f"from minute {SETTLED / 60:.0f} to {MINUTES:.0f}: {rise.value / MIB:+.1f} ± {rise.unsure / MIB:.1f} MiB a day "
        f"by least squares (twice its standard error: a smaller slope cannot be seen in this time); descriptors "
        f"{min(files):.0f} to {max(files):.0f}, median {statistics.median(early):.0f} at first, "
        f"{statistics.median(last):.0f} at last"
    )
    fifths = {minute: [x.resident for x in storm.samples if 0 <= x.at / 60 - minute < 5] for minute in range(0, 45, 5)}
    print("MiB by the minute:", {minute: round(statistics.mean(x) / MIB, 2) for minute, x in fifths.items() if x})
    assert len(storm.samples) >= MINUTES * 60 / EVERY * 0.9
    assert rise.value - rise.unsure <= MIB
    assert abs(statistics.median(last) - statistics.median(early)) <= 2
