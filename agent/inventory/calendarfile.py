"""`calendar.yaml` and the library's table of Chinese holidays -> `WorkCalendar`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import chinese_calendar

from agent.calendar import Term, WorkCalendar
from agent.config import BAD, Loaded, Source, open_file, read
from agent.config.tree import Node, place

_LONGEST = 400
"""Days of the longest span; a school year is no holiday."""


@dataclass(frozen=True, slots=True)
class Days:
    """A day, or days from the first to the last: `2026-10-01`, `2026-10-01..2026-10-07`."""

    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> Days:
        """Raises ValueError for what is no day, runs backwards, or is longer than 400 days."""
        first, _, last = text.partition("..")
        begin = date.fromisoformat(first.strip())
        end = date.fromisoformat(last.strip()) if last else begin
        if not 0 <= (end - begin).days < _LONGEST:
            raise ValueError("days run backwards or too far")
        return cls(begin, end)

    def each(self) -> list[date]:
        return [self.first + timedelta(days=days) for days in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermEntry:
    from_: date
    to: date
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """The file. valid_until: the last day for which it is complete."""

    holidays: tuple[Days, ...] = ()
    workdays: tuple[Days, ...] = ()
    terms: tuple[TermEntry, ...] = ()
    valid_until: date | None = None


def load_calendar(path: str | os.PathLike[str] | None = None) -> Loaded[WorkCalendar]:
    """The school's own days over the library's table. Without a file the library and the weekday decide."""
    if path is None:
        return Loaded(value=_calendar(CalendarEntry()))
    source, node = open_file(path)
    entry = BAD if node is None else read(CalendarEntry, node, source)
    if entry is BAD or node is None:
        return source.loaded(None)
    _check(entry, node, source)
    return source.loaded(_calendar(entry))


def _check(entry: CalendarEntry, node: Node, source: Source) -> None:
    holidays = _days(entry.holidays)
    for index, span in enumerate(entry.workdays):
        for day in span.each():
            if day in holidays:
                source.error(*place(node, None, "workdays", index), "config.day_both", name=day.isoformat())
    for index, term in enumerate(entry.terms):
        if term.to < term.from_:
            source.error(*place(node, None, "terms", index), "config.days_backwards")


def _days(spans: tuple[Days, ...]) -> frozenset[date]:
    return frozenset(day for span in spans for day in span.each())


def _calendar(entry: CalendarEntry) -> WorkCalendar:
    table, last = library_table()
    ends = [day for day in (entry.valid_until, last) if day is not None]
    return WorkCalendar(
        holidays=_days(entry.holidays),
        workdays=_days(entry.workdays),
        terms=tuple(Term(first=term.from_, last=term.to, name=term.name) for term in entry.terms),
        valid_until=max(ends, default=None),
        table=table,
    )


@cache
def library_table() -> tuple[dict[date, bool], date | None]:
    """The days on which the library knows better than the weekday, and the last day of its last year.

    The library raises for years behind its table; nothing is asked of it here, its table is read.
    """
    table = dict.fromkeys(chinese_calendar.holidays, False) | dict.fromkeys(chinese_calendar.workdays, True)
    last = max((day.year for day in table), default=None)
    return table, None if last is None else date(last, 12, 31)
