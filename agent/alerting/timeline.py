"""What each event of the journal does to a ticket's times (clocks.md 4.1, 4.3, 4.4). One function an event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from agent.alerting.times import RANK, Booking, Limits, Pause, Shift, Times
from agent.model import Ms


def fold(times: Times | None, name: str, at: Ms, recorded_at: Ms, args: Mapping[str, Any]) -> Times:
    """`times` after one more event; `None` before the first, which is `opened`."""
    if times is None:
        return _opened(at, recorded_at, args)
    change = _FOLDS.get(name)
    if change is not None:
        times = change(times, at, args)
    return enter(times, recorded_at, args)


def enter(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    """`times` with the event's results in the books."""
    if "booked" not in args and "voided" not in args:
        return times
    gone = {(void["clock"], void["result"]): void["reason"] for void in args.get("voided", ())}
    rows = [
        replace(row, reason=gone[row.clock, row.result], voided_at=at)
        if not row.reason and (row.clock, row.result) in gone
        else row
        for row in times.bookings
    ]
    return replace(times, bookings=(*rows, *(Booking(at=at, **row) for row in args.get("booked", ()))))


def _opened(at: Ms, recorded_at: Ms, args: Mapping[str, Any]) -> Times:
    level = args["level"]
    times = Times(
        limits=Limits(**args["limits"]),
        opened_at=at,
        started_at=args.get("started_at", at),
        level=level,
        since=((level, at),),
        broke_at=at,
        faulty=args.get("faulty", True),
        contract=args.get("contract", True),
    )
    return enter(times, recorded_at, args)


def _admitted(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    return replace(times, faulty=args.get("faulty", times.faulty))


def _taken(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    """Response ends with the first one; whoever takes it while it is frozen ends it with what was left."""
    if times.taken_at is not None:
        return times
    return replace(_thaw(times, at), taken_at=at, taken_verdict_at=args.get("verdict_at", at))


def _thaw(times: Times, at: Ms) -> Times:
    if times.frozen_at is None:
        return times
    return replace(times, frozen_at=None, freezes=(*times.freezes, (times.frozen_at, max(times.frozen_at, at))))


def _arrived(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    return times if times.arrived_at is not None else replace(times, arrived_at=at)


def _suspended(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    return replace(times, pauses=(*times.pauses, Pause(start=at, approved=bool(args.get("approved")))))


def _resumed(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    pauses = tuple(replace(p, end=max(p.start, at)) if p.end is None else p for p in times.pauses)
    return replace(times, pauses=pauses)


def _restored(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    freeze = times.taken_at is None and not args.get("guard")
    return replace(
        _resumed(times, at, args),
        restored_at=at,
        restored_verdict_at=args.get("verdict_at", at),
        frozen_at=at if freeze else None,
        response_due=args.get("response_due", times.response_due),
        feedback_from=at,
        feedback_due=args.get("feedback_due"),
        fed_back_at=None,
        fed_back_verdict_at=None,
    )


def _fell_back(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    """Relapse, refusal, reopening: the restoration is void and its clocks go on; net leaves the good time out."""
    up = times.restored_at if times.restored_at is not None else at
    good = Pause(start=up, end=max(up, args.get("since", at)))
    if times.response_due is not None and times.taken_at is None:
        times = replace(times, frozen_at=up, response_due=None)  # it could wait because the service was back
    cancelled = times.fed_back_at is None
    return replace(
        _thaw(times, at),
        restored_at=None,
        restored_verdict_at=None,
        confirmed_at=None,
        broke_at=at,
        pauses=(*times.pauses, good),
        feedback_from=None if cancelled else times.feedback_from,
        feedback_due=None if cancelled else times.feedback_due,
    )


def _stable(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    return replace(times, waived=times.frozen_at is not None, frozen_at=None)


def _reported(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    if times.faulty or times.feedback_from is not None:
        return times
    return replace(times, feedback_from=at, feedback_due=args.get("feedback_due"))


def _confirmed(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    """Confirmation ends the fault: what nobody had taken until then need not be taken any more."""
    return replace(times, confirmed_at=at, waived=times.waived or times.frozen_at is not None, frozen_at=None)


def _fed_back(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    if times.fed_back_at is not None:
        return times
    return replace(times, fed_back_at=at, fed_back_verdict_at=args.get("verdict_at", at))


def _reclassified(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    new, known = args["to"], dict(times.since)
    if RANK[new] > RANK[times.level]:
        facts = times.opened_at if args.get("why") == "corrected" else max(args.get("facts_since", at), times.opened_at)
        known[new] = min(facts, known.get(new, facts))
    else:
        known.setdefault(new, min(since for level, since in known.items() if RANK[level] >= RANK[new]))
        known = {level: since for level, since in known.items() if RANK[level] <= RANK[new]}
    return replace(times, level=new, since=tuple(known.items()))


def _absorbed(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    """Another ticket of the same fault came in: the earlier T0 and end of response, the facts of both (E16)."""
    known = dict(times.since)
    for level, since in args.get("since", ()):
        known[level] = min(since, known.get(level, since))
    taken = [t for t in (times.taken_at, args.get("taken_at")) if t is not None]
    verdict = [t for t in (times.taken_verdict_at, args.get("taken_verdict_at")) if t is not None]
    return replace(
        _thaw(times, at) if taken else times,
        opened_at=min(times.opened_at, args["opened_at"]),
        started_at=min(times.started_at, args.get("started_at", times.started_at)),
        level=max((times.level, args.get("level", times.level)), key=lambda level: RANK[level]),
        since=tuple(known.items()),
        taken_at=min(taken, default=None),
        taken_verdict_at=min(verdict, default=None),
    )


def _voided(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    return replace(times, void=True)


def _split(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    """It is open again from its own `opened_at`; what it was restored from before the merge is void."""
    back = times if times.restored_at is None else _fell_back(times, at, args)
    return replace(back, void=False)


def _approved(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    """A suspension begins to count in the net reading; a late entry's own time begins to count in the verdict."""
    if args.get("what") == "suspend" and times.pauses:
        asked = max(n for n, pause in enumerate(times.pauses) if n == 0 or not pause.approved)
        pauses = tuple(replace(p, approved=True) if n == asked else p for n, p in enumerate(times.pauses))
        return replace(times, pauses=pauses)
    if args.get("what") == "late_entry":
        return replace(
            times,
            taken_verdict_at=times.taken_at,
            restored_verdict_at=times.restored_at,
            fed_back_verdict_at=times.fed_back_at,
        )
    return times


def _stepped(times: Times, at: Ms, args: Mapping[str, Any]) -> Times:
    """The wall clock was stepped: all moments go with it, so that no clock gains or loses and no deadline comes nearer.

    A feedback deadline goes with its start too (nobody knows which of the two clocks was right, and there and back must
    be where it was), unless the event brings one: then the old clock is known to have been wrong.
    """
    shift = Shift.of(args)
    return replace(
        times,
        opened_at=shift(times.opened_at),
        started_at=shift(times.started_at),
        since=tuple((level, shift(moment)) for level, moment in times.since),
        broke_at=shift(times.broke_at),
        taken_at=shift.maybe(times.taken_at),
        taken_verdict_at=shift.maybe(times.taken_verdict_at),
        frozen_at=shift.maybe(times.frozen_at),
        freezes=tuple((shift(frozen), shift(thawed)) for frozen, thawed in times.freezes),
        response_due=shift.due(times.response_due, times.restored_at),
        arrived_at=shift.maybe(times.arrived_at),
        restored_at=shift.maybe(times.restored_at),
        restored_verdict_at=shift.maybe(times.restored_verdict_at),
        pauses=tuple(replace(p, start=shift(p.start), end=shift.maybe(p.end)) for p in times.pauses),
        feedback_from=shift.maybe(times.feedback_from),
        feedback_due=args.get("feedback_due", shift.due(times.feedback_due, times.feedback_from)),
        fed_back_at=shift.maybe(times.fed_back_at),
        fed_back_verdict_at=shift.maybe(times.fed_back_verdict_at),
        confirmed_at=shift.maybe(times.confirmed_at),
        bookings=tuple(_rebooked(row, shift, times.opened_at) for row in times.bookings),
    )


def _rebooked(row: Booking, shift: Shift, opened_at: Ms) -> Booking:
    return replace(
        row,
        at=shift(row.at),
        breached_at=shift.due(row.breached_at, opened_at),
        voided_at=shift.maybe(row.voided_at),
    )


_FOLDS: Mapping[str, Callable[[Times, Ms, Mapping[str, Any]], Times]] = {
    "admitted": _admitted,
    "taken": _taken,
    "arrived": _arrived,
    "suspended": _suspended,
    "resumed": _resumed,
    "restored": _restored,
    "relapsed": _fell_back,
    "refused": _fell_back,
    "reopened": _fell_back,
    "stable": _stable,
    "reported_back": _reported,
    "confirmed": _confirmed,
    "fed_back": _fed_back,
    "reclassified": _reclassified,
    "absorbed": _absorbed,
    "withdrawn": _voided,
    "false_alarm": _voided,
    "merged": _voided,
    "split": _split,
    "approved": _approved,
    "clock_step": _stepped,
}
