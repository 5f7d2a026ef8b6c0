"""What a look judged beside its outcome: conditions of their own, with the causes and levels of the annex."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from agent.alerting import engine
from agent.alerting.findings import find
from agent.locale import catalogue
from agent.model import Ms, Outcome, Reading
from tests.alerting.harness import HOUR, MINUTE, World, device, frame_of, target


def campus(*names: str, **more: str) -> World:
    devices = [device(name, **more) for name in names or ("cam-1",)]
    return World(frame_of(devices, services=[(one.id, "onvif") for one in devices]), "2026-03-02 10:00")


def look(world: World, reason: str = "", name: str = "cam-1", outcome: str = "ok", **checks: str) -> Reading:
    reading = Reading(target(name, "onvif"), world.now, 0.1, Outcome(outcome), reason, checks=checks)
    world.look(name, ok=True)
    world.step(reading)
    world.tick()
    return reading


def looks(world: World, times: int, apart: Ms = MINUTE, **told: str) -> None:
    for _ in range(times):
        look(world, **told)
        world.until(world.now + apart)


@pytest.mark.parametrize(
    ("check", "reason", "cause", "level", "rule"),
    [
        ("clock", "clock_drift", "drift", "latent", "Z1"),
        ("fan", "fan_failed", "hardware", "latent", "Z1"),
        ("picture", "black", "picture", "general", "V4"),
        ("storage_days", "too_few_days", "retention", "serious", "V5"),
        ("disk", "disk_failed", "disk", "general", "V7"),
        ("disk", "disk_offline", "disk", "serious", "V7"),
        ("ups", "ups_trouble", "power", "serious", "S2"),
        ("battery", "battery_bad", "hardware", "latent", "Z1"),
    ],
)
def test_a_check_opens_its_own_ticket(check: str, reason: str, cause: str, level: str, rule: str) -> None:
    world = campus()
    look(world, **{check: reason})
    assert bool(world.tickets) == (check == "picture"), "one look is sure only of a picture, which was looked at twice"
    for _ in range(2):
        look(world, **{check: reason})
        world.until(world.now + MINUTE)
    ticket = world.only
    assert (ticket.cause, ticket.severity, ticket.reasons[0]["rule"]) == (cause, level, rule)
    for _ in range(4):
        look(world, **{check: ""})
        world.until(world.now + MINUTE)
    assert world.only.state == "restored"


def test_nothing_recorded_for_an_hour() -> None:
    world = campus()
    looks(world, 58, recording="not_recording")
    assert not world.tickets
    looks(world, 4, recording="not_recording")
    assert (world.only.severity, world.only.cause) == ("general", "recording")


@pytest.mark.parametrize(("channels", "level"), [(1.0, "general"), (4.0, "general"), (5.0, "serious")])
def test_many_channels_are_worse(channels: float, level: str) -> None:
    world = campus("nvr-1", kind="recorder")
    for _ in range(63):
        world.look("nvr-1", ok=True)
        checks = {"recording": "not_recording"}
        samples = {"recording_count": channels}
        world.step(Reading(target("nvr-1", "onvif"), world.now, 0.1, Outcome.OK, samples=samples, checks=checks))
        world.until(world.now + MINUTE)
    assert world.only.severity == level
    assert world.only.reasons[0]["rule"] == "V6"


def test_channels_that_follow_raise_the_ticket() -> None:
    world = campus("nvr-1", kind="recorder")
    for minute in range(80):
        world.look("nvr-1", ok=True)
        samples = {"recording_count": 1.0 if minute < 70 else 6.0}
        told = Reading(
            target("nvr-1", "onvif"), world.now, 0.1, Outcome.OK, samples=samples, checks={"recording": "not_recording"}
        )
        world.step(told)
        world.until(world.now + MINUTE)
        world.tick()
    assert world.only.severity == "serious"


def test_a_refused_login_is_called_so() -> None:
    world = campus()
    looks(world, 2, reason="auth", outcome="failed")
    assert (world.only.cause, world.only.severity) == ("credential", "general")
    assert world.only.title_key == "ticket.title.credential"


@pytest.mark.parametrize(
    ("lang", "title"),
    [("en", "onvif fails: no such stream (broken at: the stream's address)"),
     ("zh", "onvif 服务异常：没有这路码流（断在：取码流地址）")],
)  # fmt: skip
def test_the_first_broken_rung_names_the_fault(lang: str, title: str) -> None:
    world = campus()
    for _ in range(3):
        world.look("cam-1", ok=True)
        facts = {"rung": "stream_uri"}
        world.step(Reading(target("cam-1", "onvif"), world.now, 0.1, Outcome.FAILED, "no_stream", facts=facts))
        world.until(world.now + MINUTE)
    key, args = world.only.title
    assert catalogue(lang).say(key, **args).endswith(title)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_reason_without_words_is_told_as_it_is(lang: str) -> None:
    world = campus()
    looks(world, 3, reason="no_words_yet", outcome="failed")
    key, args = world.only.title
    said = catalogue(lang).say(key, **args)
    assert "no_words_yet" in said
    assert "web.reason" not in said


def test_a_silent_service_that_turns_out_to_refuse_the_login() -> None:
    world = campus()
    looks(world, 2, reason="timeout", outcome="failed")
    assert world.only.cause == "service"
    looks(world, 2, reason="auth", outcome="failed")
    assert world.only.cause == "credential"
    assert world.only.title_key.endswith("credential")
    looks(world, 2, reason="timeout", outcome="failed")
    assert world.only.cause == "credential", "it stays what is to be done"
    world.check()


def test_a_name_that_was_not_looked_at_stays_as_it_was() -> None:
    world = campus()
    looks(world, 3, picture="black")
    looks(world, 30)
    assert world.only.state != "restored"


def test_a_defect_beside_an_outage_waits_for_its_end() -> None:
    world = campus()
    looks(world, 3, clock="clock_drift")
    assert world.only.severity == "latent"
    looks(world, 3, clock="clock_drift", picture="black")
    assert (world.only.severity, world.only.cause) == ("general", "picture")
    looks(world, 6, clock="clock_drift", picture="")
    assert [(ticket.severity, ticket.state) for ticket in world.of("cam-1")] == [
        ("general", "restored"),
        ("latent", "new"),
    ]


def test_a_device_that_dies_shadows_its_checks() -> None:
    world = campus()
    looks(world, 3, picture="frozen")
    world.down("cam-1", world.now)
    world.until(world.now + HOUR)
    assert len(world.tickets) == 1


def test_a_removed_probe_takes_its_checks_along() -> None:
    world = campus()
    looks(world, 3, clock="clock_drift")
    world.step(engine.Removal(probes=(("cam-1", "onvif"),)))
    assert not world.conditions


def test_a_check_that_nobody_asks_for_any_more_lets_go_of_its_device() -> None:
    world = campus()
    looks(world, 3, clock="clock_drift", picture="black")
    world.step(engine.Removal(probes=(("cam-1", "onvif:picture"),)))
    assert [key[1] for key in world.conditions] == ["onvif:clock"]
    assert world.of("cam-1")[0].state != "restored", "no recovery was seen: a person ends it"


def test_a_good_look_with_good_checks_changes_nothing() -> None:
    world = campus()
    good = Reading(target("cam-1", "onvif"), world.now, 0.1, Outcome.OK, checks={"clock": "", "picture": ""})
    assert engine.idle(world.state(), good)
    looks(world, 2, clock="clock_drift")
    assert not engine.idle(world.state(), good)


def test_an_unknown_look_has_no_findings() -> None:
    nothing = Reading(target("cam-1"), 0, 0.0, Outcome.UNKNOWN, checks={"clock": "clock_drift"})
    assert not list(find(nothing, device("cam-1"), "icmp"))


def classroom(count: int) -> World:
    pcs = [device(f"pc-{n}", kind="terminal", room="301") for n in range(1, count + 1)]
    others = [device(f"cam-{n}", building="B") for n in range(60)]
    return World(frame_of([*pcs, *others]), "2026-03-02 10:00")


def test_a_classroom_is_one_outage() -> None:
    world = classroom(9)
    for number in (1, 2, 3, 4):
        world.down(f"pc-{number}", world.now + 20_000)
    ticket = world.only
    assert set(ticket.members) == {"pc-1", "pc-2", "pc-3", "pc-4"}
    assert ticket.severity == "serious"
    key, args = ticket.title
    assert catalogue("en").say(key, **args) == "A 301: 4 of 9 terminals do not answer"
    assert "C1" in {reason["rule"] for reason in ticket.reasons}
    world.up("pc-1", world.now + MINUTE)
    assert world.only.state not in ("restored",), "three are still gone"
    for number in (2, 3, 4):
        world.up(f"pc-{number}", world.now + MINUTE)
    assert world.only.state == "restored"
    world.check()


def test_two_terminals_of_a_classroom_on_two_days_are_two() -> None:
    world = classroom(9)
    world.down("pc-1", "2026-03-02 10:00")
    world.down("pc-2", "2026-03-02 14:00")
    assert len(world.tickets) == 2


def test_so_many_by_and_by_that_it_is_the_room() -> None:
    world = classroom(9)
    for number in (1, 2, 3, 4):
        world.down(f"pc-{number}", world.now + HOUR)
    assert len(world.tickets) == 2
    assert sorted(len(ticket.members) for ticket in world.tickets.values()) == [1, 3]


def test_a_worn_battery_is_no_power_cut() -> None:
    """S2 is the load on the battery; that a battery is old or failed its test is a latent defect, in every profile."""
    found: dict[str, str] = {}
    for path in sorted((files("agent") / "probes" / "profiles").iterdir(), key=str):
        if path.name.endswith(".yaml"):
            rules = re.split(r"(?=\brule: )", path.read_text("utf-8"))
            told = (re.match(r"rule: ([\w-]+).*?check: (\w+)", rule, re.DOTALL) for rule in rules)
            found |= {one[1]: one[2] for one in told if one is not None}
    worn = {
        rule: check for rule, check in found.items() if re.search(r"battery-(replace|fault)|bad-packs|nut-rep", rule)
    }
    assert len(worn) >= 5 and set(worn.values()) == {"battery"}
    assert {found[rule] for rule in ("apc-output", "ups-source", "mge-on-battery", "nut-on-battery")} == {"ups"}


def test_a_worn_battery_whose_mains_fail_becomes_serious() -> None:
    world = campus()
    looks(world, 2, battery="battery_bad")
    assert (world.only.severity, world.only.cause) == ("latent", "hardware")
    looks(world, 2, battery="battery_bad", ups="ups_trouble")
    assert world.only.severity == "serious"
    assert "S2" in {reason["rule"] for reason in world.only.reasons}
