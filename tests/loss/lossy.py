"""The agent in virtual time on a campus whose packets get lost: its own scheduler, judge and store, a scripted wire."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from agent.inventory.setting import frame_of, load_setting
from agent.memory import Memory
from agent.model import Ms, Outcome, Reading
from agent.monitor import Monitor
from agent.probes import PROBES
from agent.probes.base import Hooks, Kind, Prober
from agent.scheduler import Scheduler
from agent.simulator.campus import GONE
from agent.simulator.campus import Path as Way
from agent.store import Batch, Writer, open_store
from tests.fakes.scripted import ScriptedProber
from tests.scenarios.virtual import Inline, VirtualClock, VirtualLoop

START: Ms = 1_772_413_200_000
"""2026-03-02 09:00 in Shanghai, a Monday."""
INTERVAL = 10.0

Ways = Callable[[str, float], Way]
"""(device, virtual seconds) -> the way to it."""


@dataclass(slots=True)
class Seen:
    """looks: readings. falls: failed ones that follow a good one. events: the journals' lines by name, all tickets."""

    looks: int = 0
    falls: int = 0
    tickets: int = 0
    events: Counter[str] = field(default_factory=Counter)

    @property
    def outages(self) -> int:
        """Each is told in a new ticket, or as a relapse in the one before it."""
        return self.tickets + self.events["relapsed"]


class Lossy:
    """`devices` cameras, each looked at every ten seconds."""

    def __init__(self, folder: Path, devices: int, ways: Ways, seed: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._ways, self._seed = ways, seed
        self._loop = VirtualLoop()
        self._clock = VirtualClock(self._loop, START)
        self._store = open_store(folder / "campus.db")
        self._down: set[str] = set()
        self._seen = Seen()
        self._errors: list[BaseException] = []
        inventory = folder / "inventory.yaml"
        inventory.write_text(_inventory(devices), "utf-8")
        setting = load_setting(None, inventory).value
        assert setting is not None
        self._targets = setting.inventory.targets
        writer = Writer(self._store, Inline(), lambda batch: None, self._refused)
        self._monitor = Monitor(
            self._clock, frame_of(setting), Memory(), Scheduler(PROBES, self._open), writer, lambda *args: None
        )

    def run(self, hours: float) -> Seen:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._run(hours))
            self._count()
        finally:
            self._store.close()
            asyncio.set_event_loop(None)
            self._loop.close()
        assert not self._errors, self._errors
        return self._seen

    async def _run(self, hours: float) -> None:
        for target in self._targets:
            self._monitor.scheduler.add(target)
        self._monitor.start()
        await asyncio.sleep(hours * 3600)
        self._monitor.stop()
        await self._monitor.scheduler.close()

    def _open(self, kind: Kind) -> Prober:
        hooks = Hooks(clock=self._clock, sink=self._sink, missed=self._monitor.missed)
        return ScriptedProber(hooks, lambda device, service: self._ways(device, self._loop.time()), self._seed)

    def _sink(self, reading: Reading) -> None:
        device = reading.target.device
        self._seen.looks += 1
        if reading.outcome is Outcome.OK:
            self._down.discard(device)
        elif device not in self._down:
            self._down.add(device)
            self._seen.falls += 1
        self._monitor.receive(reading)

    def _refused(self, error: BaseException, batch: Batch) -> None:
        self._errors.append(error)

    def _count(self) -> None:
        rows = self._store.tickets(limit=10**6).items
        self._seen.tickets = len(rows)
        for row in rows:
            self._seen.events.update(event.event for event in self._store.journal(row.number))


def _inventory(devices: int) -> str:
    entries = "".join(
        f"  - {{id: cam-{n:03}, kind: camera, address: 198.18.{n // 250}.{n % 250 + 1}, probes: [icmp],"
        f" location: {{building: B{n % 20}, room: R{n}}}}}\n"
        for n in range(devices)
    )
    return f"version: 1\nsite: {{id: s, name: s, timezone: Asia/Shanghai}}\ndevices:\n{entries}"


def independent(loss: float) -> Ways:
    """Every round trip is lost with the same chance, whatever became of the one before."""
    way = Way(reachable=True, loss=loss)
    return lambda device, at: way


def bursty(share: float, spell: float, seed: int) -> Ways:
    """Spells of silence, `spell` seconds long on average, that fill `share` of the time; each device has its own."""
    dice, good = random.Random(seed), Way(reachable=True)
    pause = spell * (1 - share) / share
    turns: dict[str, tuple[float, bool]] = {}

    def way(device: str, at: float) -> Way:
        until, bad = turns.get(device, (dice.expovariate(1 / pause), False))
        while until <= at:
            bad = not bad
            until += dice.expovariate(1 / (spell if bad else pause))
        turns[device] = (until, bad)
        return GONE if bad else good

    return way
