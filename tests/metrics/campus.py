"""A monitor with its store, writer and scheduler, driven by readings instead of sockets, for what only reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.alerting.commands import Command
from agent.alerting.engine import Tick
from agent.alerting.events import Event
from agent.alerting.frame import build
from agent.memory import Memory
from agent.metrics import Exposition, Own
from agent.model import Device, Location, Ms, Outcome, Parent, Reading, Target
from agent.monitor import Answer, Monitor
from agent.probes.base import Kind, Log
from agent.scheduler import Scheduler
from agent.store import Batch, Store, Writer, open_store
from agent.tallies import Tallies
from agent.view import View

MONDAY = 1_788_228_000_000
"""2026-09-01T01:20:00Z is 09:20 in Shanghai, a Tuesday in term."""


@dataclass
class Hands:
    """A clock that only moves when it is pushed."""

    at: Ms = MONDAY

    def now(self) -> Ms:
        return self.at

    def mono(self) -> float:
        return self.at / 1000


class Still:
    """A prober that is never in a hurry: the test hands the readings in."""

    def start(self, targets: Sequence[Target]) -> None:
        """None of them will end."""

    async def look(self, target: Target, log: Log) -> Reading:
        return Reading(target, MONDAY, 0.002, Outcome.OK, samples={"rtt_seconds": 0.0015})

    def forget(self, target: Target) -> None:
        """Nothing is kept."""

    async def close(self) -> None:
        """Nothing is open."""


KINDS = {
    name: Kind(name=name, open=lambda hooks: Still(), options=dict, interval=10.0) for name in ("icmp", "snmp", "tcp")
}


def device(id: str, parent: str = "", kind: str = "switch", **over: Any) -> Device:
    fields: dict[str, Any] = {
        "name": f"设备 {id}", "kind": kind, "address": "127.0.0.1",
        "location": Location(building="教学楼A", floor="1F"), "parent": Parent(device=parent) if parent else None,
    }  # fmt: skip
    return Device(id=id, **fields | over)


def target(device: str, probe: str = "icmp") -> Target:
    return Target(
        device=device, probe=probe, protocol=probe.split("-")[0], address="127.0.0.1", interval=10.0, timeout=1.0
    )


@dataclass
class Campus:
    """The parts, and ways to make things happen."""

    clock: Hands
    store: Store
    monitor: Monitor
    view: View
    tallies: Tallies
    writer: Writer
    own: Own
    exposition: Exposition
    good: list[bool] = field(default_factory=lambda: [True])

    def look(self, device: str, ok: bool = True, probe: str = "icmp", **over: Any) -> None:
        """A look that began now."""
        outcome = Outcome.OK if ok else Outcome.FAILED
        fields: dict[str, Any] = {
            "outcome": outcome, "reason": "" if ok else "timeout",
            "samples": {"rtt_seconds": 0.0015, "loss_ratio": 0.0},
        }  # fmt: skip
        wanted = self.monitor.scheduler.target(device, probe)
        assert wanted is not None
        self.monitor.receive(Reading(wanted, self.clock.at, 0.0021, **fields | over))

    def all_well(self, but: Iterable[str] = ()) -> None:
        """Everybody answers, `but` those named."""
        for one in self.view.devices():
            for probe in self.monitor.frame.probes.get(one.id, ()):
                self.look(one.id, one.id not in but, probe)

    def later(self, seconds: float) -> None:
        self.clock.at += round(seconds * 1000)

    async def pass_time(self, seconds: float, down: Iterable[str] = (), every: float = 10.0) -> None:
        """Time goes by while everybody is looked at every ten seconds, and the clock ticks."""
        for _ in range(round(seconds / every)):
            self.later(every)
            self.all_well(but=down)
            self.tick()
        await self.settle()

    def tick(self) -> None:
        memory = self.monitor.memory
        roots, held = tuple({*memory.by_root, *memory.dirty}), tuple(memory.held)
        memory.dirty.clear()
        self.monitor.step(Tick(tickets=memory.due(self.clock.at), roots=roots, held=held))

    async def settle(self) -> None:
        """Until everything is on the disk."""
        committed = asyncio.Event()
        self.writer.put(Batch(), committed.set)
        await committed.wait()

    async def order(self, ticket: str, verb: str, by: str = "张工", **args: Any) -> Answer:
        answer = await self.monitor.command(Command(ticket=ticket, verb=verb, by=by, args=args))
        assert answer.refused is None, answer.refused
        return answer

    async def journal(self, ticket: str) -> tuple[Event, ...]:
        return await asyncio.to_thread(self.store.journal, ticket)

    async def look_now(self, device: str, probe: str | None) -> Reading | None:
        wanted = self.monitor.scheduler.target(device, probe or self.monitor.frame.leading[device])
        assert wanted is not None
        return await self.monitor.scheduler.prober(wanted.protocol).look(wanted, lambda line: None)

    async def page(self) -> str:
        return (await self.exposition.render()).decode()


@asynccontextmanager
async def campus(
    folder: Path, devices: Sequence[Device], probes: Sequence[str] = ("icmp",), clock: Hands | None = None
) -> AsyncIterator[Campus]:
    """The devices, each with these probes, on a store in `folder`; what the store remembers is taken up."""
    clock = clock or Hands()
    targets = [target(one.id, probe) for one in devices for probe in probes]
    frame = build({one.id: one for one in devices}, targets, dict.fromkeys(KINDS, 1))
    store, memory, tallies, own, good = open_store(folder / "campus.db"), Memory(), Tallies(), Own(), [True]
    loaded = store.load()
    memory.load(loaded, [], store.recent_faults(0), frame)
    tallies.load(store)
    scheduler = Scheduler(KINDS, lambda kind: Still())
    failures: list[BaseException] = []
    with ThreadPoolExecutor(1) as executor:
        writer = Writer(store, executor, lambda batch: None, lambda error, batch: failures.append(error))
        monitor = Monitor(clock, frame, memory, scheduler, writer, tallies.observe)
        view = View(monitor)
        for one in targets:
            scheduler.add(one)
        scheduler.start(asyncio.get_running_loop())
        exposition = Exposition(view, tallies, own, writer, lambda: good[0])
        try:
            yield Campus(clock, store, monitor, view, tallies, writer, own, exposition, good)
        finally:
            await scheduler.close()
            await writer.close()
    store.close()
    assert not failures, failures


def school(cameras: int = 6) -> list[Device]:
    """A gateway, a core, two access switches and cameras below them."""
    made = [device("gw", kind="gateway", role="gateway", location=Location(building="信息中心", room="机房"))]
    made.append(device("core", "gw", role="core", location=Location(building="信息中心", room="机房")))
    for place, name in (("a", "教学楼A"), ("b", "实验楼")):
        where = Location(building=name, floor="1F", room="弱电间")
        made.append(device(f"sw-{place}", "core", role="access", name=f"{name} 一层接入交换机", location=where))
        made += [
            device(f"cam-{place}-{n}", f"sw-{place}", "camera", name=f"{name} 走廊 {n} 号摄像机", location=where)
            for n in range(1, cameras + 1)
        ]
    return made
