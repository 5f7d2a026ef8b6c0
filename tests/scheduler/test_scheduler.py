"""When: spread, one look at a time, re-check on a miss, change by difference, lag. In virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.model import Outcome, Reading, Target
from agent.probes.base import Kind, Log, Prober
from agent.scheduler import FIRST_WITHIN, TICK, Scheduler, phase
from tests.scenarios.virtual import VirtualLoop


def target(name: str, interval: float = 10.0) -> Target:
    return Target(device=name, probe="icmp", protocol="icmp", address="192.0.2.1", interval=interval, timeout=1.0)


@dataclass
class Watcher:
    """A prober that notes its looks and answers after `takes` seconds; it never begins two looks at one target."""

    takes: Callable[[Target], float] = lambda target: 0.01
    outcome: Callable[[Target], Outcome] = lambda target: Outcome.OK
    begun: list[tuple[float, Target]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    open: set[tuple[str, str]] = field(default_factory=set)
    forgotten: list[Target] = field(default_factory=list)
    scheduler: Scheduler | None = None
    accepted: Counter[bool] = field(default_factory=Counter)

    def start(self, targets: Sequence[Target]) -> None:
        loop = asyncio.get_running_loop()
        self.batches.append(len(targets))
        for one in targets:
            assert one.key not in self.open, "two looks at one target at once"
            self.open.add(one.key)
            self.begun.append((loop.time(), one))
            loop.call_later(self.takes(one), self._end, one)

    def _end(self, one: Target) -> None:
        self.open.discard(one.key)
        assert self.scheduler is not None
        self.accepted[self.scheduler.done(Reading(one, 0, 0.0, self.outcome(one)))] += 1

    async def look(self, target: Target, log: Log) -> Reading:
        raise AssertionError("not scheduled")

    def forget(self, target: Target) -> None:
        self.forgotten.append(target)

    async def close(self) -> None:
        """Nothing is held."""

    @staticmethod
    def first_look_at(one: Target) -> float:
        """Seconds after the start at which the target's first look begins, to the tick."""
        return phase(one) + TICK

    def times(self, name: str) -> list[float]:
        return [at for at, one in self.begun if one.device == name]


def kinds(confirm: int = 1, recheck: float = 2.0) -> dict[str, Kind]:
    def never(hooks: object) -> Prober:
        raise AssertionError

    return {"icmp": Kind(name="icmp", open=never, options=dict, confirm=confirm, recheck=recheck)}


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.close()


def play(
    loop: VirtualLoop,
    watcher: Watcher,
    targets: Sequence[Target],
    seconds: float,
    confirm: int = 1,
    during: Callable[[Scheduler], Awaitable[None]] | None = None,
) -> Scheduler:
    scheduler = Scheduler(kinds(confirm), lambda kind: watcher)
    watcher.scheduler = scheduler

    async def run() -> None:
        for one in targets:
            scheduler.add(one)
        scheduler.start(asyncio.get_running_loop())
        if during is not None:
            await during(scheduler)
        await asyncio.sleep(seconds)
        await scheduler.close()

    loop.run_until_complete(run())
    return scheduler


def test_spread_evenly_and_the_same_each_time(loop: VirtualLoop) -> None:
    watcher = Watcher()
    play(loop, watcher, [target(f"d{n}") for n in range(1000)], 100.0)
    counts = Counter(one.device for _, one in watcher.begun)
    assert set(counts.values()) <= {9, 10, 11}
    assert max(watcher.batches) < 35, "a thousand over ten seconds are ten a tick on the average"
    assert len({int(at) for at, _ in watcher.begun if at < 10}) == 10


def test_the_first_look_comes_within_ten_seconds(loop: VirtualLoop) -> None:
    watcher = Watcher()
    play(loop, watcher, [target(f"d{n}", 3600.0) for n in range(200)], FIRST_WITHIN + 2 * TICK)
    assert len({one.device for _, one in watcher.begun}) == 200


@settings(max_examples=40, deadline=None)
@given(
    intervals=st.lists(st.sampled_from([0.5, 1.0, 7.0, 10.0, 60.0]), min_size=1, max_size=30),
    slow=st.sets(st.integers(0, 29)),
)
def test_intervals_are_kept_and_a_slow_one_delays_nobody(intervals: list[float], slow: set[int]) -> None:
    loop = VirtualLoop()
    watcher = Watcher(takes=lambda one: 5.0 if int(one.device[1:]) in slow else 0.01)
    targets = [target(f"d{n}", interval) for n, interval in enumerate(intervals)]
    play(loop, watcher, targets, 200.0)
    loop.close()
    for number, one in enumerate(targets):
        times = watcher.times(one.device)
        gaps = [later - earlier for earlier, later in pairwise(times[1:])]
        if number not in slow:
            assert all(abs(gap - one.interval) <= TICK + 1e-6 for gap in gaps)
        else:
            assert all(gap >= 5.0 - 1e-6 for gap in gaps)


def test_a_miss_is_asked_again_soon_and_then_by_the_interval(loop: VirtualLoop) -> None:
    watcher = Watcher(outcome=lambda one: Outcome.FAILED)
    play(loop, watcher, [target("d", 60.0)], 200.0, confirm=3)
    gaps = [b - a for a, b in pairwise(watcher.times("d"))]
    assert gaps[0] == pytest.approx(2.0, abs=0.2)
    assert gaps[1] == pytest.approx(2.0, abs=0.2)
    assert all(gap > 20 for gap in gaps[2:]), "sure now: no more hurry"


def test_a_look_now_is_one_look(loop: VirtualLoop) -> None:
    watcher = Watcher()

    async def during(scheduler: Scheduler) -> None:
        await asyncio.sleep(12.0)
        before = len(watcher.begun)
        for _ in range(20):
            scheduler.look_now("d")
        await asyncio.sleep(0.5)
        assert len(watcher.begun) == before + 1

    play(loop, watcher, [target("d", 3600.0)], 1.0, during=during)


def test_change_while_a_look_is_under_way(loop: VirtualLoop) -> None:
    watcher = Watcher(takes=lambda one: 3.0)
    old, new = target("d", 5.0), replace(target("d", 5.0), address="192.0.2.9")

    async def during(scheduler: Scheduler) -> None:
        await asyncio.sleep(watcher.first_look_at(old) + 1.0)
        scheduler.change(new)

    play(loop, watcher, [old], 20.0, during=during)
    assert watcher.forgotten == [old]
    assert watcher.accepted[False] == 1, "the reading of the old address is not believed"
    assert watcher.begun[0][1] is old
    assert all(one is new for _, one in watcher.begun[1:])
    assert len(watcher.begun) >= 4


@pytest.mark.parametrize(("before", "after"), [(3600.0, 1.0), (3600.0, 60.0), (10.0, 5.0)])
def test_a_shorter_interval_holds_at_once(loop: VirtualLoop, before: float, after: float) -> None:
    watcher, changed = Watcher(), 100.0

    async def during(scheduler: Scheduler) -> None:
        await asyncio.sleep(changed)
        scheduler.change(target("d", after))

    play(loop, watcher, [target("d", before)], 300.0, during=during)
    first = next(at for at, one in watcher.begun if one.interval == after)
    assert first <= changed + after + 2 * TICK
    assert len([one for _, one in watcher.begun if one.interval == after]) >= 300 / after - 2


def test_removed_while_a_look_is_under_way(loop: VirtualLoop) -> None:
    watcher = Watcher(takes=lambda one: 3.0)

    async def during(scheduler: Scheduler) -> None:
        await asyncio.sleep(watcher.first_look_at(target("d", 5.0)) + 1.0)
        scheduler.remove(target("d", 5.0))

    scheduler = play(loop, watcher, [target("d", 5.0)], 20.0, during=during)
    assert len(watcher.begun) == 1
    assert watcher.accepted == {False: 1}
    assert len(scheduler) == 0


def test_lag_is_measured_and_late_looks_are_not_made_up_for(loop: VirtualLoop) -> None:
    watcher = Watcher()

    async def during(scheduler: Scheduler) -> None:
        await asyncio.sleep(30.0)
        assert scheduler.lag.worst <= TICK
        loop._jumping.now += 25.0  # the loop stood still: nothing ran, the clock did
        await asyncio.sleep(0.01)
        assert scheduler.lag.worst > 10

    play(loop, watcher, [target(f"d{n}") for n in range(50)], 20.0, during=during)
    assert max(Counter(one.device for _, one in watcher.begun).values()) <= 6


def test_a_protocol_that_cannot_be_opened_takes_no_other_with_it(loop: VirtualLoop) -> None:
    """A broken library, say: its own looks are given up again and again, the others come as ever."""
    watcher, told = Watcher(), Counter[str]()
    both = kinds() | {"bad": replace(kinds()["icmp"], name="bad")}

    def opened(kind: Kind) -> Prober:
        if kind.name == "bad":
            raise ImportError("no such library")
        return watcher

    scheduler = watcher.scheduler = Scheduler(both, opened)
    good = [target(f"d{n}") for n in range(100)]

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, said: told.update((type(said["exception"]).__name__,))
        )
        for one in good:
            scheduler.add(one)
            scheduler.add(replace(one, probe="bad", protocol="bad"))
        scheduler.start(asyncio.get_running_loop())
        await asyncio.sleep(45.0)
        assert len(scheduler.abandon(asyncio.get_running_loop().time())) == 100
        await scheduler.close()

    loop.run_until_complete(run())
    looks = Counter(one.device for _, one in watcher.begun)
    assert (len(looks), min(looks.values())) == (100, 4)
    assert told["ImportError"] > 0
