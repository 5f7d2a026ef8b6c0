"""R9: zones, changes of the clocks, leap seconds, ends of months and years, make-up days (调休): against a walk by the
minute and by the day."""

from __future__ import annotations

import random
from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.alerting.frame import Frame
from agent.calendar import Hours, Schedule, WorkCalendar, at_local, local, ms
from agent.cli.moment import parse
from agent.inventory.calendarfile import load_calendar
from tests.alerting.harness import CALENDAR

ZONES = ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"]
MINUTE, DAY = 60_000, 86_400_000
FIRST, LAST = ms(datetime(2025, 12, 20, tzinfo=UTC)), ms(datetime(2027, 1, 12, tzinfo=UTC))


def days_walked(zone: ZoneInfo, frame: Frame) -> dict[date, date]:
    """For each day the working day behind it, by walking on."""
    found: dict[date, date] = {}
    day = date(2025, 12, 1)
    while day < date(2027, 3, 1):
        behind = day + timedelta(days=1)
        while not frame.calendar.is_working_day(behind):
            behind += timedelta(days=1)
        found[day] = behind
        day += timedelta(days=1)
    return found


@pytest.mark.net
@pytest.mark.parametrize("name", ZONES)
def test_feedback_due_against_a_walk(name: str) -> None:
    """20,000 random moments: close of business is the first minute at which local clocks show 18:00 of that day."""
    zone, dice = ZoneInfo(name), random.Random(9)
    frame = Frame(calendar=CALENDAR, zone=zone)
    behind = days_walked(zone, frame)
    closes: dict[date, int] = {}
    minute = FIRST - FIRST % MINUTE
    while minute < LAST + 20 * DAY:  # by the minute: no arithmetic of zones but reading a clock
        here = datetime.fromtimestamp(minute // 1000, zone)
        if (here.hour, here.minute) == (18, 0):
            closes.setdefault(here.date(), minute)
        minute += MINUTE if here.minute else MINUTE * (60 if here.hour not in (17, 18) else 1)
    for _ in range(20_000):
        at = dice.randrange(FIRST, LAST)
        day = datetime.fromtimestamp(at / 1000, zone).date()
        assert frame.feedback_due(at) == frame.close(at, 1) == closes[behind[day]]
        assert frame.close(at, 2) == closes[behind[behind[day]]]


SCHEDULES = [
    Schedule(
        name="school", weekdays=frozenset(range(5)), terms_only=True,
        hours=(Hours.parse("07:30-12:00"), Hours.parse("14:00-21:30")),
    ),
    Schedule(name="night", hours=(Hours.parse("22:00-06:00"),)),
    Schedule(name="saturday", weekdays=frozenset({5}), hours=(Hours.parse("00:00-24:00"),)),
    Schedule(name="small hours", hours=(Hours.parse("01:30-02:15"),)),
]  # fmt: skip


@pytest.mark.net
@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: schedule.name)
def test_working_time_against_a_walk(name: str, schedule: Schedule) -> None:
    """20,000 random intervals of up to three days: hours in schedule by `next_change`, and by a walk of minutes."""
    zone, dice = ZoneInfo(name), random.Random(3)
    start = ms(datetime(2026, 1, 1, tzinfo=UTC)) - 20 * DAY
    count = (400 * DAY) // MINUTE
    on = bytearray(count)
    for index in range(count):
        on[index] = schedule.is_on(datetime.fromtimestamp((start + index * MINUTE) // 1000, zone), CALENDAR)
    total = [0]
    for value in on:
        total.append(total[-1] + value)
    turns = list(_turns(schedule, start, start + count * MINUTE, zone))
    state = bool(on[0])
    spent, edges = [0], [start]
    for turn in turns:
        spent.append(spent[-1] + (turn - edges[-1] if state else 0))
        edges.append(turn)
        state = not state

    def until(at: int) -> int:
        place = bisect_right(edges, at) - 1
        running = bool(on[0]) ^ bool(place % 2)
        return spent[place] + (at - edges[place] if running else 0)

    for _ in range(20_000):
        first = dice.randrange(0, count - 4320)
        last = first + dice.randrange(0, 4320)
        walked = (total[last] - total[first]) * MINUTE
        assert until(start + last * MINUTE) - until(start + first * MINUTE) == walked


def _turns(schedule: Schedule, start: int, end: int, zone: ZoneInfo) -> list[int]:
    found, at = [], start
    while (change := schedule.next_change(local(at, zone), CALENDAR)) is not None and ms(change) < end:
        assert ms(change) > at
        at = ms(change)
        found.append(at)
    return found


@pytest.mark.parametrize("name", ZONES)
@given(at=st.integers(min_value=-(10**12), max_value=4 * 10**12))
@settings(max_examples=300)
def test_there_and_back(name: str, at: int) -> None:
    zone = ZoneInfo(name)
    assert ms(local(at, zone)) == at


@pytest.mark.parametrize("name", ZONES)
@given(day=st.dates(date(2024, 1, 1), date(2031, 12, 31)), clock=st.times())
@settings(max_examples=300)
def test_a_local_time_is_found(name: str, day: date, clock: time) -> None:
    """What is skipped is moved by the change: by an hour, on Lord Howe by half of one."""
    zone = ZoneInfo(name)
    clock = clock.replace(microsecond=clock.microsecond // 1000 * 1000)
    found = local(at_local(day, clock, zone), zone)
    moved = datetime.combine(found.date(), found.time()) - datetime.combine(day, clock)
    assert moved in (timedelta(0), timedelta(minutes=30), timedelta(hours=1))


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize(
    "text", ["23:59:60", "2026-12-31 23:59:60", "12-31 23:59:60", "2016-12-31T23:59:60Z", "2016-12-31T23:59:60+00:00"]
)
def test_a_leap_second_is_the_next_one(name: str, text: str) -> None:
    """POSIX time has none: 23:59:60 is the first second of the next day."""
    zone = ZoneInfo(name)
    now = at_local(date(2026, 12, 31), "23:30", zone)
    assert parse(text, now, zone) == parse(text.replace(":60", ":59"), now, zone) + 1000


@pytest.mark.parametrize(
    "text", ["23:59:61", "23:58:60:60", "24:00:60", "2026-02-29 10:00", "2026-13-01 10:00", "10:60"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text, FIRST, ZoneInfo("Asia/Shanghai"))


# --- R10: behind the end of the table -------------------------------------------------------------------------

BEYOND = [date(2027, 2, 5), date(2027, 2, 6), date(2029, 6, 8), date(2029, 12, 31), date(2100, 2, 28)]


@pytest.mark.parametrize("day", BEYOND)
@pytest.mark.parametrize("name", ZONES)
def test_behind_the_table_the_weekday_decides(day: date, name: str) -> None:
    calendar = load_calendar().value
    assert calendar is not None
    assert calendar.valid_until is not None
    assert not calendar.knows(day)
    assert calendar.ends_soon(day)
    frame = Frame(calendar=calendar, zone=ZoneInfo(name))
    at = at_local(day, "10:00", frame.zone)
    due = frame.local(frame.feedback_due(at))
    assert (due.hour, due.minute) == (18, 0)
    assert due.weekday() < 5
    assert 1 <= (due.date() - day).days <= 3


def test_warned_45_days_ahead() -> None:
    calendar = WorkCalendar(valid_until=date(2026, 12, 31))
    first = next(day for n in range(365) if calendar.ends_soon(day := date(2026, 1, 1) + timedelta(days=n)))
    assert (calendar.valid_until or first) - first == timedelta(days=44)
