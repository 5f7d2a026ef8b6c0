"""What fails together without a common root is one ticket: none lost, none doubled, whatever the order."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.alerting import findings, roots
from agent.alerting.tickets import BROKEN, Ticket
from agent.locale import catalogue
from agent.model import Outcome, Reading
from tests.alerting.harness import HOUR, MINUTE, SECOND, World, device, frame_of, target

START = "2026-03-02 09:00"
CAMPUS = (
    device("core", "switch", role="core", building="C"),
    device("sw-a", "switch", "core", role="access"),
    *(device(f"cam-{n}", "camera", "sw-a") for n in range(6)),
    *(device(f"cam-{n}", "camera", "core", building="B") for n in range(6, 16)),
    *(device(f"ap-{n}", "ap", "core", building="B") for n in range(5)),
    *(device(f"amp-{n}", "amplifier", "core", building="B") for n in range(3)),
    *(device(f"pc-{n}", "asset", "core", building="D") for n in range(30)),
)
NAMES = [one.id for one in CAMPUS if one.kind != "asset" and one.id != "core"]


def world() -> World:
    return World(frame_of(CAMPUS), START)


def beat(w: World, seconds: int = 20) -> None:
    """Time for those who wait for company or for word of a parent."""
    for name in ("core", "sw-a"):
        key = (name, "icmp")
        if key not in w.conditions or w.conditions[key].good_since is not None:
            w.look(name, ok=True)
    w.until(w.now + seconds * SECOND)
    w.tick()
    w.tick()


def carriers(w: World, name: str) -> list[Ticket]:
    """Its own ticket and those of its system; else that of a root above it."""
    found = [t for t in w.tickets.values() if t.by_agent and t.state in BROKEN and name in t.members]
    return [t for t in found if t.root == name or roots.is_system(t.root)] or found


def fall(w: World, *names: str) -> None:
    for name in names:
        w.look(name, ok=False)
    beat(w)


def lost_or_doubled(w: World) -> list[str]:
    """Devices in sure failure without a ticket, or with two."""
    sure = [c for c in w.conditions.values() if c.fires and c.cause == findings.UNREACHABLE and c.held == ""]
    return [c.device for c in sure if len(carriers(w, c.device)) != 1]


moves = st.lists(
    st.tuples(
        st.sampled_from(["fall", "fall", "fall", "rise", "take"]),
        st.lists(st.sampled_from(NAMES), min_size=1, max_size=8, unique=True),
        st.sampled_from([5 * SECOND, MINUTE, 20 * MINUTE, HOUR]),
    ),
    max_size=7,
)


@settings(max_examples=25, deadline=None)
@given(moves)
@example([("fall", ["cam-0"], 5 * SECOND), ("fall", ["cam-0", "cam-1"], 5 * SECOND), ("fall", ["sw-a"], 5 * SECOND)])
def test_no_outage_is_lost_or_doubled(history: list[tuple[str, list[str], int]]) -> None:
    w = world()
    for deed, names, gap in history:
        if deed == "take":
            for ticket in [t for t in w.tickets.values() if t.state in ("new", "dispatched")][:1]:
                w.do("take", ticket)
        elif deed == "fall":
            fall(w, *names)
        else:
            for name in names:
                w.look(name, ok=True)
            w.until(w.now + 2 * MINUTE)
            for name in names:
                w.look(name, ok=True)
            beat(w)
        assert not lost_or_doubled(w)
        w.until(w.now + gap)
        beat(w)
        assert not lost_or_doubled(w)
        w.check()
    for moment in (0, 6 * MINUTE, 6 * MINUTE):
        w.until(w.now + moment)
        for name in NAMES:
            w.look(name, ok=True)
        beat(w)
    assert not [t.root for t in w.tickets.values() if t.state in BROKEN], "all is good again"


def test_two_cameras_of_many_are_two_faults() -> None:
    w = world()
    fall(w, "cam-6", "cam-7")
    assert {t.root for t in w.tickets.values()} == {"cam-6", "cam-7"}
    assert {t.severity for t in w.tickets.values()} == {"general"}


def test_a_switch_that_took_a_third_of_the_cameras_leaves_one_camera_elsewhere_alone() -> None:
    w = world()
    for name in ("sw-a", *(f"cam-{n}" for n in range(6))):
        w.look(name, ok=False)
    beat(w)
    fall(w, "cam-8")
    assert {t.root: t.severity for t in w.tickets.values()} == {"sw-a": "major", "cam-8": "general"}


def test_a_root_found_later_takes_the_system_over() -> None:
    w = world()
    w.look("sw-a", ok=True)
    fall(w, "cam-0", "cam-1", "cam-2")
    assert [t.root for t in w.tickets.values() if t.state in BROKEN] == ["system:camera@A"]
    w.look("sw-a", ok=False)
    beat(w, 1)
    assert [t.root for t in w.tickets.values() if t.state in BROKEN] == ["sw-a"]
    assert set(w.of("sw-a")[0].members) >= {"cam-0", "cam-1", "cam-2"}


def test_what_fell_long_before_keeps_its_ticket_and_its_clocks() -> None:
    w = world()
    fall(w, "cam-6")
    w.until(w.now + 3 * HOUR)
    fall(w, *(f"cam-{n}" for n in range(7, 13)))
    old, system = w.of("cam-6")[0], w.of("system:camera")[0]
    assert old.state in BROKEN and old.severity == "general" and system.severity == "major"
    assert [event.args["to"] for event in w.events(old, "linked")][-1] == system.id
    assert system.times.opened_at > old.times.opened_at + HOUR


def test_the_system_fails_again_within_the_window() -> None:
    w = world()
    names = [f"cam-{n}" for n in range(6, 13)]
    fall(w, *names)
    for _ in range(2):
        for name in names:
            w.look(name, ok=True)
        beat(w, 130)
    assert w.of("system:camera")[0].state == "restored"
    w.until(w.now + 5 * MINUTE)
    fall(w, *names)
    [system] = w.of("system:camera")
    assert system.state in BROKEN and system.relapses == 1
    assert not lost_or_doubled(w)


def test_another_partys_cameras_carry_no_clock_of_ours() -> None:
    theirs = [device(f"x-{n}", owner_party="police", building="B") for n in range(6)]
    w = World(frame_of([*CAMPUS, *theirs]), START)
    fall(w, *(one.id for one in theirs))
    [system] = [t for t in w.tickets.values() if t.state in BROKEN]
    assert system.root == "system:camera~police@B" and not system.times.contract


def test_a_report_about_a_member_goes_into_the_systems_ticket() -> None:
    w = world()
    fall(w, *(f"cam-{n}" for n in range(6, 13)))
    [system] = w.of("system:camera")
    w.do("open", device="cam-7", what="黑屏", source="hotline")
    assert "hotline" in w.tickets[system.id].sources


def test_a_person_takes_a_merged_ticket_out_and_it_is_not_doubled() -> None:
    w = world()
    fall(w, "cam-6", "cam-7")
    fall(w, *(f"cam-{n}" for n in range(8, 13)))
    [own] = w.of("cam-6")
    assert own.state == "merged"
    w.do("split", own, reason="another cable")
    beat(w)
    assert w.of("cam-6")[0].state in BROKEN
    assert not lost_or_doubled(w)


def test_different_faults_are_different_tickets() -> None:
    """Each camera of a building fails at another rung: that is no outage of the system, and each is told by its own."""
    rungs = ("connect", "onvif", "services", "profiles", "stream_uri", "rtsp")
    w = World(frame_of(CAMPUS, services=[(f"cam-{n}", "onvif") for n in range(6)]), START)
    for _ in range(2):
        for n, rung in enumerate(rungs):
            w.look(f"cam-{n}", ok=True)
            facts = {"rung": rung}
            w.step(Reading(target(f"cam-{n}", "onvif"), w.now, 0.1, Outcome.FAILED, "wrong_answer", facts=facts))
        beat(w)
    assert {t.root for t in w.tickets.values() if t.state in BROKEN} == {f"cam-{n}" for n in range(6)}


def test_the_same_rung_of_many_is_one_and_the_title_names_it() -> None:
    w = World(frame_of(CAMPUS, services=[(f"cam-{n}", "onvif") for n in range(6)]), START)
    for _ in range(2):
        for n in range(6):
            w.look(f"cam-{n}", ok=True)
            facts = {"rung": "rtsp"}
            w.step(Reading(target(f"cam-{n}", "onvif"), w.now, 0.1, Outcome.FAILED, "timeout", facts=facts))
        beat(w)
    [system] = [t for t in w.tickets.values() if t.state in BROKEN]
    key, args = system.title
    assert catalogue("en").say(key, **args) == "Cameras: 6 of 16 fail: no answer in time"
    assert args["rung"] == "web.rung.rtsp" and len(system.members) == 6
