"""A ticket is its journal replayed (ticket-life.md 3.1): what each event does to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from agent.alerting import sla
from agent.alerting.events import GENESIS, Event, seal
from agent.alerting.ticket import BROKEN, ENDS, FAULTLESS_KINDS, KINDS, LAST_DAY, OPEN, STATES, Ticket
from agent.model import Ms

__all__ = [
    "BROKEN",
    "ENDS",
    "FAULTLESS_KINDS",
    "KINDS",
    "LAST_DAY",
    "OPEN",
    "STATES",
    "Ticket",
    "fold",
    "next_event",
    "replay",
]


def next_event(
    ticket: Ticket | None, number: str, name: str, *, at: Ms, now: Ms, by: str, via: str, args: Mapping[str, Any]
) -> Event:
    """The next event of a ticket's journal, with the results it books and its place in the chain."""
    full = {**args, **sla.consequences(ticket.times if ticket else None, name, at, now, args)}
    event = Event(
        ticket=number,
        seq=ticket.version + 1 if ticket else 1,
        at=at,
        recorded_at=now,
        event=name,
        by=by,
        via=via,
        args=full,
        prev_hash=ticket.last_hash if ticket else GENESIS,
    )
    return replace(event, hash=seal(event))


def replay(journal: Iterable[Event]) -> Ticket | None:
    """The ticket that a journal tells, or None for an empty one."""
    ticket: Ticket | None = None
    for event in journal:
        ticket = fold(ticket, event)
    return ticket


def fold(ticket: Ticket | None, event: Event) -> Ticket:
    """The ticket after one more event. Unknown event names of a later version change nothing but the version."""
    if ticket is None:
        return _opened(event)
    times = sla.measured(sla.fold(ticket.times, event.event, event.at, event.recorded_at, event.args))
    ticket = replace(
        ticket,
        times=times,
        version=event.seq,
        last_hash=event.hash,
        last_at=max(ticket.last_at, event.at),
    )
    if event.args.get("late_entry"):
        ticket = _flag(ticket, "late_entry")
    change = _FOLDS.get(event.event)
    return change(ticket, event.args, event) if change else ticket


def _opened(event: Event) -> Ticket:
    args = event.args
    root = args["root"]
    return Ticket(
        id=event.ticket,
        root=root,
        state="new",
        severity=args["level"],
        times=sla.fold(None, event.event, event.at, event.recorded_at, args),
        reasons=tuple(args.get("reasons", ())),
        policy_version=args.get("policy", ""),
        source=args["source"],
        sources=(args["source"],),
        kind=args.get("kind", "repair"),
        cause=args.get("cause", ""),
        title_key=args.get("title_key", ""),
        title_args=args.get("title_args"),
        members=tuple(args.get("members", (root,))),
        reporters=tuple([args["reporter"]] if args.get("reporter") else ()),
        repeat_of=args.get("repeat_of"),
        split_from=args.get("split_from"),
        flags=frozenset(args.get("flags", ())),
        version=event.seq,
        last_at=event.at,
        last_hash=event.hash,
    )


def _flag(ticket: Ticket, *flags: str) -> Ticket:
    return replace(ticket, flags=ticket.flags | set(flags))


Change = Callable[[Ticket, Mapping[str, Any], Event], Ticket]


def _admitted(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(ticket, owner=args.get("owner", event.by), kind=args.get("kind", ticket.kind))


def _dispatched(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(ticket, state="dispatched", asked=args["to"], tier=args.get("tier", ticket.tier))


def _taken(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    state = ticket.state if args.get("after") == "restored" else "working"
    owner = ticket.owner or args.get("who", event.by)
    return replace(ticket, state=state, handler=args.get("who", event.by), asked="", owner=owner)


def _returned(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(ticket, state="new", asked="")


def _handed_over(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(ticket, state="dispatched", asked=args["to"])


def _escalated(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    if args["tier"] == 3:
        return replace(ticket, tier=3, party=args["party"])
    return replace(ticket, state="dispatched", tier=2, asked=args.get("to", ""))


def _arrived(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return _flag(ticket, "arrived")


def _suspended(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    pending = None if args.get("approved") else {"what": "suspend"}
    return replace(ticket, state="suspended", resume_at=args["until"], pending=pending)


def _resumed(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(ticket, state="working", resume_at=None)


def _restored(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    flags = {"self_recovered"} if args.get("by") == "agent" and ticket.times.taken_at is None else set()
    flags |= {"workaround"} if args.get("workaround") else set()
    flags |= {name for name in ("guard", "interval") if args.get(name)}
    return replace(
        ticket, state="restored", asked="", stable_until=args.get("stable_until"), flags=ticket.flags | flags
    )


def _stable(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return ticket


def _relapsed(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(_back(ticket), relapses=ticket.relapses + 1)


def _refused(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(_reopened(ticket, args, event), refusals=ticket.refusals + 1)


def _reopened(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    # What recovered by itself has no handler yet: it falls to whom the user knows.
    return replace(_back(ticket), state="working", handler=ticket.handler or ticket.owner)


def _back(ticket: Ticket) -> Ticket:
    state = "working" if ticket.times.taken_at is not None else "new"
    flags = ticket.flags - {"self_recovered", "fed_back"}
    return replace(ticket, state=state, flags=flags, stable_until=None, confirmed_by="")


def _reported(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    state = "reported" if ticket.state in ("restored", "working") else ticket.state
    return replace(ticket, state=state, reports=ticket.reports + 1)


def _confirmed(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(ticket, state="confirmed", confirmed_by=args.get("by", event.by))


def _fed_back(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return _flag(ticket, "fed_back")


def _withdrawn(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(ticket, state="withdrawn", pending=None)


def _false_alarm(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(ticket, state="false_alarm", pending=None)


def _merged(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(ticket, state="merged", merged_into=args["into"], pending=None)


def _absorbed(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    members = dict.fromkeys((*ticket.members, *args.get("members", ())))
    return replace(
        ticket,
        severity=ticket.times.level,
        members=tuple(members),
        reporters=(*ticket.reporters, *args.get("reporters", ())),
        absorbed=(*ticket.absorbed, args["from"]),
        sources=tuple(dict.fromkeys((*ticket.sources, args.get("source", "person")))),
        handler=ticket.handler or args.get("handler", ""),
    )


def _split(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    flags = ticket.flags - {"self_recovered", "fed_back"}
    return replace(ticket, state="new", merged_into=None, asked="", flags=flags, stable_until=None, resume_at=None)


def _reclassified(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    reasons = (*ticket.reasons, *args.get("reasons", ()))
    return replace(ticket, severity=args["to"], reasons=reasons, cause=args.get("cause", ticket.cause))


def _urged(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(ticket, urges=ticket.urges + 1)


def _supervised(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return _flag(ticket, "supervised")


def _warned(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(ticket, warned=ticket.warned | {(args["clock"], args["share"])})


def _requested(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(ticket, pending={**args, "seq": event.seq, "by": event.by})


def _settled(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(ticket, pending=None)


def _filed(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    return replace(ticket, state="filed")


def _extended(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    lost = set(args.get("left", ()))
    members = dict.fromkeys(m for m in (*ticket.members, *args.get("joined", ())) if m not in lost)
    title = {name: args[name] for name in ("cause", "title_key", "title_args") if name in args}
    return replace(ticket, members=tuple(members), **title)


def _stepped(ticket: Ticket, args: Mapping[str, Any], event: Event) -> Ticket:
    """Windows go with the clock. Where the old one was just wrong the event says what they are, and a time that a
    person has named (`until` 14:00) is the world's and stays."""
    shift = sla.Shift.of(args)
    ticket = replace(ticket, last_at=event.at)
    if shift.since is not None:
        return replace(ticket, stable_until=args.get("stable_until", ticket.stable_until))
    return replace(
        ticket,
        stable_until=shift.maybe(ticket.stable_until),
        resume_at=shift.maybe(ticket.resume_at),
        warned=frozenset((clock, _remarked(share, shift)) for clock, share in ticket.warned),
    )


def _remarked(share: str, shift: sla.Shift) -> str:
    """The mark of a feedback's reminder names its deadline."""
    due = share.removeprefix(LAST_DAY)
    return share if due == share else f"{LAST_DAY}{shift(int(due))}"


_FOLDS: Mapping[str, Change] = {
    "admitted": _admitted,
    "dispatched": _dispatched,
    "taken": _taken,
    "returned": _returned,
    "handed_over": _handed_over,
    "escalated": _escalated,
    "arrived": _arrived,
    "suspended": _suspended,
    "resumed": _resumed,
    "restored": _restored,
    "stable": _stable,
    "relapsed": _relapsed,
    "reported_back": _reported,
    "confirmed": _confirmed,
    "refused": _refused,
    "reopened": _reopened,
    "fed_back": _fed_back,
    "withdrawn": _withdrawn,
    "false_alarm": _false_alarm,
    "merged": _merged,
    "absorbed": _absorbed,
    "filed": _filed,
    "reclassified": _reclassified,
    "split": _split,
    "urged": _urged,
    "supervised": _supervised,
    "warned": _warned,
    "requested": _requested,
    "approved": _settled,
    "declined": _settled,
    "extended": _extended,
    "clock_step": _stepped,
}
