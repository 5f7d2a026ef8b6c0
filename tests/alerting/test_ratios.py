"""clocks.md 4.6 and the month of 4.7: every figure, from twelve journals."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agent.alerting import ratios
from agent.alerting.events import Event
from agent.alerting.ratios import Period, Ratio, Tally, Watch
from tests.alerting.harness import HOUR, MINUTE, when
from tests.alerting.story import Story

MARCH = Period(start=when("2026-03-01 00:00"), end=when("2026-04-01 00:00"))


def _story(day: int, letter: str, level: str = "general", **args: object) -> Story:
    return Story(level, f"2026-03-{day:02} 10:00", number=f"T202603{day:02}-000{letter}", root=f"dev-{letter}", **args)


def _whole(story: Story, hours: float) -> Story:
    """Taken after 20 minutes, restored after so many hours, confirmed an hour later."""
    opened = story.times.opened_at
    restored = opened + round(hours * HOUR)
    story.take(opened + 20 * MINUTE).tick(restored).restore(restored)
    return story.confirm(restored + HOUR)


def _self_recovered(story: Story, minutes: int) -> Story:
    opened = story.times.opened_at
    story.tick(opened + minutes * MINUTE).restore(opened + minutes * MINUTE, by="agent")
    story.add("stable", opened + minutes * MINUTE + HOUR, by="agent")
    return story.confirm(opened + 3 * HOUR)


def _suspended() -> Story:
    """D: strict nine hours, four of them an approved suspension."""
    story = _story(5, "D", "serious").take("2026-03-05 10:20")
    story.add("suspended", "2026-03-05 12:00", reason="customer", until=when("2026-03-05 16:00"))
    story.add("approved", "2026-03-05 12:10", by="zhao", what="suspend").add("resumed", "2026-03-05 16:00")
    story.tick(when("2026-03-05 18:00") + 1).restore("2026-03-05 19:00")
    return story.confirm("2026-03-05 20:00")


def _refused() -> Story:
    """E: twenty-three hours and fifty minutes, refused once; a person's report."""
    story = _story(9, "E", source="hotline").take("2026-03-09 10:20").restore("2026-03-09 15:00")
    story.add("refused", "2026-03-10 09:00", by="chen", reason="black", n=1).restore("2026-03-10 09:50")
    return story.confirm("2026-03-10 11:00")


def _month() -> list[Sequence[Event]]:
    a = _whole(_story(2, "A"), 3)
    b = _self_recovered(_story(3, "B"), 5)
    c = _self_recovered(_story(4, "C", "major"), 45)
    f = _story(11, "F").take("2026-03-11 10:20").restore("2026-03-11 14:00")  # not confirmed before April
    f.confirm("2026-04-02 09:00")
    g = _story(30, "G").take("2026-03-30 10:20").tick(when("2026-03-31 10:00") + 1)
    h = Story("general", "2026-03-31 23:30", number="T20260331-000H", root="dev-H")
    i = _story(12, "I").take("2026-03-12 10:10")
    i.add("false_alarm", "2026-03-12 12:00", by="zhao", evidence="picture")
    j = _story(13, "J", source="qr").add("withdrawn", "2026-03-13 11:00", by="chen", reason="reporter")
    k = _story(2, "K", source="qr").take("2026-03-02 10:10").add("merged", "2026-03-02 10:15", into=a.number)
    last = _whole(_story(16, "L", "serious", repeat_of="T20260220-0003"), 6)
    stories = [a, b, c, _suspended(), _refused(), f, g, h, i, j, k, last]
    return [story.journal for story in stories]


@pytest.fixture(scope="module")
def march() -> list[ratios.Entry]:
    return ratios.ledger(_month(), MARCH.end)


def test_response(march: list[ratios.Entry]) -> None:
    tally = ratios.tally(march, "response", MARCH)
    assert tally == Tally(met=6, breached=1, waived=1, voided=2)
    assert str(tally.ratio) == "85.71 %"


def test_repair(march: list[ratios.Entry]) -> None:
    tally = ratios.tally(march, "repair", MARCH)
    assert (tally.met, tally.breached) == (5, 2)
    assert str(tally.ratio) == "71.42 %"
    assert str(tally.plus(ratios.provisional(march, "repair", MARCH))) == "75.00 %"
    assert str(ratios.net(march, MARCH).ratio) == "85.71 %"


def test_time_to_repair(march: list[ratios.Entry]) -> None:
    every = ratios.repairs(march, MARCH)
    assert (len(every.spans), every.mean, every.worst) == (7, 6 * HOUR + 40 * MINUTE, 23 * HOUR + 50 * MINUTE)
    assert every.median == 4 * HOUR
    assert ratios.repairs(march, MARCH, self_recovered=False).mean == 9 * HOUR + 10 * MINUTE
    assert ratios.repairs(march, MARCH, technical=True) == every


def test_shares_of_tickets(march: list[ratios.Entry]) -> None:
    assert str(ratios.repeated(march, MARCH)) == "11.11 %"
    assert str(ratios.false_alarms(march, MARCH)) == "11.11 %"
    assert str(ratios.refused(march, MARCH)) == "16.66 %"
    assert str(ratios.self_recovered(march, MARCH)) == "22.22 %"


def test_availability_of_a_camera() -> None:
    camera = Watch(scheduled=744 * HOUR, unobserved=2 * HOUR, maintenance=HOUR, shadowed=6 * HOUR, down=3 * HOUR)
    assert (str(camera.device), str(camera.service)) == ("99.59 %", "98.78 %")
    assert camera.device == Ratio(732 * HOUR, 735 * HOUR)
    assert camera.service == Ratio(732 * HOUR, 741 * HOUR)


def test_availability_of_a_terminal() -> None:
    assert str(Watch(scheduled=264 * HOUR, down=4 * HOUR).device) == "98.48 %"


def test_time_between_faults() -> None:
    watches = [Watch(scheduled=741 * HOUR) for _ in range(19)]
    watches.append(Watch(scheduled=741 * HOUR, shadowed=5 * HOUR, down=6 * HOUR))
    assert str(ratios.between(watches, 4)) == "3,702.25 h"
    assert str(ratios.between(watches[:1], 0)) == "> 741.00 h"
    assert ratios.together(watches).good == 14_809 * HOUR


def test_online_rate_is_the_mean_of_the_hours() -> None:
    assert str(ratios.online([Ratio(20, 20), Ratio(10, 20), Ratio(0, 0)])) == "75.00 %"


def test_empty_denominator_is_never_a_hundred_percent() -> None:
    assert Ratio(0, 0).percent is None
    assert str(Tally().ratio) == ratios.NONE
    assert str(ratios.online([])) == ratios.NONE
    assert ratios.repairs([], MARCH).mean is None


def test_rounded_down() -> None:
    assert Ratio(2, 3).percent == "66.66"
    assert Ratio(99_999, 100_000).percent == "99.99"
    assert Ratio(1, 1).percent == "100.00"


def test_a_paper_once_sent_never_changes() -> None:
    """Voided in April: March stands as it was printed, April prints it under 更正."""
    journals = _month()
    late = _story(20, "M").take("2026-03-20 10:10")
    late.add("false_alarm", "2026-04-03 10:00", by="zhao", evidence="picture")
    march = ratios.ledger([*journals, late.journal], MARCH.end)
    assert ratios.tally(march, "response", MARCH).met == 7
    april = Period(start=MARCH.end, end=when("2026-05-01 00:00"))
    entries = ratios.ledger([*journals, late.journal], april.end)
    corrected = {(ticket.id, row.clock, row.reason) for ticket, row in ratios.corrections(entries, april)}
    assert (late.number, "response", "false_alarm") in corrected
    assert ratios.tally(entries, "repair", april).met == 1, "F is confirmed in April"
