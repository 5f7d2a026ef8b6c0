"""The whole agent in virtual time: cameras that die and come back by the second, people who act, a clock to be set."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.alerting.commands import Command
from agent.alerting.events import broken_link
from agent.alerting.tickets import Ticket, replay
from agent.clock import Steady
from agent.inventory.setting import Setting, frame_of, load_setting
from agent.memory import Memory
from agent.model import Ms, Target
from agent.monitor import Answer, Monitor
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
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000

FAST = "conditions: {hold: 10s}\n"


class Wall(VirtualClock):
    """The machine's clocks, which a test sets. `run`: which run of the machine it is."""

    def __init__(self, loop: VirtualLoop, start: Ms) -> None:
        super().__init__(loop, start)
        self.run = "first"

    def boot(self) -> str:
        return self.run


@dataclass(slots=True)
class Wires:
    """down: by device, the spans (virtual seconds) in which it does not answer. dead: looks that never end.
    breaks: a span in which the prober raises instead of starting a look."""

    down: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    dead: bool = False
    breaks: tuple[float, float] = (0.0, 0.0)


class Mute(ScriptedProber):
    """Answers nothing at all while its wires are dead: a prober whose worker has died."""

    def __init__(self, hooks: Hooks, way: Callable[[str, str], Way], dead: Callable[[], bool]) -> None:
        super().__init__(hooks, way)
        self._dead = dead

    def start(self, targets: Sequence[Target]) -> None:
        if not self._dead():
            super().start(targets)


class Agent:
    """One run of the agent on a store in `folder`; a second one takes up what the first has left."""

    def __init__(
        self, folder: Path, wires: Wires, *, devices: Sequence[str], start: Ms = START, run: str = "first",
        steered: bool | None = None, interval: str = "10s", policy: str = FAST, leap: float = 0.0,
    ) -> None:  # fmt: skip
        """leap: seconds for which the machine has run when this agent starts."""
        self.loop = VirtualLoop()
        self.loop.leap(leap)
        self.wall = Wall(self.loop, start)
        self.wall.run, self.wall.steered = run, steered
        self.clock = Steady(self.wall)
        self.wires, self.opened = wires, 0
        self.setting = _setting(folder, devices, interval, policy)
        self.store = open_store(folder / "campus.db")
        self.errors: list[BaseException] = []
        self.writer = Writer(self.store, Inline(), lambda batch: None, self._refused)
        self.scheduler = Scheduler(PROBES, self._open)
        memory, frame = Memory(), frame_of(self.setting)
        self.monitor = Monitor(self.clock, frame, memory, self.scheduler, self.writer, lambda *args: None)
        loaded = self.store.load()
        last = loaded.meta.get("clock")
        self.clock.resume(last if isinstance(last, dict) else None)
        memory.load(loaded, [], self.store.recent_faults(0), frame)
        self.monitor.published.update(memory.tickets)

    def _refused(self, error: BaseException, batch: Batch) -> None:
        self.errors.append(error)

    def _open(self, kind: Kind) -> Prober:
        self.opened += 1
        return Mute(
            Hooks(clock=self.clock, sink=self.monitor.receive, missed=self.monitor.missed), self._way, self._dead
        )

    def _dead(self) -> bool:
        return self.wires.dead

    def _way(self, device: str, service: str) -> Way:
        now = self.loop.time()
        if self.wires.breaks[0] <= now < self.wires.breaks[1]:
            raise RuntimeError("the prober is broken")
        return (
            GONE if any(first <= now < last for first, last in self.wires.down.get(device, ())) else Way(reachable=True)
        )

    def play(self, seconds: float, deeds: Sequence[tuple[float, Callable[[Agent], object]]] = ()) -> list[Ticket]:
        """Runs for so long, doing what is due; the tickets as they then stand, in the order of their opening."""
        asyncio.set_event_loop(self.loop)
        self.loop.set_exception_handler(lambda loop, context: self.errors.append(_error(context)))
        try:
            self.loop.run_until_complete(self._run(seconds, deeds))
            return self.tickets()
        finally:
            self.store.close()
            asyncio.set_event_loop(None)
            self.loop.close()

    async def _run(self, seconds: float, deeds: Sequence[tuple[float, Callable[[Agent], object]]]) -> None:
        for target in self.setting.inventory.targets:
            self.scheduler.add(target)
        self.monitor.start()
        for at, deed in sorted(deeds, key=lambda pair: pair[0]):
            await asyncio.sleep(at - self.loop.time())
            done = deed(self)
            if asyncio.iscoroutine(done):
                await done
            assert not self.errors or any(self.wires.breaks), self.errors
        await asyncio.sleep(seconds - self.loop.time())
        self.monitor.stop()
        await self.scheduler.close()
        assert not self.errors or any(self.wires.breaks), self.errors

    # -- what is done and seen

    def step(self, ms: int) -> None:
        self.wall.step += ms

    def freeze(self, seconds: float) -> None:
        """The loop stands still for so long while the world goes on."""
        self.loop.leap(seconds)

    async def order(self, ticket: str, verb: str, **args: object) -> Answer:
        by = str(args.pop("by", "li"))
        return await self.monitor.command(Command(ticket=ticket, verb=verb, by=by, args=args))

    def tickets(self) -> list[Ticket]:
        """Every ticket in the database, by its journal, in the order of opening as the journal's row ids have it."""
        journals = [self.store.journal(row.number) for row in self.store.tickets(limit=10_000).items]
        assert all(broken_link(journal) is None for journal in journals)
        found = [ticket for journal in journals if (ticket := replay(journal))]
        return sorted(found, key=lambda ticket: (ticket.times.opened_at, ticket.root))

    def names(self, number: str) -> list[str]:
        return [event.event for event in self.store.journal(number)]


def _error(context: Mapping[str, object]) -> BaseException:
    found = context.get("exception")
    return found if isinstance(found, BaseException) else RuntimeError(str(context.get("message")))


def at(seconds: float, deed: Callable[..., object], *args: object) -> tuple[float, Callable[[Agent], object]]:
    """`deed(agent, *args)` at that virtual second."""
    return seconds, functools.partial(_call, deed, args)


def _call(deed: Callable[..., object], args: tuple[object, ...], agent: Agent) -> object:
    return deed(agent, *args)


def _setting(folder: Path, devices: Sequence[str], interval: str, policy: str) -> Setting:
    entries = "".join(
        f"  - {{id: {name}, kind: camera, address: 198.18.0.{n}, probes: [icmp], location: {{building: B{n}}}}}\n"
        for n, name in enumerate(devices, 1)
    )
    head = "version: 1\nsite: {id: s, name: s, timezone: Asia/Shanghai}\n"
    (folder / "inventory.yaml").write_text(
        f"{head}defaults: {{icmp: {{interval: {interval}}}}}\ndevices:\n{entries}", "utf-8"
    )
    (folder / "policy.yaml").write_text(f"version: 1\n{policy}", "utf-8")
    (folder / "config.yaml").write_text("version: 1\ninventory: inventory.yaml\npolicy: policy.yaml\n", "utf-8")
    loaded = load_setting(folder / "config.yaml", None)
    assert loaded.value is not None, loaded.problems
    return loaded.value
