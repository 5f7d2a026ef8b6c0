"""One clock of a ticket at one moment: its deadline, whether it runs, what it shows (clocks.md 4.1, 4.2). Reads only.

All limits are inclusive, all moments whole milliseconds; deadlines are computed, never moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from agent.alerting.times import CLOCKS, REPAIR, RESPONSE, Booking, Pause, SlaClock, Times
from agent.model import Ms

# --- deadlines (4.2) ----------------------------------------------------------------------------------------


def deadline(times: Times, name: str) -> Ms | None:
    """The moment after which the clock is breached, or None where the level has no limit."""
    since = _facts(times)
    if not since or not times.contract or (name in REPAIR and not times.faulty):
        return None
    if name == "feedback":
        return times.feedback_due
    due = _promised(times, name, since)
    if due is None:
        return None
    if name in RESPONSE:
        return max(_thawed(times, due), times.response_due or 0)
    return _net(times, due) if times.limits.binding == "net" and name == "repair" else due


def _facts(times: Times) -> list[tuple[str, Ms]]:
    return [(level, at) for level, at in times.since if level != "latent"]


def start(times: Times) -> Ms:
    """T0 of the contract's clocks: the opening, or for a latent defect the moment at which function was lost."""
    return min((at for _, at in _facts(times)), default=times.opened_at)


def _promised(times: Times, name: str, since: list[tuple[str, Ms]]) -> Ms | None:
    limits = times.limits
    ceiling = limits.response_ceiling if name in RESPONSE else limits.repair_ceiling
    top = start(times) + _ms(ceiling)
    if name.endswith("_ceiling"):
        return top
    table = limits.response if name == "response" else limits.repair
    dues = [at + _ms(table[level]) for level, at in since if level in table]
    return min(top, *dues) if dues else None


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _thawed(times: Times, due: Ms) -> Ms:
    """The deadline after the freezes that began before it: what was left then is left afterwards (4.4)."""
    for frozen, thawed in times.freezes:
        due += thawed - frozen if frozen <= due else 0
    return due


def _net(times: Times, due: Ms) -> Ms:
    """The strict deadline, moved by every pause that has ended and began before it is reached."""
    edge = times.opened_at
    for pause in _pauses(times):
        if pause.end is None or pause.start > due:
            break
        begin = max(pause.start, edge)
        if pause.end > begin:
            due, edge = due + pause.end - begin, pause.end
    return due


def _pauses(times: Times) -> list[Pause]:
    return sorted((pause for pause in times.pauses if pause.approved), key=lambda pause: pause.start)


def _paused(times: Times, until: Ms) -> int:
    """Milliseconds up to `until` that the net reading leaves out; overlapping pauses count once."""
    total, edge = 0, times.opened_at
    for pause in _pauses(times):
        begin, end = max(pause.start, edge), until if pause.end is None else min(pause.end, until)
        if end > begin:
            total, edge = total + end - begin, end
    return total


# --- reading a clock ----------------------------------------------------------------------------------------


def ended_at(times: Times, name: str) -> Ms | None:
    """When the clock stopped: provisional for repair until the customer confirms."""
    if name in RESPONSE:
        return times.taken_at
    return times.fed_back_at if name == "feedback" else times.restored_at


def runs(times: Times, name: str) -> bool:
    """Whether the clock is running: it has a limit, has not ended and does not wait, and is not waived or void."""
    if times.void or deadline(times, name) is None or ended_at(times, name) is not None:
        return False
    if name in RESPONSE:
        return times.frozen_at is None and not times.waived
    if name == "repair" and times.limits.binding == "net":
        return all(pause.end is not None for pause in _pauses(times))
    return name != "feedback" or times.feedback_from is not None


def elapsed(times: Times, name: str, now: Ms, net: bool = False) -> float:
    """Seconds on the clock at `now`; `net` leaves the pauses out (4.1)."""
    begin = times.feedback_from if name == "feedback" else start(times)
    if begin is None:
        return 0.0
    end = ended_at(times, name)
    if name in RESPONSE and end is None:
        end = times.frozen_at
    end = now if end is None else end
    return max(0, end - begin - _left_out(times, name, end, net)) / 1000


def _left_out(times: Times, name: str, end: Ms, net: bool) -> int:
    if name in RESPONSE:
        return sum(min(thawed, end) - frozen for frozen, thawed in times.freezes if frozen < end)
    return _paused(times, end) if net and name in REPAIR else 0


def clock(times: Times, name: str, now: Ms) -> SlaClock:
    """The clock as people read it at `now`. The deadline is absent once it has ended, is frozen or void."""
    running = runs(times, name)
    due = deadline(times, name)
    return SlaClock(
        name=name,
        running=running,
        deadline=due if running else None,
        ended_at=ended_at(times, name),
        elapsed=elapsed(times, name, now, net=times.limits.binding == "net" and name == "repair"),
        remaining=(due - now) / 1000 if running and due is not None else None,
        result=standing(times, name),
    )


def standing(times: Times, name: str) -> str | None:
    """The result that stands in the books for this clock; for feedback, of the latest completed repair."""
    row = booked(times, name)
    return row.result if row else None


def booked(times: Times, name: str) -> Booking | None:
    """The line of the books behind `standing`."""
    rows = [row for row in times.bookings if row.clock == name and not row.reason]
    if name == "feedback":
        rows = [row for row in rows if times.feedback_from is not None and row.at >= times.feedback_from]
    return rows[-1] if rows else None


def verdict_at(times: Times, name: str) -> Ms | None:
    """The moment that is held against the deadline: the end, or when a late entry of it was written (rule 6)."""
    if name in RESPONSE:
        return times.taken_verdict_at
    return times.fed_back_verdict_at if name == "feedback" else times.restored_verdict_at


def late(times: Times, name: str, now: Ms) -> bool:
    """Whether the clock's end, or `now` where it has none, lies behind its deadline."""
    due, end = deadline(times, name), verdict_at(times, name)
    return due is not None and (now if end is None else end) > due


def overrun(times: Times, name: str, now: Ms, net: bool = False) -> float:
    """Seconds behind the deadline of the final level, 0 in time: the column 按最终等级 (E9), in either reading."""
    if net:
        times = replace(times, limits=replace(times.limits, binding="net"))
    due, end = deadline(times, name), verdict_at(times, name)
    return 0.0 if due is None else max(0, (now if end is None else end) - due) / 1000


# --- what the tick of the clock looks for -------------------------------------------------------------------


def overdue(times: Times, now: Ms) -> list[str]:
    """Running clocks whose deadline is passed and not yet booked."""
    return [name for name in CLOCKS if runs(times, name) and late(times, name, now) and booked(times, name) is None]


SHARES: Mapping[str, tuple[float, ...]] = {"response": (1 / 3, 2 / 3), "repair": (0.5, 0.75, 0.9)}
"""At which shares of a clock the tick warns (row 48); feedback warns in the morning of its last day."""


def marks(times: Times) -> Iterator[tuple[str, float, Ms]]:
    """(clock, share, moment) of every warning of the running clocks."""
    begin = start(times)
    for name, shares in SHARES.items():
        due = deadline(times, name)
        if due is not None and runs(times, name):
            # Of the time that runs: what a freeze leaves out has not gone by.
            frozen = sum(thawed - froze for froze, thawed in times.freezes if froze <= due) if name in RESPONSE else 0
            span = due - begin - frozen
            for share in shares:
                yield name, share, due - round(span * (1 - share))


def measured(times: Times) -> Times:
    """`times` with what each clock took, in the line that stands for it: response once taken, repair once confirmed."""
    rows = tuple(_measured(times, row) for row in times.bookings)
    return times if rows == times.bookings else replace(times, bookings=rows)


def _measured(times: Times, row: Booking) -> Booking:
    over = times.taken_at if row.clock == "response" else times.confirmed_at if row.clock == "repair" else None
    if over is None or row.took is not None or row.reason or row.result == "waived":
        return row
    return replace(row, took=elapsed(times, row.clock, over))
