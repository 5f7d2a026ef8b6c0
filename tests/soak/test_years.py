"""Three years of outages (R12): the database stays small, the list quick, memory does not remember for ever."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.agent.running import running
from tests.soak.years import Age, Years

DEVICES, MONTHLY = 500, 2.0
MOST_BYTES = 2 << 30
DEVICE = "  - {id: cam-000, kind: camera, address: 127.0.0.1, probes: [{tcp: {port: 9}}]}\n"


@pytest.mark.net
def test_two_months_of_fifty_devices(tmp_path: Path) -> None:
    years = Years(tmp_path, 50, 10.0, seed=12)
    years.live(1)
    young = _told("day 1", years.age())
    years.live(60)
    old = _told("day 61", years.age())
    years.close()
    assert old.tickets > 500
    assert old.size / old.tickets * 36 * DEVICES * MONTHLY <= MOST_BYTES
    assert old.list_p95 <= young.list_p95 * 1.2 + 0.010
    assert old.faults < old.tickets * 0.8


@pytest.mark.soak
def test_three_years_of_five_hundred_devices(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    years = Years(data, DEVICES, MONTHLY, seed=36)
    years.live(30)
    young = _told("a month", years.age())
    for year in (1, 2, 3):
        years.live(365)
        old = _told(f"{year} years", years.age())
    years.close()
    assert old.size <= MOST_BYTES
    assert old.list_p95 <= young.list_p95 * 1.2 + 0.001
    assert old.page_p95 <= young.page_p95 * 1.2 + 0.001
    assert old.faults <= young.faults * 2
    began = time.monotonic()
    with running(tmp_path, DEVICE) as agent:
        ready = time.monotonic() - began
        asked = time.monotonic()
        told = agent.run("tickets", "--all", "--json")
        print(f"start with {old.tickets:,} tickets: {ready:.2f} s; `tickets --all`: {time.monotonic() - asked:.2f} s")
        assert told.returncode == 0
    assert ready <= 10.0


def _told(when: str, age: Age) -> Age:
    print(
        f"{when}: {age.tickets:,} tickets, {age.size / 1e6:.1f} MB, a page of the list in {age.list_p95 * 1e3:.2f} ms "
        f"(newest) and {age.page_p95 * 1e3:.2f} ms (further on), p95; {age.faults:,} past faults in memory"
    )
    return age
