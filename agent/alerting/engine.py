"""The one door: `step(state, input, now, frame)` gives what changes. Pure: values in, values out.

A Reading moves conditions and incidents, a Command moves a ticket, a Tick moves what only time moves, a Sight says
that the agent was cut off or sees again, a Removal that devices left the inventory, Stepped that the clock was set.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent.alerting import conditions, incidents, orders, outage, restoring, upkeep
from agent.alerting.commands import Command
from agent.alerting.conditions import CLEAR, Condition, moved
from agent.alerting.frame import Frame
from agent.alerting.sla import Shift
from agent.alerting.state import Delta, Draft, Key, State
from agent.alerting.tickets import BROKEN, Ticket
from agent.model import Ms, Outcome, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """What is due: tickets with a deadline or window, roots whose incident moved, conditions that no ticket carries."""

    tickets: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    held: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The agent cannot look (`lost`) or can again; why: uplink, frozen, stopped. since: the last good look."""

    lost: bool
    why: str
    since: Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Devices, or single probes of a device (or checks of one, `PROBE:CHECK`), that the inventory no longer has; none
    where only parents have changed."""

    devices: tuple[str, ...] = ()
    probes: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """The wall clock was stepped by `ms`. since: the moment from which it had been wrong for certain, else None."""

    ms: int
    since: Ms | None = None


Input = Reading | Command | Tick | Sight | Removal | Stepped


_OK = Outcome.OK
"""Looking a member up on its enumeration costs more than all the rest of `idle`."""


def step(state: State, given: Input, now: Ms, frame: Frame) -> Delta:
    """What this input changes: rows, journal entries and wishes, to be written in one transaction."""
    draft = Draft(state, frame, now)
    match given:
        case Reading():
            outage.read(draft, given)
        case Tick():
            _tick(draft, given)
        case Command():
            orders.carry_out(draft, given)
        case Sight():
            _sight(draft, given)
        case Removal():
            _remove(draft, given)
        case Stepped():
            _step_clock(draft, given)
    return draft.delta


def idle(state: State, reading: Reading) -> bool:
    """A good look on a good device for which nobody waits: it changes nothing, and most looks are of this kind."""
    key = reading.target.key
    if reading.outcome is not _OK or key in state.conditions or key[0] in state.waiting:
        return False
    return not reading.checks or (key[0] not in state.by_device and not any(reading.checks.values()))


def _tick(draft: Draft, tick: Tick) -> None:
    for key in tick.held:
        outage.late(draft, key)
    for root in dict.fromkeys((*tick.roots, *sorted(draft.delta.dirty))):
        restoring.refresh(draft, root)
    draft.delta.dirty.difference_update(tick.roots)
    for number in tick.tickets if draft.state.sure else ():
        upkeep.tend(draft, number)


def blind(state: State, frame: Frame, now: Ms) -> bool:
    """Whether the references of the uplink guard say that the agent itself is cut off."""
    return incidents.blind(Draft(state, frame, now), frame.references)


def _sight(draft: Draft, sight: Sight) -> None:
    """3.3 rule 9: written into every open fault; what had not become a ticket is forgotten, since nobody knows."""
    name = "observation_lost" if sight.lost else "observation_back"
    for ticket in tuple(draft.state.tickets.values()):
        if ticket.by_agent and ticket.state in BROKEN:
            draft.write(ticket.id, name, {"why": sight.why, "since": sight.since})
    carried = {m for t in draft.state.tickets.values() if t.by_agent and t.state in BROKEN for m in t.members}
    for key, condition in tuple(draft.state.conditions.items()):
        if key[0] not in draft.frame.references or not sight.lost:
            _unsee(draft, condition, sight, key[0] in carried)
    outage.orphans(draft)


def _unsee(draft: Draft, condition: Condition, sight: Sight, carried: bool) -> None:
    """A failure that no ticket carries is unsure after a hole; a run of good looks does not reach across one."""
    unsure = not condition.fires or not carried or condition.held == conditions.BLIND
    if unsure and condition.state != CLEAR:
        draft.drop(condition.key)
    elif sight.lost and condition.fires:
        last_bad = condition.last_bad if condition.good_since is not None else max(condition.last_bad, sight.since)
        draft.put(replace(condition, good_since=None, last_bad=last_bad, unseen=True))


def _step_clock(draft: Draft, step: Stepped) -> None:
    """Everything that bears a time goes with the clock: no outage is longer for it, no deadline nearer."""
    shift = Shift(step.ms, step.since)
    for condition in tuple(draft.state.conditions.values()):
        draft.put(moved(condition, shift))
    for ticket in tuple(draft.state.tickets.values()):
        draft.write(ticket.id, "clock_step", {"seconds": step.ms / 1000, **_mended(draft, ticket, shift)})


def _mended(draft: Draft, ticket: Ticket, shift: Shift) -> dict[str, Ms]:
    """What a clock that is known to have been wrong had reckoned by the calendar and by windows."""
    args: dict[str, Ms] = {}
    if shift.since is None:
        return args
    args["since"] = shift.since
    times = ticket.times
    if times.feedback_from is not None and shift.moves(times.feedback_from) and times.fed_back_at is None:
        args["feedback_due"] = draft.frame.feedback_due(shift(times.feedback_from))
    if ticket.stable_until is not None and shift.moves(times.restored_at):
        args["stable_until"] = ticket.stable_until + shift.ms
    return args


def _remove(draft: Draft, removal: Removal) -> None:
    """3.3 rule 10: the ticket stays, and says that its device is gone; a person ends it."""
    gone, probes = set(removal.devices), set(removal.probes)
    for key in tuple(draft.state.conditions):
        if key[0] in gone or key in probes or (key[0], key[1].partition(":")[0]) in probes:
            draft.drop(key)
            draft.delta.dirty.add(key[0])
    outage.orphans(draft)
    for ticket in tuple(draft.state.tickets.values()):
        if ticket.is_open and ticket.root in gone:
            draft.write(ticket.id, "device_removed", {"device": ticket.root})
