"""Years of a campus in minutes: every outage goes through the judge, its ticket through people's hands, into the store.

Only what changes something is played: the looks around an outage, the commands of its ticket, and the ticks at which a
ticket wakes. The many millions of good looks between them leave nothing behind (`engine.idle`).
"""

from __future__ import annotations

import asyncio
import heapq
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any

from agent.alerting.commands import Command
from agent.alerting.engine import Tick
from agent.inventory.setting import frame_of, load_setting
from agent.memory import Memory
from agent.model import Ms, Outcome, Reading, Target
from agent.monitor import Monitor
from agent.probes import PROBES
from agent.probes.base import Kind, Prober
from agent.scheduler import Scheduler
from agent.store import Batch, Store, Writer, open_store
from agent.store.copy import snapshot
from tests.scenarios.virtual import Inline

START: Ms = 1_772_413_200_000
"""2026-03-02 09:00 in Shanghai."""
MINUTE, DAY, MONTH = 60_000, 86_400_000, 30.44 * 86_400_000
GROUP = 300
"""Steps between two commits, so that the disk and not the judge sets the pace no more than it must."""
PAGE = 50
"""Tickets on a page."""
FAR = 10
"""Pages further on, which a cursor leads to."""
LISTS: dict[str, dict[str, Any]] = {
    "newest": {},
    "further on": {},
    "open": {"only_open": True},
    "ended": {"state": "filed"},
    "of a state": {"state": "reported"},
    "of a severity": {"severity": "general"},
    "open of a severity": {"severity": "general", "only_open": True},
    "of a state and a severity": {"state": "reported", "severity": "general"},
    "ended of a severity": {"state": "filed", "severity": "general"},
    "of a device": {"device": "cam-000"},
    "ended of a device": {"device": "cam-000", "state": "filed"},
}
"""What may be asked for, by name."""

SAID = {
    "report": {"cause": "水晶头氧化", "measures": "更换水晶头"},
    "feedback": {"to": "陈老师", "how": "电话"},
}
"""What people say with their commands."""

Deed = Callable[[], None]


@dataclass(slots=True)
class Moved:
    """A clock that the years move."""

    at: Ms = START

    def now(self) -> Ms:
        return self.at

    def mono(self) -> float:
        return (self.at - START) / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """size: bytes of the database.  faults: past faults that the judge keeps in memory."""

    tickets: int
    size: int
    faults: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds of the processor for a page of a list, of 100 the 95th; the same list of a young database and of an old
    one, asked in turn. On a machine that does nothing else these are the seconds one waits (`waited`, of the old)."""

    name: str
    young: float
    old: float
    waited: float

    @property
    def ratio(self) -> float:
        return self.old / self.young


class Years:
    """`devices` cameras of which each fails `monthly` times a month."""

    def __init__(self, folder: Path, devices: int, monthly: float, seed: int) -> None:
        self._clock, self._dice = Moved(), random.Random(seed)
        self._file = folder / "campus.db"
        self._store = open_store(self._file)
        inventory = folder / "inventory.yaml"
        inventory.write_text(_inventory(devices), "utf-8")
        setting = load_setting(None, inventory).value
        assert setting is not None
        self._targets: Sequence[Target] = tuple(setting.inventory.targets)
        self._pause = MONTH / monthly / devices
        self._due: list[tuple[Ms, int, Deed]] = []
        self._count = 0
        self._errors: list[BaseException] = []
        self._writer = Writer(self._store, Inline(), lambda batch: None, self._refused)
        self.memory = Memory()
        self._monitor = Monitor(
            self._clock, frame_of(setting), self.memory, Scheduler(PROBES, _nobody), self._writer, lambda *args: None
        )

    def close(self) -> None:
        self._store.close()

    def live(self, days: float) -> None:
        """Let so many days pass; may be called again."""
        asyncio.run(self._live(self._clock.at + round(days * DAY)))
        assert not self._errors, self._errors

    async def _live(self, end: Ms) -> None:
        if not self._due:
            self._next_outage()
        while (at := self._next()) < end:
            self._clock.at = max(at, self._clock.at)
            while self._due and self._due[0][0] <= self._clock.at:
                heapq.heappop(self._due)[2]()
            self._tick()
            if self._writer.pending >= GROUP:
                await self._written()
        self._clock.at = end
        await self._written()

    async def _written(self) -> None:
        done = asyncio.get_running_loop().create_future()
        self._writer.put(Batch(), lambda: done.set_result(None))
        await asyncio.wait_for(done, 60.0)

    def _next(self) -> Ms:
        """When something happens next: a deed of the campus, or a ticket that wakes."""
        wakes = [at for at in self.memory.wakes.values() if at > self._clock.at]
        return min([self._due[0][0], *wakes])

    def _at(self, at: float, deed: Deed) -> None:
        self._count += 1
        heapq.heappush(self._due, (round(at), self._count, deed))

    def _tick(self) -> None:
        memory = self.memory
        roots = tuple(memory.dirty)
        memory.dirty.clear()
        tick = Tick(tickets=memory.due(self._clock.at), roots=roots, held=tuple(memory.held))
        if tick.tickets or tick.roots or tick.held:
            self._monitor.step(tick)

    # -- what happens

    def _next_outage(self) -> None:
        self._at(self._clock.at + self._dice.expovariate(1 / self._pause), self._outage)

    def _outage(self) -> None:
        """A device falls, comes back by itself or by hand, and its ticket goes its way."""
        self._next_outage()
        target, began = self._dice.choice(self._targets), self._clock.at
        if (target.device, target.probe) in self.memory.conditions:
            return
        self._look(target, Outcome.FAILED)
        ends = began + self._dice.uniform(10, 240) * MINUTE
        for good in (0.0, 1.0, 2.1):
            self._at(ends + good * MINUTE, lambda: self._look(target, Outcome.OK))
        taken = {"take": began + 5 * MINUTE, "arrive": began + 9 * MINUTE}
        after = {"report": ends + 30 * MINUTE, "feedback": ends + 31 * MINUTE, "confirm": ends + 90 * MINUTE}
        for verb, at in (taken | after).items():
            self._at(at, partial(self._order, target.device, verb))

    def _look(self, target: Target, outcome: Outcome) -> None:
        reason = "" if outcome is Outcome.OK else "timeout"
        reading = Reading(target, self._clock.at, 0.002, outcome, reason)
        if outcome is Outcome.OK:
            self.memory.good[target.device] = reading.at
        self._monitor.step(reading)

    def _order(self, device: str, verb: str) -> None:
        number = next(reversed([t.id for t in self.memory.tickets.values() if t.root == device and t.is_open]), None)
        if number is not None:
            by = "chen" if verb == "confirm" else "li"
            self._monitor.step(Command(ticket=number, verb=verb, by=by, via="cli", args=SAID.get(verb, {})))

    def _refused(self, error: BaseException, batch: Batch) -> None:
        self._errors.append(error)

    # -- what it has become

    def age(self) -> Age:
        return Age(
            tickets=self._store.tickets(limit=1).total,
            size=sum(file.stat().st_size for file in self._file.parent.glob("campus.db*")),
            faults=sum(map(len, self.memory.faults.values())),
        )

    def keep(self, copy: Path) -> None:
        """A copy of the database as it is today."""
        snapshot(self._file, copy)

    def paces(self, young: Path, turns: int) -> list[Pace]:
        """How long each list takes in the young database and in today's, all of them asked for in turn, so often."""
        other = open_store(young, read_only=True)
        asking = [_Asking(name, store) for name in LISTS for store in (other, self._store)]
        try:
            for _ in range(turns):
                for one in asking:
                    one.ask()
        finally:
            other.close()
        pairs = zip(asking[::2], asking[1::2], strict=True)
        return [
            Pace(name=was.name, young=_p95(was.worked), old=_p95(now.worked), waited=_p95(now.waited))
            for was, now in pairs
        ]


class _Asking:
    """One list of one database."""

    def __init__(self, name: str, store: Store) -> None:
        self.name, self._store = name, store
        self._asked = LISTS[name] | ({"cursor": _far(store)} if name == "further on" else {})
        self.worked: list[float] = []
        self.waited: list[float] = []

    def ask(self) -> None:
        worked, began = time.thread_time(), time.perf_counter()
        self._store.tickets(limit=PAGE, **self._asked)
        self.worked.append(time.thread_time() - worked)
        self.waited.append(time.perf_counter() - began)


def _far(store: Store) -> str | None:
    cursor = None
    for _ in range(FAR):
        cursor = store.tickets(limit=PAGE, cursor=cursor).next or cursor
    return cursor


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20)[-1]


def _nobody(kind: Kind) -> Prober:
    raise AssertionError("nothing is looked at here")


def _inventory(devices: int) -> str:
    entries = "".join(
        f"  - {{id: cam-{n:03}, kind: camera, address: 198.18.{n // 250}.{n % 250 + 1}, probes: [icmp],"
        f" location: {{building: B{n % 20}, room: R{n}}}}}\n"
        for n in range(devices)
    )
    return f"version: 1\nsite: {{id: s, name: s, timezone: Asia/Shanghai}}\ndevices:\n{entries}"
