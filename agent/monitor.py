"""Decide: the loop in which readings, commands and the tick of the clock reach the judge, and the only writer.

A step's rows are laid into memory at once and queued for the store; what people and metrics are shown is the state as
of the last commit (`published`).
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from agent import controllers
from agent.alerting import engine
from agent.alerting.commands import Command, Refused
from agent.alerting.engine import Input, Removal, Sight, Stepped, Tick
from agent.alerting.frame import THROUGH, Frame
from agent.alerting.sla import Shift
from agent.alerting.state import Delta, Key
from agent.alerting.tickets import Ticket
from agent.clock import Clock
from agent.hearing import Hearing
from agent.memory import Memory
from agent.model import Ms, Outcome, Reading, Target
from agent.rows import answered, batch
from agent.scheduler import Scheduler
from agent.since import Since
from agent.store import Batch, Writer
from agent.timekeeping import Timekeeper

BEAT = 1.0
"""Seconds between ticks; deadlines are exact to the millisecond in the books whatever the tick."""

BLINK = 5.0
"""Seconds that the loop may be away before it is booked as time in which nobody was looked at (未监测)."""

HICCUP = 1.0
"""Seconds of the same within which a look may have been called failed for the agent's own sake."""

SWEEP = 30.0
"""Seconds between two searches for looks that never ended."""

DEAF = 10.0
"""Seconds behind the time in which some look must have ended, before it is said that the agent itself is deaf."""

_OK, _UNKNOWN = Outcome.OK, Outcome.UNKNOWN
AGAIN = 50
"""Open faults that one tick looks at again, so that a great outage keeps no look waiting; the others follow."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a command: the tickets as they now stand, or the refusal."""

    tickets: tuple[Ticket, ...] = ()
    refused: Refused | None = None


class Monitor:
    """Owns the memory and the writer. Everything happens in the loop's thread."""

    def __init__(
        self,
        clock: Clock,
        frame: Frame,
        memory: Memory,
        scheduler: Scheduler,
        writer: Writer,
        observe: Callable[[Ticket, Ticket | None, Delta], None],
    ) -> None:
        """observe: told of every ticket of a committed step, as it stands and as it stood."""
        self.clock, self.frame, self.memory, self.scheduler, self._writer = clock, frame, memory, scheduler, writer
        self._observe = observe
        self.hearing = Hearing()
        self.looks: dict[Key, Reading] = {}
        self.published: dict[str, Ticket] = dict(memory.tickets)
        self.since = Since(writer.put)
        self.blind_seconds = 0.0
        self.beat_at = -math.inf
        self.timekeeper = Timekeeper(clock, memory, writer.put, self._clock_stepped)
        self._beat_mono = math.inf
        self._awake_since = self._heard = self._swept = -math.inf
        self._blind_why = ""
        self._watch: asyncio.TimerHandle | None = None
        self._minute = -1
        self._again: dict[str, None] = {}

    # -- readings

    def receive(self, reading: Reading) -> None:
        """Take one reading from a prober."""
        if not self.scheduler.done(reading):
            return
        self._notice()
        reading = self._dated(reading)
        self.hearing.heard(reading, self._heard)
        self._take(reading)
        if controllers.TABLE in reading.tables:
            for told in controllers.told(reading, self.frame):
                self._take(told)

    def _take(self, reading: Reading) -> None:
        key = reading.target.key
        if key not in self.looks:
            self.since.begin(key[0], reading.at)
        self.looks[key] = _with_older_checks(reading, self.looks.get(key))
        if reading.outcome is _OK:
            if self.frame.leading.get(key[0]) == key[1]:
                self.memory.good[key[0]] = reading.at
            elif key[1] != THROUGH:  # a controller's word of an access point may be a minute old
                self.memory.served[key[0]] = reading.at
        if not engine.idle(self.memory.state, reading):
            self.step(reading)

    def _dated(self, reading: Reading) -> Reading:
        """The reading as the clock now runs, and as what it is worth when the process stood still meanwhile."""
        mono = self._heard = self.clock.mono()
        reading = self.timekeeper.dated(reading)
        if mono - reading.duration >= self._awake_since or reading.outcome is _UNKNOWN:
            return reading
        if reading.outcome is _OK:
            return replace(
                reading, at=self.clock.now()
            )  # it answered somewhere in the hole: it serves now, that is sure
        return replace(reading, outcome=_UNKNOWN, reason="frozen")

    def missed(self, target: Target) -> None:
        """A heartbeat went unanswered: whoever stands above it is looked at now, so that both are judged together, and
        the device itself by its ports: pings may be lost on the way to one that serves."""
        for name in self.frame.probes.get(target.device, ()):
            other = self.scheduler.target(target.device, name) if name != target.probe else None
            if other is not None and other.protocol == "tcp":
                self.scheduler.look_now(target.device, name)
        for above in self.frame.graph.above(target.device):
            if above in self.frame.leading:
                self.scheduler.look_now(above)
                break
        for reference in self.frame.references:
            if reference != target.device:
                self.scheduler.look_now(reference)

    # -- the door

    def step(self, given: Input, request: str | None = None, done: Callable[[], None] | None = None) -> Delta:
        """One step: judge, lay the changes into memory, queue them for the store."""
        now = self.clock.now()
        delta = engine.step(self.memory.state, given, now, self.frame)
        before = {number: self.memory.tickets[number] for number in delta.tickets if number in self.memory.tickets}
        asked = (request, given) if request is not None and isinstance(given, Command) else None
        rows = self._rows(delta, before, now, asked)
        dated = self.since.date(delta, self.memory.conditions, now)
        rows = Batch.merged([rows, dated]) if dated else rows
        self.memory.apply(delta, self.frame)
        for device in delta.looks:
            self.scheduler.look_now(device)
        if rows:
            tells = delta.tickets or delta.events or done is not None
            self._writer.put(rows, (lambda: self._committed(delta, before, done)) if tells else None)
        elif done is not None:
            done()
        return delta

    def _rows(self, delta: Delta, before: Mapping[str, Ticket], now: Ms, asked: tuple[str, Command] | None) -> Batch:
        """asked: a command and its idempotency key."""
        rows = batch(delta, before, now)
        if rows:
            rows = Batch.merged([rows, self.timekeeper.row()])
        return rows if asked is None else Batch.merged([rows, answered(delta, asked[1], asked[0], now)])

    def _committed(self, delta: Delta, before: Mapping[str, Ticket], done: Callable[[], None] | None) -> None:
        for number, ticket in delta.tickets.items():
            if ticket.is_open or ticket.state == "merged":
                self.published[number] = ticket
            else:
                self.published.pop(number, None)
            self._observe(ticket, before.get(number), delta)
        for event in delta.events:
            _log.info("ticket.%s ticket=%s by=%s via=%s", event.event, event.ticket, event.by, event.via)
        if done is not None:
            done()

    async def command(self, command: Command, request: str | None = None, ended: Ticket | None = None) -> Answer:
        """Carry out a person's command; the answer comes after the commit.

        ended: the ticket where it is one that is filed away, which memory does not keep.
        """
        if self._writer.full:
            return Answer(refused=Refused(code=503, key="store_full"))
        if ended is not None and ended.id not in self.memory.tickets:
            self.memory.tickets[ended.id] = ended
        committed = asyncio.get_running_loop().create_future()
        try:
            delta = self.step(command, request, lambda: None if committed.done() else committed.set_result(None))
        finally:
            if ended is not None and not ended.is_open:
                self.memory.tickets.pop(ended.id, None)
        if isinstance(delta.answer, Refused):
            return Answer(refused=delta.answer)
        await committed
        found = (delta.tickets.get(number) or self.memory.tickets.get(number) for number in delta.answer)
        return Answer(tickets=tuple(ticket for ticket in found if ticket is not None))

    # -- the tick

    def start(self) -> None:
        """Begin to look and to tick."""
        loop = asyncio.get_running_loop()
        self.scheduler.start(loop)
        self.beat_at, self._heard = loop.time(), self.clock.mono()
        self._beat_mono = self._heard
        self.timekeeper.begin()
        self._watch = loop.call_later(BEAT, self._beat)

    def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()

    def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        self.beat_at = loop.time()
        self._watch = loop.call_at(self.beat_at + BEAT, self._beat)
        self._notice()
        self._beat_mono = self.clock.mono()
        self.timekeeper.follow()
        if self.beat_at - self._swept > SWEEP:
            self._sweep()
        self._look_around()
        now = self.clock.now()
        held = () if self.memory.blind_since is not None else tuple(self.memory.held)
        tick = Tick(tickets=self.memory.due(now), roots=self._roots(now), held=held)
        if tick.tickets or tick.roots or tick.held:
            self.step(tick)
        for number in tick.tickets:
            # What cannot be done now (a breach while the agent is blind) is asked again in a minute, not every second.
            if self.memory.wakes.get(number, now + 1) <= now:
                self.memory.wakes[number] = now + 60_000

    def _roots(self, now: Ms) -> tuple[str, ...]:
        """Whose incident has moved, and once a minute every open fault: the timetable may have raised it."""
        minute = now // 60_000
        if minute != self._minute:
            self._minute = minute
            self._again.update(dict.fromkeys(self.memory.by_root))
        roots = self.memory.dirty | dict.fromkeys(islice(self._again, AGAIN))
        for root in roots:
            self._again.pop(root, None)
        self.memory.dirty.clear()
        return tuple(roots)

    def _clock_stepped(self, stepped: Stepped) -> None:
        """Whatever bears a time goes with the clock, in one step; readings still under way follow (`dated`)."""
        shift = Shift(stepped.ms, stepped.since)
        self.step(stepped)
        self.memory.shift(shift)
        for key, reading in self.looks.items():
            self.looks[key] = replace(reading, at=shift(reading.at))
        self.since.shift(shift)

    # -- the agent's own sight

    def _notice(self) -> None:
        """The process may have stood still since the last beat; seen before anything is judged."""
        mono = self.clock.mono()
        away = mono - self._beat_mono - BEAT
        if away > HICCUP:
            self._awake_since, self._beat_mono = mono, mono
            self._swept = asyncio.get_running_loop().time()  # what is under way gets its time to end
            if away > BLINK:
                self._was_away(away)

    def _was_away(self, seconds: float) -> None:
        """The process stood still: nobody is down for time that was not looked at."""
        now = self.clock.now()
        _log.warning("agent.away seconds=%.1f", seconds)
        self.blind_seconds += seconds
        if self.memory.blind_since is None:
            self.step(Sight(lost=True, why="frozen", since=now - round(seconds * 1000)))
            self.memory.see(None, (now - round(seconds * 1000), now))
            self.step(Sight(lost=False, why="frozen", since=now))

    def _sweep(self) -> None:
        """Looks that never ended: their devices are not looked at, and that is all that is known of them."""
        self._swept = self.beat_at
        for target in self.scheduler.abandon(self.beat_at):
            _log.error("look.lost device=%s probe=%s", target.device, target.probe)
            self.looks[target.key] = Reading(target, self.clock.now(), 0.0, _UNKNOWN, "lost_look")
        self.hearing.listen(self.scheduler.silences(), self._awake_since, self.clock.mono())

    def _look_around(self) -> None:
        """Ask the references of the uplink guard whether the agent itself is cut off, and the probers whether they
        say anything at all."""
        now, was = self.clock.now(), self.memory.blind_since
        silent = self.clock.mono() - max(self._heard, self._awake_since)
        deaf = silent > DEAF and silent > self.scheduler.longest_silence + DEAF
        blind = deaf or self._writer.full or engine.blind(self.memory.state, self.frame, now)
        if blind and was is None:
            since, self._blind_why = self._why_blind(now, silent, deaf)
            _log.error("agent.blind why=%s since=%d", self._blind_why, since)
            self.memory.see(since, None)
            self.step(Sight(lost=True, why=self._blind_why, since=since))
            self.blind_seconds += silent if deaf else 0.0
        elif not blind and was is not None:
            _log.warning("agent.sees_again why=%s", self._blind_why)
            self.memory.see(None, (was, now))
            self.step(Sight(lost=False, why=self._blind_why, since=now))
        if blind:
            self.blind_seconds += BEAT

    def _why_blind(self, now: Ms, silent: float, deaf: bool) -> tuple[Ms, str]:
        """Since when, and why. Where no more can be kept for the store, nothing more is judged: looks go on, and what
        they say is not written into tickets that nobody could keep."""
        if deaf:
            return now - round(silent * 1000), "deaf"
        return (now, "store_full") if self._writer.full else (self._last_good(now), "uplink")

    @property
    def deaf(self) -> bool:
        """Blind because no look ends any more: the agent itself is broken."""
        return self.memory.blind_since is not None and self._blind_why == "deaf"

    def _last_good(self, now: Ms) -> Ms:
        """When a reference of the uplink guard was last seen."""
        return min((self.memory.good.get(ref, now) for ref in self.frame.references), default=now)

    # -- reload

    def reload(self, frame: Frame, removal: Removal) -> None:
        """A new inventory or policy is in force; who hangs on whom may be new though nothing has left."""
        turned = frame.graph.parents != self.frame.graph.parents
        self.frame = frame
        if removal.devices or removal.probes or turned:
            self.step(removal)
        gone = set(removal.devices)
        for key in [key for key in self.looks if key[0] in gone or key in removal.probes]:
            del self.looks[key]
        for device in gone:
            self.memory.good.pop(device, None)
            self.memory.served.pop(device, None)
        self.since.forget(gone)
        self.memory.plan_all(frame)


def _with_older_checks(reading: Reading, before: Reading | None) -> Reading:
    """What people are shown: a check that this look did not come to (a picture, recordings) stands as last judged."""
    if before is None or before.checks.keys() <= reading.checks.keys() or before.target != reading.target:
        return reading
    return replace(reading, checks={**before.checks, **reading.checks})
