"""The monitor's maps: the judge's state, its indexes, and how a step's delta is laid into them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from agent.alerting import upkeep
from agent.alerting.conditions import Condition
from agent.alerting.events import Event
from agent.alerting.frame import Frame
from agent.alerting.sla import Shift
from agent.alerting.state import Delta, Fault, Key, State, fault_of
from agent.alerting.tickets import Ticket, replay
from agent.model import Json, Ms
from agent.rows import batch
from agent.store import Fault as PastFault
from agent.store import Loaded

__all__ = ["Memory", "batch"]


class Memory:
    """All that the judge knows. Only the monitor writes it."""

    def __init__(self) -> None:
        self.good: dict[str, Ms] = {}
        self.served: dict[str, Ms] = {}
        self.conditions: dict[Key, Condition] = {}
        self.tickets: dict[str, Ticket] = {}
        self.by_root: dict[str, dict[str, None]] = {}
        self.by_device: dict[str, set[Key]] = {}
        self.faults: dict[str, dict[str, Fault]] = {}
        self.waiting: dict[str, dict[Key, None]] = {}
        self.held: dict[Key, None] = {}
        self.dirty: dict[str, None] = {}
        self.wakes: dict[str, Ms] = {}
        self.numbers: dict[str, int] = {}
        self.blind_since: Ms | None = None
        self.hole: tuple[Ms, Ms] | None = None
        self.sure = True
        self.state = self._state()

    def _state(self) -> State:
        return State(
            good=self.good,
            conditions=self.conditions,
            by_device=self.by_device,
            tickets=self.tickets,
            by_root=self.by_root,
            faults=self.faults,
            waiting=self.waiting,
            numbers=self.numbers,
            blind_since=self.blind_since,
            hole=self.hole,
            sure=self.sure,
            served=self.served,
        )

    @staticmethod
    def absorbed(loaded: Loaded, journal: Callable[[str], tuple[Event, ...]]) -> list[tuple[Event, ...]]:
        """Journals of the tickets merged into open ones, and into those: `split` may bring them back."""
        found: list[tuple[Event, ...]] = []
        wanted = [*loaded.journals.values()]
        while wanted:
            ticket = replay(wanted.pop())
            into = [journal(number) for number in ticket.absorbed] if ticket is not None else []
            found += into
            wanted += into
        return found

    def load(
        self, loaded: Loaded, absorbed: Iterable[tuple[Event, ...]], past: Iterable[PastFault], frame: Frame
    ) -> None:
        """Take up what the store remembers. absorbed: the journals of tickets merged into an open one."""
        for fault in past:
            counts = fault.state not in ("withdrawn", "false_alarm", "merged")
            row = Fault(fault.number, fault.cause, fault.opened_at, fault.restored_at, fault.waived, counts)
            self.faults.setdefault(fault.root, {})[fault.number] = row
        for journal in (*loaded.journals.values(), *absorbed):
            ticket = replay(journal)
            if ticket is not None:
                self._put_ticket(ticket, frame)
        for value in loaded.conditions.values():
            condition = _condition(value)
            if condition.device in frame.devices:
                self._put_condition(condition)
        self.numbers.update(loaded.counters)
        self.dirty.update(dict.fromkeys(ticket.root for ticket in self.tickets.values()))
        self.state = self._state()

    def apply(self, delta: Delta, frame: Frame) -> None:
        """Lay a step's changes into the maps."""
        for key, condition in delta.conditions.items():
            self._drop_condition(key)
            if condition is not None:
                self._put_condition(condition)
        for ticket in delta.tickets.values():
            self._put_ticket(ticket, frame)
        self.dirty.update(dict.fromkeys(delta.dirty))
        if delta.counter is not None:
            self.numbers.update([delta.counter])

    def see(self, blind_since: Ms | None, hole: tuple[Ms, Ms] | None) -> None:
        """The agent's own sight has changed."""
        self.blind_since, self.hole = blind_since, hole or self.hole
        self.state = replace(self.state, blind_since=blind_since, hole=self.hole)

    def trust(self, sure: bool) -> None:
        """Whether the clock may be built on has changed."""
        self.sure = sure
        self.state = replace(self.state, sure=sure)

    def shift(self, shift: Shift) -> None:
        """The wall clock was stepped: what no row bears goes with it."""
        for seen in (self.good, self.served):
            for device, at in seen.items():
                seen[device] = shift(at)
        hole = self.hole and (shift(self.hole[0]), shift(self.hole[1]))
        self.see(shift.maybe(self.blind_since), hole)

    def _drop_condition(self, key: Key) -> None:
        old = self.conditions.pop(key, None)
        if old is None:
            return
        self.held.pop(key, None)
        keys = self.by_device.get(key[0])
        if keys is not None:
            keys.discard(key)
            if not keys:
                del self.by_device[key[0]]
        awaited = _awaited(old)
        if awaited in self.waiting:
            self.waiting[awaited].pop(key, None)
            if not self.waiting[awaited]:
                del self.waiting[awaited]

    def _put_condition(self, condition: Condition) -> None:
        key = condition.key
        self.conditions[key] = condition
        self.by_device.setdefault(key[0], set()).add(key)
        if condition.fires and condition.held not in ("", "shadowed"):
            self.held[key] = None
        awaited = _awaited(condition)
        if awaited:
            self.waiting.setdefault(awaited, {})[key] = None

    def _put_ticket(self, ticket: Ticket, frame: Frame) -> None:
        self._remember(ticket, frame)
        roots = self.by_root.setdefault(ticket.root, {})
        if ticket.is_open or ticket.state == "merged":
            self.tickets[ticket.id] = ticket
        else:
            self.tickets.pop(ticket.id, None)
            self._let_go(ticket)
        if ticket.is_open and ticket.by_agent:
            roots[ticket.id] = None
        else:
            roots.pop(ticket.id, None)
        if not roots:
            del self.by_root[ticket.root]
        self._plan(ticket, frame)

    def _let_go(self, ticket: Ticket) -> None:
        """What has gone into a ticket that ended, and into those."""
        for number in ticket.absorbed:
            known = self.tickets.get(number)
            if known is not None and known.state == "merged":
                del self.tickets[number]
                self._let_go(known)

    def _remember(self, ticket: Ticket, frame: Frame) -> None:
        """What the root went through; a new fault lets go of those that no window reaches any more."""
        past, life = self.faults.setdefault(ticket.root, {}), frame.policy.life
        if ticket.id not in past:
            oldest = ticket.times.opened_at - max(life.repeat_window, life.waiver_window) * 1000
            old = [n for n, f in past.items() if (f.restored_at or f.opened_at) < oldest and n not in self.tickets]
            for number in old:
                del past[number]
        past[ticket.id] = fault_of(ticket)

    def _plan(self, ticket: Ticket, frame: Frame) -> None:
        wake = upkeep.wake(ticket, frame)
        if wake is None:
            self.wakes.pop(ticket.id, None)
        else:
            self.wakes[ticket.id] = wake

    def plan_all(self, frame: Frame) -> None:
        """The policy or the calendar has changed: every ticket is planned anew."""
        for ticket in self.tickets.values():
            self._plan(ticket, frame)

    def due(self, now: Ms) -> tuple[str, ...]:
        """Tickets with something to do."""
        return tuple(number for number, at in self.wakes.items() if at <= now)


def _awaited(condition: Condition) -> str:
    return condition.held.removeprefix("parent:") if condition.held.startswith("parent:") else ""


def _condition(value: Json) -> Condition:
    assert isinstance(value, dict)
    return Condition(**{**value, "turns": tuple(value["turns"])})
