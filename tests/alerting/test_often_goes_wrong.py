"""ticket-life.md 3.5: what often goes wrong, through the judge alone (9 is two calls of `open`, the page's doing)."""

from __future__ import annotations

from dataclasses import replace

from agent.alerting import sla
from agent.alerting.policy import Policy, Window
from agent.alerting.tickets import Ticket
from tests.alerting.harness import DAY, MINUTE, World, device, frame_of, policy, stands, when

CAMERA = device("cam-1")
DESK = replace(device("desk", "asset"), address="")


def campus(start: str = "2026-03-02 09:00") -> World:
    return World(frame_of([CAMERA, DESK, *(device(f"far-{n}", building="C") for n in range(8))]), start)


def test_1_nobody_takes_and_it_comes_back() -> None:
    world = campus().down("cam-1", "2026-03-02 10:00").up("cam-1", "2026-03-02 10:05").until("2026-03-02 14:00")
    ticket = world.do("report", cause="短时中断, 自愈", measures="none")
    world.do("feedback", to="chen", how="wecom")
    world.until("2026-03-06 16:00").do("confirm", by="chen")
    world.until("2026-03-10 09:00")
    story = ["opened", "dispatched", "restored", "stable", "reported_back", "fed_back", "confirmed", "filed"]
    assert world.names(ticket) == story
    assert stands(world.tickets[ticket.id]) == {
        "response": "waived", "response_ceiling": "waived", "feedback": "met", "repair": "met", "repair_ceiling": "met",
    }  # fmt: skip
    world.check()


def test_2_it_drops_again_inside_the_window() -> None:
    world = campus().down("cam-1", "2026-03-02 10:00").up("cam-1", "2026-03-02 10:05").down("cam-1", "2026-03-02 10:40")
    assert (world.only.relapses, world.only.state) == (1, "dispatched")
    assert world.names(world.only)[-2:] == ["relapsed", "dispatched"]


def test_3_it_drops_again_after_the_window() -> None:
    world = campus().down("cam-1", "2026-03-02 10:00").up("cam-1", "2026-03-02 10:05").down("cam-1", "2026-03-02 11:30")
    first, second = world.of("cam-1")
    assert second.repeat_of == first.id


def test_4_the_maker_is_called() -> None:
    world = campus().down("cam-1", "2026-03-02 10:00").until("2026-03-02 10:10")
    world.do("take", by="li")
    world.do("escalate", by="li", to="tier2", tried="restart")
    world.until("2026-03-02 10:20").do("take", by="wang")
    world.do("escalate", by="wang", to="maker", contact="400-800", asked="10:25: a camera of the same type")
    world.until("2026-03-02 11:30").do("arrive", by="wang", evidence="qr")
    world.up("cam-1", "2026-03-02 12:00")
    ticket = world.only
    assert ticket.state == "restored", "the stand-in answers under the address"
    assert [e.event for e in world.events(ticket, "escalated", "told")] == ["escalated", "escalated", "told"]
    assert (ticket.tier, ticket.party, ticket.handler) == (3, "maker", "wang")
    world.do("report", by="wang", cause="sensor", measures="stand-in", parts="IPC-1")
    world.do("feedback", by="li", to="chen", how="phone")
    world.do("confirm", by="chen")
    world.until("2026-03-04 09:00")
    assert world.tickets[ticket.id].state == "filed"


def test_4_a_stand_in_keeps_the_ticket_marked() -> None:
    world = campus()
    ticket = world.do("take", world.do("open", device="desk", what="broken", source="hotline"))
    restored = world.do("restore", ticket, done="another desk", workaround="desk 17")
    assert "workaround" in restored.flags


def test_5_a_ticket_nobody_takes_is_never_closed_by_time() -> None:
    world = campus().down("cam-1", "2026-03-02 10:00")
    assert world.only.asked == "li"
    world.until("2026-03-02 10:20")
    assert world.only.asked == "wang", "at a third"
    world.until("2026-03-02 10:40")
    assert world.only.asked == "zhao", "at two thirds the project manager"
    world.until("2026-03-12 10:00")
    assert world.only.state == "dispatched"
    assert set(stands(world.only).values()) == {"breached"}
    assert len(world.events(world.only, "breached")) == len(stands(world.only)) == 4


def test_6_taken_up_from_bed() -> None:
    world = campus("2026-03-02 01:00").until("2026-03-02 02:00")
    ticket = world.do("open", by="刘", role="reporter", source="qr", place="blackboard 305", what="dead")
    world.until("2026-03-02 02:20").do("take", ticket)
    world.do("note", ticket, text="第一节课前到")
    assert stands(world.tickets[ticket.id])["response"] == "met"
    assert sla.elapsed(world.tickets[ticket.id].times, "response", world.now) == 20 * 60


def _reported(world: World) -> Ticket:
    ticket = world.do("take", world.do("open", device="desk", what="wobbles", source="hotline"))
    world.do("restore", ticket, done="glued")
    world.do("report", ticket, cause="glue", measures="glued")
    return world.do("feedback", ticket, to="sun", how="phone")


def test_7_refused_on_the_fourth_working_day() -> None:
    world = campus()
    ticket = _reported(world)
    world.until("2026-03-06 09:00")
    refused = world.refused("refuse", ticket, by="chen", reason="wobbles")
    assert refused.key == "refuse_too_late"
    again = world.do("open", by="chen", source="web", what="wobbles", **refused.args["open"])
    assert (again.repeat_of, again.root, again.id) == (ticket.id, "desk", again.id)
    assert again.id != ticket.id
    assert world.tickets[ticket.id].state == "reported", "the old one goes its way"


def test_7_refused_on_the_third_working_day() -> None:
    world = campus()
    ticket = _reported(world)
    assert world.until("2026-03-05 18:00").do("refuse", ticket, by="chen", reason="wobbles").state == "working"


def test_8_two_taps_at_the_same_second() -> None:
    world = campus().down("cam-1", "2026-03-02 10:00")
    seen = world.only.version
    world.do("take", by="li", version=seen)
    late = world.refused("take", by="wang", version=seen)
    assert (late.code, late.args["handler"]) == (409, "li")
    blind = world.refused("take", by="wang")
    assert (blind.code, blind.args["handler"]) == (409, "li")
    assert len(world.events(world.only, "taken")) == 1


def test_9_a_bed_and_a_desk() -> None:
    world = campus()
    for place in ("bed 12", "desk 4"):
        world.do("open", by="刘", role="reporter", source="qr", place=place, what="broken")
    assert [t.reporters[0]["name"] for t in world.tickets.values()] == ["刘", "刘"]


def test_10_the_reporter_withdraws_what_was_taken() -> None:
    world = campus()
    ticket = world.do("open", by="刘", role="reporter", source="qr", place="bed 12", what="broken")
    world.do("take", ticket, by="wang")
    gone = world.do("withdraw", ticket, by="刘", role="reporter", reason="reporter")
    assert (gone.state, gone.handler) == ("withdrawn", "wang")
    assert not stands(gone)


def test_11_thirty_teachers_and_one_fault() -> None:
    world = campus().down("cam-1", "2026-03-02 10:00")
    for n in range(30):
        world.until(world.now + MINUTE // 2)
        told = world.do("open", by=f"teacher-{n}", role="reporter", source="qr", device="cam-1", what="black")
        assert told.id == world.only.id
    assert len(world.only.reporters) == 30
    assert len(world.only.absorbed) == 30
    world.up("cam-1", world.now + MINUTE)
    world.do("feedback", to="all", how="wecom")
    assert len(world.events(world.only, "fed_back")) == 1
    world.check()


def test_12_parent_mended_child_dead() -> None:
    """The child's own ticket was merged into its parent's; it comes back by row 44 after the quarantine."""
    children = [device(f"cam-{n}", parent="sw") for n in range(3)]
    far = [device(f"far-{n}", building="C") for n in range(20)]
    world = World(frame_of([device("sw", "switch"), *children, *far]), "2026-03-02 09:00")
    world.until("2026-03-02 10:00").look("cam-0", ok=False)
    world.until("2026-03-02 10:00:12")  # no word of the switch: the camera stands for itself
    child = world.only
    assert child.root == "cam-0"
    world.until("2026-03-02 10:00:20").look("sw", ok=False)
    for n in (1, 2):
        world.look(f"cam-{n}", ok=False)
    world.tick()
    assert world.tickets[child.id].state == "merged"
    parent = world.only
    assert set(parent.members) == {"sw", "cam-0", "cam-1", "cam-2"}
    world.until("2026-03-02 11:00")
    for n in (1, 2):
        world.look(f"cam-{n}", ok=True)
    world.look("sw", ok=True)
    world.until("2026-03-02 11:02")
    for name in ("cam-1", "cam-2", "sw"):
        world.look(name, ok=True)
    world.until("2026-03-02 11:04:59")
    assert world.tickets[parent.id].state == "dispatched", "the child may still come back"
    world.until("2026-03-02 11:06")
    mended, own = world.tickets[parent.id], world.tickets[child.id]
    assert (mended.state, mended.times.restored_at) == ("restored", when("2026-03-02 11:00"))
    assert (own.state, own.times.opened_at) == ("dispatched", child.times.opened_at)
    assert "cam-0" not in mended.members
    world.check()


def test_12_a_child_that_never_had_a_ticket_gets_one() -> None:
    far = [device(f"far-{n}", building="C") for n in range(20)]
    world = World(frame_of([device("sw", "switch"), device("cam-0", parent="sw"), *far]), "2026-03-02 09:00")
    world.until("2026-03-02 10:00").look("sw", ok=False)
    world.look("cam-0", ok=False)
    world.tick()
    assert world.only.root == "sw"
    world.up("sw", "2026-03-02 11:00").until("2026-03-02 11:10")
    (own,) = world.of("cam-0")
    assert own.times.started_at == when("2026-03-02 10:00"), "when it was first dark"
    assert own.times.opened_at == when("2026-03-02 11:05"), "after the quarantine"


def test_13_an_enquiry() -> None:
    world = campus()
    ticket = world.do("open", place="office", what="how to record a lesson?", kind="enquiry", take=True)
    assert sla.deadline(ticket.times, "repair") is None
    assert sla.deadline(ticket.times, "repair_ceiling") is None
    world.do("report", ticket, measures="told them")
    assert sla.deadline(world.only.times, "feedback") == when("2026-03-03 18:00")
    world.do("feedback", ticket, to="sun", how="phone")
    world.until(world.now + DAY)
    assert world.names(world.tickets[ticket.id]) == ["opened", "taken", "reported_back", "fed_back", "filed"]
    assert set(stands(world.tickets[ticket.id])) == {"response", "response_ceiling", "feedback"}


def test_14_confirmed_and_down_again_inside_the_window() -> None:
    world = campus().down("cam-1", "2026-03-02 10:00")
    world.do("take")
    world.up("cam-1", "2026-03-02 10:20").until("2026-03-02 10:30").do("confirm", by="chen")
    world.down("cam-1", "2026-03-02 10:45")
    first, second = world.of("cam-1")
    assert (first.state, second.state, second.repeat_of) == ("confirmed", "dispatched", first.id)


def _power_cut() -> Policy:
    return replace(policy(), windows=(Window(name="停电", start="2026-03-02 10:00", end="2026-03-02 12:00"),))


def test_15_a_power_cut_that_was_announced() -> None:
    world = World(frame_of([CAMERA], policy=_power_cut()), "2026-03-02 09:50").down("cam-1", "2026-03-02 10:03")
    assert not world.until("2026-03-02 11:59").tickets
    world.until("2026-03-02 12:05")
    assert world.only.times.opened_at >= when("2026-03-02 12:00"), "still dead when the window is over"


def test_15_a_power_cut_that_was_announced_too_late() -> None:
    world = World(frame_of([CAMERA]), "2026-03-02 09:50").down("cam-1", "2026-03-02 10:03")
    world.frame = replace(world.frame, policy=_power_cut())
    world.until("2026-03-02 10:20").do("withdraw", reason="planned")
    assert world.only.state == "dispatched"
    world.do("approve", by="zhao")
    assert world.only.state == "withdrawn"
    requested = world.events(world.only, "requested")[0]
    assert requested.at - world.only.times.opened_at == 17 * MINUTE, "the lateness of the notice is visible"
    world.up("cam-1", "2026-03-02 11:50").until("2026-03-02 13:00")
    assert world.only.state == "withdrawn"
