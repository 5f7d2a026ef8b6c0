"""ticket-life.md 3.3: the rules for all rows."""

from __future__ import annotations

import pytest

from agent.alerting import sla
from agent.alerting.events import GENESIS, broken_link
from tests.alerting.harness import DAY, HOUR, MINUTE, World, device, frame_of, stands, when
from tests.alerting.test_table import STATE, campus, fault


def test_rule_1_order_and_chain() -> None:
    world = campus()
    ticket = STATE["filed"](world)
    journal = world.journals[ticket.id]
    assert [event.seq for event in journal] == list(range(1, len(journal) + 1))
    assert journal[0].prev_hash == GENESIS
    assert broken_link(journal) is None
    assert {event.via for event in journal} == {"web", "agent"}


def test_rule_2_notes_on_what_is_filed() -> None:
    world = campus()
    ticket = STATE["filed"](world)
    world.do("note", ticket, text="found the screw")
    assert world.tickets[ticket.id].state == "filed"


def test_rule_3_a_stale_version_is_told_what_happened() -> None:
    world = campus()
    ticket = fault(world)
    world.do("take", ticket, by="li")
    refused = world.refused("take", ticket, by="wang", version=ticket.version)
    assert (refused.code, refused.key) == (409, "stale")
    assert refused.args == {"version": ticket.version + 1, "handler": "li", "state": "working"}


def test_rule_4_a_request_changes_nothing_until_it_is_approved() -> None:
    world = campus()
    ticket = world.do("withdraw", fault(world), reason="drill")
    assert (ticket.state, ticket.pending is not None) == ("new", True)
    assert world.refused("withdraw", ticket, reason="drill").key == "pending"
    assert world.do("approve", ticket, by="zhao").state == "withdrawn"
    assert [e.event for e in world.events(ticket)][-3:] == ["requested", "approved", "withdrawn"]


def test_rule_4_a_suspension_counts_after_approval() -> None:
    world = campus()
    ticket = STATE["suspended"](world)
    later = world.now + HOUR
    assert sla.elapsed(ticket.times, "repair", later, net=True) == 3600
    world.do("approve", ticket, by="zhao")
    times = world.tickets[ticket.id].times
    assert sla.elapsed(times, "repair", later, net=True) == 0
    assert sla.elapsed(times, "repair", later) == 3600


def test_rule_4_a_declined_suspension_never_counts() -> None:
    world = campus()
    ticket = STATE["suspended"](world)
    world.do("decline", ticket, by="zhao", reason="no")
    world.until(world.now + HOUR)
    world.do("suspend", ticket, reason="cost", until=world.now + HOUR)
    world.do("approve", ticket, by="zhao")
    assert sla.elapsed(world.tickets[ticket.id].times, "repair", world.now + HOUR, net=True) == 3600


def test_rule_4_a_request_that_came_too_late_is_moot() -> None:
    """Withdrawal was asked for, then the fault was mended: row 38 does not start in restored."""
    world = campus()
    ticket = STATE["working"](world)
    world.do("withdraw", ticket, reason="drill")
    world.do("restore", ticket, done="glued")
    assert world.refused("approve", ticket, by="zhao").key == "moot"
    assert world.do("decline", ticket, by="zhao", reason="mended").state == "restored"


def test_rule_4_lowering_from_serious_needs_the_customer() -> None:
    world = campus()
    ticket = world.do("reclassify", fault(world), up="serious", reason="whole room")
    assert world.refused("reclassify", ticket, down="other", reason="small").key == "customer_agrees"
    world.do("reclassify", ticket, down="other", reason="small", evidence="mail")
    assert world.do("approve", ticket, by="zhao").severity == "other"


def test_a_raise_does_not_lose_a_request() -> None:
    world = campus()
    ticket = world.do("withdraw", fault(world), reason="drill")
    world.do("reclassify", ticket, up="serious", reason="whole room")
    assert world.tickets[ticket.id].pending is not None


def test_rule_5_own_work() -> None:
    world = campus()
    ticket = STATE["restored"](world)
    assert world.refused("confirm", ticket, by="li").key == "own_work"
    assert world.refused("confirm", ticket, by="li", role="customer").key == "own_work"
    assert world.refused("confirm", ticket, by="wang").key == "evidence_of_customer"
    confirmed = world.do("confirm", ticket, by="li", evidence="call record", customer="chen")
    assert confirmed.confirmed_by == "chen"
    (event,) = world.events(ticket, "confirmed")
    assert event.args["recorded_for"] is True
    assert event.by == "li"


def test_rule_6_late_entry() -> None:
    world = campus()
    ticket = fault(world)
    world.until("2026-03-02 10:50")
    assert world.refused("take", ticket, at="2026-03-02 10:52").key == "future"
    assert world.refused("take", ticket, at="2026-03-02 09:59", reason="x").key == "too_early"
    assert world.refused("take", ticket, at="2026-03-02 10:20").key == "late_needs_reason"
    taken = world.do("take", ticket, at="2026-03-02 10:20", reason="no network in the examination building")
    assert "late_entry" in taken.flags
    assert (taken.times.taken_at, taken.times.taken_verdict_at) == (when("2026-03-02 10:20"), world.now)
    assert sla.elapsed(taken.times, "response", world.now) == 20 * 60, "averages use `at`"


def test_rule_6_verdict_of_a_late_entry() -> None:
    world = campus()
    ticket = fault(world)
    world.until("2026-03-02 11:10")
    world.do("take", ticket, at="2026-03-02 10:20", reason="no network")
    assert stands(world.tickets[ticket.id])["response"] == "breached"
    world.do("approve", ticket, by="zhao")
    assert stands(world.tickets[ticket.id])["response"] == "met"
    assert world.refused("approve", ticket, by="zhao").key == "nothing_pending"


def test_rule_6_the_signed_card_counts_as_written() -> None:
    world = campus()
    ticket = fault(world)
    world.until("2026-03-02 11:10")
    world.do("take", ticket, at="2026-03-02 10:20", reason="no network", via="card")
    assert stands(world.tickets[ticket.id])["response"] == "met"


def test_rule_6_feedback_written_down_late() -> None:
    world = campus()
    ticket = STATE["reported"](world)
    world.until("2026-03-03 18:30")
    world.do("feedback", ticket, to="sun", how="phone", at="2026-03-03 17:00", reason="forgot")
    assert stands(world.tickets[ticket.id])["feedback"] == "breached"
    world.do("approve", ticket, by="zhao")
    assert stands(world.tickets[ticket.id])["feedback"] == "met"


def test_rule_6_not_before_what_must_precede_it() -> None:
    """After a refusal the service cannot have been restored before it."""
    world = campus()
    ticket = STATE["restored"](world)
    world.until("2026-03-02 14:00").do("refuse", ticket, by="chen", reason="wobbles")
    world.until("2026-03-02 15:00")
    args = {"done": "glued", "reason": "no network"}
    assert world.refused("restore", ticket, at="2026-03-02 13:00", **args).key == "too_early"
    assert world.do("restore", ticket, at="2026-03-02 14:30", **args).state == "restored"


def test_rule_6_a_report_by_hand_of_long_ago_needs_a_reason() -> None:
    world = campus()
    args = {"device": "desk", "what": "wobbles", "at": "2026-03-02 09:00"}
    assert world.refused("open", source="hotline", **args).key == "late_needs_reason"
    assert world.do("open", source="hotline", reason="lines were cut", **args).times.opened_at == when(
        "2026-03-02 09:00"
    )
    assert world.do("open", by="sun", role="reporter", source="mail", **{**args, "device": "", "place": "hall"})


def test_rule_7_feedback_before_and_after_confirmation() -> None:
    for state in ("restored", "reported", "confirmed"):
        world = campus()
        ticket = world.do("feedback", STATE[state](world), to="sun", how="phone")
        assert ticket.state == state
        assert stands(ticket)["feedback"] == "met"
        assert world.refused("feedback", ticket, to="sun", how="phone").key == "fed_back_already"


def test_rule_8_the_former_handler_stays_responsible() -> None:
    world = campus()
    ticket = world.do("handover", STATE["working"](world), to="wang", done="looked")
    assert (ticket.state, ticket.handler, ticket.asked) == ("dispatched", "li", "wang")
    assert world.do("take", ticket, by="wang").handler == "wang"


def test_only_the_handler_hands_over_suspends_resumes() -> None:
    world = campus()
    ticket = STATE["working"](world)
    assert world.refused("handover", ticket, by="wang", to="li", done="x").key == "not_yours"
    assert world.refused("suspend", ticket, by="wang", reason="exam", until=world.now + HOUR).code == 403
    assert world.do("handover", ticket, by="zhao", to="wang", done="x").asked == "wang"


def test_row_9_the_last_on_the_roster_and_the_manager() -> None:
    """Nothing is returned into the void: the project manager is told, the ticket stays where it is."""
    world = campus()
    ticket = world.do("dispatch", fault(world), to="wang")
    assert world.refused("return", ticket, by="li", reason="ill").key == "not_yours"
    refused = world.refused("return", ticket, by="wang", reason="ill")
    assert refused.key == "last_on_roster"
    (told,) = world.events(ticket, "told")
    assert told.args["pm"] is True
    assert world.tickets[ticket.id].state == "dispatched"


def test_row_5_asks_engineers_only() -> None:
    world = campus()
    assert world.refused("dispatch", fault(world), to="chen").key == "not_engineer"


def test_rule_9_observation() -> None:
    world = campus().down("cam-1", "2026-03-02 10:01")
    world.lose_sight("2026-03-02 10:05", since="2026-03-02 10:04")
    world.see_again("2026-03-02 10:30")
    seen = [name for name in world.names(world.only) if name.startswith("observation")]
    assert seen == ["observation_lost", "observation_back"]
    assert world.only.state == "dispatched"


def test_rule_9_what_was_not_yet_sure_is_forgotten() -> None:
    world = World(frame_of([device("cam-1")], confirm=3), "2026-03-02 10:00")
    world.look("cam-1", ok=False)
    world.lose_sight("2026-03-02 10:01", since="2026-03-02 10:00")
    assert not world.conditions
    assert not world.tickets


def test_rule_9_nothing_opens_while_blind() -> None:
    world = campus()
    world.lose_sight("2026-03-02 10:01", since="2026-03-02 10:00")
    world.down("cam-1", "2026-03-02 10:02")
    assert not world.tickets
    world.see_again("2026-03-02 10:05")
    assert not world.tickets, "a failed look from within the hole proves nothing"
    world.down("cam-1", "2026-03-02 10:06")
    assert world.only.times.opened_at == when("2026-03-02 10:06")


def test_rule_10_device_removed() -> None:
    world = campus().down("cam-1", "2026-03-02 10:01")
    world.do("take")
    world.remove("cam-1")
    world.until("2026-03-02 10:10").tick()
    assert world.only.state == "working"
    assert world.names(world.only)[-1] == "device_removed"
    assert world.refused("restore").key == "needs"
    assert world.do("restore", done="taken away").state == "restored"


def test_rule_10_children_of_a_removed_parent_are_judged_again() -> None:
    world = World(frame_of([device("sw", "switch"), device("cam-1", parent="sw")]), "2026-03-02 10:00")
    world.down("sw", "2026-03-02 10:01").down("cam-1", "2026-03-02 10:01")
    assert world.conditions["cam-1", "icmp"].held == "shadowed"
    world.remove("sw")
    world.until("2026-03-02 10:02").tick()
    assert [ticket.root for ticket in world.tickets.values() if ticket.is_open] == ["sw", "cam-1"]


@pytest.mark.parametrize(("minutes", "tickets"), [(59, 1), (60, 1), (61, 2)])
def test_rule_11_stability_window(minutes: int, tickets: int) -> None:
    world = campus().down("cam-1", "2026-03-02 10:01").up("cam-1", "2026-03-02 10:05")
    world.down("cam-1", when("2026-03-02 10:05") + minutes * MINUTE)
    assert len(world.of("cam-1")) == tickets


@pytest.mark.parametrize(("days", "repeats"), [(29, True), (31, False)])
def test_rule_11_repeat_window(days: int, repeats: bool) -> None:
    world = campus().down("cam-1", "2026-03-02 10:01").up("cam-1", "2026-03-02 10:05")
    world.down("cam-1", when("2026-03-02 10:05") + days * DAY)
    assert (world.of("cam-1")[-1].repeat_of is not None) == repeats


def test_rule_11_the_time_of_restoration_is_the_first_good_look() -> None:
    world = campus().down("cam-1", "2026-03-02 10:01").up("cam-1", "2026-03-02 10:05")
    (restored,) = world.events(world.only, "restored")
    assert (restored.at, restored.recorded_at) == (when("2026-03-02 10:05"), when("2026-03-02 10:07"))


def test_suspension_must_be_agreed_and_end() -> None:
    world = campus()
    ticket = STATE["working"](world)
    assert world.refused("suspend", ticket, reason="spare", until=world.now + HOUR).key == "suspend_reason"
    assert world.refused("suspend", ticket, reason="exam", until=world.now + 4 * DAY).key == "until"
    assert world.refused("suspend", ticket, reason="exam", until="tomorrow").key == "until"
    world.do("suspend", ticket, reason="exam", until=world.now + HOUR)
    world.until(world.now + HOUR)
    assert world.tickets[ticket.id].state == "working", "row 19 by the clock"


def test_off_by_default() -> None:
    world = World(frame_of([device("cam-1")]), "2026-03-02 10:00").down("cam-1", "2026-03-02 10:01")
    world.do("take")
    assert world.refused("suspend", reason="exam", until=world.now + HOUR).key == "suspend_off"


def test_escalation_to_a_party_goes_by_tier_two_or_the_manager() -> None:
    world = campus()
    ticket = STATE["working"](world)
    args = {"to": "maker", "contact": "400", "asked": "spare"}
    assert world.refused("escalate", ticket, **args).key == "tier_first"
    called = world.do("escalate", ticket, by="zhao", **args)
    assert (called.tier, called.party, called.state, called.handler) == (3, "maker", "working", "li")


def test_restore_of_what_still_fails_needs_an_override() -> None:
    world = campus().down("cam-1", "2026-03-02 10:01")
    world.do("take")
    assert world.refused("restore").key == "still_down"
    world.do("restore", override=True, reason="probe is wrong")
    assert world.names(world.only)[-2:] == ["restored", "told"]


def test_management_that_fails_does_not_hold_an_outage_open() -> None:
    """The device serves again, only its SNMP does not: the outage is over, the rest is a latent defect (Z1)."""
    frame = frame_of([device("sw", "switch")], services=[("sw", "snmp")])
    world = World(frame, "2026-03-02 10:00").down("sw", "2026-03-02 10:01").down("sw", "2026-03-02 10:01", probe="snmp")
    world.up("sw", "2026-03-02 10:10")
    assert world.only.times.restored_at == when("2026-03-02 10:10")
    world.until("2026-03-02 10:20").look("sw", ok=True)
    world.tick()
    assert [(t.severity, t.state) for t in world.of("sw")] == [("general", "restored"), ("latent", "new")]


def test_a_latent_defect_is_promoted_when_function_is_lost() -> None:
    frame = frame_of([device("sw", "switch")], services=[("sw", "snmp")])
    world = World(frame, "2026-03-02 10:00")
    world.look("sw", ok=True)
    world.down("sw", "2026-03-02 10:00", probe="snmp")
    assert world.only.severity == "latent"
    world.down("sw", "2026-03-04 10:00")
    assert (world.only.severity, world.only.cause) == ("general", "unreachable")
    assert sla.deadline(world.only.times, "response") == when("2026-03-04 11:00")
    world.up("sw", "2026-03-04 10:30")
    assert world.only.state == "restored"


def test_split_of_what_is_filed_away_is_a_new_ticket() -> None:
    world = campus()
    first = fault(world)
    second = world.do("open", place="room 305", what="chair")
    world.do("merge", second, into=first.id)
    world.do("restore", world.do("take", first), done="glued")
    world.do("report", first, cause="glue", measures="glued")
    world.do("confirm", first, by="chen")
    world.do("feedback", first, to="sun", how="phone")
    world.until(world.now + 2 * DAY)
    assert world.tickets[first.id].state == "filed"
    split = world.do("split", second)
    assert (split.split_from, split.state, split.times.opened_at) == (second.id, "new", world.now)
    assert world.tickets[second.id].state == "merged"


def test_what_a_newer_ticket_carries_is_not_broken_twice() -> None:
    """Confirmed, down again: the new ticket has it. The old one cannot be taken back into work beside it."""
    world = campus().down("cam-1", "2026-03-02 10:01")
    first = world.do("take")
    world.up("cam-1", "2026-03-02 10:10").do("confirm", first, by="chen")
    world.down("cam-1", "2026-03-02 10:30")
    second = world.of("cam-1")[1]
    refused = world.refused("reopen", first, by="chen", reason="down again")
    assert (refused.code, refused.key, refused.args) == (409, "rival", {"other": second.id})


def test_row_33_of_what_nobody_took_falls_to_the_intake_engineer() -> None:
    """Working, by the table; the response goes on with what was left and ends when somebody is there."""
    world = campus().down("cam-1", "2026-03-02 10:01").up("cam-1", "2026-03-02 10:11")
    world.until("2026-03-02 10:51").do("refuse", by="chen", reason="still black")
    assert (world.only.state, world.only.handler) == ("working", "li")
    assert sla.deadline(world.only.times, "response") == when("2026-03-02 11:41")
    world.until("2026-03-02 11:30").do("arrive")
    assert stands(world.only)["response"] == "met"


def test_what_the_user_refused_the_agent_does_not_restore_again() -> None:
    """Its probes have been good all the time; only a recovery that was seen restores (row 22)."""
    world = campus().down("cam-1", "2026-03-02 10:01")
    world.do("take")
    world.up("cam-1", "2026-03-02 10:11").do("refuse", by="chen", reason="still black")
    world.until("2026-03-02 10:30").look("cam-1", ok=True)
    world.tick()
    assert world.only.state == "working"
    assert world.do("restore", done="lens cleaned").state == "restored"


def test_clock_files_what_is_complete() -> None:
    """Row 41: a working day after the confirmation, not before."""
    world = campus()
    ticket = world.do("feedback", STATE["confirmed"](world), to="sun", how="phone")
    world.until("2026-03-03 18:00")
    assert world.tickets[ticket.id].state == "confirmed"
    assert world.refused("file", ticket).args["missing"] == ["workday"]
    world.until("2026-03-03 18:01")
    assert world.tickets[ticket.id].state == "filed"
    assert world.refused("reopen", ticket, by="chen", reason="x").key == "not_now"
