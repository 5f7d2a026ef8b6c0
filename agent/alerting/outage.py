"""From a reading to a ticket: the condition moves, the device's place in its incident is judged, a ticket opens, grows
or is restored. Rows 1, 20-23, 26-28, 44, 51 and 52 of the table, the agent's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from agent.alerting import commands, conditions, findings, incidents, sla
from agent.alerting.conditions import CLEAR, Condition
from agent.alerting.facts import gather
from agent.alerting.incidents import Place
from agent.alerting.severity import assess
from agent.alerting.state import Draft, Fault
from agent.alerting.tickets import BROKEN, Ticket
from agent.model import Device, Ms, Outcome, Reading

PARENT, SHADOW, QUARANTINE = "parent", "shadowed", "quarantine"
MAINTENANCE, OFF_SCHEDULE, BLIND = "maintenance", "off_schedule", "blind"
"""Why a firing condition has no ticket yet (`Condition.held`); all but SHADOW are judged again by the tick."""


def read(draft: Draft, reading: Reading) -> None:
    """Judge one reading."""
    target = reading.target
    device = draft.frame.devices.get(target.device)
    leading = draft.frame.leading.get(target.device, "")
    finding = findings.find(reading, device, leading) if device else None
    if device is None or finding is None:
        return
    before = draft.condition(target.key)
    confirm = draft.frame.confirm.get(target.protocol, 1)
    after = conditions.observe(before, finding, draft.now, draft.frame.policy.conditions, device.kind, confirm)
    if after is not before:
        _moved(draft, before, after, target.key)
    if target.probe == leading and reading.outcome is Outcome.OK:
        for key in tuple(draft.state.waiting.get(device.id, ())):
            judge(draft, key)


def _moved(draft: Draft, before: Condition | None, after: Condition | None, key: tuple[str, str]) -> None:
    if after is None:
        draft.drop(key)
        return
    draft.put(after)
    if after.fires and not (before and before.fires):
        _fell(draft, after)
    elif after.state == CLEAR:
        _cleared(draft, after)


def _fell(draft: Draft, condition: Condition) -> None:
    judge(draft, condition.key)
    if condition.cause == findings.UNREACHABLE:
        for other in tuple(draft.of_device(condition.device)):
            if other.held.startswith(PARENT):
                judge(draft, other.key)
        for key in tuple(draft.state.waiting.get(condition.device, ())):
            judge(draft, key)


# --- where does it stand ------------------------------------------------------------------------------------


def judge(draft: Draft, key: tuple[str, str]) -> None:
    """Find the place of a firing condition that no ticket carries, and act on it."""
    condition = draft.condition(key)
    device = draft.frame.devices.get(key[0])
    if condition is None or device is None or not condition.fires or condition.good_since is not None:
        return  # what is on its way back opens nothing any more
    if condition.cause != findings.UNREACHABLE:
        _judge_service(draft, condition, device)
        return
    verdict = incidents.judge(device.id, condition.since, draft.frame.graph, draft, draft.frame.references)
    if verdict.place is Place.SHADOWED:
        _shadow(draft, condition, verdict.device)
    elif verdict.place is Place.WAITING and not _waited(draft, condition, verdict.device):
        draft.hold(condition, f"{PARENT}:{verdict.device}")
        draft.delta.looks.add(verdict.device)
    else:
        _open(draft, condition, device)


def _waited(draft: Draft, condition: Condition, ancestor: str) -> bool:
    """Long enough for word of the parent; for the references of the uplink guard there is no end to it."""
    if ancestor in draft.frame.references:
        return False
    return draft.now - (condition.fired_at or draft.now) >= draft.frame.policy.grouping.wait * 1000


def _judge_service(draft: Draft, condition: Condition, device: Device) -> None:
    """A service that fails tells of the device only when the device itself has answered since."""
    leading = draft.condition((device.id, draft.frame.leading[device.id]))
    if leading is not None and leading.fires:
        draft.hold(condition, SHADOW)
        return
    good = draft.good_at(device.id)
    if (good is not None and good >= condition.since) or draft.now - (
        condition.fired_at or draft.now
    ) >= draft.frame.policy.grouping.wait * 1000:
        _open(draft, condition, device)
    else:
        draft.hold(condition, f"{PARENT}:{device.id}")
        draft.delta.looks.add(device.id)


def _shadow(draft: Draft, condition: Condition, ancestor: str) -> None:
    draft.hold(condition, SHADOW)
    draft.delta.dirty.add(incidents.root_of(ancestor, draft.frame.graph, draft))


def _open(draft: Draft, condition: Condition, device: Device) -> None:
    held = _gate(draft, condition, device)
    if held:
        draft.hold(condition, held, condition.quarantine_until)
        return
    draft.hold(condition, "")
    standing = next(draft.agent_tickets(device.id), None)
    if standing is not None and standing.state in BROKEN:
        draft.delta.dirty.add(device.id)
    elif standing is not None and _relapses(standing, condition):
        _relapse(draft, standing, condition)
    else:
        _ticket(draft, condition, device)


def _gate(draft: Draft, condition: Condition, device: Device) -> str:
    """Row 1's preconditions beside being the root."""
    if draft.state.blind_since is not None or device.kind == "reference":
        return BLIND
    if condition.quarantine_until is not None and draft.now < condition.quarantine_until:
        return QUARANTINE
    if draft.frame.maintained(device, draft.now):
        return MAINTENANCE
    return "" if draft.frame.in_schedule(device, draft.now) else OFF_SCHEDULE


# --- opening, relapsing -------------------------------------------------------------------------------------


def _relapses(ticket: Ticket, condition: Condition) -> bool:
    """Rows 26-28: the same root and cause class fails again within the stability window."""
    if ticket.state not in ("restored", "reported") or ticket.cause != condition.cause:
        return False
    return ticket.stable_until is not None and condition.since <= ticket.stable_until


def _relapse(draft: Draft, ticket: Ticket, condition: Condition) -> None:
    ticket = draft.write(ticket.id, "relapsed", {"n": ticket.relapses + 1, "since": condition.since})
    if ticket.state == "new":
        dispatch(draft, ticket)


def _ticket(draft: Draft, condition: Condition, device: Device) -> None:
    number = _split_off(draft, condition, device)
    if number:
        return
    members = (device.id, *_below(draft, condition, device))
    args = _opening(draft, condition, device, members)
    ticket = draft.write(draft.number(), "opened", args)
    _gather_others(draft, ticket)
    dispatch(draft, ticket)


def _below(draft: Draft, condition: Condition, device: Device) -> Iterator[str]:
    if condition.cause == findings.UNREACHABLE:
        yield from incidents.dark(device.id, condition.since, draft.frame.graph, draft)


def _opening(draft: Draft, condition: Condition, device: Device, members: tuple[str, ...]) -> dict[str, Any]:
    level, reasons = assess(gather(draft, device, condition.cause, members), draft.frame.policy.severity)
    policy, ours = draft.frame.policy, device.owner_party == "us"
    return {
        "root": device.id,
        "source": "agent",
        "level": level,
        "rule": reasons[0].rule,
        "reasons": [reason.as_json() for reason in reasons],
        "members": list(members),
        "started_at": _started(draft, condition, device),
        "cause": condition.cause,
        "kind": "emergency" if level in ("major", "serious") else "repair",
        "title_key": f"ticket.title.{condition.cause}",
        "title_args": {"name": device.name, "probe": condition.probe, "others": len(members) - 1},
        "policy": f"{policy.severity.version}/{policy.sha256[:12]}",
        "limits": policy.contract.as_json(),
        **({} if ours else {"contract": False, "party": device.owner_party}),
        **_repeat(draft, condition, device.id),
    }


def _started(draft: Draft, condition: Condition, device: Device) -> Ms:
    """The first failed look; for a device that is watched by a timetable not before its hours."""
    if device.schedule == "always":
        return condition.since
    return max(condition.since, draft.now - round(draft.frame.policy.life.schedule_grace * 1000))


def _repeat(draft: Draft, condition: Condition, root: str) -> dict[str, str]:
    """Rows 51, 52: the same root and cause class, restored within the repeat window."""
    window = draft.frame.policy.life.repeat_window * 1000
    past = [fault for fault in faults(draft, root, condition.cause) if fault.restored_at is not None]
    past = [fault for fault in past if draft.now - (fault.restored_at or 0) <= window]
    return {"repeat_of": past[-1].ticket} if past else {}


def faults(draft: Draft, root: str, cause: str) -> list[Fault]:
    """The faults of one root and cause class that count, oldest first."""
    known = draft.state.faults.get(root, {}).values()
    return sorted(
        (f for f in known if f.counts and f.cause == cause), key=lambda fault: (fault.opened_at, fault.ticket)
    )


def _split_off(draft: Draft, condition: Condition, device: Device) -> str:
    """Row 44: a child that is still dead after its parent came back gets its merged ticket back."""
    for ticket in (*draft.delta.tickets.values(), *draft.state.tickets.values()):
        if ticket.state == "merged" and ticket.root == device.id and ticket.by_agent:
            target = draft.ticket(ticket.merged_into or "")
            if target is not None and target.state not in ("filed",):
                ticket = draft.write(ticket.id, "split", {"from": target.id, "started_at": condition.since})
                dispatch(draft, ticket)
                return ticket.id
    return ""


def _gather_others(draft: Draft, ticket: Ticket) -> None:
    """Row 40 by the agent: people's reports of the same fault, and tickets of children that died with this root."""
    for other in tuple(draft.state.tickets.values()):
        if other.id != ticket.id and _same_fault(draft, other, ticket):
            merge(draft, draft.ticket(other.id) or other, ticket.id)


def _same_fault(draft: Draft, other: Ticket, ticket: Ticket) -> bool:
    if other.state not in BROKEN or other.root not in ticket.members:
        return False
    near = draft.frame.policy.grouping.merge * 1000
    return not other.by_agent or abs(other.times.started_at - ticket.times.started_at) <= near


def merge(draft: Draft, ticket: Ticket, into: str) -> None:
    """Write the two events of a merge; nothing when the table does not allow it."""
    writes = commands.merge(ticket, draft.ticket(into), draft.now)
    if not isinstance(writes, commands.Refused):
        for write in writes:
            draft.write(write.ticket, write.name, write.args)


def dispatch(draft: Draft, ticket: Ticket) -> None:
    """Rows 4 and 5 by the agent: it admits its own ticket and asks the first on the roster, if there is one."""
    first = draft.frame.roster.after(None)
    if first is None or ticket.state != "new" or ticket.severity == "latent":
        return
    if not ticket.owner:
        draft.write(ticket.id, "admitted", {"owner": first, "kind": ticket.kind})
    draft.write(ticket.id, "dispatched", {"to": first, "tier": 1})


# --- growing, recovering ------------------------------------------------------------------------------------


def _cleared(draft: Draft, condition: Condition) -> None:
    """A condition is over: its ticket may be restored; what stood in its shadow gets time to come back."""
    device = condition.device
    tickets = [ticket for ticket in _carrying(draft, device) if ticket.state in BROKEN]
    for ticket in tickets:
        draft.delta.dirty.add(ticket.root)
    if not tickets:
        draft.drop(condition.key)
    if condition.cause != findings.UNREACHABLE:
        return
    until = draft.now + round(draft.frame.policy.grouping.quarantine * 1000)
    for child in draft.frame.graph.below(device):
        for other in tuple(draft.of_device(child)):
            if other.fires and other.held == SHADOW and other.cause == findings.UNREACHABLE:
                draft.hold(other, QUARANTINE, until)
    for other in tuple(draft.of_device(device)):
        if other.fires and other.held == SHADOW:
            draft.hold(other, QUARANTINE, until)


def _carrying(draft: Draft, device: str) -> Iterator[Ticket]:
    """The agent's open tickets that name the device as root or member."""
    for above in (device, *draft.frame.graph.above(device)):
        for ticket in draft.agent_tickets(above):
            if device in ticket.members:
                yield ticket


def refresh(draft: Draft, root: str) -> None:
    """The tick's look at a root whose incident has moved: it grows, is raised, or is restored."""
    ticket = next(draft.agent_tickets(root), None)
    if ticket is None or ticket.state not in BROKEN:
        return
    bad = [c for member in ticket.members for c in draft.of_device(member) if _counts(draft, ticket, c)]
    firing = [condition for condition in bad if condition.state != CLEAR]
    if any(condition.device == root for condition in firing):
        grow(draft, ticket)
    elif not firing:
        _restore(draft, ticket, bad)


def _counts(draft: Draft, ticket: Ticket, condition: Condition) -> bool:
    """Whether the condition keeps this ticket from being restored: not when it has a ticket of its own."""
    if condition.state == conditions.PENDING:
        return False
    own = condition.device != ticket.root and any(t.state in BROKEN for t in draft.agent_tickets(condition.device))
    return not own


def grow(draft: Draft, ticket: Ticket) -> None:
    """Row 42 by the agent: members that joined, and a level that the facts now reach. Never lower."""
    device = draft.frame.devices.get(ticket.root)
    firing = [condition for condition in draft.of_device(ticket.root) if condition.fires]
    if device is None or not firing:
        return
    condition = firing[0]
    joined = [member for member in _below(draft, condition, device) if member not in set(ticket.members)]
    if joined:
        ticket = draft.write(ticket.id, "extended", {"joined": joined})
    cause = condition.cause
    level, reasons = assess(gather(draft, device, cause, ticket.members), draft.frame.policy.severity)
    if sla.RANK[level] > sla.RANK[ticket.severity]:
        grew = bool(joined) or cause != ticket.cause
        since = max((c.since for c in draft.of_device(ticket.root)), default=draft.now) if grew else draft.now
        raised = {"from": ticket.severity, "to": level, "why": "grew" if grew else "context", "facts_since": since}
        draft.write(ticket.id, "reclassified", {**raised, "reasons": [reason.as_json() for reason in reasons]})


def _restore(draft: Draft, ticket: Ticket, cleared: list[Condition]) -> None:
    """Rows 20-23: everything has been good through the recovery hold; the time is the first good look of that run."""
    at = max((condition.good_since or draft.now for condition in cleared), default=draft.good_at(ticket.root))
    if at is None:
        return  # its probes are gone from the inventory and nothing has answered: a person ends it (3.3 rule 10)
    if ticket.state == "suspended":
        ticket = draft.write(ticket.id, "resumed", at=at)
    draft.write(ticket.id, "restored", {"by": "agent", **_restoration(draft, ticket, at)}, at=at)
    for condition in cleared:
        draft.drop(condition.key)


def _restoration(draft: Draft, ticket: Ticket, at: Ms) -> dict[str, Any]:
    life = draft.frame.policy.life
    args: dict[str, Any] = {
        "stable_until": at + round(life.stability_window * 1000),
        "feedback_due": draft.frame.feedback_due(at),
    }
    since = draft.now - life.waiver_window * 1000
    waived = [f for f in faults(draft, ticket.root, ticket.cause) if f.waived and f.opened_at >= since]
    if ticket.times.taken_at is None and len(waived) >= life.free_waivers:
        args |= {"guard": True, "response_due": _guarded(draft, ticket)}
    return args


def _guarded(draft: Draft, ticket: Ticket) -> Ms:
    """4.4: the third waiver in a week is none; by night the response may wait for the morning, the device being up."""
    opened = draft.frame.local(ticket.times.opened_at)
    due = sla.deadline(ticket.times, "response") or ticket.times.opened_at
    night = opened.hour >= 22 or opened.hour < 7
    return max(due, draft.frame.next_morning(ticket.times.opened_at, "08:00")) if night else due


def leave(draft: Draft, child: str) -> None:
    """A child whose quarantine is over and that is still dead leaves its parent's ticket for one of its own."""
    for ticket in _carrying(draft, child):
        if ticket.root != child:
            draft.write(ticket.id, "extended", {"left": [child]})
            draft.delta.dirty.add(ticket.root)


def late(draft: Draft, key: tuple[str, str]) -> None:
    """The tick's look at a held condition: its reason may have passed."""
    condition = draft.condition(key)
    if condition is None or not condition.fires:
        return
    if condition.held == QUARANTINE and draft.now >= (condition.quarantine_until or 0):
        leave(draft, condition.device)
        draft.put(replace(condition, quarantine_until=None))
    judge(draft, key)
