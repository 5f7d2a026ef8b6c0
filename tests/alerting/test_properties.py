"""What holds for every history: clocks, the chain of the journal, and when a condition is sure."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.alerting import sla
from agent.alerting.conditions import CLEAR, FLAPPING, Condition, Thresholds, observe
from agent.alerting.events import Event, broken_link, seal
from agent.alerting.findings import Finding
from agent.alerting.sla import Limits
from agent.alerting.tickets import replay
from agent.model import Ms
from tests.alerting.harness import HOUR, MINUTE, SECOND, when
from tests.alerting.story import Story

FEW = settings(max_examples=25, deadline=None)
T0 = when("2026-03-02 10:00")
LEVELS = ("other", "general", "serious", "major")

_NEXT = {
    "new": ("taken", "restored", "raised", "lowered"),
    "working": ("restored", "suspended", "raised", "lowered", "arrived"),
    "suspended": ("resumed", "approved", "raised"),
    "restored": ("relapsed", "refused", "confirmed", "fed_back", "taken", "raised"),
    "reported": (),
    "confirmed": ("reopened", "fed_back"),
}


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A legal life of a ticket, told event by event."""
    binding = draw(st.sampled_from(["strict", "net"]))
    level = draw(st.sampled_from(LEVELS))
    story = Story(level, T0, limits={**Limits().as_json(), "binding": binding})
    now = T0
    for _ in range(draw(st.integers(0, 14))):
        now += draw(st.sampled_from([SECOND, 10 * MINUTE, 31 * MINUTE, HOUR, 5 * HOUR, 25 * HOUR]))
        _tell(story, draw(st.sampled_from(_NEXT[story.now.state] or ("noted",))), now, draw)
        story.tick(now)
    return story


def _tell(story: Story, name: str, now: Ms, draw: st.DrawFn) -> None:
    if name in ("raised", "lowered"):
        rank = sla.RANK[story.now.severity]
        levels = [
            level for level in LEVELS if (sla.RANK[level] > rank) == (name == "raised") and sla.RANK[level] != rank
        ]
        if levels:
            why = draw(st.sampled_from(["corrected", "grew", "context"])) if name == "raised" else "lowered"
            args = {"from": story.now.severity, "to": draw(st.sampled_from(levels)), "why": why}
            story.add("reclassified", now, **args)
    elif name == "restored":
        story.restore(now)
    elif name == "taken":
        story.add("taken", now, who="li", **({"after": "restored"} if story.now.state == "restored" else {}))
    elif name == "suspended":
        story.add("suspended", now, reason="exam", until=now + HOUR)
    elif name == "approved":
        story.add("approved", now, what="suspend")
    else:
        story.add(name, now, reason="x", n=1)


@FEW
@given(stories())
def test_a_journal_replayed_is_the_ticket(story: Story) -> None:
    stored = [replace(event, args=json.loads(json.dumps(dict(event.args)))) for event in story.journal]
    assert replay(stored) == story.ticket
    assert broken_link(stored) is None


@FEW
@given(stories())
def test_one_unvoided_result_a_clock(story: Story) -> None:
    restorations = sum(1 for event in story.journal if event.event == "restored")
    for name in sla.CLOCKS:
        rows = [row for row in story.times.bookings if row.clock == name and not row.reason]
        assert len(rows) <= (restorations if name == "feedback" else 1)


@FEW
@given(stories(), st.integers(0, 100 * HOUR), st.integers(0, 100 * HOUR))
def test_elapsed_never_falls_and_strict_is_the_longer(story: Story, one: int, two: int) -> None:
    early, late = sorted((T0 + one, T0 + two))
    for name in sla.CLOCKS:
        assert sla.elapsed(story.times, name, early) <= sla.elapsed(story.times, name, late)
        assert sla.elapsed(story.times, name, late) >= sla.elapsed(story.times, name, late, net=True) >= 0


@FEW
@given(stories(), st.sampled_from(["corrected", "grew", "context"]), st.sampled_from(LEVELS), st.integers(0, 9 * HOUR))
def test_a_deadline_never_moves_later_when_a_ticket_is_raised(story: Story, why: str, to: str, ago: int) -> None:
    if sla.RANK[to] <= sla.RANK[story.now.severity]:
        return
    before = {name: story.due(name) for name in sla.CLOCKS}
    now = story.now.last_at + MINUTE
    raised: dict[str, Any] = {"from": story.now.severity, "to": to, "why": why, "facts_since": now - ago}
    story.add("reclassified", now, **raised)
    for name, due in before.items():
        after = story.due(name)
        assert due is None or (after is not None and after <= due)
        assert after is None or after > T0, "no fault is late before it is told"


@FEW
@given(stories())
def test_a_booked_breach_was_late_and_a_running_clock_is_not(story: Story) -> None:
    now = story.now.last_at
    for row in story.times.bookings:
        assert row.result != "breached" or (row.breached_at is not None and row.breached_at < row.at)
    assert not sla.overdue(story.times, now), "the tick books everything at once"
    for name in sla.CLOCKS:
        clock = sla.clock(story.times, name, now)
        assert clock.deadline is None or clock.running
        assert clock.running or clock.remaining is None


@FEW
@given(stories(), st.data())
def test_the_chain_detects_any_change(story: Story, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(story.journal) - 1))
    changed: dict[str, Any] = data.draw(
        st.sampled_from(
            [{"at": 1}, {"by": "eve"}, {"event": "noted"}, {"args": {}}, {"via": "cli"}, {"recorded_at": 2}]
        )
    )
    journal = list(story.journal)
    journal[place] = replace(journal[place], **changed)
    assert broken_link(journal) is not None
    if place < len(journal) - 1:
        journal[place] = replace(journal[place], hash=seal(journal[place]))
        assert broken_link(journal) is not None, "a line sealed anew does not fit the next one"
        del journal[place]
        assert broken_link(journal) is not None


# --- conditions ---------------------------------------------------------------------------------------------

LIMITS = Thresholds()


def _finding(at: Ms, bad: bool) -> Finding:
    return Finding("cam-1", "icmp", "unreachable", bad, at)


looks = st.lists(st.tuples(st.booleans(), st.integers(1, 200)), max_size=60)


@FEW
@given(looks, st.integers(1, 5))
def test_a_condition_fires_only_after_enough_failures_in_a_row(history: list[tuple[bool, int]], confirm: int) -> None:
    condition: Condition | None = None
    now, row = T0, 0
    for bad, gap in history:
        now += gap * SECOND
        row = row + 1 if bad else 0
        before, condition = condition, observe(condition, _finding(now, bad), now, LIMITS, "camera", confirm)
        if condition is not None and condition.fires and not (before and before.fires):
            assert row >= confirm or (before is not None and before.state == CLEAR)
        if not bad and before is not None and before.state == "pending":
            assert condition is None, "one good look clears what is pending"
        if before is None and not bad:
            assert condition is None
        if condition is not None and condition.state == CLEAR:
            hold = LIMITS.flap_hold if before is not None and before.state == FLAPPING else LIMITS.hold
            assert condition.good_since is not None
            assert now - condition.good_since >= hold * 1000 or before is condition


@FEW
@given(looks)
def test_a_long_outage_is_one_value(history: list[tuple[bool, int]]) -> None:
    """Every failed look behind the first is the same object, so that nothing is written."""
    condition, now = observe(None, _finding(T0, True), T0, LIMITS, "camera", 1), T0
    for _, gap in history:
        now += gap * SECOND
        again = observe(condition, _finding(now, True), now, LIMITS, "camera", 1)
        assert again is condition


def test_three_returns_in_a_quarter_of_an_hour_are_flapping() -> None:
    condition, now = observe(None, _finding(T0, True), T0, LIMITS, "camera", 1), T0
    for _ in range(3):
        for bad in (False, True):
            now += 30 * SECOND
            condition = observe(condition, _finding(now, bad), now, LIMITS, "camera", 1)
    assert condition is not None and condition.state == FLAPPING
    for minutes in (1, 3, 5):
        condition = observe(condition, _finding(now + minutes * MINUTE, False), now, LIMITS, "camera", 1)
    assert condition is not None and condition.fires
    condition = observe(condition, _finding(now + 6 * MINUTE, False), now, LIMITS, "camera", 1)
    assert condition is not None and condition.state == CLEAR


def test_a_kind_may_have_to_wait() -> None:
    patient = replace(LIMITS, wait={"ap": 120.0})
    condition = observe(None, _finding(T0, True), T0, patient, "ap", 1)
    assert condition is not None and not condition.fires
    condition = observe(condition, _finding(T0 + 2 * MINUTE, True), T0 + 2 * MINUTE, patient, "ap", 1)
    assert condition is not None and condition.fires


def test_event_is_sealed_over_every_field() -> None:
    event = Event(ticket="T1", seq=1, at=1, recorded_at=1, event="opened", by="a", via="web", args={"x": [1, 2]})
    others = [
        replace(event, ticket="T2"), replace(event, seq=2), replace(event, at=2), replace(event, recorded_at=2),
        replace(event, event="noted"), replace(event, by="b"), replace(event, via="cli"),
        replace(event, args={"x": [2, 1]}), replace(event, prev_hash="1" * 64),
    ]  # fmt: skip
    assert len({seal(event), *(seal(other) for other in others)}) == 10
