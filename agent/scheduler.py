"""When. Spread start times, one look at a target at a time, a wheel of 100 ms ticks on the monotonic clock.

A target's phase comes from its name, so that a restart asks in the same order; the first look comes within ten seconds
whatever the interval. Late looks are not made up for: the next one falls on the grid again.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack

from agent.model import Outcome, Reading, Target
from agent.probes.base import Kind, Log, Prober
from agent.slots import LAG_BOUNDS, Lag, Slot, phase

__all__ = ["FIRST_WITHIN", "GRACE", "LAG_BOUNDS", "TICK", "Lag", "Scheduler", "Slot", "phase"]

TICK = 0.1
"""Seconds that sends are gathered for: waking up costs more than sending (23 µs an echo here, 97 at 2 ms)."""

FIRST_WITHIN = 10.0
"""Seconds within which every target has its first look begun."""

GRACE = 10.0
"""Seconds beyond twice its longest time after which a look is lost: its prober is broken."""


class Scheduler:
    """Starts looks when they are due. Everything happens in the loop's thread."""

    def __init__(self, kinds: Mapping[str, Kind], open_prober: Callable[[Kind], Prober]) -> None:
        self._kinds = kinds
        self._open = open_prober
        self._probers: dict[str, Prober] = {}
        self._slots: dict[tuple[str, str], Slot] = {}
        self._leading: dict[str, tuple[str, str]] = {}
        self._wheel: dict[int, list[Slot]] = {}
        self._ticks: list[int] = []
        self._timer: asyncio.TimerHandle | None = None
        self._timer_tick: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: set[asyncio.Future[None]] = set()
        self.lag = Lag()
        self.last_tick = -math.inf

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def targets(self) -> Iterable[Target]:
        return (slot.target for slot in self._slots.values())

    def target(self, device: str, probe: str) -> Target | None:
        slot = self._slots.get((device, probe))
        return slot.target if slot else None

    def prober(self, protocol: str) -> Prober:
        """The prober of a protocol, opened when it is first needed."""
        if protocol not in self._probers:
            self._probers[protocol] = self._open(self._kinds[protocol])
        return self._probers[protocol]

    # -- what is to be looked at

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; targets added before wait for this."""
        self._loop = loop
        now = loop.time()
        for slot in self._slots.values():
            self._plan_first(slot, now)
        self._arm()

    def add(self, target: Target) -> None:
        slot = self._slots[target.key] = Slot(target)
        self._lead(target)
        if self._loop is not None:
            self._plan_first(slot, self._loop.time())
            self._arm()

    def remove(self, target: Target) -> None:
        """No further look; one under way still ends, and its reading is not asked for."""
        slot = self._slots.pop(target.key, None)
        if slot is not None:
            slot.gone = True
            slot.free()
            self._forget(target)
        if self._leading.get(target.device) == target.key:
            self._leading.pop(target.device)
            for key in self._slots:
                if key[0] == target.device:
                    self._leading.setdefault(target.device, key)

    def change(self, target: Target) -> None:
        """The same probe of the same device, asked otherwise. A look under way ends first.

        One that was planned by a longer interval does not have to be waited for.
        """
        slot = self._slots[target.key]
        self._forget(slot.target)
        slot.target, slot.phase, slot.fails = target, phase(target), 0
        self._lead(target)
        if self._loop is not None and not slot.busy:
            at = self._next(slot, self._loop.time())
            if math.ceil(at / TICK) < slot.due:
                self._plan(slot, at)
                self._arm()

    def _lead(self, target: Target) -> None:
        if target.probe == "icmp" or target.device not in self._leading:
            self._leading[target.device] = target.key

    def _forget(self, target: Target) -> None:
        prober = self._probers.get(target.protocol)
        if prober is not None:
            prober.forget(target)

    def look_now(self, device: str, probe: str = "") -> bool:
        """A probe (the leading one) is wanted at once; False where it is under way or was a moment ago."""
        slot = self._slots.get((device, probe) if probe else self._leading.get(device, ("", "")))
        if slot is None or slot.busy or self._loop is None or self._loop.time() - slot.started < 2 * TICK:
            return False
        self._plan(slot, self._loop.time())
        self._arm()
        return True

    async def look(self, device: str, probe: str, log: Log) -> Reading | None:
        """One look now, outside the schedule and never beside another at the same target; None for what is not here.

        It waits for one that is under way; a scheduled one that falls due meanwhile comes right after it.
        """
        loop, slot = asyncio.get_running_loop(), self._slots.get((device, probe))
        while slot is not None and slot.busy:
            ended = loop.create_future()
            slot.waiting.append(ended)
            await ended
            slot = self._slots.get((device, probe))
        if slot is None:
            return None
        slot.busy, slot.started = True, loop.time()
        try:
            return await self.prober(slot.target.protocol).look(slot.target, log)
        finally:
            slot.free()
            if slot.passed_over and not slot.gone and self._loop is not None:
                self._plan(slot, loop.time())
                self._arm()
            slot.passed_over = False

    def done(self, reading: Reading) -> bool:
        """A look has ended: plan the next one. False when nobody asks for this reading any more."""
        target = reading.target
        slot = self._slots.get(target.key)
        if slot is None or self._loop is None:
            return False
        current = slot.target is target
        if not slot.busy:
            return current
        slot.free()
        now = self._loop.time()
        if not current:
            self._plan(slot, now)
            self._arm()
            return False
        slot.fails = slot.fails + 1 if reading.outcome is Outcome.FAILED else 0
        kind = self._kinds[target.protocol]
        if 0 < slot.fails < kind.confirm:
            self._plan(slot, now + kind.recheck)
            self._arm()
        else:
            self._plan_next(slot, now)
        return True

    # -- the wheel

    def _plan_first(self, slot: Slot, now: float) -> None:
        self._plan(slot, now + slot.phase * min(1.0, FIRST_WITHIN / slot.target.interval))

    def _plan_next(self, slot: Slot, now: float) -> None:
        self._plan(slot, self._next(slot, now))

    def _next(self, slot: Slot, now: float) -> float:
        """The next point of the target's grid that is at least half an interval after the last look began."""
        interval = slot.target.interval
        earliest = max(now, slot.started + interval / 2)
        turns = math.ceil((earliest - slot.phase) / interval)
        return slot.phase + turns * interval

    def _plan(self, slot: Slot, at: float) -> None:
        tick = math.ceil(at / TICK)
        slot.due = tick
        bucket = self._wheel.get(tick)
        if bucket is None:
            self._wheel[tick] = [slot]
            heapq.heappush(self._ticks, tick)
            self._arm()
        else:
            bucket.append(slot)

    def _arm(self) -> None:
        if self._loop is None or not self._ticks or self._timer_tick == self._ticks[0]:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_tick = self._ticks[0]
        self._timer = self._loop.call_at(self._timer_tick * TICK, self._turn)

    def _turn(self) -> None:
        assert self._loop is not None
        self._timer = self._timer_tick = None
        now = self._loop.time()
        self.last_tick = now
        try:
            while self._ticks and self._ticks[0] * TICK <= now:
                tick = heapq.heappop(self._ticks)
                self._send(tick, self._wheel.pop(tick), now)
        finally:
            self._arm()  # a prober that breaks must not take the others' looks with it

    def _send(self, tick: int, slots: Sequence[Slot], now: float) -> None:
        batches: dict[str, list[Target]] = {}
        count = 0
        for slot in slots:
            # A slot planned anew leaves its old place in the wheel behind: `due` says which place is the true one.
            if slot.gone or slot.due != tick:
                continue
            if slot.busy:
                slot.passed_over = True
                continue
            slot.busy, slot.started = True, now
            count += 1
            batch = batches.get(slot.target.protocol)
            if batch is None:
                batches[slot.target.protocol] = [slot.target]
            else:
                batch.append(slot.target)
        if count:
            self.lag.add(now - tick * TICK, count)
        with ExitStack() as all_of_them:  # each gets its looks, even where another's prober breaks
            for protocol, targets in batches.items():
                all_of_them.callback(self._start, protocol, targets)

    def _start(self, protocol: str, targets: Sequence[Target]) -> None:
        self.prober(protocol).start(targets)

    # -- what does not come back

    @property
    def pace(self) -> float:
        """The shortest interval, seconds; infinite without targets."""
        return min((slot.target.interval for slot in self._slots.values()), default=math.inf)

    @property
    def longest_silence(self) -> float:
        """Seconds within which at least one look must have ended; infinite without targets."""
        return min((slot.target.interval + self._worst(slot) for slot in self._slots.values()), default=math.inf)

    def silences(self) -> dict[str, float]:
        """By protocol: seconds within which at least one of its looks must have ended."""
        found: dict[str, float] = {}
        for slot in self._slots.values():
            worst = slot.target.interval + self._worst(slot)
            found[slot.target.protocol] = min(worst, found.get(slot.target.protocol, worst))
        return found

    def overdue(self, now: float) -> float:
        """Seconds by which the oldest look that is still to be sent is late: more than a tick, and nobody turns."""
        return max(0.0, now - self._ticks[0] * TICK) if self._ticks else 0.0

    def abandon(self, now: float) -> list[Target]:
        """Gives up the looks that have taken longer than any may, and plans them anew; their targets.

        A prober that has lost every look it has under way is closed: the next look opens a new one.
        """
        under_way = [slot for slot in self._slots.values() if slot.busy]
        lost = [slot for slot in under_way if now - slot.started > 2 * self._worst(slot) + GRACE]
        for protocol in {slot.target.protocol for slot in lost}:
            if all(slot in lost for slot in under_way if slot.target.protocol == protocol):
                self._drop(protocol)
        for slot in lost:
            slot.free()
            self._forget(slot.target)
            self._plan_next(slot, now)
        return [slot.target for slot in lost]

    def _drop(self, protocol: str) -> None:
        dead = self._probers.pop(protocol, None)
        if dead is not None:  # one that could not even be opened has looks to give up, too
            self._closing.add(task := asyncio.ensure_future(dead.close()))
            task.add_done_callback(self._closing.discard)

    def _worst(self, slot: Slot) -> float:
        return slot.target.timeout + self._kinds[slot.target.protocol].worst

    async def close(self) -> None:
        """Stop; probers close their sockets."""
        if self._timer is not None:
            self._timer.cancel()
        self._loop = None
        for prober in self._probers.values():
            await prober.close()
