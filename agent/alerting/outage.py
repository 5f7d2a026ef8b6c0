"""From a reading to a ticket: the condition moves, the device's place in its incident is judged, a ticket opens, grows
or is restored. Rows 1, 20-23, 26-28, 44, 51 and 52 of the table, the agent's own."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from agent.alerting import commands, conditions, findings, incidents, sla
from agent.alerting.conditions import CLEAR, Condition
from agent.alerting.facts import gather
from agent.alerting.incidents import Place
from agent.alerting.severity import Reason, assess
from agent.alerting.state import Draft, Fault
from agent.alerting.tickets import BROKEN, Ticket
from agent.model import Device, Ms, Outcome, Reading

PARENT, SHADOW, QUARANTINE = "parent", "shadowed", "quarantine"
MAINTENANCE, OFF_SCHEDULE, BLIND = "maintenance", "off_schedule", "blind"
"""Why a firing condition has no ticket yet (`Condition.held`); all but SHADOW are judged again by the tick."""

_LOOK_BACK = 86_400_000
"""How far back the moment is sought at which a fault grew; a tick comes every minute unless the agent was stopped."""


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
    standing = list(draft.agent_tickets(device.id))
    if standing and standing[0].state in BROKEN:
        _join(draft, condition, standing[0])
        return
    draft.hold(condition, "")
    relapsed = next((ticket for ticket in standing if _relapses(ticket, condition)), None)
    if relapsed is not None:
        _relapse(draft, relapsed, condition)
    else:
        _ticket(draft, condition, device)


def _join(draft: Draft, condition: Condition, ticket: Ticket) -> None:
    """An outage has one ticket. A latent defect beside it is no part of it and is judged again when it is over."""
    if condition.cause in findings.LATENT and ticket.severity != "latent":
        draft.hold(condition, QUARANTINE, _quarantined(draft))
        return
    draft.hold(condition, "")
    draft.delta.dirty.add(ticket.root)


def _quarantined(draft: Draft) -> Ms:
    return draft.now + round(draft.frame.policy.grouping.quarantine * 1000)


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
    dispatch(draft, draft.ticket(ticket.id) or ticket)


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
        "title_key": _title(condition, members),
        "title_args": {"name": device.name, "probe": condition.probe, "others": len(members) - 1},
        "policy": f"{policy.severity.version}/{policy.sha256[:12]}",
        "limits": policy.contract.as_json(),
        **({} if ours else {"contract": False, "party": device.owner_party}),
        **_repeat(draft, condition, device.id),
    }


def _title(condition: Condition, members: tuple[str, ...]) -> str:
    return f"ticket.title.{condition.cause}" if len(members) == 1 else f"ticket.title.{condition.cause}_many"


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
    for number in (*draft.delta.tickets, *draft.state.tickets):
        ticket = draft.ticket(number)
        if ticket is not None and ticket.state == "merged" and ticket.root == device.id and ticket.by_agent:
            target = draft.ticket(ticket.merged_into or "")
            if target is not None and target.state != "filed":
                ticket = draft.write(ticket.id, "split", {"from": target.id, "started_at": condition.since})
                dispatch(draft, ticket)
                return ticket.id
    return ""


def _gather_others(draft: Draft, ticket: Ticket) -> None:
    """Row 40 by the agent: people's reports of the same fault, and tickets of children that died with this root."""
    for other in tuple(draft.state.tickets.values()):
        if other.id != ticket.id and _same_fault(draft, other, ticket):
            merge(draft, draft.ticket(other.id) or other, ticket.id)
            if other.by_agent:
                _overshadow(draft, other.root)


def _overshadow(draft: Draft, device: str) -> None:
    """Its ticket went into its parent's: from now on it is judged when the parent is back (row 44)."""
    for condition in tuple(draft.of_device(device)):
        if condition.fires and condition.held == "":
            draft.hold(condition, SHADOW)


def _same_fault(draft: Draft, other: Ticket, ticket: Ticket) -> bool:
    if other.state not in BROKEN or other.root not in ticket.members or not other.times.faulty:
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
    """Rows 4 and 5 by the agent: it admits its own ticket and asks the first on the roster, if there is one; who has a
    report of the same fault in hand already is asked before him (E16)."""
    first = ticket.handler or draft.frame.roster.after(None)
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
    until = _quarantined(draft)
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
    """Whether the condition keeps this ticket from being restored: not when it has a ticket of its own, nor when the
    device serves in spite of it."""
    latent = condition.cause in findings.LATENT and ticket.severity != "latent"
    if condition.state == conditions.PENDING or latent:
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
    level, reasons = _judged(draft, ticket, condition, draft.now)
    if sla.RANK[level] > sla.RANK[ticket.severity]:
        why, since = _facts_since(draft, ticket, condition, level)
        args = {"from": ticket.severity, "to": level, "why": why, "facts_since": since}
        if ticket.severity == "latent":
            args["cause"] = condition.cause
        draft.write(ticket.id, "reclassified", {**args, "reasons": [reason.as_json() for reason in reasons]})


def _judged(draft: Draft, ticket: Ticket, condition: Condition, at: Ms) -> tuple[str, tuple[Reason, ...]]:
    """The level that the ticket's facts had at `at`: who was dark by then, and what the timetable said."""
    view = draft if at == draft.now else draft.back_at(at)
    members = tuple(member for member in ticket.members if _fell_at(draft, member, condition) <= at)
    facts = gather(view, draft.frame.devices[ticket.root], condition.cause, members, ticket.id)
    return assess(facts, draft.frame.policy.severity)


def _fell_at(draft: Draft, device: str, root: Condition) -> Ms:
    """The first failed look of a member; one that was never looked at fell with the root."""
    if device == root.device:
        return root.since
    return min((c.since for c in draft.of_device(device) if c.fires), default=root.since)


def _facts_since(draft: Draft, ticket: Ticket, condition: Condition, level: str) -> tuple[str, Ms]:
    """Why and since when the facts meet a level they did not meet before (4.3): bisects the moments that can be it."""
    start = max(ticket.times.opened_at, draft.now - _LOOK_BACK, condition.since - 1)
    turns = draft.frame.contexts(start, draft.now)
    fallen = {_fell_at(draft, member, condition) for member in ticket.members}
    fallen |= {c.since for c in draft.state.conditions.values() if c.fires}
    moments = sorted({at for at in (*turns, *fallen) if start < at <= draft.now})
    reached = bisect_left(
        moments, True, key=lambda at: sla.RANK[_judged(draft, ticket, condition, at)[0]] >= sla.RANK[level]
    )
    if reached == len(moments):
        return "context", draft.now
    return "context" if moments[reached] in turns else "grew", moments[reached]


def _restore(draft: Draft, ticket: Ticket, cleared: list[Condition]) -> None:
    """Rows 20-23: everything has been good through the recovery hold; the time is the first good look of that run."""
    if not cleared:
        return  # refused by the user, or its probes left the inventory: no recovery was seen, a person ends it
    at = max(condition.good_since or draft.now for condition in cleared)
    if ticket.state == "suspended":
        ticket = draft.write(ticket.id, "resumed", at=at)
    draft.write(ticket.id, "restored", {"by": "agent", **_restoration(draft, ticket, at), **_bound(cleared, at)}, at=at)
    for condition in cleared:
        draft.drop(condition.key)
    for condition in tuple(draft.of_device(ticket.root)):
        if condition.fires and condition.cause in findings.LATENT:
            draft.hold(condition, QUARANTINE, draft.now)


def _bound(cleared: list[Condition], at: Ms) -> dict[str, list[Ms]]:
    """3.3 rule 9: it came back in a hole of the agent's sight; all that is known is [last bad, first good] (E18)."""
    hidden = [condition.last_bad for condition in cleared if condition.unseen and condition.good_since == at]
    return {"interval": [min(hidden), at]} if hidden else {}


def _restoration(draft: Draft, ticket: Ticket, at: Ms) -> dict[str, Any]:
    life = draft.frame.policy.life
    args: dict[str, Any] = {
        "stable_until": at + round(life.stability_window * 1000),
        "feedback_due": draft.frame.feedback_due(at),
    }
    since = draft.now - life.waiver_window * 1000
    waived = [f for f in faults(draft, ticket.root, ticket.cause) if f.waived and f.opened_at >= since]
    if ticket.times.taken_at is None and len(waived) >= life.free_waivers:
        args |= {"guard": True, **_guarded(draft, ticket)}
    return args


def _guarded(draft: Draft, ticket: Ticket) -> dict[str, Ms]:
    """4.4: the third waiver in a week is none; a deadline by night may wait for the morning, the device being up."""
    due = sla.deadline(ticket.times, "response")
    here = draft.frame.local(due) if due is not None else None
    night = here is not None and (here.hour >= 22 or here.hour < 7)
    return {"response_due": draft.frame.next_morning(due, "08:00")} if due is not None and night else {}


def orphans(draft: Draft) -> None:
    """What stands in the shadow of nobody any more (its parent was removed or forgotten) is judged again."""
    for key in tuple(draft.state.conditions):
        condition = draft.condition(key)
        if condition is None or not condition.fires or condition.held != SHADOW:
            continue
        above = draft.frame.graph.above(key[0])
        over = above if condition.cause == findings.UNREACHABLE else (key[0],)
        if not any(draft.down(device) for device in over):
            draft.hold(condition, QUARANTINE, draft.now)


def leave(draft: Draft, child: str) -> None:
    """A child whose quarantine is over and that is still dead leaves its parent's ticket for one of its own."""
    for ticket in _carrying(draft, child):
        if ticket.root != child:
            draft.write(ticket.id, "extended", {"left": [child]})
            draft.delta.dirty.add(ticket.root)


def late(draft: Draft, key: tuple[str, str]) -> None:
    """The tick's look at a held condition: its reason may have passed."""
    condition = draft.condition(key)
    if condition is None or not condition.fires or condition.good_since is not None:
        return
    if condition.held == QUARANTINE and draft.now >= (condition.quarantine_until or 0):
        leave(draft, condition.device)
        draft.put(replace(condition, quarantine_until=None))
    judge(draft, key)
