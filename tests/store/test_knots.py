"""What a write leaves for the collector: statements built anew for each were a megabyte between two collections."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from agent.store import Batch, RequestRow, Store
from tests.store.given import booking, chain, ticket

STEPS = 20
FEW = 25
"""Objects a step; a statement with `excluded` is a knot of 70, and there were six of them."""


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_step_leaves_few(sqlite_store: Store, uncollected: None) -> None:
    _write(sqlite_store, 0)
    gc.collect()
    for number in range(1, STEPS + 1):
        _write(sqlite_store, number)
    assert gc.collect() <= STEPS * FEW


def _write(store: Store, number: int) -> None:
    name = f"T{number}"
    batch = Batch(
        events=chain(name, 2), tickets=(ticket(name),), bookings=(booking(name, 1),), counters={"20260901": number},
        requests=(RequestRow(key=name, ticket=name, answered_at=number),), meta={"clock": number},
        conditions={f"cam-{number}": {"fires": True}, "cam-0": None},
    )  # fmt: skip
    store.write(batch)
