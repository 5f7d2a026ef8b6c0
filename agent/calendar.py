"""Days and hours: working days with make-up days (调休), terms, timetables, and local time. Pure.

Tables of days are handed in; nothing here reads a file or asks a clock. Instants are `Ms` (UTC), local times are aware
datetimes of the site's zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from agent.model import Ms

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Names of the days as `date.weekday()` counts them."""

ALWAYS = "always"
"""The name of the schedule that is built in."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_DAY = timedelta(days=1)
_HOURS = re.compile(r"(\d\d?):(\d\d)\s*[-–~]\s*(\d\d?):(\d\d)", re.ASCII)
AHEAD = 45
"""Days before the end of the known holidays from which people are warned: next year's are published in November."""
_SEARCH_DAYS = 400
"""How far `Schedule.next_change` looks: past the longest holidays and a change of the school year."""


def local(at: Ms, zone: tzinfo) -> datetime:
    """The instant as people of that zone read it."""
    return (_EPOCH + at * _MS).astimezone(zone)


def ms(moment: datetime) -> Ms:
    """The instant of an aware datetime, exact to the millisecond, rounded down."""
    return (moment - _EPOCH) // _MS


def at_local(day: date, clock: str | time, zone: tzinfo) -> Ms:
    """The instant at which the clocks of `zone` show `clock` (`18:00`) on `day`.

    A time that a change of the clocks skips is counted with the offset before the change (02:30 becomes 03:30); one
    that comes twice is the first of the two.
    """
    when = (time.fromisoformat(clock) if isinstance(clock, str) else clock).replace(fold=0)
    return ms(datetime.combine(day, when, tzinfo=zone).astimezone(UTC))


def _changes(day: date, zone: tzinfo) -> set[Ms]:
    """The instant at which the clocks of `zone` are changed on `day`, if they are: hours may begin or end with it."""
    first, last = at_local(day, time(), zone), at_local(day + _DAY, time(), zone)
    offset = local(first, zone).utcoffset()
    if local(last, zone).utcoffset() == offset:
        return set()
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (middle, last) if local(middle, zone).utcoffset() == offset else (first, middle)
    return {last}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A school term, both days inclusive."""

    first: date
    last: date
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """Working days: the local file first, then the table handed in (a library's), then Monday to Friday.

    table: days that are known, True for a working day.  valid_until: the last day the tables speak for; behind it the
    weekday alone decides.  Without terms every day is in term.
    """

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    terms: tuple[Term, ...] = ()
    valid_until: date | None = None
    table: Mapping[date, bool] = field(default_factory=dict, repr=False)

    def is_working_day(self, day: date) -> bool:
        if day in self.workdays:
            return True
        if day in self.holidays:
            return False
        return self.table.get(day, day.weekday() < 5)

    def next_working_day_after(self, day: date) -> date:
        """The first working day behind `day`; `day` itself never counts (民法典 201)."""
        day += _DAY
        while not self.is_working_day(day):
            day += _DAY
        return day

    def working_days_after(self, day: date, count: int) -> date:
        """The `count`th working day behind `day`; `day` itself when `count` is 0."""
        for _ in range(count):
            day = self.next_working_day_after(day)
        return day

    def in_term(self, day: date) -> bool:
        return not self.terms or any(term.first <= day <= term.last for term in self.terms)

    def knows(self, day: date) -> bool:
        """Whether holidays of that day are known, or only its weekday."""
        return self.valid_until is not None and day <= self.valid_until

    def ends_soon(self, day: date) -> bool:
        """Whether the holidays that are known end within `AHEAD` days of `day`, or have ended."""
        return self.valid_until is not None and (self.valid_until - day).days < AHEAD


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of the day in minutes from midnight; `end` is exclusive and lies behind midnight when <= `start`."""

    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> Hours:
        """`07:30-12:00`, `22:00-06:00`, `00:00-24:00`. Raises ValueError for anything else, an empty span included."""
        match = _HOURS.fullmatch(text.strip())
        if match is None:
            raise ValueError("not hours")
        first, first_minute, last, last_minute = map(int, match.groups())
        start, end = first * 60 + first_minute, last * 60 + last_minute
        if first_minute > 59 or last_minute > 59 or start >= 1440 or end > 1440 or start == end:
            raise ValueError("not hours")
        return cls(start, end)

    @property
    def overnight(self) -> bool:
        return self.end <= self.start

    def today(self, minute: int) -> bool:
        """Whether the part that lies on the day it begins covers `minute`."""
        return self.start <= minute and (self.overnight or minute < self.end)

    def tomorrow(self, minute: int) -> bool:
        """Whether the part behind midnight covers `minute` of the next day."""
        return self.overnight and minute < self.end

    def holds(self, clock: time) -> bool:
        """Whether the clock shows a time inside, whatever the day."""
        minute = clock.hour * 60 + clock.minute
        return self.today(minute) or self.tomorrow(minute)

    def __str__(self) -> str:
        return f"{self.start // 60:02}:{self.start % 60:02}-{self.end // 60:02}:{self.end % 60:02}"


ALL_DAY = Hours(0, 1440)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A timetable: on which days of the week, at which hours.

    weekdays: as `date.weekday()`.  Hours over midnight belong to the day on which they begin.
    terms_only: school days only, that is in term and not on a public holiday; a make-up day (a working Saturday or
    Sunday) counts as one of Monday to Friday. Without it holidays change nothing.
    """

    name: str
    weekdays: frozenset[int] = frozenset(range(7))
    hours: tuple[Hours, ...] = (ALL_DAY,)
    terms_only: bool = False

    def is_on(self, moment: datetime, calendar: WorkCalendar | None = None) -> bool:
        """Whether it is on at this local time. `calendar` matters for `terms_only`; Monday to Friday without one."""
        calendar = calendar or WorkCalendar()
        minute, day = moment.hour * 60 + moment.minute, moment.date()
        if any(slot.today(minute) for slot in self.hours) and self.runs_on(day, calendar):
            return True
        return any(slot.tomorrow(minute) for slot in self.hours) and self.runs_on(day - _DAY, calendar)

    def runs_on(self, day: date, calendar: WorkCalendar) -> bool:
        """Whether its hours begin on that day."""
        weekday = day.weekday()
        if not self.terms_only:
            return weekday in self.weekdays
        if not calendar.in_term(day):
            return False
        if weekday < 5:
            return weekday in self.weekdays and calendar.is_working_day(day)
        return weekday in self.weekdays or (calendar.is_working_day(day) and not self.weekdays.isdisjoint(range(5)))

    def next_change(self, moment: datetime, calendar: WorkCalendar | None = None) -> datetime | None:
        """The next local time at which `is_on` answers otherwise; None when not within 400 days."""
        now, calendar = self.is_on(moment, calendar), calendar or WorkCalendar()
        for edge in self._edges(moment):
            if self.is_on(edge, calendar) != now:
                return edge
        return None

    def _edges(self, moment: datetime) -> Iterator[datetime]:
        """Every beginning and end of hours behind `moment`, midnight and changes of the clocks included, in order."""
        if self.is_plain or moment.tzinfo is None:
            return
        minutes = sorted({0} | {slot.start for slot in self.hours} | {slot.end % 1440 for slot in self.hours})
        start, zone = ms(moment), moment.tzinfo
        for days in range(_SEARCH_DAYS):
            day = moment.date() + days * _DAY
            clocks = [datetime.combine(day, time(*divmod(minute, 60)), tzinfo=zone) for minute in minutes]
            found = {ms(clock.replace(fold=fold).astimezone(UTC)) for clock in clocks for fold in (0, 1)}
            for at in sorted(found | _changes(day, zone)):
                if at > start:
                    yield local(at, zone)

    @property
    def is_plain(self) -> bool:
        """Always on: nothing ever changes."""
        return not self.terms_only and len(self.weekdays) == 7 and ALL_DAY in self.hours


def always() -> Schedule:
    """The schedule that is built in."""
    return Schedule(name=ALWAYS)
