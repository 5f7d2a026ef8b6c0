"""One outage, one ticket: whatever the order in which a parent's and its children's looks arrive."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.alerting.engine import idle
from agent.alerting.frame import Frame
from agent.model import Device, Ms, Outcome, Reading
from tests.alerting.harness import MINUTE, SECOND, World, device, frame_of, target, when

FEW = settings(max_examples=25, deadline=None)
START = "2026-03-02 09:59"
CUT = when("2026-03-02 10:00")
FAR = tuple(device(f"far-{n}", building="Z") for n in range(4))


def tree(depth: int, width: int) -> list[Device]:
    """Switches `depth` levels deep under `sw`, each with `width` children; cameras are the leaves."""
    found, ring = [device("sw", "switch", role="core")], ["sw"]
    for level in range(1, depth):
        kind = "camera" if level == depth - 1 else "switch"
        names = [f"{above}-{n}" for above in ring for n in range(width)]
        found += [device(name, kind, parent=name.rsplit("-", 1)[0]) for name in names]
        ring = names
    return found


def seen(frame: Frame, at: Ms = CUT - 10 * SECOND) -> World:
    """Everybody answered shortly before the cut."""
    world = World(frame, START)
    world.until(at)
    for name in frame.devices:
        world.look(name, ok=True)
    return world


def fall(world: World, order: list[str], gap: int = 200) -> None:
    for n, name in enumerate(order):
        world.until(CUT + n * gap).look(name, ok=False)
    world.tick()


def one_with_all(world: World, names: set[str], root: str = "sw") -> None:
    ticket = world.only
    assert ticket.root == root
    assert set(ticket.members) == names
    world.check()


@pytest.mark.parametrize("order", list(itertools.permutations(["sw", "sw-0", "sw-1", "sw-2"])))
def test_a_parent_and_three_children_in_any_order(order: tuple[str, ...]) -> None:
    world = seen(frame_of([*tree(2, 3), *FAR]))
    fall(world, list(order))
    one_with_all(world, {"sw", "sw-0", "sw-1", "sw-2"})


@FEW
@given(st.permutations([one.id for one in tree(4, 2)]), st.integers(1, 3), st.integers(0, 600))
def test_a_tree_of_depth_four_in_any_order(order: list[str], confirm: int, gap: int) -> None:
    world = seen(frame_of([*tree(4, 2), *FAR], confirm=confirm))
    for _ in range(confirm):
        for name in order:
            world.until(world.now + gap if world.now >= CUT else CUT).look(name, ok=False)
    world.until(world.now + 20 * SECOND).tick()
    one_with_all(world, set(order))


@FEW
@given(st.permutations([one.id for one in tree(3, 2)]), st.sampled_from(["sw-0", "sw-1"]))
def test_a_branch_falls_and_the_root_still_answers(order: list[str], branch: str) -> None:
    world = seen(frame_of([*tree(3, 2), *FAR]))
    below = [name for name in order if name.startswith(branch)]
    for n, name in enumerate(order):
        world.until(CUT + n * 100).look(name, ok=name not in below)
    world.until(CUT + 2 * SECOND).look("sw", ok=True)
    world.tick()
    one_with_all(world, set(below), root=branch)


@FEW
@given(st.permutations([one.id for one in tree(3, 2)]), st.permutations([one.id for one in tree(3, 2)]))
def test_everybody_comes_back_in_any_order(order: list[str], back: list[str]) -> None:
    world = seen(frame_of([*tree(3, 2), *FAR]))
    fall(world, order)
    up = CUT + 10 * MINUTE
    for minute in range(4):
        for n, name in enumerate(back):
            world.until(up + minute * MINUTE + n * 300).look(name, ok=True)
    world.until(world.now + 10 * MINUTE)
    ticket = world.only
    assert (ticket.state, ticket.relapses) == ("restored", 0)
    assert up <= (ticket.times.restored_at or 0) <= up + len(back) * 300
    assert not world.conditions, "nothing is left behind"
    world.check()


@pytest.mark.parametrize("dead", ["sw-0", "sw-1"])
def test_a_child_that_stays_dead_gets_its_own_ticket_after_the_quarantine(dead: str) -> None:
    world = seen(frame_of([*tree(2, 3), *FAR]))
    names = ["sw", "sw-0", "sw-1", "sw-2"]
    fall(world, names)
    parent = world.only
    alive = [name for name in names if name != dead]
    for minute in (10, 12):
        for name in alive:
            world.until(max(world.now, CUT + minute * MINUTE)).look(name, ok=True)
    world.tick()
    world.until(CUT + 14 * MINUTE)
    assert not world.of(dead)
    world.until(CUT + 16 * MINUTE)
    (own,) = world.of(dead)
    assert own.times.started_at == CUT + names.index(dead) * 200
    assert own.times.opened_at > CUT + 14 * MINUTE
    mended = world.tickets[parent.id]
    assert (mended.state, mended.times.restored_at) == ("restored", CUT + 10 * MINUTE)
    assert set(mended.members) == set(alive)
    world.check()


def test_a_child_that_falls_later_joins() -> None:
    """A second path kept it alive for a while; it is in its parent's ticket all the same."""
    world = seen(frame_of([*tree(2, 2), *FAR]))
    world.until(CUT)
    world.look("sw-0", ok=True)
    fall(world, ["sw", "sw-1"])
    assert set(world.only.members) == {"sw", "sw-1"}
    world.down("sw-0", CUT + 5 * MINUTE)
    assert set(world.only.members) == {"sw", "sw-0", "sw-1"}


def test_without_word_of_the_parent_a_child_waits_and_then_stands_for_itself() -> None:
    world = seen(frame_of([*tree(2, 2), *FAR]))
    world.until(CUT).look("sw-0", ok=False)
    world.tick()
    assert (not world.tickets, set(world.looks)) == (True, {"sw"}), "the parent is looked at now"
    world.until(CUT + 11 * SECOND)
    assert world.only.root == "sw-0"


def test_five_hundred_devices_and_one_ticket() -> None:
    leaves = [device(f"cam-{n}", parent=f"acc-{n % 20}", building="ABCD"[n % 4]) for n in range(479)]
    switches = [device(f"acc-{n}", "switch", parent="sw") for n in range(20)]
    world = seen(frame_of([device("sw", "switch", role="core"), *switches, *leaves]))
    fall(world, [one.id for one in (*leaves, *switches)] + ["sw"], gap=5)
    assert len(world.only.members) == 500
    assert world.only.severity == "major"


def test_the_uplink_guard_blames_nobody() -> None:
    """The references are silent too: the agent is cut off, no device is down."""
    guard = (device("@gw", "reference"), device("@dns", "reference"))
    world = seen(frame_of([*tree(2, 2), *guard], references=("@gw", "@dns")))
    fall(world, ["sw-0", "sw", "sw-1", "@gw", "@dns"])
    world.until(CUT + 5 * MINUTE)
    assert not world.tickets


def test_a_good_look_on_a_good_device_changes_nothing() -> None:
    world = seen(frame_of(tree(2, 2)))
    reading = Reading(target("sw-0"), world.now, 0.0, Outcome.OK)
    assert idle(world.state(), reading)
    delta = world.step(reading)
    assert not (delta.conditions or delta.tickets or delta.events or delta.looks)


def test_unknown_never_moves_a_condition() -> None:
    world = World(frame_of(tree(2, 1), confirm=2), START)
    world.look("sw", ok=False)
    before = dict(world.conditions)
    for _ in range(5):
        world.step(Reading(target("sw"), world.now, 0.0, Outcome.UNKNOWN, "local_error:ENETUNREACH"))
    assert world.conditions == before
    assert not world.tickets


def test_a_member_that_answers_again_below_a_dead_root_is_written_off_it() -> None:
    world = seen(frame_of([*tree(2, 3), *FAR]))
    fall(world, ["sw", "sw-0", "sw-1", "sw-2"])
    world.up("sw-1", "2026-03-02 10:05")
    assert set(world.only.members) == {"sw", "sw-0", "sw-2"}
    lines = [event.args for event in world.journals[world.only.id] if event.event == "extended"]
    assert lines == [{"left": ["sw-1"], "why": "recovered"}]
    assert ("sw-1", "icmp") not in world.conditions
    world.down("sw-1", "2026-03-02 10:20")
    one_with_all(world, {"sw", "sw-0", "sw-1", "sw-2"})


def test_members_that_come_back_with_their_root_are_restored_with_it() -> None:
    world = seen(frame_of([*tree(2, 3), *FAR]))
    fall(world, ["sw", "sw-0", "sw-1", "sw-2"])
    back = when("2026-03-02 10:05")
    for gap in (0, 130):
        for n, name in enumerate(["sw-0", "sw-1", "sw-2", "sw"]):
            world.until(back + (gap + n) * SECOND).look(name, ok=True)
    world.tick()
    assert world.only.state == "restored"
    one_with_all(world, {"sw", "sw-0", "sw-1", "sw-2"})
