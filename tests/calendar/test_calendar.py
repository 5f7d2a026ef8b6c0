"""Working days with make-up days, timetables, and local time that survives a change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.calendar import ALL_DAY, Hours, Schedule, Term, WorkCalendar, always, at_local, local, ms
from agent.inventory.calendarfile import load_calendar

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


@pytest.fixture
def china() -> WorkCalendar:
    made = load_calendar().value
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("restored", "due"),
    [
        ("2026-09-18", "2026-09-20"),
        ("2026-09-30", "2026-10-08"),
        ("2026-10-10", "2026-10-12"),
        ("2026-02-13", "2026-02-14"),
        ("2026-02-14", "2026-02-24"),
        ("2025-12-31", "2026-01-04"),
        ("2026-03-06", "2026-03-09"),
    ],
)
def test_e19_feedback_and_calendar(china: WorkCalendar, restored: str, due: str) -> None:
    assert china.next_working_day_after(date.fromisoformat(restored)) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("quarter", "due"),
    [
        ("2026-01-01", "2026-01-04"),
        ("2026-04-01", "2026-04-01"),
        ("2026-07-01", "2026-07-01"),
        ("2026-10-01", "2026-10-08"),
    ],
)
def test_e20_quarter_paper(china: WorkCalendar, quarter: str, due: str) -> None:
    before = date.fromisoformat(quarter) - timedelta(days=1)
    assert china.next_working_day_after(before) == date.fromisoformat(due)


def test_fall_back_to_the_weekday() -> None:
    plain = WorkCalendar()
    assert plain.is_working_day(date(2026, 10, 1))
    assert plain.next_working_day_after(date(2026, 10, 2)) == date(2026, 10, 5)
    assert plain.working_days_after(date(2026, 10, 2), 5) == date(2026, 10, 9)
    assert not plain.knows(date(2026, 10, 1))


def test_terms() -> None:
    assert WorkCalendar().in_term(date(2026, 8, 1))
    made = WorkCalendar(terms=(Term(first=date(2026, 9, 1), last=date(2027, 1, 20)),))
    assert [made.in_term(date(2026, 8, 31)), made.in_term(date(2026, 9, 1)), made.in_term(date(2027, 1, 20))] == [
        0,
        1,
        1,
    ]


@pytest.mark.parametrize("text", ["07:30-12:00", "22:00-06:00", "00:00-24:00", "23:59-00:00"])
def test_hours_are_read_back(text: str) -> None:
    assert str(Hours.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "7-8", "07:60-08:00", "24:00-06:00", "08:00-08:00", "00:00-24:01", "a", "٠٧:٣٠-١٢:٠٠"]
)
def test_what_are_no_hours(text: str) -> None:
    with pytest.raises(ValueError, match="not hours"):
        Hours.parse(text)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


LESSONS = Schedule(
    name="school", weekdays=frozenset(range(5)), hours=(Hours(450, 720), Hours(840, 1290)), terms_only=True
)


@pytest.mark.parametrize(
    ("moment", "on"),
    [
        ("2026-09-18 07:29", False),
        ("2026-09-18 07:30", True),
        ("2026-09-18 12:00", False),
        ("2026-09-18 14:00", True),
        ("2026-09-19 10:00", False),
        ("2026-09-20 10:00", True),  # a make-up Sunday
        ("2026-10-01 10:00", False),  # National Day, a Thursday
        ("2026-08-19 10:00", False),  # holidays of the school
    ],
)
def test_school_hours(china: WorkCalendar, moment: str, on: bool) -> None:
    term = WorkCalendar(table=china.table, terms=(Term(first=date(2026, 9, 1), last=date(2027, 1, 20)),))
    assert LESSONS.is_on(at(moment), term) is on


def test_over_midnight_belongs_to_the_evening() -> None:
    friday_night = Schedule(name="night", weekdays=frozenset({4}), hours=(Hours(1320, 360),))
    assert friday_night.is_on(at("2026-03-06 23:00"))
    assert friday_night.is_on(at("2026-03-07 05:59"))
    assert not friday_night.is_on(at("2026-03-07 06:00"))
    assert not friday_night.is_on(at("2026-03-06 05:00"))
    assert not friday_night.is_on(at("2026-03-07 22:00"))


def test_next_change(china: WorkCalendar) -> None:
    assert LESSONS.next_change(at("2026-09-18 06:00"), china) == at("2026-09-18 07:30")
    assert LESSONS.next_change(at("2026-09-18 07:30"), china) == at("2026-09-18 12:00")
    assert LESSONS.next_change(at("2026-09-30 22:00"), china) == at("2026-10-08 07:30")
    assert always().next_change(at("2026-09-18 06:00"), china) is None
    assert always().is_on(at("2026-09-18 06:00"), china)


@given(
    st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1439)), min_size=1, max_size=3),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 20 * 1440),
)
def test_nothing_changes_before_the_next_change(
    spans: list[tuple[int, int]], days: frozenset[int], minute: int
) -> None:
    hours = tuple(Hours(start, (start + length) % 1440 or 1440) for start, length in spans)
    made = Schedule(name="x", weekdays=days, hours=hours)
    moment = at("2026-03-02 00:00") + timedelta(minutes=minute)
    change = made.next_change(moment)
    step = moment
    while step < (change or moment + timedelta(days=9)):
        assert made.is_on(step) == made.is_on(moment)
        step += timedelta(minutes=97)
    if change is not None:
        assert made.is_on(change) != made.is_on(change - timedelta(minutes=1)) == made.is_on(moment)


def test_all_day_is_the_whole_day() -> None:
    assert all(ALL_DAY.today(minute) for minute in range(1440))
    assert not ALL_DAY.overnight


@given(st.integers(0, 4_102_444_800_000))
def test_local_and_back(instant: int) -> None:
    for zone in (SHANGHAI, BERLIN, UTC):
        assert ms(local(instant, zone)) == instant


def test_at_local_over_changes_of_the_clocks() -> None:
    assert local(at_local(date(2026, 3, 3), "18:00", SHANGHAI), UTC) == datetime(2026, 3, 3, 10, tzinfo=UTC)
    assert local(at_local(date(2026, 3, 29), "02:30", BERLIN), BERLIN).hour == 3
    assert at_local(date(2026, 10, 25), "02:30", BERLIN) == ms(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert at_local(date(2026, 3, 29), "18:00", BERLIN) - at_local(date(2026, 3, 28), "18:00", BERLIN) == 23 * 3_600_000
