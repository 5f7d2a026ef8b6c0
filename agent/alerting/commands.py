"""A person's command becomes journal events, or a refusal that says what is possible: the rules for all rows.

`perform` looks the row up in `table`, checks who may and what must be given (ticket-life.md 3.3), and lets the verb's
own function in `verbs` say what to write. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from agent.alerting.case import Answer, Case, Command, Refused, Rights, Scene, Write, acting
from agent.alerting.table import Row, possible, rows
from agent.alerting.tickets import FAULTLESS_KINDS, Ticket
from agent.alerting.times import Times
from agent.alerting.verbs import PARTIES, SUSPEND_REASONS, VERBS, WITHDRAW_REASONS, merge, unfinished
from agent.model import Ms

__all__ = [
    "FUTURE_MS",
    "LATE_MS",
    "PARTIES",
    "SUSPEND_REASONS",
    "WITHDRAW_REASONS",
    "Answer",
    "Command",
    "Refused",
    "Rights",
    "Scene",
    "Write",
    "acting",
    "merge",
    "perform",
    "unfinished",
]

LATE_MS = 5 * 60_000
"""An entry older than this is a late entry (补录): it needs a reason (rule 6)."""
FUTURE_MS = 60_000
"""How far ahead of ours the clock of the person's phone may be (rule 6)."""


def perform(ticket: Ticket, command: Command, scene: Scene) -> Answer:
    """The events that carry out `command`, or why it is refused."""
    if command.version is not None and command.version != ticket.version:
        now = {"version": ticket.version, "handler": ticket.handler, "state": ticket.state}
        return Refused(code=409, key="stale", args=now)
    row = _row(ticket, command)
    if isinstance(row, Refused):
        return row
    if scene.rival and command.verb in ("refuse", "reopen", "split"):
        # An outage has one ticket: the newer one carries it.
        return Refused(code=409, key="rival", args={"other": scene.rival})
    command, refusal = _dated(ticket, command, scene)
    return refusal or VERBS[command.verb](Case(ticket=ticket, command=command, scene=scene, row=row))


def _row(ticket: Ticket, command: Command) -> Row | Refused:
    found = [row for row in rows(ticket.state, command.verb) if _fits(row, ticket, command)]
    if not found:
        args = {"state": ticket.state, "verb": command.verb, "possible": list(possible(ticket.state))}
        return Refused(code=409, key="not_now", args={**args, "handler": ticket.handler})
    allowed = [row for row in found if acting(row, command, ticket)]
    if not allowed:
        return Refused(code=403, key="not_you", args={"verb": command.verb, "role": command.role})
    missing = [name for name in _needs(allowed[0], ticket) if not command.args.get(name)]
    if missing:
        return Refused(code=422, key="needs", args={"verb": command.verb, "what": missing})
    return allowed[0]


def _fits(row: Row, ticket: Ticket, command: Command) -> bool:
    """Rows that share state and verb are told apart by the ticket's kind and the command's own words."""
    faultless = ticket.kind in FAULTLESS_KINDS
    if row.number in (53, 54):
        return faultless
    if row.number in (11, 12):
        return (command.args.get("to") in PARTIES) == (row.number == 12)
    if row.number in (42, 43):
        return bool(command.args.get("down")) == (row.number == 43)
    return True


def _needs(row: Row, ticket: Ticket) -> tuple[str, ...]:
    """What must be given; where nothing was broken nobody is asked for the cause."""
    faultless = ticket.kind in FAULTLESS_KINDS
    return tuple(name for name in row.needs if not (faultless and row.verb == "report" and name == "cause"))


_BEFORE: Mapping[str, Callable[[Times], Ms | None]] = {
    "arrive": lambda times: times.taken_at,
    "handover": lambda times: times.taken_at,
    "escalate": lambda times: times.taken_at,
    "suspend": lambda times: times.taken_at,
    "resume": lambda times: max((pause.start for pause in times.pauses), default=None),
    "restore": lambda times: max(times.broke_at, times.taken_at or times.broke_at),
    "confirm": lambda times: times.restored_at,
    "refuse": lambda times: times.restored_at,
    "report": lambda times: times.restored_at,
    "feedback": lambda times: times.feedback_from,
    "reopen": lambda times: times.confirmed_at,
    "file": lambda times: times.confirmed_at,
}
"""When what needs to precede the verb happened (rule 6)."""


def _preceding(times: Times, verb: str) -> Ms:
    """The earliest moment at which the verb can have happened; the opening for most."""
    last = _BEFORE[verb](times) if verb in _BEFORE else None
    return times.opened_at if last is None else max(times.opened_at, last)


def _dated(ticket: Ticket, command: Command, scene: Scene) -> tuple[Command, Refused | None]:
    """Rule 6: a late entry lies neither in the future nor before what must precede it, and needs a reason."""
    at = scene.now if command.at is None else command.at
    before = _preceding(ticket.times, command.verb)
    if at > scene.now + FUTURE_MS:
        return command, Refused(code=422, key="future", args={"at": at})
    if at < before and command.at is not None:
        return command, Refused(code=422, key="too_early", args={"at": at, "before": before})
    if scene.now - at <= LATE_MS:
        return replace(command, at=at), None
    if not (command.args.get("reason") or command.args.get("evidence")):
        return command, Refused(code=422, key="late_needs_reason", args={"at": at})
    verdict = at if command.via == "card" or _in_hole(command, at, scene) else scene.now
    return replace(command, at=at, args={**command.args, "late_entry": True, "verdict_at": verdict}), None


def _in_hole(command: Command, at: Ms, scene: Scene) -> bool:
    """While the agent was blind nobody saw better than the engineer with evidence (E18)."""
    return bool(command.args.get("evidence")) and scene.hole is not None and scene.hole[0] <= at <= scene.hole[1]
