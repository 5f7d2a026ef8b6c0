"""Three in ten echoes lost on a real wire: the agent sees the loss, and opens no ticket for it."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from tests.loss import wire
from tests.simulator import needs

DEVICES, PERCENT = 500, 30


@pytest.mark.net
def test_a_minute_of_three_in_ten_lost(tmp_path: Path) -> None:
    _listen(tmp_path, 60.0)


@pytest.mark.soak
def test_ten_minutes_of_three_in_ten_lost(tmp_path: Path) -> None:
    _listen(tmp_path, 600.0)


def _listen(folder: Path, seconds: float) -> None:
    needs.program("nft", "ip")
    with needs.lab() as lab:
        heard = wire.listen(lab, folder, devices=DEVICES, percent=PERCENT, seconds=seconds)
    print(
        f"{seconds:g} s, {DEVICES} devices: {heard.asked:,} echoes, {heard.lost / heard.asked:.1%} lost on the wire, "
        f"{statistics.mean(heard.ratios):.1%} of heartbeats lost by the agent's count, {len(heard.tickets)} tickets"
    )
    assert heard.asked >= DEVICES * seconds / 10
    assert heard.lost / heard.asked == pytest.approx(PERCENT / 100, abs=0.03)
    assert statistics.mean(heard.ratios) == pytest.approx(PERCENT / 100, abs=0.05)
    assert heard.tickets == []
