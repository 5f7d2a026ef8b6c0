"""The fault script: every verb, every mistake at once, and nothing that a text could do to the parser."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.locale import catalogue
from agent.simulator.expect import Expect, holds, parse_expect, seen
from agent.simulator.script import GRAMMAR, Fault, ScriptError, Step, due, parse, parse_now
from agent.simulator.words import tell_with_place

DEVICES = ("core", "sw-a-1f", "cam-gate")


@pytest.mark.parametrize(
    ("line", "deed"),
    [
        ("power off core", Fault(verb="power", action="off", device="core")),
        ("cable cut core", Fault(verb="cable", action="cut", device="core")),
        ("cable bad core:eth 0/3", Fault(verb="cable", action="bad", device="core", port="eth 0/3")),
        ("port shut core:eth1", Fault(verb="port", action="shut", device="core", port="eth1")),
        ("poe limit core:eth1", Fault(verb="poe", action="limit", device="core", port="eth1")),
        ("loss 30% core", Fault(verb="loss", device="core", number=0.3)),
        ("delay 250 core", Fault(verb="delay", device="core", number=0.25)),
        ("service hang core snmp", Fault(verb="service", action="hang", device="core", service="snmp")),
        ("set core clock +3 h", Fault(verb="set", device="core", key="clock", value="+3 h")),
        ("reboot core", Fault(verb="reboot", device="core")),
        ("flap core 10/50", Fault(verb="flap", device="core", number=10, number2=50)),
        ("uplink cut", Fault(verb="uplink", action="cut")),
        ("agent kill", Fault(verb="agent", action="kill")),
        ("clock step ±1h", Fault(verb="clock", action="step", number=3600)),
        ("clock step -90s", Fault(verb="clock", action="step", number=-90)),
        ("expect none", Expect(count=0)),
        ("expect ticket device=core state=new count=2", Expect(device="core", state="new", count=2)),
    ],
)  # fmt: skip
def test_every_verb(line: str, deed: Fault | Expect) -> None:
    assert parse_now(line, "console", DEVICES) == deed


def test_the_times() -> None:
    steps = parse("+20 reboot core\n\n08:00 reboot core # morning\n23:59:59 reboot core\n+1.5 uplink cut", "f")
    assert [(step.at, step.of_day, step.line) for step in steps] == [
        (20, False, 1), (28_800, True, 3), (86_399, True, 4), (1.5, False, 5),
    ]  # fmt: skip
    assert steps[1].text == "08:00 reboot core"


def test_a_time_of_day_that_has_passed_is_tomorrow() -> None:
    morning, _ = parse("08:00 uplink cut\n+5 uplink join", "f")
    assert due(morning, midnight_seconds=7 * 3600) == 3600
    assert due(morning, midnight_seconds=9 * 3600) == 23 * 3600
    assert due(parse("+5 uplink cut", "f")[0], midnight_seconds=9 * 3600) == 5


MISTAKES = {
    "power of core": "power has no of; it has: off on",
    "powr off core": "no such verb: powr; did you mean power?",
    "xyzzy": "no such verb: xyzzy; `help` lists them",
    "power off cam-gat": "no such device: cam-gat; did you mean cam-gate?",
    "power off zzz": "no such device: zzz; `list` shows them",
    "power off": "usage: power off|on DEVICE",
    "port shut core": "usage: port shut|open SWITCH:PORT",
    "loss 30 core": "usage: loss P% DEVICE",
    "loss 101% core": "101 is no number from 0 to 100",
    "delay -5 core": "-5 is no number from 0 to 60000",
    "flap core 0/5": "0: a phase of a flap is a second at least",
    "clock step 1h": "usage: clock step +1h|-90s",
    "service stop core ftp": "service has no ftp; it has: icmp snmp tcp onvif rtsp http sip barix rdp vnc spice capwap",
    "expect ticket colour=red": "expect does not know 'colour=red': expect ticket [device=ID] [state=STATE] "
    "[severity=LEVEL] [cause=CLASS] [rung=RUNG] [count=N], expect none [device=ID], "
    "or expect look device=ID [probe=NAME] reason=KEY",
}


def test_all_mistakes_at_once_each_with_its_words() -> None:
    with pytest.raises(ScriptError) as caught:
        parse("\n".join(f"+1 {line}" for line in MISTAKES), "my.script", DEVICES)
    told = [tell_with_place(catalogue("en"), mistake) for mistake in caught.value.mistakes]
    assert told == [f"my.script:{number}: {what}" for number, what in enumerate(MISTAKES.values(), 1)]


@pytest.mark.parametrize("time", ["20", "24:00", "8:60", "+", "-5", "+٣", "8:00:61", "１:00"])
def test_what_is_no_time(time: str) -> None:
    with pytest.raises(ScriptError) as caught:
        parse(f"{time} uplink cut", "f")
    assert tell_with_place(catalogue("zh"), caught.value.mistakes[0]).startswith(f"f:1: {time} 不是时间")


def test_a_time_alone_says_so() -> None:
    with pytest.raises(ScriptError) as caught:
        parse("+5", "f")
    assert tell_with_place(catalogue("en"), caught.value.mistakes[0]) == "f:1: a time, and nothing to do"


WORDS = (*GRAMMAR, "expect", "core", ":", "%", "1/2", "+3")


@settings(max_examples=150)
@given(st.text(max_size=200) | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        steps = parse(text, "f", DEVICES)
    except ScriptError as error:
        assert error.mistakes
        for lang in ("zh", "en"):
            assert all(tell_with_place(catalogue(lang), mistake) for mistake in error.mistakes)
    else:
        assert all(isinstance(step, Step) for step in steps)


def test_what_holds() -> None:
    tickets = [
        {"state": "new", "severity": "general", "device": "core", "members": ["sw"]},
        {"state": "filed", "severity": "general", "device": "cam", "members": []},
    ]
    assert holds(Expect(), tickets) and holds(Expect(count=1), tickets)
    assert holds(Expect(device="sw"), tickets) and not holds(Expect(count=0, device="sw"), tickets)
    assert holds(Expect(count=0, device="cam"), tickets) and holds(Expect(device="cam", state="filed"), tickets)
    assert not holds(Expect(severity="major"), tickets)


def test_what_a_title_names() -> None:
    args = {"rung": "web.rung.rtsp"}
    ticket = {"state": "new", "device": "cam", "title_key": "ticket.title.service_many", "title_args": args}
    assert holds(Expect(cause="service", rung="rtsp"), [ticket])
    assert not holds(Expect(cause="picture"), [ticket]) and not holds(Expect(rung="onvif"), [ticket])


def test_what_a_look_found() -> None:
    probes = [{"name": "icmp", "reason": ""}, {"name": "onvif", "reason": "", "checks": {"clock": "clock_drift"}}]
    expect = parse_expect(["look", "device=cam", "reason=clock_drift"])
    assert seen(expect, {"probes": probes})
    assert not seen(parse_expect(["look", "device=cam", "probe=icmp", "reason=clock_drift"]), {"probes": probes})
    with pytest.raises(ValueError, match="look"):
        parse_expect(["look", "device=cam"])
