"""clocks.md 4.7, example by example; times are site time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agent.alerting import sla
from agent.alerting.policy import Guard, Listening, Policy
from agent.alerting.severity import Annex
from agent.alerting.sla import Limits
from tests.alerting.harness import DAY, HOUR, MINUTE, World, books, device, frame_of, stands, timetable, when
from tests.alerting.story import FRAME, Story

CAMERA = device("cam-1")
"""A camera alone in its building: general (V4)."""
CORE = device("core", "switch", role="core")
"""The core switch: major (N1)."""


def test_e1_ordinary() -> None:
    story = Story("general", "2026-03-02 10:00", started_at=when("2026-03-02 09:59:48"))
    assert story.times.opened_at - story.times.started_at == 12_000
    assert (story.due("response"), story.due("repair")) == (when("2026-03-02 11:00"), when("2026-03-03 10:00"))
    story.take("2026-03-02 10:20")
    assert stands(story.now) == {"response": "met", "response_ceiling": "met"}
    story.restore("2026-03-02 13:00")
    assert story.due("feedback") == when("2026-03-03 18:00")
    assert sla.standing(story.times, "repair") is None, "provisional until the customer confirms"
    story.add("reported_back", "2026-03-02 13:10", cause="port", measures="swapped").feed_back("2026-03-02 13:15")
    story.confirm("2026-03-02 14:00")
    now = when("2026-03-02 14:00")
    assert sla.elapsed(story.times, "response", now) == 20 * 60
    assert sla.elapsed(story.times, "repair", now) == 3 * 3600
    assert stands(story.now) == dict.fromkeys(sla.CLOCKS, "met")
    repair = sla.booked(story.times, "repair")
    assert repair is not None and repair.at == now


@pytest.mark.parametrize(("late", "result"), [(0, "met"), (1, "breached")])
def test_e2_boundary(late: int, result: str) -> None:
    opened = when("2026-03-02 10:00")
    story = Story("major", opened).take(opened + 30 * MINUTE + late)
    assert stands(story.now)["response"] == result


def test_e3_self_recovery_nobody_responded() -> None:
    world = (
        World(frame_of([CAMERA]), "2026-03-02 01:00").down("cam-1", "2026-03-02 02:00").up("cam-1", "2026-03-02 02:05")
    )
    times = world.only.times
    assert times.restored_at == times.frozen_at == when("2026-03-02 02:05")
    assert sla.clock(times, "response", world.now).running is False
    left = (sla.deadline(times, "response") or 0) - when("2026-03-02 02:05")
    assert left == 55 * MINUTE
    world.until("2026-03-02 03:04:59")
    assert "response" not in stands(world.only)
    world.until("2026-03-02 03:05")
    assert stands(world.only) == {"response": "waived", "response_ceiling": "waived"}
    assert world.only.state == "restored"
    assert sla.elapsed(world.only.times, "repair", world.now) == 5 * 60
    assert sla.deadline(world.only.times, "feedback") == when("2026-03-03 18:00")
    world.until("2026-03-06 16:00").do("confirm", by="chen")
    assert stands(world.only)["repair"] == "met"
    world.check()


def test_e4_self_recovery_too_late() -> None:
    world = World(frame_of([CORE]), "2026-03-02 01:00").down("core", "2026-03-02 02:00").until("2026-03-02 02:31")
    breach = sla.booked(world.only.times, "response")
    assert breach is not None and breach.breached_at == when("2026-03-02 02:30")
    assert breach.at == when("2026-03-02 02:30") + 1
    world.up("core", "2026-03-02 02:45").until("2026-03-02 09:00").do("confirm", by="chen")
    assert stands(world.only)["response"] == "breached"
    assert stands(world.only)["repair"] == "met"
    assert sla.elapsed(world.only.times, "repair", world.now) == 45 * 60


def test_e5_self_recovery_then_relapse() -> None:
    world = World(frame_of([CORE]), "2026-03-02 01:00")
    world.down("core", "2026-03-02 02:00").up("core", "2026-03-02 02:05").down("core", "2026-03-02 02:50")
    ticket = world.only
    assert (ticket.state, ticket.relapses) == ("dispatched", 1)
    assert sla.deadline(ticket.times, "response") == when("2026-03-02 03:15")
    assert sla.deadline(ticket.times, "repair") == when("2026-03-02 06:00")
    world.until("2026-03-02 03:10").do("take")
    assert stands(world.only)["response"] == "met"
    now = when("2026-03-02 04:00")
    assert (
        sla.elapsed(world.only.times, "repair", now) - sla.elapsed(world.only.times, "repair", now, net=True) == 45 * 60
    )
    world.check()


def test_e6_again_after_the_window() -> None:
    world = World(frame_of([CORE]), "2026-03-02 01:00")
    world.down("core", "2026-03-02 02:00").up("core", "2026-03-02 02:05").down("core", "2026-03-02 03:20")
    first, second = world.of("core")
    assert stands(first)["response"] == "waived"
    assert second.repeat_of == first.id
    assert second.times.opened_at == when("2026-03-02 03:20")
    world.check()


def test_e7_raised_because_it_grew() -> None:
    """A switch with a building behind it that a second path keeps alive, until that breaks too."""
    children = [device(f"pc-{n}", "terminal", parent="sw", building="B") for n in range(4)]
    rest = [device(f"cam-{n}", building="C") for n in range(20)]
    world = World(frame_of([device("sw", "switch", role="access"), *children, *rest]), "2026-03-02 10:00")
    for n in range(4):
        world.look(f"pc-{n}", ok=True)
    world.look("sw", ok=False)
    assert world.only.severity == "general"
    world.until("2026-03-02 10:40")
    for n in range(4):
        world.look(f"pc-{n}", ok=False)
    world.tick()
    assert world.only.severity == "major"
    (raised,) = world.events(world.only, "reclassified")
    assert (raised.args["why"], raised.args["facts_since"]) == ("grew", when("2026-03-02 10:40"))
    assert sla.deadline(world.only.times, "response") == when("2026-03-02 11:00")
    assert sla.deadline(world.only.times, "repair") == when("2026-03-02 14:40")
    assert not stands(world.only)
    assert set(world.only.members) == {"sw", "pc-0", "pc-1", "pc-2", "pc-3"}
    world.check()


CORRECTED = {"from": "general", "to": "major", "why": "corrected"}


def test_e8_corrected_and_not_taken() -> None:
    story = Story("general", "2026-03-02 10:00").add("reclassified", "2026-03-02 10:40", **CORRECTED)
    breach = sla.booked(story.times, "response")
    assert breach is not None
    assert (breach.result, breach.level) == ("breached", "major")
    assert (breach.at, breach.breached_at) == (when("2026-03-02 10:40"), when("2026-03-02 10:30"))
    assert story.due("repair") == when("2026-03-02 14:00")


def test_e9_corrected_after_it_was_taken() -> None:
    story = Story("general", "2026-03-02 10:00").take("2026-03-02 10:35")
    story.add("reclassified", "2026-03-02 10:40", **CORRECTED)
    assert stands(story.now)["response"] == "met"
    assert sla.overrun(story.times, "response", when("2026-03-02 10:40")) == 5 * 60
    assert story.due("repair") == when("2026-03-02 14:00")


BROADCAST = device("pa", "server", role="broadcast")


def test_e10_context_school_hours_begin() -> None:
    hours = {"occupied": timetable("occupied", "07:30-21:30", weekdays="01234")}
    policy = replace(Policy(), severity=replace(Annex(), occupied="occupied"))
    world = World(frame_of([BROADCAST], policy=policy, schedules=hours), "2026-03-03 04:00")
    world.down("pa", "2026-03-03 05:00")
    assert world.only.severity == "general"
    world.until("2026-03-03 07:30:00")
    ticket = world.only
    assert ticket.severity == "serious"
    (raised,) = world.events(ticket, "reclassified")
    assert (raised.args["why"], raised.args["facts_since"]) == ("context", when("2026-03-03 07:30"))
    assert sla.deadline(ticket.times, "response") == when("2026-03-03 06:00")
    assert sla.deadline(ticket.times, "repair") == when("2026-03-03 15:30")


def test_e11_context_a_listening_test_begins() -> None:
    slot = Listening(start="2026-06-08 14:00", end="2026-06-08 14:30")
    guard = Guard(name="高考", start="2026-06-07 08:00", end="2026-06-08 18:00", listening=(slot,))
    policy = replace(Policy(), guards=(guard,))
    world = World(frame_of([BROADCAST], policy=policy), "2026-06-08 13:00").down("pa", "2026-06-08 13:40")
    assert world.only.severity == "serious"
    world.until("2026-06-08 14:00")
    ticket = world.only
    assert ticket.severity == "major"
    assert sla.deadline(ticket.times, "response") == when("2026-06-08 14:30")
    assert sla.deadline(ticket.times, "repair") == when("2026-06-08 18:00")
    assert ticket.times.since == (("serious", when("2026-06-08 13:40")), ("major", when("2026-06-08 14:00")))


def test_context_is_exact_when_the_tick_comes_late() -> None:
    """The agent was stopped over the beginning of school hours: the deadline does not depend on its start."""
    hours = {"occupied": timetable("occupied", "07:30-21:30", weekdays="01234")}
    policy = replace(Policy(), severity=replace(Annex(), occupied="occupied"))
    world = World(frame_of([BROADCAST], policy=policy, schedules=hours), "2026-03-03 04:00")
    world.down("pa", "2026-03-03 05:00").until("2026-03-03 07:29")
    world.now = when("2026-03-03 08:13")
    world.tick()
    assert sla.deadline(world.only.times, "repair") == when("2026-03-03 15:30")


def test_e12_lowered() -> None:
    story = Story("major", "2026-03-02 10:00").tick("2026-03-02 10:31")
    story.add("reclassified", "2026-03-02 10:50", by="zhao", **{"from": "major", "to": "general", "why": "lowered"})
    story.take("2026-03-02 10:55")
    response = [row for row in books(story.now) if row[0] == "response"]
    assert response == [("response", "major", "breached", "lowered"), ("response", "general", "met", "")]
    breached, met = [row for row in story.times.bookings if row.clock == "response"]
    assert breached.breached_at == when("2026-03-02 10:30")
    assert sla.elapsed(story.times, "response", met.at) == 55 * 60


def _refused(at: str) -> Story:
    story = Story("general", "2026-03-02 10:00").take("2026-03-02 10:20").restore("2026-03-02 15:00")
    assert story.due("feedback") == when("2026-03-03 18:00")
    return story.tick(at).add("refused", at, by="chen", reason="still black", n=1)


def test_e13_refusal_in_time() -> None:
    story = _refused("2026-03-03 09:00")
    assert not sla.runs(story.times, "feedback"), "Monday's is cancelled"
    story.restore("2026-03-03 09:50")
    assert story.due("feedback") == when("2026-03-04 18:00")
    story.confirm("2026-03-03 11:00")
    now = when("2026-03-03 11:00")
    assert stands(story.now)["repair"] == "met"
    assert sla.elapsed(story.times, "repair", now) == 23 * 3600 + 50 * 60
    assert sla.elapsed(story.times, "repair", now, net=True) == 5 * 3600 + 50 * 60


def test_e14_refusal_after_the_deadline() -> None:
    story = _refused("2026-03-03 11:00")
    breach = sla.booked(story.times, "repair")
    assert breach is not None
    assert (breach.result, breach.at, breach.breached_at) == (
        "breached", when("2026-03-03 11:00"), when("2026-03-03 10:00"),
    )  # fmt: skip
    story.restore("2026-03-03 12:00").confirm("2026-03-03 13:00")
    assert sla.elapsed(story.times, "repair", story.now.last_at, net=True) == 6 * 3600
    assert [row for row in books(story.now) if row[0] == "repair"] == [("repair", "general", "breached", "")]


@pytest.mark.parametrize("binding", ["strict", "net"])
def test_e15_suspension(binding: str) -> None:
    story = Story("serious", "2026-03-02 08:00", limits={**Limits().as_json(), "binding": binding})
    story.take("2026-03-02 08:10").add(
        "suspended", "2026-03-02 10:00", reason="customer", until=when("2026-03-02 14:00")
    )
    assert sla.elapsed(story.times, "repair", when("2026-03-02 12:00"), net=True) == 4 * 3600, "not yet approved"
    story.add("approved", "2026-03-02 10:30", what="suspend").add("resumed", "2026-03-02 14:00")
    story.tick("2026-03-02 16:00").tick(when("2026-03-02 16:00") + 1).restore("2026-03-02 17:00").confirm(
        "2026-03-02 18:00"
    )
    assert sla.elapsed(story.times, "repair", 0) == 9 * 3600
    assert sla.elapsed(story.times, "repair", 0, net=True) == 5 * 3600
    repair = sla.booked(story.times, "repair")
    assert repair is not None
    if binding == "strict":
        assert (repair.result, repair.breached_at) == ("breached", when("2026-03-02 16:00"))
    else:
        assert (repair.result, story.due("repair")) == ("met", when("2026-03-02 20:00"))
    assert sla.overrun(story.times, "repair", 0, net=True) == 0
    assert stands(story.now)["repair_ceiling"] == "met"


def test_e16_merge() -> None:
    key = device("cam-key", parent="sw", building="B", tags=["key-point"])
    ap = device("ap", "ap", parent="sw", building="B")
    switch = device("sw", "switch", role="aggregation", building="B")
    second = device("cam-key2", building="B", tags=["key-point"])
    rest = [device(f"cam-{n}", building="C") for n in range(10)]
    world = World(frame_of([switch, ap, key, second, *rest]), "2026-03-02 09:00")
    teacher = world.until("2026-03-02 10:00").do(
        "open", by="刘", role="reporter", source="qr", device="ap", what="无线断了"
    )
    assert teacher.severity == "general"
    world.until("2026-03-02 10:20").do("take", teacher)
    world.until("2026-03-02 10:40").look("sw", ok=False)
    agent = next(ticket for ticket in world.tickets.values() if ticket.by_agent)
    assert world.tickets[teacher.id].merged_into == agent.id
    assert agent.severity == "serious"
    assert agent.times.opened_at == when("2026-03-02 10:00")
    assert agent.times.taken_at == when("2026-03-02 10:20")
    assert stands(agent)["response"] == "met"
    assert sla.deadline(agent.times, "repair") == when("2026-03-02 18:40")
    assert [reporter["name"] for reporter in agent.reporters] == ["刘"]
    assert set(books(world.tickets[teacher.id])) == {
        ("response", "general", "met", "merged"), ("response_ceiling", "general", "met", "merged"),
    }  # fmt: skip
    assert agent.asked == "li", "who has the report in hand is asked first"
    world.check()


def test_e17_other_has_only_the_ceiling() -> None:
    story = Story("other", "2026-03-02 10:00")
    assert story.due("repair") is None
    assert story.due("repair_ceiling") == when("2026-03-03 10:00")


def _blind() -> World:
    """A serious fault whose repair deadline passes while the agent is cut off."""
    world = World(frame_of([device("nvr", "recorder")]), "2026-03-02 03:00").down("nvr", "2026-03-02 04:00")
    world.do("take")
    assert world.only.severity == "serious"
    world.until("2026-03-02 10:59:50").look("nvr", ok=False)
    world.lose_sight("2026-03-02 11:00", since="2026-03-02 10:59:50")
    world.until("2026-03-02 12:59")
    assert "repair" not in stands(world.only), "nobody can know while nobody sees"
    world.see_again("2026-03-02 13:00")
    return world


def test_e18_blind_with_the_engineers_evidence() -> None:
    world = _blind()
    world.look("nvr", ok=True)
    world.tick()
    world.do("restore", at="2026-03-02 11:40", evidence="photo", done="new power supply", reason="no network")
    assert world.only.times.restored_at == when("2026-03-02 11:40")
    world.until("2026-03-02 15:00").do("confirm", by="chen")
    assert stands(world.only)["repair"] == "met"
    assert sla.elapsed(world.only.times, "repair", world.now) == 7 * 3600 + 40 * 60
    world.check()


def test_e18_blind_without_evidence() -> None:
    world = _blind().up("nvr", "2026-03-02 13:00")
    (restored,) = world.events(world.only, "restored")
    assert restored.at == when("2026-03-02 13:00")
    assert restored.args["interval"] == [when("2026-03-02 10:59:50"), when("2026-03-02 13:00")]
    assert "interval" in world.only.flags, "printed as a bound: ≤ 9 h 00 (观测中断)"
    assert sla.elapsed(world.only.times, "repair", world.now) == 9 * 3600
    breach = sla.booked(world.only.times, "repair")
    assert breach is not None
    assert (breach.result, breach.breached_at) == ("breached", when("2026-03-02 12:00"))
    assert len([row for row in books(world.only) if row[0] == "repair"]) == 1
    world.check()


def test_e18_still_down_after_the_hole_is_breached_then() -> None:
    world = _blind()
    world.until("2026-03-02 13:00:05")
    world.tick()
    assert "repair" not in stands(world.only), "not before the first look"
    world.look("nvr", ok=False)
    world.until("2026-03-02 13:02")
    breach = sla.booked(world.only.times, "repair")
    assert breach is not None and breach.breached_at == when("2026-03-02 12:00")


@pytest.mark.parametrize(
    ("restored", "due"),
    [
        ("2026-09-18 17:00", "2026-09-20"),
        ("2026-09-30 16:00", "2026-10-08"),
        ("2026-10-10 09:00", "2026-10-12"),
        ("2026-02-13 20:00", "2026-02-14"),
        ("2026-02-14 20:00", "2026-02-24"),
        ("2025-12-31 10:00", "2026-01-04"),
        ("2026-03-06 23:30", "2026-03-09"),
    ],
)
def test_e19_feedback_and_calendar(restored: str, due: str) -> None:
    assert FRAME.feedback_due(when(restored)) == when(f"{due} 18:00")


@pytest.mark.parametrize(
    ("before", "due"),
    [
        ("2025-12-31", "2026-01-04"),
        ("2026-03-31", "2026-04-01"),
        ("2026-06-30", "2026-07-01"),
        ("2026-09-30", "2026-10-08"),
    ],
)
def test_e20_quarter_paper(before: str, due: str) -> None:
    """The first working day of a quarter."""
    assert FRAME.close(when(f"{before} 12:00"), 1) == when(f"{due} 18:00")


def test_e21_false_alarm() -> None:
    story = Story("general", "2026-03-02 10:00").take("2026-03-02 10:10")
    assert stands(story.now)["response"] == "met"
    story.add("false_alarm", "2026-03-02 11:00", by="zhao", evidence="picture")
    assert ("response", "general", "met", "false_alarm") in books(story.now)
    assert not stands(story.now)


def test_e22_withdrawn_after_a_breach() -> None:
    story = Story("general", "2026-03-02 10:00", source="qr").tick("2026-03-02 11:30")
    story.add("withdrawn", "2026-03-02 12:00", by="chen", reason="reporter")
    assert books(story.now) == [("response", "general", "breached", "withdrawn")]


def test_e23_two_reports_of_one_fault() -> None:
    world = World(frame_of([device("pa", "amplifier", building="B")]), "2026-03-02 09:00").until("2026-03-02 10:00")
    world.do("open", by="刘", role="reporter", source="qr", device="pa", what="没有声音")
    world.until("2026-03-02 10:01").look("pa", ok=False)
    world.until("2026-03-02 10:20").do("open", by="li", source="hotline", device="pa", what="没有声音", name="孙")
    ticket = world.only
    assert ticket.times.opened_at == when("2026-03-02 10:00")
    assert ticket.sources == ("agent", "qr", "hotline")
    assert [reporter["name"] for reporter in ticket.reporters] == ["刘", "孙"]
    world.check()


def test_span_reading_of_feedback() -> None:
    """The other reading: the same clock time on the next working day."""
    frame = replace(FRAME, policy=replace(Policy(), life=replace(Policy().life, feedback_reading="span")))
    assert frame.feedback_due(when("2026-03-06 23:30")) == when("2026-03-09 23:30")


def test_third_waiver_in_a_week_must_be_taken() -> None:
    """4.4: by night until 08:00 of the next morning, the device being up."""
    world = World(frame_of([CAMERA]), "2026-03-01 00:00")
    for day in (2, 3, 4):
        world.down("cam-1", f"2026-03-0{day} 02:00").up("cam-1", f"2026-03-0{day} 02:05")
    world.until("2026-03-04 07:59")
    first, second, third = world.of("cam-1")
    assert [stands(ticket).get("response") for ticket in (first, second, third)] == ["waived", "waived", None]
    assert "guard" in third.flags
    assert sla.deadline(third.times, "response") == when("2026-03-04 08:00")
    world.until(when("2026-03-04 08:00") + 1)
    assert stands(world.of("cam-1")[2])["response"] == "breached"


def test_guarded_recovery_that_relapses_has_what_was_left() -> None:
    world = World(frame_of([CAMERA]), "2026-03-01 00:00")
    for day in (2, 3, 4):
        world.down("cam-1", f"2026-03-0{day} 02:00").up("cam-1", f"2026-03-0{day} 02:05")
    world.down("cam-1", "2026-03-04 03:00")
    assert sla.deadline(world.of("cam-1")[2].times, "response") == when("2026-03-04 03:55")


def test_taken_while_frozen_is_met() -> None:
    world = World(frame_of([CORE]), "2026-03-02 01:00").down("core", "2026-03-02 02:00").up("core", "2026-03-02 02:05")
    world.until("2026-03-02 02:50").do("take")
    assert stands(world.only)["response"] == "met"
    assert world.only.state == "restored"
    assert sla.elapsed(world.only.times, "response", world.now) == 5 * 60
    world.until(world.now + DAY)
    assert "waived" not in stands(world.only).values()


def test_recovery_that_began_before_the_deadline_breaches_nothing() -> None:
    """The hold ends after the deadline, the first good look was before it."""
    world = World(frame_of([CORE]), "2026-03-02 01:00").down("core", "2026-03-02 02:00").up("core", "2026-03-02 02:29")
    assert world.only.times.restored_at == when("2026-03-02 02:29")
    assert not stands(world.only)
    assert world.only.times.frozen_at is not None


def test_late_card_voids_the_breach_that_was_booked() -> None:
    """Rule 6: the signed offline card comes in later and says otherwise."""
    story = Story("major", "2026-03-02 10:00").tick("2026-03-02 10:31")
    card: dict[str, Any] = {"verdict_at": when("2026-03-02 10:20"), "late_entry": True}
    story.add("taken", "2026-03-02 10:20", recorded="2026-03-02 11:00", who="li", **card)
    response = [row for row in books(story.now) if row[0] == "response"]
    assert response == [("response", "major", "breached", "late_entry"), ("response", "major", "met", "")]


def test_late_entry_counts_after_approval() -> None:
    story = Story("major", "2026-03-02 10:00").tick("2026-03-02 10:31")
    late: dict[str, Any] = {"verdict_at": when("2026-03-02 11:00"), "late_entry": True}
    story.add("taken", "2026-03-02 10:20", recorded="2026-03-02 11:00", who="li", **late)
    assert stands(story.now)["response"] == "breached"
    story.add("approved", "2026-03-02 12:00", by="zhao", what="late_entry")
    assert stands(story.now)["response"] == "met"


def test_reopening_voids_the_booked_repair() -> None:
    story = Story("general", "2026-03-02 10:00").take("2026-03-02 10:20").restore("2026-03-02 15:00")
    story.confirm("2026-03-02 16:00").add("reopened", "2026-03-03 09:00", by="chen", reason="again")
    assert ("repair", "general", "met", "reopened") in books(story.now)
    assert sla.deadline(story.times, "repair") == when("2026-03-03 10:00"), "the same as before"
    story.tick(when("2026-03-03 10:00") + 1)
    assert stands(story.now)["repair"] == "breached"


def test_another_partys_device_carries_no_clock() -> None:
    story = Story("major", "2026-03-02 10:00", contract=False)
    assert [story.due(name) for name in sla.CLOCKS] == [None] * 5
    story.restore("2026-03-02 10:10")
    assert story.due("feedback") is None


def test_latent_defect_starts_its_clocks_when_function_is_lost() -> None:
    story = Story("latent", "2026-03-02 10:00")
    assert [story.due(name) for name in sla.CLOCKS] == [None] * 5
    args: dict[str, Any] = {"from": "latent", "to": "general", "why": "grew", "facts_since": when("2026-03-05 10:00")}
    story.add("reclassified", "2026-03-05 10:00", by="agent", **args)
    assert story.due("response") == when("2026-03-05 11:00")
    assert sla.elapsed(story.times, "repair", when("2026-03-05 12:00")) == 2 * HOUR / 1000
