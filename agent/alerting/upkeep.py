"""What the tick of the clock does to a ticket: warns, books a breach, asks the next engineer, ends windows, files.
Rows 6, 11, 19, 25, 41, 48, 49 and 54 of the table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from agent.alerting import sla
from agent.alerting.commands import unfinished
from agent.alerting.conditions import CLEAR, PENDING
from agent.alerting.frame import Frame
from agent.alerting.state import Draft
from agent.alerting.tickets import BROKEN, LAST_DAY, Ticket
from agent.calendar import at_local
from agent.model import Ms

MORNING = "08:30"
"""Local time of the last day of feedback at which the tick reminds (row 48)."""


def tend(draft: Draft, number: str) -> None:
    """All that is due on one ticket now. Each part sees what the part before it wrote."""
    for part in (_breach, _warn, _stable, _resume, _tier_one, _file):
        ticket = draft.ticket(number)
        if ticket is not None and ticket.is_open:
            part(draft, ticket)


def wake(ticket: Ticket, frame: Frame) -> Ms | None:
    """The next moment at which `tend` may have something to do, None for an ended ticket without plans."""
    if not ticket.is_open:
        return None
    times = ticket.times
    moments = [at for clock, share, at in sla.marks(times) if (clock, _share(share)) not in ticket.warned]
    moments += [due + 1 for name in sla.CLOCKS if (due := _breach_due(ticket, name)) is not None]
    window = ticket.stable_until if ticket.state == "restored" and times.frozen_at is not None else None
    moments += [at for at in (_reminder(ticket, frame), window, ticket.resume_at) if at is not None]
    if times.confirmed_at is not None:
        day = frame.close(times.confirmed_at, 1) + 1
        moments += [] if unfinished(ticket, day, frame.close) else [day]
    if _faultless(ticket) and not unfinished(ticket, ticket.last_at, frame.close):
        moments.append(ticket.last_at)
    tier_one = _tier_one_due(ticket, frame)
    return min([*moments, tier_one] if tier_one is not None else moments, default=None)


def _breach_due(ticket: Ticket, name: str) -> Ms | None:
    times = ticket.times
    running = sla.runs(times, name) and sla.standing(times, name) is None
    return sla.deadline(times, name) if running else None


def _share(share: float) -> str:
    return f"{share:.2f}"


# --- deadlines ----------------------------------------------------------------------------------------------


def _breach(draft: Draft, ticket: Ticket) -> None:
    """Row 49, once per clock, as soon as it is certain."""
    for name in sla.overdue(ticket.times, draft.now):
        if _certain(draft, ticket, name):
            draft.write(ticket.id, "breached", {"clock": name})
            return _breach(draft, draft.ticket(ticket.id) or ticket)
    return None


def _certain(draft: Draft, ticket: Ticket, name: str) -> bool:
    """Not while the root is on its way back since before the deadline; a repair not while nobody can see it (E18)."""
    due = sla.deadline(ticket.times, name)
    if not ticket.by_agent or ticket.state not in BROKEN or due is None or name == "feedback":
        return True
    repair = name in sla.REPAIR
    if repair and draft.state.blind_since is not None:
        return False
    known = [c for c in draft.of_ticket(ticket) if c.state != PENDING]
    return not known or any((c.good_since is None or c.good_since > due) and not (repair and c.unseen) for c in known)


def _warn(draft: Draft, ticket: Ticket) -> None:
    """Row 48, once per clock and share; row 6 follows at the shares of response that the policy names."""
    for clock, share, at in sla.marks(ticket.times):
        if at <= draft.now and (clock, _share(share)) not in ticket.warned:
            ticket = draft.write(ticket.id, "warned", {"clock": clock, "share": _share(share)})
            if clock == "response":
                _ask_next(draft, ticket, share)
    reminder = _reminder(ticket, draft.frame)
    if reminder is not None and reminder <= draft.now:
        draft.write(ticket.id, "warned", {"clock": "feedback", "share": _feedback_mark(ticket)})


def _feedback_mark(ticket: Ticket) -> str:
    return f"{LAST_DAY}{ticket.times.feedback_due}"


def _reminder(ticket: Ticket, frame: Frame) -> Ms | None:
    due = ticket.times.feedback_due
    if due is None or not sla.runs(ticket.times, "feedback") or ("feedback", _feedback_mark(ticket)) in ticket.warned:
        return None
    return at_local(frame.local(due).date(), MORNING, frame.zone)


def _ask_next(draft: Draft, ticket: Ticket, share: float) -> None:
    """Nobody took it: the next on the roster is asked, behind the last of them the project manager. Never closed."""
    shares = draft.frame.policy.life.redispatch
    if ticket.state != "dispatched" or all(abs(share - mark) > 0.01 for mark in shares):
        return
    last = abs(share - max(shares)) <= 0.01
    manager = next((p.id for p in draft.frame.roster.people if p.role.value == "manager"), None)
    to = manager if last and manager else draft.frame.roster.after(ticket.asked) or manager
    if to is not None and to != ticket.asked:
        draft.write(ticket.id, "dispatched", {"to": to, "because": "response", "share": _share(share)})


# --- windows ------------------------------------------------------------------------------------------------


def _stable(draft: Draft, ticket: Ticket) -> None:
    """Row 25: nobody had taken it and nothing failed again; the frozen response is waived (自愈免响应)."""
    until, times = ticket.stable_until, ticket.times
    if ticket.state != "restored" or until is None or times.frozen_at is None or draft.now < until:
        return
    if not any(c.since <= until and c.state != CLEAR for c in draft.of_ticket(ticket)):
        draft.write(ticket.id, "stable")


def _resume(draft: Draft, ticket: Ticket) -> None:
    if ticket.state == "suspended" and ticket.resume_at is not None and ticket.resume_at <= draft.now:
        draft.write(ticket.id, "resumed")


def _tier_one_due(ticket: Ticket, frame: Frame) -> Ms | None:
    """一线时限: when tier 1 must hand on, where the roster has a tier 2."""
    taken, second = ticket.times.taken_at, next(_tier_two(frame), None)
    if ticket.state != "working" or ticket.tier != 1 or taken is None or second in (None, ticket.handler):
        return None
    limits = frame.policy.life.tier1
    return taken + round(limits.get(ticket.severity, limits.get("other", 1800.0)) * 1000)


def _tier_two(frame: Frame) -> Iterator[str]:
    return (person.id for person in frame.roster.people if person.role.value == "engineer" and person.tier >= 2)


def _tier_one(draft: Draft, ticket: Ticket) -> None:
    due = _tier_one_due(ticket, draft.frame)
    if due is not None and due <= draft.now:
        to = next(_tier_two(draft.frame))
        draft.write(ticket.id, "escalated", {"tier": 2, "to": to, "tried": "", "because": "tier1_limit"})


def _file(draft: Draft, ticket: Ticket) -> None:
    """Rows 41 and 54: complete, and the day in which the customer may take his word back is over."""
    if (ticket.state == "confirmed" or _faultless(ticket)) and not unfinished(ticket, draft.now, draft.frame.close):
        draft.write(ticket.id, "filed")


def _faultless(ticket: Ticket) -> bool:
    """Written up, and nothing was broken: nobody need confirm it (row 54)."""
    return not ticket.times.faulty and ticket.state == "reported"


def next_day(at: Ms, frame: Frame) -> Ms:
    """Local midnight after `at`: facts that the date decides (a calendar, a window) are looked at again then."""
    return at_local(frame.local(at).date() + timedelta(days=1), "00:00", frame.zone)
