"""The minute's second look at every open fault is spread over ticks, so that a great outage keeps nobody waiting."""

from __future__ import annotations

from pathlib import Path

from agent.alerting.frame import build
from agent.memory import Memory
from agent.monitor import AGAIN, Monitor
from agent.probes import PROBES
from agent.scheduler import Scheduler
from agent.store import Writer, open_store
from tests.scenarios.virtual import Inline, VirtualClock, VirtualLoop
from tests.soak.years import START, _nobody

MANY = 3 * AGAIN + 7


def test_each_fault_comes_once_a_minute_and_few_at_a_time(tmp_path: Path) -> None:
    monitor = _monitor(tmp_path, MANY)
    ticks = [monitor._roots(START + second * 1000) for second in range(60)]
    assert max(map(len, ticks)) == AGAIN
    assert sorted(root for tick in ticks for root in tick) == sorted(monitor.memory.by_root)
    assert len(monitor._roots(START + 60_000)) == AGAIN


def test_what_has_moved_does_not_wait(tmp_path: Path) -> None:
    monitor = _monitor(tmp_path, MANY)
    last = list(monitor.memory.by_root)[-1]
    monitor.memory.dirty[last] = None
    assert last in monitor._roots(START)
    later = [root for second in range(1, 60) for root in monitor._roots(START + second * 1000)]
    assert last not in later, "and is not looked at twice"


def _monitor(folder: Path, roots: int) -> Monitor:
    memory = Memory()
    memory.by_root.update({f"cam-{number}": {f"T{number}": None} for number in range(roots)})
    store = open_store(folder / "campus.db")
    store.close()
    clock = VirtualClock(VirtualLoop(), START)
    writer = Writer(store, Inline(), lambda batch: None, lambda error, batch: None)
    return Monitor(clock, build({}, (), {}), memory, Scheduler(PROBES, _nobody), writer, lambda *args: None)
