"""One function a verb: what a command that the table allows writes, or the precondition that is missing (3.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agent.alerting import endings
from agent.alerting.case import Answer, Case, Refused, Write
from agent.alerting.endings import WITHDRAW_REASONS, merge, unfinished
from agent.alerting.tickets import FAULTLESS_KINDS, KINDS, Ticket

__all__ = ["PARTIES", "SUSPEND_REASONS", "VERBS", "WITHDRAW_REASONS", "merge", "unfinished"]

SUSPEND_REASONS = ("customer", "no_entry", "exam", "power", "force_majeure", "cost")
PARTIES = ("branch", "maker", "installer", "repair-centre")
_HOUR = 3_600_000


# --- taking in, asking, taking up ---------------------------------------------------------------------------


def _admit(case: Case) -> Answer:
    kind = case.arg("kind") or case.ticket.kind
    if kind not in KINDS:
        return case.refuse("kind", kind=kind, kinds=list(KINDS))
    return [case.write("admitted", owner=case.command.by, kind=kind, faulty=kind not in FAULTLESS_KINDS)]


def _admitted(case: Case) -> list[Write]:
    return [] if case.ticket.owner else [case.write("admitted", owner=case.command.by)]


def _dispatch(case: Case) -> Answer:
    to = case.arg("to")
    if case.row.number == 6 and to == case.ticket.asked:
        return case.refuse("same_target", to=to)
    if case.row.number == 5 and not case.scene.engineer(to):
        return case.refuse("not_engineer", to=to)
    return [*_admitted(case), case.write("dispatched", "reason", to=to)]


def _take(case: Case) -> Answer:
    if case.row.number != 24:
        return _taking(case)
    if case.ticket.times.taken_at is not None:
        return Refused(code=409, key="taken", args={"handler": case.ticket.handler})
    return [_taken(case, after="restored")]


def _taken(case: Case, **args: str) -> Write:
    return case.write("taken", "verdict_at", "reason", who=case.command.by, **args)


def _taking(case: Case) -> list[Write]:
    return [*_admitted(case), _taken(case)]


def _return(case: Case) -> Answer:
    refusal = case.only(case.ticket.asked)
    if refusal is not None:
        return refusal
    if case.scene.last_on_roster(case.command.by):
        told = case.write("told", "reason", pm=True, because="last_on_roster")
        return Refused(code=422, key="last_on_roster", writes=(told,))
    return [case.write("returned", "reason")]


def _handover(case: Case) -> Answer:
    refusal = case.only(case.ticket.handler)
    return refusal or [case.write("handed_over", "to", summary=case.arg("done"))]


def _escalate(case: Case) -> Answer:
    if case.row.number == 11:
        if case.ticket.tier != 1:
            return case.refuse("tier", tier=case.ticket.tier)
        return [case.write("escalated", "tried", tier=2, to=_tier_two(case))]
    if case.ticket.tier < 2 and case.acts_as != "Pm":
        return case.refuse("tier_first")
    told = case.write("told", pm=True)
    return [case.write("escalated", "contact", "asked", tier=3, party=case.arg("to")), told]


def _tier_two(case: Case) -> str:
    to = str(case.arg("to"))
    return "" if to == "tier2" else to


def _arrive(case: Case) -> Answer:
    proof = case.arg("evidence") or "word"
    arrived = case.write("arrived", "waiting_for", proof=proof)
    if case.row.number in (13, 14) or (case.row.number == 15 and case.ticket.times.taken_at is None):
        return [*_taking(case), arrived]
    if case.row.number == 16:
        return [case.write("resumed"), arrived]
    if case.row.number == 55:
        here = case.write("arrived", proof=proof, after="restored")
        # Who is on site has taken it up, as in rows 13 and 14: nobody arrives before he responds.
        return [here] if case.ticket.times.taken_at is not None else [_taken(case, after="restored"), here]
    return [arrived]


def _suspend(case: Case) -> Answer:
    reason, until = case.arg("reason"), case.arg("until")
    refusal = case.only(case.ticket.handler)
    if refusal is not None:
        return refusal
    if not case.scene.rights.suspend:
        return case.refuse("suspend_off")
    if reason not in SUSPEND_REASONS:
        return case.refuse("suspend_reason", reason=reason, reasons=list(SUSPEND_REASONS))
    if not isinstance(until, int) or not case.at < until <= case.at + 72 * _HOUR:
        return case.refuse("until", until=until)
    if case.ticket.pending:
        return case.refuse("pending", what=case.ticket.pending.get("what"))
    return [case.write("suspended", "reason", until=until)]


def _resume(case: Case) -> Answer:
    return case.only(case.ticket.handler) or [case.write("resumed")]


# --- restoring, writing up ----------------------------------------------------------------------------------


def _restore(case: Case) -> Answer:
    if case.scene.health == "unwatched" and not case.arg("done"):
        return case.refuse("needs", verb="restore", what=["done"])
    sure = case.arg("override") and case.arg("reason")
    if case.scene.health in ("down", "unknown") and not sure:
        return case.refuse("still_down", health=case.scene.health)
    stable = case.at + case.scene.stability_ms
    restored = case.write(
        "restored", "done", "override", "reason", "workaround", "verdict_at", "evidence",
        by="person", stable_until=stable, feedback_due=case.scene.due(case.at),
    )  # fmt: skip
    return [restored, case.write("told", pm=True)] if case.arg("override") else [restored]


def _report(case: Case) -> Answer:
    if case.row.number == 53:
        return [case.write("reported_back", "measures", feedback_due=case.scene.due(case.at))]
    if case.row.number == 29:
        if case.ticket.times.taken_at is None and "self_recovered" not in case.ticket.flags:
            return case.refuse("nobody_took_it")
        if case.scene.health == "down" and "workaround" not in case.ticket.flags:
            return case.refuse("still_down", health="down")
    if case.ticket.severity == "major" and not (case.arg("root_cause") and case.arg("improve")):
        return case.refuse("needs", verb="report", what=["root_cause", "improve"])
    written = case.write(
        "reported_back", "cause", "measures", "root_cause", "improve", n=case.ticket.reports + 1,
        parts=case.arg("parts") or "无",
    )  # fmt: skip
    # Whoever writes it up while the response is frozen has taken it up (row 24); nothing else would end that clock.
    frozen = case.row.number == 29 and case.ticket.times.frozen_at is not None
    return [_taken(case, after="restored"), written] if frozen else [written]


# --- the customer's word ------------------------------------------------------------------------------------


def _for_customer(case: Case) -> dict[str, Any]:
    """Whose word it is: the customer's own, or recorded for him (代录)."""
    if case.acts_as == "Cu":
        return {"by": case.command.by}
    return {"by": case.arg("customer") or "customer", "recorded_for": True}


def _confirm(case: Case) -> Answer:
    """Rule 5: nobody confirms his own work; the customer's word may be recorded for him, with evidence."""
    own = case.command.by == case.ticket.handler
    if not case.arg("evidence") and (own or case.acts_as != "Cu"):
        return case.refuse("own_work" if own else "evidence_of_customer")
    return [case.write("confirmed", "evidence", "satisfaction", **_for_customer(case))]


def _refuse(case: Case) -> Answer:
    fed_back, days = case.ticket.times.fed_back_at, case.scene.rights.refuse_workdays
    if case.row.number == 34 and fed_back is not None and case.at > case.scene.close(fed_back, days):
        return Refused(code=409, key="refuse_too_late", args={"days": days, "open": _again(case.ticket)})
    word = _for_customer(case)
    return [case.write("refused", "reason", "evidence", n=case.ticket.refusals + 1, **word)]


def _again(ticket: Ticket) -> dict[str, str]:
    """The arguments of `open` by which the same fault is reported anew: the hint does it in one tap."""
    place = ticket.root.removeprefix("place:")
    where = {"device": ticket.root} if place == ticket.root else {"place": place}
    return {**where, "repeat_of": ticket.id}


def _reopen(case: Case) -> Answer:
    confirmed = case.ticket.times.confirmed_at or case.at
    if case.at > case.scene.close(confirmed, 1):
        return case.refuse("reopen_too_late")
    return [case.write("reopened", "reason")]


def _feedback(case: Case) -> Answer:
    if "fed_back" in case.ticket.flags and case.ticket.times.fed_back_at is not None:
        return case.refuse("fed_back_already")
    return [case.write("fed_back", "to", "words", "verdict_at", via=case.arg("how"))]


# --- words --------------------------------------------------------------------------------------------------


def _urge(case: Case) -> Answer:
    return [case.write("urged", "text", n=case.ticket.urges + 1)]


def _supervise(case: Case) -> Answer:
    return [case.write("supervised", "ask", reply_by=case.arg("reply_by") or case.at + _HOUR)]


def _note(case: Case) -> Answer:
    return [case.write("noted", "text", "reply", "file")]


def _followup(case: Case) -> Answer:
    return [case.write("followed_up", "answers", "satisfaction")]


VERBS: Mapping[str, Callable[[Case], Answer]] = {
    "admit": _admit,
    "dispatch": _dispatch,
    "take": _take,
    "return": _return,
    "handover": _handover,
    "escalate": _escalate,
    "arrive": _arrive,
    "suspend": _suspend,
    "resume": _resume,
    "restore": _restore,
    "report": _report,
    "confirm": _confirm,
    "refuse": _refuse,
    "reopen": _reopen,
    "feedback": _feedback,
    "withdraw": endings.withdraw,
    "false-alarm": endings.false_alarm,
    "merge": endings.join,
    "split": endings.split,
    "reclassify": endings.reclassify,
    "urge": _urge,
    "supervise": _supervise,
    "note": _note,
    "attach": _note,
    "approve": endings.approve,
    "decline": endings.decline,
    "file": endings.file,
    "followup": _followup,
}
"""By the verb's name in `table`."""
