"""The law against plain dice, and the agent against the law, in virtual time."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from agent.alerting.conditions import Thresholds
from agent.probes.icmp import MOST_BURST, SPACING
from tests.fakes import scripted
from tests.loss.law import Law
from tests.loss.lossy import INTERVAL, Lossy, Seen, bursty, independent

HOLD = round(Thresholds().hold / INTERVAL)
DAY = 24.0


def law(p: float) -> Law:
    return Law(p=p, burst=MOST_BURST, hold=HOLD)


def test_the_script_keeps_the_rhythm_of_the_real_heartbeat() -> None:
    assert (scripted.BURST, scripted.SPACING) == (MOST_BURST, SPACING)


@pytest.mark.parametrize("p", [0.5, 0.8])
def test_the_arithmetic_against_dice(p: float) -> None:
    """Look by look, echo by echo, with a burst short enough to see many falls."""
    wanted, dice, looks = Law(p=p, burst=5, hold=HOLD), random.Random(30), 200_000
    falls = outages = good = 0
    fallen = standing = False
    for _ in range(looks):
        echoes = 1 if fallen else 1 + wanted.burst
        lost = all(dice.random() < p for _ in range(echoes))
        falls += lost and not fallen
        outages += lost and not standing
        good, standing = (0, True) if lost else (good + 1, standing and good < wanted.hold)
        fallen = lost
    assert falls == pytest.approx(wanted.falls(looks), rel=0.05)
    assert outages == pytest.approx(wanted.outages(looks), rel=0.08)


def test_three_in_ten_lost_is_no_outage_in_ten_thousand_years() -> None:
    """500 devices each 10 s, two days: 8,640,000 looks."""
    assert law(0.3).outages(500 * 2 * 8_640) < 1e-4
    assert law(0.6).outages(500 * 2 * 8_640) == pytest.approx(8_640_000 * 0.6**21, rel=0.01)


@pytest.mark.net
def test_a_third_lost_opens_nothing(tmp_path: Path) -> None:
    seen = _told("30 %, short", Lossy(tmp_path, 40, independent(0.3), seed=3).run(6), law(0.3))
    assert seen.looks == pytest.approx(40 * 6 * 360, rel=0.01)
    assert seen.tickets == 0


@pytest.mark.net
def test_where_outages_come_they_come_by_the_law(tmp_path: Path) -> None:
    """At 75 % there is something to count within hours."""
    seen = _told("75 %, short", Lossy(tmp_path, 50, independent(0.75), seed=75).run(6), law(0.75))
    _agrees(seen, law(0.75))


@pytest.mark.soak
def test_two_days_of_five_hundred_devices(tmp_path: Path) -> None:
    third = _told("30 %, two days", Lossy(tmp_path / "30", 500, independent(0.3), seed=30).run(2 * DAY), law(0.3))
    assert third.tickets == 0
    more = _told("60 %, two days", Lossy(tmp_path / "60", 500, independent(0.6), seed=60).run(2 * DAY), law(0.6))
    _agrees(more, law(0.6))
    assert more.outages == pytest.approx(more.looks * 0.6 ** (1 + MOST_BURST), rel=0.3)


@pytest.mark.soak
@pytest.mark.parametrize("share", [0.01, 0.1, 0.3])
def test_bursty_loss_is_told(tmp_path: Path, share: float) -> None:
    """Silences of 5 s on average are longer than a burst as often as not: reported, not judged.

    Each of the thousands of outages is written to the disk: six hours of fifty devices show the same shares as a week.
    """
    began = time.monotonic()
    seen = Lossy(tmp_path, 50, bursty(share, 5.0, seed=5), seed=5).run(DAY / 4)
    print(
        f"bursty, {share:.0%} of the time in spells of 5 s on average: {seen.looks:,} looks, {seen.falls} falls, "
        f"{seen.outages} outages, {seen.tickets} tickets ({time.monotonic() - began:.0f} s)"
    )
    assert seen.looks > 0


def _agrees(seen: Seen, wanted: Law) -> None:
    assert seen.falls == pytest.approx(wanted.falls(seen.looks), rel=0.3)
    assert seen.outages == pytest.approx(wanted.outages(seen.looks), rel=0.3)


def _told(name: str, seen: Seen, wanted: Law) -> Seen:
    print(
        f"{name}: {seen.looks:,} looks, {seen.falls} falls (law {wanted.falls(seen.looks):.2f}), "
        f"{seen.outages} outages (law {wanted.outages(seen.looks):.2f}), {seen.tickets} tickets"
    )
    return seen
