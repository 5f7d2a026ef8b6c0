"""calendar.yaml, roster.yaml and policy.yaml."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import pytest

from agent.alerting.roster import Person, Role, Roster
from agent.inventory.calendarfile import library_table, load_calendar
from agent.inventory.policyfile import load_policy
from agent.inventory.rosterfile import load_roster


def test_the_table_says_what_the_library_says() -> None:
    made = load_calendar().value
    assert made is not None
    assert made.valid_until is not None
    day, last = date(2020, 1, 1), date(made.valid_until.year, 12, 31)
    while day <= last:
        assert made.is_working_day(day) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


def test_behind_the_table_the_weekday_decides() -> None:
    made = load_calendar().value
    assert made is not None
    assert made.is_working_day(date(2099, 10, 1))
    assert not made.knows(date(2099, 10, 1))
    assert library_table()[1] == made.valid_until


def test_the_local_file_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "calendar.yaml"
    path.write_text(
        "holidays: [2099-10-01..2099-10-07, 2026-03-04]\nworkdays: [2099-10-10, 2026-10-01]\n"
        "terms: [{from: 2026-03-01, to: 2026-07-10, name: 春季}]\nvalid_until: 2099-12-31\n"
    )
    loaded = load_calendar(path)
    assert loaded.problems == ()
    made = loaded.value
    assert made is not None
    assert not made.is_working_day(date(2099, 10, 7))
    assert made.is_working_day(date(2099, 10, 10))
    assert not made.is_working_day(date(2026, 3, 4))
    assert made.is_working_day(date(2026, 10, 1))
    assert made.in_term(date(2026, 7, 10))
    assert not made.in_term(date(2026, 7, 11))
    assert made.valid_until == date(2099, 12, 31)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("holidays: [2026-10-07..2026-10-01]", "1: holidays[0]: '2026-10-07..2026-10-01' is not a day or days such as"),
        ("holidays: [2026-1-1]", "1: holidays[0]: '2026-1-1' is not a day or days such as"),
        ("holidays: [0001-01-01..9999-12-31]", "1: holidays[0]: '0001-01-01..9999-12-31' is not a day or days"),
        ("holidays: [2026-10-01]\nworkdays: [2026-10-01]", "2: workdays[0]: 2026-10-01 is a holiday and a working day"),
        ("terms: [{from: 2026-03-01, to: 2026-02-01}]", "1: terms[0]: the last day comes before the first"),
        ("terms: [{from: 2026-03-01}]", "1: terms[0]: 'to' is missing"),
    ],
)
def test_mistakes_of_a_calendar(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    assert said in "\n".join(load_calendar(path).render("en"))


ROSTER = """people:
- {id: zhang, name: 张工, role: engineer, phone: 0579-8888, tier: 1}
- {id: li, name: 李工, role: engineer, tier: 2}
- {id: wang, name: 王老师, role: customer}
- {id: chen, name: 陈经理, role: manager, title: 项目经理}
"""


def test_a_roster(tmp_path: Path) -> None:
    path = tmp_path / "roster.yaml"
    path.write_text(ROSTER)
    roster = load_roster(path).value
    assert roster is not None
    assert roster.order == ("zhang", "li")
    assert roster.people[0] == Person(id="zhang", name="张工", role=Role.ENGINEER, phone="0579-8888")
    assert (roster.role_of("wang"), roster.role_of("陈经理"), roster.role_of("nobody")) == ("customer", "manager", None)
    assert (roster.after(), roster.after("zhang"), roster.after("li")) == ("zhang", "li", None)
    assert load_roster(None).value == Roster()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ROSTER + "order: [zhang, lii]", "6: order[1]: there is no person 'lii', did you mean 'li'?"),
        (ROSTER + "order: [wang]", "6: order[0]: 'wang' is no engineer"),
        (ROSTER + "- {id: li, name: x, role: engineer}", "6: people[4]: the id 'li' is given twice"),
        ("people: [{id: a, name: b, role: boss}]", "1: people[0].role: 'boss' is not one of: engineer, manager"),
        ("people: []", "1: warning: there is no engineer who could be asked"),
    ],
)
def test_mistakes_of_a_roster(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(text)
    assert said in "\n".join(load_roster(path).render("en"))


def test_the_shipped_policy_and_a_file_over_it(tmp_path: Path) -> None:
    shipped = load_policy(None)
    assert shipped.problems == ()
    assert shipped.value is not None
    path = tmp_path / "policy.yaml"
    path.write_text("life: {stability_window: 30m}\ncontract: {response: {major: 20m}}\n")
    own = load_policy(path)
    assert own.problems == ()
    assert own.value is not None
    assert own.value.life.stability_window == 1800.0
    assert own.value.life.repeat_window == shipped.value.life.repeat_window
    assert own.value.contract.response == {**shipped.value.contract.response, "major": 1200.0}
    assert own.value.sha256 != shipped.value.sha256
