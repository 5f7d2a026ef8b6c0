"""An incident moves on under its open ticket: members join, the level grows, and at last all is good again. Rows 20-23
and 42 of the table, the agent's own."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from agent.alerting import conditions, findings, opening, roots, sla, together
from agent.alerting.conditions import CLEAR, QUARANTINE, Condition
from agent.alerting.facts import gather
from agent.alerting.severity import Reason, assess
from agent.alerting.state import Draft
from agent.alerting.tickets import BROKEN, Ticket
from agent.model import Device, Ms

_LOOK_BACK = 86_400_000
"""How far back the moment is sought at which a fault grew; a tick comes every minute unless the agent was stopped."""


def refresh(draft: Draft, root: str) -> None:
    """The tick's look at a root whose incident has moved: it grows, is raised, or is restored."""
    ticket = next(draft.agent_tickets(root), None)
    if ticket is None or ticket.state not in BROKEN:
        return
    if roots.is_system(root):
        swollen = together.swell(draft, ticket)
        if swollen is None:
            return
        ticket = swollen
    bad = [c for member in ticket.members for c in draft.of_device(member) if _counts(draft, ticket, c)]
    firing = [condition for condition in bad if condition.state != CLEAR]
    if any(condition.device == root or roots.is_system(root) for condition in firing):
        grow(draft, ticket)
    elif not firing:
        _restore(draft, ticket, bad)


def _counts(draft: Draft, ticket: Ticket, condition: Condition) -> bool:
    """Whether the condition keeps this ticket from being restored: not when it has a ticket of its own, nor when the
    device serves in spite of it."""
    latent = condition.cause in findings.LATENT and ticket.severity != "latent"
    if condition.state == conditions.PENDING or latent:
        return False
    if roots.is_system(ticket.root) and not together.counts(draft, ticket, condition):
        return False
    return condition.device == ticket.root or not _carried_elsewhere(draft, ticket, condition)


def _carried_elsewhere(draft: Draft, ticket: Ticket, condition: Condition) -> bool:
    """Whether a member's recovery is awaited by a ticket of its own, or by its system's: who counts it, drops it."""
    if any(one.state in BROKEN for one in draft.agent_tickets(condition.device)):
        return True
    device = draft.frame.devices.get(condition.device)
    if device is None or roots.is_system(ticket.root):
        return False
    return any(together.counts(draft, system, condition) for system in together.of(draft, device))


def grow(draft: Draft, ticket: Ticket) -> None:
    """Row 42 by the agent: members that joined, and a level that the facts now reach. Never lower."""
    device = draft.frame.devices.get(ticket.root)
    firing = [c for c in draft.of_ticket(ticket) if c.fires and (device is not None or _counts(draft, ticket, c))]
    if not firing:
        return
    condition = min(firing, key=lambda firing: _weight(firing.cause))
    if device is not None:
        ticket = _followed(draft, ticket, condition, device)
    if draft.state.sure:  # a higher level has deadlines of its own: since when is asked when the time is known
        _raise(draft, ticket, condition)


def _followed(draft: Draft, ticket: Ticket, condition: Condition, device: Device) -> Ticket:
    """Who has fallen below the root since, and what its fault turned out to be."""
    joined = [member for member in opening.below(draft, condition, device) if member not in set(ticket.members)]
    if joined:
        ticket = draft.write(ticket.id, "extended", {"joined": joined})
    if condition.cause == findings.CREDENTIAL and ticket.cause == findings.SERVICE:
        ticket = draft.write(ticket.id, "extended", opening.named(draft, condition, device, ticket.members))
    return ticket


def _raise(draft: Draft, ticket: Ticket, condition: Condition) -> None:
    level, reasons = _judged(draft, ticket, condition, draft.now)
    if sla.RANK[level] > sla.RANK[ticket.severity]:
        why, since = _facts_since(draft, ticket, condition, level)
        args = {"from": ticket.severity, "to": level, "why": why, "facts_since": since}
        if ticket.severity == "latent":
            args["cause"] = condition.cause
        draft.write(ticket.id, "reclassified", {**args, "reasons": [reason.as_json() for reason in reasons]})


def _weight(cause: str) -> int:
    """Which of a root's conditions speaks for its level: lost function before a duty not done before a defect."""
    return 2 if cause in findings.LATENT else 1 if cause in findings.BESIDE else 0


def _judged(draft: Draft, ticket: Ticket, condition: Condition, at: Ms) -> tuple[str, tuple[Reason, ...]]:
    """The level that the ticket's facts had at `at`: who was dark by then, and what the timetable said."""
    view = draft if at == draft.now else draft.back_at(at)
    joint = roots.is_system(ticket.root)
    fallen = (member for member in ticket.members if not joint or any(c.fires for c in draft.of_device(member)))
    members = tuple(member for member in fallen if _fell_at(draft, member, condition) <= at)
    root = draft.frame.devices.get(ticket.root)
    facts = gather(view, root, condition.cause, members, ticket.id, condition, joint)
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
    waived = [f for f in opening.faults(draft, ticket.root, ticket.cause) if f.waived and f.opened_at >= since]
    if ticket.times.taken_at is None and len(waived) >= life.free_waivers:
        args |= {"guard": True, **_guarded(draft, ticket)}
    return args


def _guarded(draft: Draft, ticket: Ticket) -> dict[str, Ms]:
    """4.4: the third waiver in a week is none; a deadline by night may wait for the morning, the device being up."""
    due = sla.deadline(ticket.times, "response")
    here = draft.frame.local(due) if due is not None else None
    night = here is not None and (here.hour >= 22 or here.hour < 7)
    return {"response_due": draft.frame.next_morning(due, "08:00")} if due is not None and night else {}
