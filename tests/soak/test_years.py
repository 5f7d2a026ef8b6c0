"""Three years of outages (R12): the database stays small, the list quick, memory does not remember for ever."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.agent.running import running
from tests.soak.years import Age, Pace, Years

DEVICES, MONTHLY = 500, 2.0
MOST_BYTES = 2 << 30
DEVICE = "  - {id: cam-000, kind: camera, address: 127.0.0.1, probes: [{tcp: {port: 9}}]}\n"


QUICK = 1.2
"""A page of a list against the same page of the first month."""
FILTERED = 1.25
"""A page of a filtered list against one of the whole list, of as many rows: its total is counted, not kept."""


@pytest.mark.net
def test_two_months_of_fifty_devices(tmp_path: Path) -> None:
    years = Years(tmp_path, 50, 10.0, seed=12)
    years.live(7)
    years.keep(tmp_path / "young.db")
    _told("a week", years.age())
    years.live(54)
    old = _told("61 days", years.age())
    paces = years.paces(tmp_path / "young.db", 60)
    years.close()
    assert old.tickets > 500
    assert old.size / old.tickets * 36 * DEVICES * MONTHLY <= MOST_BYTES
    assert old.faults < old.tickets * 0.8
    _compared(paces, 2.0)


@pytest.mark.soak
def test_three_years_of_five_hundred_devices(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    years = Years(data, DEVICES, MONTHLY, seed=36)
    years.live(30)
    years.keep(tmp_path / "young.db")
    young = _told("a month", years.age())
    for year in (1, 2, 3):
        years.live(365)
        old = _told(f"{year} years", years.age())
    paces = years.paces(tmp_path / "young.db", 400)
    years.close()
    assert old.size <= MOST_BYTES
    assert old.faults <= young.faults * 2
    _compared(paces, QUICK)
    began = time.monotonic()
    with running(tmp_path, DEVICE) as agent:
        ready = time.monotonic() - began
        asked = time.monotonic()
        told = agent.run("tickets", "--all", "--json")
        print(f"start with {old.tickets:,} tickets: {ready:.2f} s; `tickets --all`: {time.monotonic() - asked:.2f} s")
        assert told.returncode == 0
    assert ready <= 10.0


def _told(when: str, age: Age) -> Age:
    print(f"{when}: {age.tickets:,} tickets, {age.size / 1e6:.1f} MB; {age.faults:,} past faults in memory")
    return age


def _compared(paces: Sequence[Pace], most: float) -> None:
    """No list takes longer than it did; one that was short then is held to a full page of that time, with a filter."""
    full = paces[0].young
    for pace in paces:
        print(
            f"{pace.name}: {pace.young * 1e3:.2f} ms, now {pace.old * 1e3:.2f} ms ({pace.ratio - 1:+.0%}) of work, "
            f"{pace.waited * 1e3:.2f} ms of waiting, p95"
        )
    bars = {pace.name: pace.young * most if pace.young > full * 0.9 else full * most * FILTERED for pace in paces}
    assert [pace.name for pace in paces if pace.old > bars[pace.name]] == []
