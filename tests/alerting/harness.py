"""A campus in memory for the judge alone: replays looks, commands and the tick of the clock in order.

`World` keeps what the monitor would keep, lays each `Delta` into dicts and asks `upkeep.wake` when to tick. Site times
are written as people write them, `2026-03-02 10:00`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agent.alerting import engine, upkeep
from agent.alerting.commands import Command, Refused
from agent.alerting.conditions import Condition
from agent.alerting.engine import Input, Removal, Sight, Tick
from agent.alerting.events import Event, broken_link
from agent.alerting.frame import Frame, build
from agent.alerting.policy import Policy
from agent.alerting.roster import Person, Role, Roster
from agent.alerting.state import Delta, Fault, Key, State, fault_of
from agent.alerting.tickets import Ticket, replay
from agent.calendar import Hours, Schedule, WorkCalendar, ms
from agent.model import Device, Location, Ms, Outcome, Parent, Reading, Target

ZONE = ZoneInfo("Asia/Shanghai")
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


def when(text: str) -> Ms:
    """Site time as an instant."""
    return ms(datetime.fromisoformat(text).replace(tzinfo=ZONE))


def _days(*spans: str) -> frozenset[date]:
    found = set()
    for span in spans:
        first, _, last = span.partition("/")
        day, end = date.fromisoformat(first), date.fromisoformat(last or first)
        while day <= end:
            found.add(day)
            day += timedelta(days=1)
    return frozenset(found)


CALENDAR = WorkCalendar(
    holidays=_days(
        "2026-01-01/2026-01-03", "2026-02-15/2026-02-23", "2026-04-04/2026-04-06", "2026-05-01/2026-05-05",
        "2026-06-19/2026-06-21", "2026-09-25/2026-09-27", "2026-10-01/2026-10-07",
    ),
    workdays=_days("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
    valid_until=date(2026, 12, 31),
)  # fmt: skip
"""China's public holidays and make-up days (调休) of 2026."""

ROSTER = Roster(
    people=(
        Person(id="li", name="李", role=Role.ENGINEER, tier=1),
        Person(id="wang", name="王", role=Role.ENGINEER, tier=1),
        Person(id="zhao", name="赵", role=Role.MANAGER),
        Person(id="chen", name="陈老师", role=Role.CUSTOMER),
        Person(id="hub", name="指挥中心", role=Role.COMMAND),
    ),
    order=("li", "wang"),
)


def device(name: str, kind: str = "camera", parent: str = "", **more: Any) -> Device:
    """A device with an address in building A unless said otherwise."""
    place = Location(building=more.pop("building", "A"), room=more.pop("room", ""))
    above = Parent(device=parent) if parent else None
    more["tags"] = frozenset(more.get("tags", ()))
    return Device(id=name, name=name, kind=kind, address="198.18.0.9", location=place, parent=above, **more)


def target(name: str, probe: str = "icmp") -> Target:
    return Target(device=name, probe=probe, protocol=probe, address="198.18.0.9", interval=10.0, timeout=2.0)


def frame_of(devices: Iterable[Device], confirm: int = 1, services: Iterable[Key] = (), **more: Any) -> Frame:
    """The frame in which every device with an address is watched by ICMP, and `services` by more."""
    known = {one.id: one for one in devices}
    watched = [target(name) for name, one in known.items() if one.address]
    watched += [target(*key) for key in services]
    more = {"calendar": CALENDAR, "roster": ROSTER, **more}
    return build(known, watched, {"icmp": confirm, "tcp": 1, "snmp": 1}, **more)


class World:
    """The judge's state and its journals; `now` only moves forward."""

    def __init__(self, frame: Frame, start: str | Ms) -> None:
        self.frame = frame
        self.now = when(start) if isinstance(start, str) else start
        self.good: dict[str, Ms] = {}
        self.served: dict[str, Ms] = {}
        self.conditions: dict[Key, Condition] = {}
        self.tickets: dict[str, Ticket] = {}
        self.faults: dict[str, dict[str, Fault]] = {}
        self.journals: dict[str, list[Event]] = {}
        self.dirty: set[str] = set()
        self.looks: list[str] = []
        self.numbers: dict[str, int] = {}
        self.blind_since: Ms | None = None
        self.hole: tuple[Ms, Ms] | None = None
        self._later: dict[str, Ms] = {}

    # -- the door

    def state(self) -> State:
        waiting: dict[str, list[Key]] = {}
        for key, condition in self.conditions.items():
            if condition.held.startswith("parent:"):
                waiting.setdefault(condition.held.removeprefix("parent:"), []).append(key)
        by_root: dict[str, list[str]] = {}
        for ticket in self.tickets.values():
            if ticket.is_open and ticket.by_agent:
                by_root.setdefault(ticket.root, []).append(ticket.id)
        by_device: dict[str, set[Key]] = {}
        for key in self.conditions:
            by_device.setdefault(key[0], set()).add(key)
        return State(
            good=self.good, conditions=self.conditions, by_device=by_device, tickets=self.tickets, by_root=by_root,
            faults=self.faults, waiting=waiting, numbers=self.numbers, blind_since=self.blind_since, hole=self.hole,
            served=self.served,
        )  # fmt: skip

    def step(self, given: Input) -> Delta:
        delta = engine.step(self.state(), given, self.now, self.frame)
        for key, condition in delta.conditions.items():
            self.conditions.pop(key, None)
            if condition is not None:
                self.conditions[key] = condition
        for event in delta.events:
            self.journals.setdefault(event.ticket, []).append(event)
        for ticket in delta.tickets.values():
            self.tickets[ticket.id] = ticket
            self.faults.setdefault(ticket.root, {})[ticket.id] = fault_of(ticket)
            self._later.pop(ticket.id, None)
        self.dirty |= delta.dirty
        self.looks += delta.looks
        self.numbers.update([delta.counter] if delta.counter else ())
        return delta

    # -- time

    def tick(self) -> None:
        """One beat of the clock."""
        roots = (*self.dirty, *(t.root for t in self.tickets.values() if t.is_open and t.by_agent))
        self.dirty.clear()
        due = tuple(number for number, at in self._wakes().items() if at <= self.now)
        held = () if self.blind_since is not None else tuple(self._held())
        self.step(Tick(tickets=due, roots=tuple(dict.fromkeys(roots)), held=held))
        for number, at in self._wakes().items():
            if at <= self.now:
                self._later[number] = self.now + MINUTE
        if self.dirty:
            self.step(Tick(roots=tuple(self.dirty)))
            self.dirty.clear()

    def _wakes(self) -> dict[str, Ms]:
        wakes = {number: upkeep.wake(ticket, self.frame) for number, ticket in self.tickets.items()}
        return {number: max(at, self._later.get(number, at)) for number, at in wakes.items() if at is not None}

    def _held(self) -> dict[Key, Condition]:
        return {key: c for key, c in self.conditions.items() if c.fires and c.held not in ("", "shadowed")}

    def until(self, moment: str | Ms) -> World:
        """Move on to a moment, ticking whenever something is due on the way."""
        end = when(moment) if isinstance(moment, str) else moment
        assert end >= self.now, "time only moves forward"
        while (at := self._next()) is not None and at <= end:
            self.now = max(self.now, at)
            self.tick()
        self.now = end
        return self

    def _next(self) -> Ms | None:
        moments = [max(at, self.now) for at in self._wakes().values()]
        for condition in self._held().values():
            until = condition.quarantine_until or (condition.fired_at or self.now) + 10 * SECOND
            moments.append(until if until > self.now else self.now + MINUTE)
        if any(ticket.is_open for ticket in self.tickets.values()):
            moments += self.frame.contexts(self.now, self.now + DAY)[:1]
        return min(moments, default=None)

    # -- what happens

    def look(self, name: str, ok: bool, probe: str = "icmp") -> Delta:
        """One look that begins and ends now."""
        if ok and self.frame.leading.get(name) == probe:
            self.good[name] = self.now
        elif ok:
            self.served[name] = self.now
        outcome = Outcome.OK if ok else Outcome.FAILED
        return self.step(Reading(target(name, probe), self.now, 0.0, outcome, "" if ok else "timeout"))

    def down(self, name: str, moment: str | Ms, probe: str = "icmp") -> World:
        """A failed look at a moment, and the tick behind it."""
        self.until(moment).look(name, ok=False, probe=probe)
        self.tick()
        return self

    def up(self, name: str, moment: str | Ms, probe: str = "icmp") -> World:
        """Good looks from a moment on, through the recovery hold of two minutes."""
        self.until(moment).look(name, ok=True, probe=probe)
        self.until(self.now + 2 * MINUTE).look(name, ok=True, probe=probe)
        self.tick()
        return self

    def say(self, verb: str, ticket: str | Ticket = "", by: str = "li", **args: Any) -> Ticket | Refused:
        """A person's command, now or `at` another site time; the ticket as it then stands."""
        at, version, via = args.pop("at", None), args.pop("version", None), args.pop("via", "web")
        role = args.pop("role", None) or self.frame.roster.role_of(by) or ""
        number = ticket.id if isinstance(ticket, Ticket) else ticket or (self.only.id if verb != "open" else "")
        at = when(at) if isinstance(at, str) else at
        command = Command(ticket=number, verb=verb, by=by, role=role, via=via, at=at, version=version, args=args)
        answer = self.step(command).answer
        return answer if isinstance(answer, Refused) else self.tickets[answer[0]]

    def do(self, verb: str, ticket: str | Ticket = "", by: str = "li", **args: Any) -> Ticket:
        """`say`, for what must not be refused."""
        answer = self.say(verb, ticket, by, **args)
        assert isinstance(answer, Ticket), answer
        return answer

    def refused(self, verb: str, ticket: str | Ticket = "", by: str = "li", **args: Any) -> Refused:
        """`say`, for what must be refused."""
        answer = self.say(verb, ticket, by, **args)
        assert isinstance(answer, Refused), answer
        return answer

    def lose_sight(self, moment: str, since: str) -> None:
        """The agent cannot look from now on; `since` was its last good look."""
        self.until(moment)
        self.blind_since = when(since)
        self.step(Sight(lost=True, why="uplink", since=when(since)))

    def see_again(self, moment: str) -> None:
        self.until(moment)
        assert self.blind_since is not None
        self.hole, self.blind_since = (self.blind_since, self.now), None
        self.step(Sight(lost=False, why="uplink", since=self.now))

    def remove(self, *names: str) -> None:
        """Devices leave the inventory."""
        left = [one for one in self.frame.devices.values() if one.id not in names]
        self.frame = replace(frame_of(left), policy=self.frame.policy, schedules=self.frame.schedules)
        self.step(Removal(devices=names))

    # -- what came of it

    @property
    def only(self) -> Ticket:
        """The one ticket that is not merged away."""
        found = [ticket for ticket in self.tickets.values() if ticket.state != "merged"]
        assert len(found) == 1, [(t.id, t.root, t.state) for t in found]
        return found[0]

    def of(self, root: str) -> list[Ticket]:
        """All tickets at a root, in the order of their numbers."""
        return sorted((t for t in self.tickets.values() if t.root == root), key=lambda t: t.id)

    def events(self, ticket: Ticket, *names: str) -> list[Event]:
        """The journal, or only the events of these names."""
        return [event for event in self.journals[ticket.id] if not names or event.event in names]

    def names(self, ticket: Ticket, but: Iterable[str] = ("warned", "admitted")) -> list[str]:
        return [event.event for event in self.journals[ticket.id] if event.event not in but]

    def check(self) -> None:
        """Every journal holds together and tells the ticket as it stands."""
        for number, journal in self.journals.items():
            assert broken_link(journal) is None, number
            assert replay(journal) == self.tickets[number], number


def books(ticket: Ticket) -> list[tuple[str, str, str, str]]:
    """(clock, level, result, reason of voiding) of every line of the ticket's books."""
    return [(row.clock, row.level, row.result, row.reason) for row in ticket.times.bookings]


def stands(ticket: Ticket) -> Mapping[str, str]:
    """The result that stands for each clock."""
    return {row.clock: row.result for row in ticket.times.bookings if not row.reason}


def policy(**life: Any) -> Policy:
    """The shipped policy with some windows of the ticket life changed."""
    return replace(Policy(), life=replace(Policy().life, **life))


def timetable(name: str, *hours: str, weekdays: str = "0123456") -> Schedule:
    return Schedule(name=name, weekdays=frozenset(map(int, weekdays)), hours=tuple(map(Hours.parse, hours)))
