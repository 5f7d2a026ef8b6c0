"""The judge's state and what one step changes of it. The monitor owns the maps; a step is given them to read and gives
back only the rows it touched."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agent.alerting import roots, sla
from agent.alerting.commands import Refused
from agent.alerting.conditions import Condition
from agent.alerting.events import Event
from agent.alerting.findings import UNREACHABLE
from agent.alerting.frame import Frame
from agent.alerting.tickets import Ticket, fold, next_event
from agent.model import Ms

Key = tuple[str, str]
"""(device, probe)"""

AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Fault:
    """A past or present fault of a root, for relapses, repeats (row 51) and the third one (X1)."""

    ticket: str
    cause: str
    opened_at: Ms
    restored_at: Ms | None
    waived: bool
    counts: bool


def fault_of(ticket: Ticket) -> Fault:
    """The line that a ticket leaves in its root's past."""
    times = ticket.times
    counts = ticket.state not in ("withdrawn", "false_alarm", "merged")
    waived = sla.standing(times, "response") == "waived"
    return Fault(ticket.id, ticket.cause, times.opened_at, times.restored_at, waived, counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """good: when a device's leading probe last answered.  served: when another probe of it did.  by_device: the keys of
    its conditions.  tickets: all open ones, and merged ones whose target is open.

    by_root: root to its open agent tickets, oldest first.  waiting: device to the conditions that wait for word of it.
    numbers: local day to the last ticket number given on it.  blind_since: None while the agent can look.
    sure: whether the clock is (a new run of the machine begins with one that nobody vouches for).
    """

    good: Mapping[str, Ms]
    conditions: Mapping[Key, Condition]
    by_device: Mapping[str, Collection[Key]]
    tickets: Mapping[str, Ticket]
    by_root: Mapping[str, Collection[str]]
    faults: Mapping[str, Mapping[str, Fault]]
    waiting: Mapping[str, Collection[Key]]
    numbers: Mapping[str, int] = field(default_factory=dict)
    blind_since: Ms | None = None
    hole: tuple[Ms, Ms] | None = None
    sure: bool = True
    served: Mapping[str, Ms] = field(default_factory=dict)


@dataclass(slots=True)
class Delta:
    """What one step changed, said in one transaction.

    conditions: None removes.  looks: devices to look at now.  dirty: roots whose ticket wants a look at the next tick.
    answer: to a command, the tickets as they now stand, or the refusal.
    """

    conditions: dict[Key, Condition | None] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    looks: set[str] = field(default_factory=set)
    dirty: set[str] = field(default_factory=set)
    counter: tuple[str, int] | None = None
    answer: tuple[str, ...] | Refused = ()


class Draft:
    """A step's own view: the state it was given with its changes laid over. Lives as long as the step."""

    __slots__ = ("_fresh", "delta", "frame", "now", "state")

    def __init__(self, state: State, frame: Frame, now: Ms) -> None:
        self.state, self.frame, self.now, self.delta = state, frame, now, Delta()
        self._fresh: dict[str, dict[Key, None]] = {}

    def back_at(self, now: Ms) -> Draft:
        """The same rows, judged by an earlier moment's timetable."""
        draft = Draft(self.state, self.frame, now)
        draft.delta, draft._fresh = self.delta, self._fresh
        return draft

    # -- conditions

    def condition(self, key: Key) -> Condition | None:
        return self.delta.conditions[key] if key in self.delta.conditions else self.state.conditions.get(key)

    def put(self, condition: Condition) -> None:
        self.delta.conditions[condition.key] = condition
        self._fresh.setdefault(condition.device, {})[condition.key] = None

    def drop(self, key: Key) -> None:
        self.delta.conditions[key] = None

    def hold(self, condition: Condition, reason: str, until: Ms | None = None) -> None:
        """Remember why no ticket carries the condition yet."""
        if (condition.held, condition.quarantine_until) != (reason, until):
            self.put(replace(condition, held=reason, quarantine_until=until))

    def of_device(self, device: str) -> Iterator[Condition]:
        """The device's conditions, the leading one first, what only tells of a defect beside it last."""
        known = self.state.by_device.get(device, ())
        keys = {*known, *self._fresh.get(device, ())}
        leading = self.frame.leading.get(device, "")
        for key in sorted(keys, key=lambda key: (key[1] != leading, ":" in key[1], key[1])):
            condition = self.condition(key)
            if condition is not None:
                yield condition

    def of_ticket(self, ticket: Ticket) -> Iterator[Condition]:
        """The conditions of a ticket's root; of all members where the root is a system as a whole."""
        for device in ticket.members if roots.is_system(ticket.root) else (ticket.root,):
            yield from self.of_device(device)

    # -- incidents.Sight

    def down(self, device: str) -> bool:
        condition = self.condition((device, self.frame.leading.get(device, "")))
        return condition is not None and condition.fires and condition.cause == UNREACHABLE

    def silent(self, device: str) -> bool:
        condition = self.condition((device, self.frame.leading.get(device, "")))
        gone = condition is not None and condition.fires and condition.cause == UNREACHABLE
        return gone and condition is not None and condition.good_since is None

    def good_at(self, device: str) -> Ms | None:
        return self.state.good.get(device)

    def serves(self, device: str, since: Ms) -> bool:
        """Whether another probe than the leading one has been good since then."""
        at = self.state.served.get(device)
        return at is not None and at >= since

    def watched(self, device: str) -> bool:
        return device in self.frame.leading

    # -- tickets

    def ticket(self, number: str) -> Ticket | None:
        return self.delta.tickets.get(number) or self.state.tickets.get(number)

    def agent_tickets(self, root: str) -> Iterator[Ticket]:
        """The agent's open tickets at this root, latest first."""
        known = [*self.state.by_root.get(root, ())]
        known += [t.id for t in self.delta.tickets.values() if t.root == root and t.by_agent and t.id not in known]
        for number in reversed(known):
            ticket = self.ticket(number)
            if ticket is not None and ticket.is_open:
                yield ticket

    def write(self, number: str, name: str, args: Mapping[str, Any] | None = None, *, at: Ms | None = None) -> Ticket:
        """The agent appends an event to a ticket's journal; the ticket as it then stands."""
        return self.record(number, name, self.now if at is None else at, AGENT, AGENT, args or {})

    def record(self, number: str, name: str, at: Ms, by: str, via: str, args: Mapping[str, Any]) -> Ticket:
        before = self.ticket(number)
        if before is None and not self.state.sure:
            args = {**args, "flags": [*args.get("flags", ()), "unsynced"]}
        event = next_event(before, number, name, at=at, now=self.now, by=by, via=via, args=args)
        ticket = fold(before, event)
        self.delta.events.append(event)
        self.delta.tickets[number] = ticket
        return ticket

    def number(self) -> str:
        """The next ticket number: `T` + local date + `-` + counter of that day, never used twice."""
        day = self.frame.local(self.now).strftime("%Y%m%d")
        numbers = {**self.state.numbers, **dict([self.delta.counter] if self.delta.counter else [])}
        if not self.state.sure:
            # Nobody vouches for today's date: the last one that had a number is the safe one.
            day = max(numbers, default=day)
        count = numbers.get(day, 0) + 1
        self.delta.counter = (day, count)
        return f"T{day}-{count:04d}"
