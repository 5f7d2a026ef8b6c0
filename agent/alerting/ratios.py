"""The ratios of the contract's papers, counted from ticket journals (clocks.md 4.6). Pure.

A result belongs to the period in which it was booked; what was voided by the period's end is out. All ratios are
rounded down at two decimals, and an empty denominator is no number at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from agent.alerting import sla
from agent.alerting.events import Event
from agent.alerting.sla import Booking
from agent.alerting.tickets import Ticket, replay
from agent.model import Ms

NONE = "无"
"""What a paper prints for a ratio without a denominator; never 100 %."""

_VOID = ("withdrawn", "false_alarm", "merged")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `start` up to and without `end`."""

    start: Ms
    end: Ms

    def holds(self, at: Ms | None) -> bool:
        return at is not None and self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Ratio:
    """`part` of `whole`, in whole numbers of anything (tickets, milliseconds)."""

    part: int
    whole: int

    @property
    def percent(self) -> str | None:
        """`85.71`, rounded down; None for an empty denominator."""
        if self.whole <= 0:
            return None
        hundredths = self.part * 10_000 // self.whole
        return f"{hundredths // 100}.{hundredths % 100:02}"

    def __str__(self) -> str:
        return NONE if self.percent is None else f"{self.percent} %"


# --- the ledger of a period ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A ticket as it stood at the end of a period, and its journal up to there."""

    ticket: Ticket
    journal: tuple[Event, ...]

    def has(self, name: str, period: Period) -> bool:
        """Whether such an event was written in the period."""
        return any(event.event == name and period.holds(event.recorded_at) for event in self.journal)

    @property
    def counts(self) -> bool:
        """Whether it is a fault at all: not withdrawn, false or merged, and something was broken."""
        return self.ticket.state not in _VOID and self.ticket.times.faulty


def ledger(journals: Iterable[Sequence[Event]], end: Ms) -> list[Entry]:
    """Every ticket as it stood just before `end`; what was written later does not change a paper."""
    found = []
    for journal in journals:
        known = tuple(event for event in journal if event.recorded_at < end)
        ticket = replay(known)
        if ticket is not None:
            found.append(Entry(ticket=ticket, journal=known))
    return found


# --- clocks -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Results of one clock booked in a period; the ratio leaves waived ones out, each in its own column."""

    met: int = 0
    breached: int = 0
    waived: int = 0
    voided: int = 0

    @property
    def ratio(self) -> Ratio:
        return Ratio(self.met, self.met + self.breached)

    def plus(self, met: int) -> Ratio:
        """The ratio with what is provisionally in time (含待确认)."""
        return Ratio(self.met + met, self.met + met + self.breached)


def tally(entries: Iterable[Entry], clock: str, period: Period) -> Tally:
    """Results of `clock` booked in the period, in the binding reading."""
    rows = [row for entry in entries for row in _booked(entry, clock, period)]
    standing = [row.result for row in rows if not row.reason]
    return Tally(
        met=standing.count("met"),
        breached=standing.count("breached"),
        waived=standing.count("waived"),
        voided=len(rows) - len(standing),
    )


def _booked(entry: Entry, clock: str, period: Period) -> list[Booking]:
    return [row for row in entry.ticket.times.bookings if row.clock == clock and period.holds(row.at)]


def net(entries: Iterable[Entry], period: Period) -> Tally:
    """修复及时率 in the net reading: the repairs that the binding reading booked, judged without their pauses."""
    met = breached = 0
    for entry in entries:
        if any(not row.reason for row in _booked(entry, "repair", period)):
            result = _net_result(entry.ticket, period)
            met, breached = met + (result == "met"), breached + (result == "breached")
    return Tally(met=met, breached=breached)


def _net_result(ticket: Ticket, period: Period) -> str:
    if sla.overrun(ticket.times, "repair", period.end, net=True) > 0:
        return "breached"
    return "met" if ticket.times.confirmed_at is not None else ""


def provisional(entries: Iterable[Entry], clock: str, period: Period) -> int:
    """Restored or reported, inside the deadline, at the period's end, and not yet in the books."""
    return sum(1 for entry in entries if _provisional(entry.ticket, clock, period))


def _provisional(ticket: Ticket, clock: str, period: Period) -> bool:
    if ticket.state not in ("restored", "reported") or sla.standing(ticket.times, clock) is not None:
        return False
    return sla.deadline(ticket.times, clock) is not None and not sla.late(ticket.times, clock, period.end)


def corrections(entries: Iterable[Entry], period: Period) -> list[tuple[Ticket, Booking]]:
    """更正: results of earlier papers that were voided in this period."""
    return [
        (entry.ticket, row)
        for entry in entries
        for row in entry.ticket.times.bookings
        if row.reason and row.at < period.start and period.holds(row.voided_at)
    ]


# --- times to repair ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """Durations of repairs, milliseconds."""

    spans: tuple[int, ...] = ()

    @property
    def mean(self) -> int | None:
        """MTTR, rounded down to the millisecond."""
        return sum(self.spans) // len(self.spans) if self.spans else None

    @property
    def median(self) -> int | None:
        return int(median(self.spans)) if self.spans else None

    @property
    def worst(self) -> int | None:
        return max(self.spans, default=None)


def repairs(
    entries: Iterable[Entry], period: Period, *, technical: bool = False, self_recovered: bool = True
) -> Repairs:
    """Of tickets whose final restoration lies in the period; `technical` counts from the first failed look."""
    spans = []
    for entry in entries:
        times, flags = entry.ticket.times, entry.ticket.flags
        restored = times.restored_at
        if restored is None or not period.holds(restored) or not entry.counts:
            continue
        if self_recovered or "self_recovered" not in flags:
            spans.append(restored - (times.started_at if technical else times.opened_at))
    return Repairs(spans=tuple(spans))


# --- shares of tickets --------------------------------------------------------------------------------------


def repeated(entries: Iterable[Entry], period: Period) -> Ratio:
    """重复故障率: opened with `repeat_of` ÷ fault tickets opened."""
    opened = [entry.ticket for entry in _opened(entries, period) if entry.counts]
    return Ratio(sum(1 for ticket in opened if ticket.repeat_of), len(opened))


def refused(entries: Iterable[Entry], period: Period) -> Ratio:
    """返工率: refused at least once ÷ confirmed or refused."""
    asked = [entry for entry in entries if entry.has("refused", period) or entry.has("confirmed", period)]
    asked = [entry for entry in asked if entry.ticket.state not in _VOID]
    return Ratio(sum(1 for entry in asked if entry.has("refused", period)), len(asked))


def false_alarms(entries: Iterable[Entry], period: Period) -> Ratio:
    """误报率: the agent's own mark."""
    opened = [entry.ticket for entry in _opened(entries, period) if entry.ticket.by_agent]
    return Ratio(sum(1 for ticket in opened if ticket.state == "false_alarm"), len(opened))


def self_recovered(entries: Iterable[Entry], period: Period) -> Ratio:
    """自愈率: many point at power or cabling."""
    opened = [entry.ticket for entry in _opened(entries, period) if entry.ticket.by_agent]
    return Ratio(sum(1 for ticket in opened if "self_recovered" in ticket.flags), len(opened))


def _opened(entries: Iterable[Entry], period: Period) -> list[Entry]:
    return [entry for entry in entries if period.holds(entry.ticket.times.opened_at)]


# --- availability -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A device's time in a period, milliseconds: scheduled, 未监测 (blind, agent stopped), announced maintenance,
    上级故障 (shadowed, own state unknown), down by its own fault from the first failed to the first good look."""

    scheduled: int
    unobserved: int = 0
    maintenance: int = 0
    shadowed: int = 0
    down: int = 0

    @property
    def good(self) -> int:
        return self.scheduled - self.unobserved - self.maintenance - self.shadowed - self.down

    @property
    def device(self) -> Ratio:
        """设备可用率."""
        return Ratio(self.good, self.good + self.down)

    @property
    def service(self) -> Ratio:
        """业务可用率: shadowed time is down for who uses it."""
        return Ratio(self.good, self.good + self.down + self.shadowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """MTBF, milliseconds; `faults` 0 makes it a lower bound, printed `> Σ`, never infinite."""

    good: int
    faults: int

    @property
    def mean(self) -> int:
        return self.good // max(1, self.faults)

    def __str__(self) -> str:
        hundredths = self.mean * 100 // 3_600_000
        return f"{'' if self.faults else '> '}{hundredths // 100:,}.{hundredths % 100:02} h"


def between(watches: Iterable[Watch], faults: int) -> Between:
    """MTBF of devices together; faults: their own-cause ones."""
    return Between(good=sum(watch.good for watch in watches), faults=faults)


def together(watches: Iterable[Watch]) -> Watch:
    """The time of several devices as one."""
    total = Watch(scheduled=0)
    for watch in watches:
        total = replace(
            total,
            scheduled=total.scheduled + watch.scheduled,
            unobserved=total.unobserved + watch.unobserved,
            maintenance=total.maintenance + watch.maintenance,
            shadowed=total.shadowed + watch.shadowed,
            down=total.down + watch.down,
        )
    return total


def online(hours: Iterable[Ratio]) -> Ratio:
    """在线率 of a day: the mean of the hourly values, hours without a camera in schedule left out."""
    shares = [hour.part * 1_000_000 // hour.whole for hour in hours if hour.whole > 0]
    return Ratio(sum(shares), 1_000_000 * len(shares))
