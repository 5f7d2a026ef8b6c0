"""A person's command at the engine's door: opening a ticket, or a verb on one; what follows from it for the agent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from agent.alerting import conditions, opening, roots
from agent.alerting.commands import (
    FUTURE_MS,
    LATE_MS,
    Command,
    Refused,
    Rights,
    Scene,
    Write,
    acting,
    perform,
)
from agent.alerting.facts import gather
from agent.alerting.findings import LATENT
from agent.alerting.roster import Role, Roster
from agent.alerting.severity import assess
from agent.alerting.sla import RANK
from agent.alerting.state import Draft
from agent.alerting.table import TABLE
from agent.alerting.tickets import BROKEN, FAULTLESS_KINDS, KINDS, Ticket
from agent.model import Ms

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
        _record(draft, command, answer.writes)
        return answer
    if command.verb == "split" and not _alive(draft.ticket(ticket.merged_into or "")):
        return (_split_anew(draft, command, ticket),)
    _record(draft, command, answer)
    _afterwards(draft, ticket)
    return tuple(dict.fromkeys((command.ticket, *(write.ticket for write in answer))))


def _record(draft: Draft, command: Command, writes: Iterable[Write]) -> None:
    for write in writes:
        draft.record(write.ticket, write.name, write.at, command.by, command.via, {**write.args, **_caller(command)})


def _alive(target: Ticket | None) -> bool:
    return target is not None and target.state != "filed"


def _split_anew(draft: Draft, command: Command, ticket: Ticket) -> str:
    """Row 44 where the target is filed away: a new ticket with its own clocks that names the one it came from."""
    policy = draft.frame.policy
    args = {
        "root": ticket.root,
        "source": ticket.source,
        "level": ticket.severity,
        "reasons": [dict(reason) for reason in ticket.reasons],
        "members": list(ticket.members),
        "cause": ticket.cause,
        "kind": ticket.kind,
        "faulty": ticket.times.faulty,
        "contract": ticket.times.contract,
        "title_key": ticket.title_key,
        "title_args": dict(ticket.title_args or {}),
        "policy": f"{policy.severity.version}/{policy.sha256[:12]}",
        "limits": policy.contract.as_json(),
        "split_from": ticket.id,
        **({"reporter": dict(ticket.reporters[0])} if ticket.reporters else {}),
    }
    return draft.record(draft.number(), "opened", draft.now, command.by, command.via, args | _caller(command)).id


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
        maintenance=all(frame.maintained(frame.devices.get(one), draft.now) for one in _lies_at(ticket)),
        hole=draft.state.hole if draft.state.blind_since is None else (draft.state.blind_since, draft.now),
        last_on_roster=lambda who: who in frame.roster.order and frame.roster.after(who) is None,
        engineer=lambda who: _engineer(frame.roster, who),
        rival=_rival(draft, ticket) if ticket.by_agent else "",
    )


def _rival(draft: Draft, ticket: Ticket) -> str:
    others = (other for other in draft.agent_tickets(ticket.root) if other.id != ticket.id)
    return next((other.id for other in others if other.state in BROKEN), "")


def _engineer(roster: Roster, who: str) -> bool:
    """Whether the name is an engineer's; without engineers on the roster every name is."""
    known = any(person.role is Role.ENGINEER for person in roster.people)
    return not known or roster.role_of(who) == Role.ENGINEER.value


def _lies_at(ticket: Ticket) -> tuple[str, ...]:
    """The devices at which the fault lies."""
    return ticket.members if roots.is_system(ticket.root) else (ticket.root,)


def _health(draft: Draft, ticket: Ticket) -> str:
    """How the agent sees the ticket's root now."""
    if not any(draft.watched(one) for one in _lies_at(ticket)):
        return "unwatched"
    if draft.state.blind_since is not None:
        return "unknown"
    conditions = [c for member in ticket.members for c in draft.of_device(member) if c.fires and c.good_since is None]
    lost = [c for c in conditions if c.cause not in LATENT or ticket.severity == "latent"]
    return "down" if lost else "up"


def _afterwards(draft: Draft, before: Ticket) -> None:
    """A ticket that ends while its root still fails: planned work is judged again when its window is over."""
    ticket = draft.ticket(before.id)
    if ticket is None or before.state not in BROKEN or ticket.state in BROKEN:
        return
    for member in ticket.members:
        for condition in tuple(draft.of_device(member)):
            if ticket.state == "withdrawn" and condition.fires:
                draft.hold(condition, conditions.MAINTENANCE)
            elif not condition.fires:
                draft.drop(condition.key)


# --- rows 2 and 3 -------------------------------------------------------------------------------------------


def _open(draft: Draft, command: Command) -> tuple[str, ...] | Refused:
    refusal = _refuse_open(draft, command)
    if refusal is not None:
        return refusal
    args = command.args
    again = _relapsing(draft, command)
    if again is not None:
        return _relapse(draft, command, again)
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
        opening.merge(draft, ticket, standing.id)
    if args.get("take"):
        _verb(draft, replace(command, ticket=standing.id if standing else number, verb="take", at=None, version=None))
    return (standing.id, number) if standing is not None else (number,)


def _relapsing(draft: Draft, command: Command) -> Ticket | None:
    """Rows 26, 28 for an unwatched asset: intake is told of the same fault again within the stability window."""
    rows = [row for row in TABLE if row.verb == "open" and "De" in row.who]
    if draft.watched(_root(command)) or not any(acting(row, command) == "De" for row in rows):
        return None
    for ticket in draft.state.tickets.values():
        same = ticket.root == _root(command) and ticket.cause == "reported" and ticket.state in ("restored", "reported")
        if same and ticket.stable_until is not None and _at(draft, command) <= ticket.stable_until:
            return ticket
    return None


def _relapse(draft: Draft, command: Command, ticket: Ticket) -> tuple[str, ...]:
    args = {"n": ticket.relapses + 1, "what": command.args["what"], "reporter": _reporter(command)}
    at = max(_at(draft, command), ticket.times.restored_at or ticket.times.opened_at)
    draft.record(ticket.id, "relapsed", at, command.by, command.via, args | _caller(command))
    return (ticket.id,)


def _root(command: Command) -> str:
    return str(command.args.get("device") or f"place:{command.args.get('place')}")


def _at(draft: Draft, command: Command) -> Ms:
    return draft.now if command.at is None else command.at


def _reporter(command: Command) -> dict[str, str]:
    return {"name": command.args.get("name") or command.by, "phone": command.args.get("phone") or ""}


def _refuse_open(draft: Draft, command: Command) -> Refused | None:
    args, known = command.args, draft.frame.devices
    takes = args.get("take") and not any(acting(row, command) for row in TABLE if row.number == 7)
    if takes or not any(acting(row, command) for row in TABLE if row.verb == "open"):
        return Refused(code=403, key="not_you", args={"verb": "take" if takes else "open", "role": command.role})
    missing = [] if args.get("what") else ["what"]
    missing += [] if args.get("device") or args.get("place") else ["device|place"]
    if missing:
        return Refused(code=422, key="needs", args={"verb": "open", "what": missing})
    if args.get("device") and args["device"] not in known:
        return Refused(code=404, key="unknown_device", args={"device": args["device"]})
    for name, allowed in (("kind", KINDS), ("source", SOURCES), ("severity", tuple(RANK))):
        if args.get(name) and args[name] not in allowed:
            return Refused(code=422, key="one_of", args={"name": name, "value": args[name], "allowed": list(allowed)})
    if args.get("repeat_of") and draft.ticket(args["repeat_of"]) is None and not _past(draft, command):
        return Refused(code=404, key="unknown_ticket", args={"ticket": args["repeat_of"]})
    return _refuse_date(draft, command)


def _past(draft: Draft, command: Command) -> bool:
    return command.args["repeat_of"] in draft.state.faults.get(_root(command), {})


def _refuse_date(draft: Draft, command: Command) -> Refused | None:
    """Rule 6; what a machine received (QR, web, mail) needs no reason for its date."""
    at = _at(draft, command)
    if at > draft.now + FUTURE_MS:
        return Refused(code=422, key="future", args={"at": at})
    excused = command.args.get("source") in _REPORTED or command.args.get("reason") or command.args.get("evidence")
    if draft.now - at > LATE_MS and not excused:
        return Refused(code=422, key="late_needs_reason", args={"at": at})
    return None


def _opening(draft: Draft, command: Command) -> dict[str, Any]:
    args, policy = command.args, draft.frame.policy
    device = draft.frame.devices.get(str(args.get("device", "")))
    kind = args.get("kind") or "repair"
    root = _root(command)
    facts = replace(gather(draft, device, "reported", (root,)), danger=bool(args.get("danger")))
    level, reasons = assess(replace(facts, stated=str(args.get("severity") or "")), policy.severity)
    if args.get("severity") and RANK[level] < RANK[args["severity"]]:
        level = args["severity"]
    late = {"late_entry": True} if draft.now - _at(draft, command) > LATE_MS else {}
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
        "reporter": _reporter(command),
        **_caller(command),
        **late,
        **_repeats(draft, command, root),
    }


def _repeats(draft: Draft, command: Command, root: str) -> dict[str, str]:
    """Rows 51, 52: what the reporter says himself, or the last report of the same thing within the repeat window."""
    if command.args.get("repeat_of"):
        return {"repeat_of": str(command.args["repeat_of"])}
    life, now = draft.frame.policy.life, draft.now
    for fault in reversed(opening.faults(draft, root, "reported")):
        known = draft.ticket(fault.ticket)
        window = known.stable_until if known and known.state in ("restored", "reported") else None
        done = fault.restored_at is not None and now - fault.restored_at <= life.repeat_window * 1000
        if done and (window is None or now > window):
            return {"repeat_of": fault.ticket}
    return {}


def _standing(draft: Draft, ticket: Ticket) -> Ticket | None:
    """The agent's open ticket for the same fault: row 2 then row 40, one ticket with many reporters."""
    if not ticket.times.faulty:
        return None
    for other in draft.state.tickets.values():
        if other.by_agent and other.state in BROKEN and ticket.root in other.members:
            return other
    return None
