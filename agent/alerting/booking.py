"""Which results an event books and which it voids (clocks.md 4.3, 4.4, 4.5): at most one unvoided result a clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent.alerting import clocks
from agent.alerting.timeline import enter, fold
from agent.alerting.times import CLOCKS, RANK, REPAIR, RESPONSE, Booking, Shift, Times
from agent.model import Ms

_SURE = frozenset(("refused", "reopened", "relapsed", "reclassified", "absorbed", "split"))
"""Events after which an overdue running clock is certainly breached (E8, E14)."""


def consequences(before: Times | None, name: str, at: Ms, now: Ms, args: Mapping[str, Any]) -> dict[str, Any]:
    """`{"booked": [...], "voided": [...]}` that the event must carry, empty lists left out. `now` = its recording."""
    after = fold(before, name, at, now, args)
    voided = list(_voids(before, after, name, now, args)) if before else []
    settled = enter(after, now, {"voided": voided})
    rows = [row.as_json() for row in _books(before, settled, name, now, args)]
    return {key: found for key, found in (("booked", rows), ("voided", voided)) if found}


# --- voiding ------------------------------------------------------------------------------------------------


def _voids(before: Times, after: Times, name: str, now: Ms, args: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for row in after.bookings:
        reason = "" if row.reason else _void_reason(before, after, name, row, now, args)
        if reason:
            yield {"clock": row.clock, "result": row.result, "level": row.level, "reason": reason}


def _void_reason(before: Times, after: Times, name: str, row: Booking, now: Ms, args: Mapping[str, Any]) -> str:
    if name in ("withdrawn", "false_alarm", "merged"):
        return name
    if name == "reopened" and row.clock in REPAIR and row.result == "met":
        return "reopened"
    if name == "clock_step":
        return name if _wrongly(before, after, row, now, args) else ""
    if row.result != "breached" or clocks.late(after, row.clock, now):
        return ""
    if name == "reclassified" and RANK[after.level] < RANK[before.level]:
        return "lowered" if clocks.runs(after, row.clock) else ""
    if clocks.verdict_at(after, row.clock) is None:
        return ""
    if name == "absorbed" and clocks.verdict_at(before, row.clock) is None:
        return "merged"  # the other ticket's engineer had answered in time (E16)
    late_entry = "verdict_at" in args or args.get("what") == "late_entry"
    return "late_entry" if late_entry else ""


def _wrongly(before: Times, after: Times, row: Booking, now: Ms, args: Mapping[str, Any]) -> bool:
    """Whether the clock that was just found wrong had decided this result. A step of all moments decides nothing."""
    shift = Shift.of(args)
    if row.result == "waived" or shift.since is None or row.at - shift.ms < shift.since:
        return False
    late = clocks.late(after, row.clock, now)
    return late != clocks.late(before, row.clock, now - shift.ms) and late == (row.result == "met")


# --- booking ------------------------------------------------------------------------------------------------


def _books(before: Times | None, after: Times, name: str, now: Ms, args: Mapping[str, Any]) -> Iterator[Booking]:
    if after.void:
        return
    for clock in CLOCKS:
        if clocks.booked(after, clock) is None and clocks.deadline(after, clock) is not None:
            result = _result(before, after, clock, name, now, args)
            if result:
                yield _booking(after, clock, result, now)


def _booking(times: Times, name: str, result: str, now: Ms) -> Booking:
    breached_at = clocks.deadline(times, name) if result == "breached" else None
    return Booking(clock=name, level=times.level, result=result, at=now, breached_at=breached_at)


def _result(before: Times | None, after: Times, clock: str, event: str, now: Ms, args: Mapping[str, Any]) -> str:
    """What the event decides of a clock that has no result yet; empty while it stays open."""
    if clocks.runs(after, clock):
        # The tick's breach names its clock: another one may be overdue and not yet certain (E18).
        sure = event in _SURE or (event == "breached" and args.get("clock") == clock)
        return "breached" if sure and clocks.late(after, clock, now) else ""
    if clock in RESPONSE:
        return _response(before, after, clock, event, now)
    late = clocks.late(after, clock, now)
    if clock == "feedback":
        told = after.fed_back_at is not None and event in ("fed_back", "approved", "clock_step")
        return ("breached" if late else "met") if told else ""
    if event == "restored" and late:
        return "breached"  # the end of a blindness: what stands in the books later can only be later (E18)
    final = after.confirmed_at is not None and event in ("confirmed", "approved", "clock_step")
    return ("breached" if late else "met") if final else ""


def _response(before: Times | None, after: Times, clock: str, event: str, now: Ms) -> str:
    if after.taken_at is not None:
        frozen = before is not None and before.frozen_at is not None
        # Taken within the stability window is met (4.4), whenever it was written down.
        return "breached" if clocks.late(after, clock, now) and not frozen else "met"
    if after.frozen_at is not None:
        due = clocks.deadline(after, clock)
        return "breached" if due is not None and after.frozen_at > due else ""
    return "waived" if after.waived and event in ("stable", "confirmed") else ""
