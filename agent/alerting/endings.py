"""The verbs that end a ticket, join it with another, or wait for approval before they do: rows 38-44 and 56, filing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.alerting.case import Answer, Case, Refused, Write
from agent.alerting.table import rows
from agent.alerting.tickets import Ticket
from agent.alerting.times import RANK
from agent.model import Ms

WITHDRAW_REASONS = ("reporter", "out_of_scope", "planned", "drill", "duplicate")
WHYS = ("corrected", "grew", "context")


# --- what waits for approval --------------------------------------------------------------------------------


def withdraw(case: Case) -> Answer:
    reason = case.arg("reason")
    if reason not in WITHDRAW_REASONS:
        return case.refuse("withdraw_reason", reason=reason, reasons=list(WITHDRAW_REASONS))
    if case.scene.health == "down" and not (reason == "planned" and case.scene.maintenance):
        return case.refuse("still_failing")
    own = any(case.command.by == reporter.get("name") for reporter in case.ticket.reporters)
    return _approvable(case, "withdraw", case.write("withdrawn", "reason"), settled=own)


def false_alarm(case: Case) -> Answer:
    if not case.ticket.by_agent:
        return case.refuse("not_of_agent")
    return _approvable(case, "false-alarm", case.write("false_alarm", "evidence", "reason"))


def reclassify(case: Case) -> Answer:
    level = case.arg("down") or case.arg("up")
    if level not in RANK or level == "latent":
        return case.refuse("level", level=level, levels=[name for name in RANK if name != "latent"])
    lower = RANK[level] < RANK[case.ticket.severity]
    if level == case.ticket.severity or lower != (case.row.number == 43):
        return case.refuse("direction", level=level, severity=case.ticket.severity)
    why = "lowered" if lower else case.arg("why") or "corrected"
    if not lower and why not in WHYS:
        return case.refuse("one_of", name="why", value=why, allowed=list(WHYS))
    args = {"from": case.ticket.severity, "to": level, "why": why, "by_person": True}
    if not lower:
        return [case.write("reclassified", "reason", "facts_since", **args)]
    if case.ticket.severity in ("major", "serious") and not case.arg("evidence"):
        return case.refuse("customer_agrees")
    return _approvable(case, "reclassify", case.write("reclassified", "reason", "evidence", **args))


def _approvable(case: Case, what: str, write: Write, settled: bool = False) -> Answer:
    """A row marked †: it stands as a request until the project manager approves; his own word is the approval."""
    if settled or case.acts_as == "Pm":
        return [write]
    if case.ticket.pending:
        return case.refuse("pending", what=case.ticket.pending.get("what"))
    return [case.write("requested", what=what, event=write.name, carries=dict(write.args))]


def approve(case: Case) -> Answer:
    pending, times = case.ticket.pending, case.ticket.times
    if pending is None:
        late = (times.taken_verdict_at, times.restored_verdict_at, times.fed_back_verdict_at)
        if late == (times.taken_at, times.restored_at, times.fed_back_at):
            return case.refuse("nothing_pending")
        return [case.write("approved", what="late_entry")]
    approved = case.write("approved", what=pending["what"])
    if "event" not in pending:
        return [approved]
    carried = {**pending["carries"], "requested_by": pending["by"]}
    if not rows(case.ticket.state, pending["what"]) or not _still_lower(case.ticket, carried):
        return Refused(code=409, key="moot", args={"what": pending["what"], "state": case.ticket.state})
    return [approved, Write(ticket=case.ticket.id, name=pending["event"], at=case.at, args=carried)]


def _still_lower(ticket: Ticket, carried: dict[str, Any]) -> bool:
    """Whether a lowering that was asked for still lowers; the level may have moved since."""
    if "to" in carried:
        carried["from"] = ticket.severity
    return "to" not in carried or RANK[carried["to"]] < RANK[ticket.severity]


def decline(case: Case) -> Answer:
    if case.ticket.pending is None:
        return case.refuse("nothing_pending")
    return [case.write("declined", "reason", what=case.ticket.pending["what"])]


# --- merging, splitting, filing -----------------------------------------------------------------------------


def join(case: Case) -> Answer:
    return merge(case.ticket, case.scene.find(str(case.arg("into"))), case.at)


def merge(ticket: Ticket, target: Ticket | None, at: Ms) -> Answer:
    """Row 40: `merged` here, `absorbed` there. The agent uses it too, for a root found later."""
    if target is None or target.id == ticket.id:
        return Refused(code=404, key="merge_target", args={})
    if target.state in ("confirmed", "filed", "withdrawn", "false_alarm", "merged"):
        return Refused(code=409, key="merge_closed", args={"into": target.id, "state": target.state})
    times = ticket.times
    carried: dict[str, Any] = {
        "from": ticket.id, "opened_at": times.opened_at, "started_at": times.started_at, "level": times.level,
        "since": [list(pair) for pair in times.since], "members": list(ticket.members),
        "reporters": [dict(reporter) for reporter in ticket.reporters], "source": ticket.source,
    }  # fmt: skip
    if times.taken_at is not None:
        carried |= {"taken_at": times.taken_at, "taken_verdict_at": times.taken_verdict_at, "handler": ticket.handler}
    return [
        Write(ticket=ticket.id, name="merged", at=at, args={"into": target.id}),
        Write(ticket=target.id, name="absorbed", at=at, args=carried),
    ]


def split(case: Case) -> Answer:
    return [case.write("split", "reason", **{"from": case.ticket.merged_into})]


def file(case: Case) -> Answer:
    missing = unfinished(case.ticket, case.scene.now, case.scene.close)
    return case.refuse("unfinished", missing=missing) if missing else [case.write("filed")]


def unfinished(ticket: Ticket, now: Ms, close: Callable[[Ms, int], Ms]) -> list[str]:
    """What rows 41 and 54 still ask for before a ticket can be filed."""
    missing = [] if ticket.times.fed_back_at is not None else ["feedback"]
    if ticket.reports == 0:
        missing.append("report")
    confirmed = ticket.times.confirmed_at
    if ticket.state == "confirmed" and confirmed is not None and now <= close(confirmed, 1):
        missing.append("workday")
    return missing
