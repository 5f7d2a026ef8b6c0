"""A ticket opens, relapses, takes in reports of the same fault, asks the first engineer.

Rows 1, 4, 5, 26-28, 40, 44, 51 and 52 of the table, the agent's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.alerting import commands, findings, incidents, roots
from agent.alerting.conditions import SHADOW, Condition
from agent.alerting.facts import gather
from agent.alerting.frame import THROUGH
from agent.alerting.severity import assess
from agent.alerting.severity.incident import reaches
from agent.alerting.state import Draft, Fault
from agent.alerting.tickets import BROKEN, Ticket
from agent.model import Device, Ms

_TELLING = frozenset((findings.SERVICE, findings.MANAGEMENT, findings.PICTURE, findings.RECORDING, findings.HARDWARE))
"""Causes whose titles say why: what is to be done differs by the reason."""


def relapses(ticket: Ticket, condition: Condition) -> bool:
    """Rows 26-28: the same root and cause class fails again within the stability window."""
    if ticket.state not in ("restored", "reported") or ticket.cause != condition.cause:
        return False
    return ticket.stable_until is not None and condition.since <= ticket.stable_until


def relapse(draft: Draft, ticket: Ticket, condition: Condition) -> None:
    ticket = draft.write(ticket.id, "relapsed", {"n": ticket.relapses + 1, "since": condition.since})
    if ticket.state == "new":
        dispatch(draft, ticket)


def open_ticket(draft: Draft, condition: Condition, device: Device) -> None:
    number = _split_off(draft, condition, device)
    if number:
        return
    members = (device.id, *below(draft, condition, device))
    args = _opening(draft, condition, device, members)
    ticket = draft.write(draft.number(), "opened", args)
    _gather_others(draft, ticket)
    dispatch(draft, draft.ticket(ticket.id) or ticket)


def join_classroom(draft: Draft, condition: Condition, device: Device) -> bool:
    """Whether the terminal joined the open ticket of its room: a classroom is judged as a whole (n of m answer)."""
    if condition.cause != findings.UNREACHABLE:
        return False
    for mate in draft.frame.classmates(device.id):
        for ticket in draft.agent_tickets(mate):
            if ticket.state in BROKEN and ticket.cause == condition.cause and _one_outage(draft, condition, ticket):
                if device.id not in ticket.members:
                    draft.write(ticket.id, "extended", {"joined": [device.id]})
                draft.delta.dirty.add(mate)
                return True
    return False


def _one_outage(draft: Draft, condition: Condition, ticket: Ticket) -> bool:
    """Fallen close together, or so many of the room by now that the annex judges the room."""
    if abs(condition.since - ticket.times.started_at) <= draft.frame.policy.grouping.room * 1000:
        return True
    rule = draft.frame.policy.severity.rules.get("C1")
    facts = gather(draft, draft.frame.devices.get(ticket.root), condition.cause, ticket.members, ticket.id)
    return rule is not None and reaches(facts.room_dark, facts.room_total, rule)


def below(draft: Draft, condition: Condition, device: Device) -> Iterator[str]:
    if condition.cause == findings.UNREACHABLE:
        yield from incidents.dark(device.id, condition.since, draft.frame.graph, draft)


def _opening(draft: Draft, condition: Condition, device: Device, members: tuple[str, ...]) -> dict[str, Any]:
    facts = gather(draft, device, condition.cause, members, of=condition)
    level, reasons = assess(facts, draft.frame.policy.severity)
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
        "title_args": _title_args(draft, condition, device, members),
        "policy": f"{policy.severity.version}/{policy.sha256[:12]}",
        "limits": policy.contract.as_json(),
        **({} if ours else {"contract": False, "party": device.owner_party}),
        **repeat(draft, condition, device.id),
    }


def named(draft: Draft, condition: Condition, device: Device, members: tuple[str, ...]) -> dict[str, Any]:
    """What a ticket is called whose fault turned out to be another."""
    return {
        "cause": condition.cause,
        "title_key": _title(condition, members),
        "title_args": _title_args(draft, condition, device, members),
    }


_MUTE = frozenset(("", "timeout", "refused", "unreachable", "reset", "no_look_yet"))
"""Reasons of a look to which nothing answered; any other names better what is wrong than that."""


def _title(condition: Condition, members: tuple[str, ...]) -> str:
    if condition.probe == THROUGH and condition.reason:
        return f"ticket.title.told.{condition.cause}"
    if len(members) > 1:
        return f"ticket.title.{condition.cause}_many"
    if condition.cause == findings.UNREACHABLE and condition.reason not in _MUTE:
        return "ticket.title.told.unreachable"
    if condition.cause in _TELLING and condition.reason:
        return f"ticket.title.{'rung' if condition.rung else 'why'}.{condition.cause}"
    return f"ticket.title.{condition.cause}"


def _title_args(draft: Draft, condition: Condition, device: Device, members: tuple[str, ...]) -> dict[str, Any]:
    args = {"name": device.name, "probe": condition.probe, "others": len(members) - 1, **why(condition)}
    mates = draft.frame.classmates(device.id) if condition.cause == findings.UNREACHABLE else ()
    if mates:
        place = device.location
        args |= {"room": " ".join(filter(None, (place.building, place.room))), "total": len(mates) + 1}
    return args


def why(condition: Condition) -> dict[str, str]:
    """Why it fails, as keys of words: what the first broken rung of a ladder is called."""
    if not condition.reason or (condition.cause not in _TELLING and condition.reason in _MUTE):
        return {}
    return {"reason": f"web.reason.{condition.reason}", "rung": f"web.rung.{condition.rung}" if condition.rung else ""}


def _started(draft: Draft, condition: Condition, device: Device) -> Ms:
    """The first failed look; for a device that is watched by a timetable not before its hours."""
    if device.schedule == "always":
        return condition.since
    return max(condition.since, draft.now - round(draft.frame.policy.life.schedule_grace * 1000))


def repeat(draft: Draft, condition: Condition, root: str) -> dict[str, str]:
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
            target = _target(draft, ticket)
            if target is not None and _dead_since(target, condition):
                ticket = draft.write(ticket.id, "split", {"from": target.id, "started_at": condition.since})
                dispatch(draft, ticket)
                return ticket.id
    return ""


def _target(draft: Draft, ticket: Ticket) -> Ticket | None:
    """The ticket that a merged one has gone into at last."""
    target = draft.ticket(ticket.merged_into or "")
    while target is not None and target.state == "merged":
        target = draft.ticket(target.merged_into or "")
    return target


def _dead_since(target: Ticket, condition: Condition) -> bool:
    """Whether it has not come back since its ticket went into the other; what fails anew is a fault of its own."""
    restored = target.times.restored_at
    return target.state != "filed" and (target.state in BROKEN or restored is None or condition.since <= restored)


def _gather_others(draft: Draft, ticket: Ticket) -> None:
    """Row 40 by the agent: people's reports of the same fault, and tickets of children that died with this root."""
    for number in dict.fromkeys((*draft.state.tickets, *draft.delta.tickets)):
        other = draft.ticket(number) or ticket
        if other.id != ticket.id and _same_fault(draft, other, ticket):
            merge(draft, other, ticket.id)
            if other.by_agent:
                _overshadow(draft, other.root)
        elif (
            other.id != ticket.id
            and roots.is_system(other.root)
            and other.state in BROKEN
            and _together(draft, other, ticket)
        ):
            _take_from(draft, other, ticket)


def _together(draft: Draft, other: Ticket, ticket: Ticket) -> bool:
    return abs(other.times.started_at - ticket.times.started_at) <= draft.frame.policy.grouping.merge * 1000


def _take_from(draft: Draft, system: Ticket, ticket: Ticket) -> None:
    """A root is found for devices that had been taken for a system's own: all of it goes into the root's ticket, or
    those leave it that hang on the root."""
    theirs = [member for member in system.members if member in ticket.members]
    if not theirs:
        return
    if len(theirs) == len(system.members):
        merge(draft, system, ticket.id)
    else:
        draft.write(system.id, "extended", {"left": theirs, "why": "root_found"})
    for member in theirs:
        _overshadow(draft, member)


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
