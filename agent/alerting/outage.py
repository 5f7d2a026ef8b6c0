"""From a reading to its place: the condition moves, and where the device stands in its incident is judged.

Root: `opening` opens its ticket. Shadowed, waiting, or held by a window: no ticket yet, and the tick asks again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agent.alerting import conditions, findings, incidents, opening, roots, together
from agent.alerting.conditions import (
    BLIND,
    CLEAR,
    COMPANY,
    MAINTENANCE,
    OFF_SCHEDULE,
    PARENT,
    QUARANTINE,
    SHADOW,
    Condition,
)
from agent.alerting.findings import Finding
from agent.alerting.incidents import Place
from agent.alerting.state import Draft
from agent.alerting.tickets import BROKEN, Ticket
from agent.model import Device, Ms, Outcome, Reading


def read(draft: Draft, reading: Reading) -> None:
    """Judge one reading."""
    target = reading.target
    device = draft.frame.devices.get(target.device)
    leading = draft.frame.leading.get(target.device, "")
    if device is None:
        return
    confirm = draft.frame.confirm.get(target.protocol, 1)
    for finding in findings.find(reading, device, leading):
        if not (finding.bad and _unseen(draft, finding)):
            _observe(draft, finding, device, finding.confirm if ":" in finding.probe else confirm)
    if target.probe == leading and reading.outcome is Outcome.OK:
        for key in tuple(draft.state.waiting.get(device.id, ())):
            judge(draft, key)


def _observe(draft: Draft, finding: Finding, device: Device, confirm: int) -> None:
    before = draft.condition(finding.key)
    after = conditions.observe(before, finding, draft.now, draft.frame.policy.conditions, device.kind, confirm)
    if after is not before:
        _moved(draft, before, after, finding.key)


def _unseen(draft: Draft, finding: Finding) -> bool:
    """A blind agent's failed looks say nothing, nor one that began while it was blind; only the references are judged
    by them, since they say whether it is."""
    if finding.device in draft.frame.references:
        return False
    hole = draft.state.hole
    return draft.state.blind_since is not None or (hole is not None and hole[0] <= finding.at < hole[1])


def _moved(draft: Draft, before: Condition | None, after: Condition | None, key: tuple[str, str]) -> None:
    if after is None:
        draft.drop(key)
        return
    draft.put(after)
    if after.fires and not (before and before.fires):
        _fell(draft, after)
    elif before and after.fires and after.cause != before.cause:
        draft.delta.dirty.add(after.device)
    elif after.state == CLEAR:
        _cleared(draft, after)


def _fell(draft: Draft, condition: Condition) -> None:
    _silence(draft, condition)
    judge(draft, condition.key)
    if draft.down(condition.device) and condition.probe == draft.frame.leading.get(condition.device):
        for other in tuple(draft.of_device(condition.device)):
            if other.held.startswith(PARENT):
                judge(draft, other.key)
        for key in tuple(draft.state.waiting.get(condition.device, ())):
            judge(draft, key)


def _silence(draft: Draft, condition: Condition) -> None:
    """A device that answered no ping and served all the same serves no more: now it does not answer, since then."""
    if condition.cause not in (findings.SERVICE, findings.MANAGEMENT) or condition.reason == "auth":
        return
    ping = draft.condition((condition.device, draft.frame.leading.get(condition.device, "")))
    if ping is None or ping.cause != findings.PING or not ping.fires or ping.good_since is not None:
        return
    if not draft.serves(condition.device, condition.since):
        draft.put(replace(ping, cause=findings.UNREACHABLE, since=condition.since, fired_at=draft.now))
        judge(draft, ping.key)


# --- where does it stand ------------------------------------------------------------------------------------


def judge(draft: Draft, key: tuple[str, str]) -> None:
    """Find the place of a firing condition that no ticket carries, and act on it."""
    condition = draft.condition(key)
    device = draft.frame.devices.get(key[0])
    if condition is None or device is None or not condition.fires or condition.good_since is not None:
        return  # what is on its way back opens nothing any more
    if condition.cause == findings.UNREACHABLE and draft.serves(device.id, condition.since):
        condition = replace(condition, cause=findings.PING)
        draft.put(condition)
    if condition.cause == findings.PING:
        _open(draft, condition, device)
        return
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
    if draft.down(device.id):
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
    joint = together.carrying(draft, device, condition)
    if joint is not None:
        _join(draft, condition, joint)
        return
    draft.hold(condition, "")
    condition = draft.condition(condition.key) or condition
    if opening.join_classroom(draft, condition, device) or together.join(draft, condition, device):
        return
    relapsed = next((ticket for ticket in standing if opening.relapses(ticket, condition)), None)
    if relapsed is not None:
        opening.relapse(draft, relapsed, condition)
    elif together.waits(draft, condition, device):
        draft.hold(condition, COMPANY)
    else:
        opening.open_ticket(draft, condition, device)


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


# --- over, or held ------------------------------------------------------------------------------------


def _cleared(draft: Draft, condition: Condition) -> None:
    """A condition is over: its ticket may be restored; what stood in its shadow gets time to come back."""
    device = condition.device
    carrying = [ticket for ticket in _carrying(draft, device) if ticket.state in BROKEN]
    tickets = [ticket for ticket in carrying if not _written_off(draft, ticket, condition)]
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


def _written_off(draft: Draft, ticket: Ticket, condition: Condition) -> bool:
    """Whether a member answers again below a root that does not: it is affected no more. Beside a root that is on its
    way back, too, nothing is written: all of them are restored together."""
    root, device = ticket.root, condition.device
    below = root in draft.frame.graph.above(device) and condition.cause == findings.UNREACHABLE
    if not below or not draft.silent(root):
        return False
    draft.write(ticket.id, "extended", {"left": [device], "why": "recovered"})
    return True


def _carrying(draft: Draft, device: str) -> Iterator[Ticket]:
    """The agent's open tickets that name the device as root or member."""
    for above in (device, *draft.frame.graph.above(device), *draft.frame.classmates(device)):
        for ticket in draft.agent_tickets(above):
            if device in ticket.members:
                yield ticket
    known = draft.frame.devices.get(device)
    if known is not None:
        yield from together.of(draft, known)


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
    """A child whose quarantine is over and that is still dead leaves its parent's ticket for one of its own; the
    parent may be one of yesterday's inventory."""
    for number in tuple(draft.state.tickets):
        ticket = draft.ticket(number)
        if ticket is None or not (ticket.is_open and ticket.by_agent) or roots.is_system(ticket.root):
            continue
        if ticket.root != child and child in ticket.members:
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
