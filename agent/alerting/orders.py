"""A person's command at the engine's door: opening a ticket, or a verb on one; what follows from it for the agent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agent.alerting import outage
from agent.alerting.commands import Command, Refused, Rights, Scene, acting, perform
from agent.alerting.facts import gather
from agent.alerting.severity import assess
from agent.alerting.sla import RANK
from agent.alerting.state import Draft
from agent.alerting.table import TABLE
from agent.alerting.tickets import BROKEN, FAULTLESS_KINDS, KINDS, Ticket

SOURCES = ("qr", "web", "mail", "hotline", "onsite", "supervise", "inspection", "person")
_REPORTED = frozenset(("qr", "web", "mail"))


def carry_out(draft: Draft, command: Command) -> None:
    """Carry out one command; its answer is in the delta."""
    draft.delta.answer = _open(draft, command) if command.verb == "open" else _verb(draft, command)


def _verb(draft: Draft, command: Command) -> tuple[str, ...] | Refused:
    ticket = draft.ticket(command.ticket)
    if ticket is None:
        return Refused(code=404, key="unknown_ticket", args={"ticket": command.ticket})
    answer = perform(ticket, command, scene(draft, ticket))
    if isinstance(answer, Refused):
        return answer
    for write in answer:
        draft.record(write.ticket, write.name, write.at, command.by, command.via, {**write.args, **_caller(command)})
    _afterwards(draft, ticket, command.verb)
    return tuple(dict.fromkeys((command.ticket, *(write.ticket for write in answer))))


def _caller(command: Command) -> dict[str, str]:
    return {"caller": command.caller} if command.caller else {}


def scene(draft: Draft, ticket: Ticket) -> Scene:
    """The world as a command on this ticket may ask about it."""
    frame, life = draft.frame, draft.frame.policy.life
    return Scene(
        now=draft.now,
        health=_health(draft, ticket),
        find=draft.ticket,
        close=frame.close,
        due=frame.feedback_due,
        stability_ms=round(life.stability_window * 1000),
        rights=Rights(suspend=life.suspend, refuse_workdays=life.refuse_workdays),
        maintenance=frame.maintained(frame.devices.get(ticket.root), draft.now),
        hole=draft.state.hole,
        last_on_roster=lambda who: who in frame.roster.order and frame.roster.after(who) is None,
    )


def _health(draft: Draft, ticket: Ticket) -> str:
    """How the agent sees the ticket's root now."""
    if not draft.watched(ticket.root):
        return "unwatched"
    if draft.state.blind_since is not None:
        return "unknown"
    bad = any(c.fires and c.good_since is None for member in ticket.members for c in draft.of_device(member))
    return "down" if bad else "up"


def _afterwards(draft: Draft, before: Ticket, verb: str) -> None:
    """A ticket that ends while its root still fails: planned work is judged again when its window is over."""
    ticket = draft.ticket(before.id)
    if ticket is None or before.state not in BROKEN or ticket.state in BROKEN:
        return
    for member in ticket.members:
        for condition in tuple(draft.of_device(member)):
            if ticket.state == "withdrawn" and condition.fires:
                draft.hold(condition, outage.MAINTENANCE)
            elif not condition.fires:
                draft.drop(condition.key)


# --- rows 2 and 3 -------------------------------------------------------------------------------------------


def _open(draft: Draft, command: Command) -> tuple[str, ...] | Refused:
    refusal = _refuse_open(draft, command)
    if refusal is not None:
        return refusal
    args = command.args
    reported = args.get("source") in _REPORTED
    number = draft.number()
    at = draft.now if command.at is None else command.at
    ticket = draft.record(number, "opened", at, command.by, command.via, _opening(draft, command))
    if not reported:
        ticket = draft.record(
            number, "admitted", at, command.by, command.via, {"owner": command.by, "kind": ticket.kind}
        )
    standing = _standing(draft, ticket)
    if standing is not None:
        outage.merge(draft, ticket, standing.id)
        return (standing.id, number)
    if args.get("take"):
        draft.record(number, "taken", draft.now, command.by, command.via, {"who": command.by})
    return (number,)


def _refuse_open(draft: Draft, command: Command) -> Refused | None:
    args, known = command.args, draft.frame.devices
    if not any(acting(row, command) for row in TABLE if row.verb == "open"):
        return Refused(code=403, key="not_you", args={"verb": "open", "role": command.role})
    missing = [] if args.get("what") else ["what"]
    missing += [] if args.get("device") or args.get("place") else ["device|place"]
    if missing:
        return Refused(code=422, key="needs", args={"verb": "open", "what": missing})
    if args.get("device") and args["device"] not in known:
        return Refused(code=404, key="unknown_device", args={"device": args["device"]})
    for name, allowed in (("kind", KINDS), ("source", SOURCES), ("severity", tuple(RANK))):
        if args.get(name) and args[name] not in allowed:
            return Refused(code=422, key="one_of", args={"name": name, "value": args[name], "allowed": list(allowed)})
    if command.at is not None and command.at > draft.now + 60_000:
        return Refused(code=422, key="future", args={"at": command.at})
    return None


def _opening(draft: Draft, command: Command) -> dict[str, Any]:
    args, policy = command.args, draft.frame.policy
    device = draft.frame.devices.get(str(args.get("device", "")))
    kind = args.get("kind") or "repair"
    root = device.id if device is not None else f"place:{args['place']}"
    facts = replace(gather(draft, device, "reported", (root,)), danger=bool(args.get("danger")))
    level, reasons = assess(replace(facts, stated=str(args.get("severity") or "")), policy.severity)
    if args.get("severity") and RANK[level] < RANK[args["severity"]]:
        level = args["severity"]
    late = {"late_entry": True} if command.at is not None and draft.now - command.at > 300_000 else {}
    reporter = {"name": args.get("name") or command.by, "phone": args.get("phone") or ""}
    return {
        "root": root,
        "source": args.get("source") or "person",
        "level": level,
        "rule": reasons[0].rule,
        "reasons": [reason.as_json() for reason in reasons],
        "members": [root],
        "cause": "reported",
        "kind": kind,
        "faulty": kind not in FAULTLESS_KINDS,
        "title_key": "ticket.title.reported",
        "title_args": {"name": device.name if device else args.get("place", ""), "what": args["what"]},
        "policy": f"{policy.severity.version}/{policy.sha256[:12]}",
        "limits": policy.contract.as_json(),
        "reporter": reporter,
        **_caller(command),
        **late,
    }


def _standing(draft: Draft, ticket: Ticket) -> Ticket | None:
    """The agent's open ticket for the same fault: row 2 then row 40, one ticket with many reporters."""
    if not ticket.times.faulty:
        return None
    for other in draft.state.tickets.values():
        if other.by_agent and other.state in BROKEN and ticket.root in other.members:
            return other
    return None
