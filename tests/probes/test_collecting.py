"""Boxes described in lines of a recording, answered over UDP: what a collection and polls make of them."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from agent.model import Outcome, Reading, Secret
from agent.probes import snmp
from agent.probes.channels import Channel
from agent.probes.snmp.checks import extents, judge
from agent.probes.snmp.collect import collect
from agent.probes.snmp.library import Library, load
from agent.probes.snmp.ports import Port
from agent.probes.snmp.prober import Poller
from agent.probes.snmp.rates import rates
from agent.probes.snmp.recording import record
from agent.probes.snmp.rows import Collection, Sensor, State, Storage
from agent.probes.snmp.session import Session
from tests.fakes.replay import Replay

from .watching import Watch, target

OWN = "1.3.6.1.4.1.99999"
SYSTEM = f"1.3.6.1.2.1.1.1.0|4|Example 1\n1.3.6.1.2.1.1.2.0|6|.{OWN}.1.7\n1.3.6.1.2.1.1.3.0|67|100\n"
PROFILE = f"""
title: Example
select: [{{object_id: {OWN}}}]
no_value: ["65535"]
system:
  vendor: Example
  serial: [{{get: {OWN}.9.9.0}}, {{oid: 1.3.6.1.2.1.1.1.0, match: 'Example (\\d)'}}]
processors:
  - first_of:
      - {{percent: {OWN}.1}}
      - {{percent: {OWN}.2, columns: {{kind: {OWN}.3}}, where: {{column: kind, in: ["9"]}}, descr: "CPU {{index}}"}}
sensors:
  - class: temperature
    columns: {{at: {OWN}.5, name: {{oid: {OWN}.6, index: "{{at}}"}}}}
    value: {{oid: {OWN}.4, scale: 0.1, at_most: 200}}
    descr: ["{{name}}", "Sensor {{index}}"]
    limits: {{critical_above: 70}}
  - {{class: state, value: {OWN}.7, states: {{"1": ok, "2": critical}}, descr: "Fan {{index}}", check: fan}}
access_points:
  - parts: {{mac: mac}}
    columns: {{name: {OWN}.20}}
    rows: name
    index: "{{mac}}"
    mac: "{{mac}}"
    name: "{{name}}"
    state: {{oid: {OWN}.21, map: {{"8": up}}}}
    clients: {{oid: {OWN}.22, prefix: "{{index}}", many: sum}}
totals:
  - {{of: clients, value: {OWN}.22, reduce: sum}}
vlans: [{{columns: {{name: {OWN}.8}}, id: "{{index}}", name: "{{name}}"}}]
"""
SLOTS = (*range(1, 90), 300)
CHASSIS = (
    "".join(f"{OWN}.2.{slot}|2|{slot % 100}\n{OWN}.3.{slot}|2|{9 if slot in (4, 300) else 5}\n" for slot in SLOTS)
    + f"{OWN}.4.1|2|425\n{OWN}.4.2|2|65535\n{OWN}.4.3|2|800\n{OWN}.5.1|2|11\n{OWN}.6.11|4|board\n"
    + f"{OWN}.7.1|2|1\n{OWN}.7.2|2|2\n{OWN}.8.10|4|office\n"
)  # fmt: skip


@pytest.fixture
def library(tmp_path: Path) -> Library:
    (tmp_path / "example.yaml").write_text(PROFILE, "utf-8")
    found = load([tmp_path])
    assert [problem.render("en") for problem in found.problems] == []
    return found


@pytest_asyncio.fixture
async def box(tmp_path: Path) -> AsyncIterator[Callable[[str], Replay]]:
    replay = await Replay(tmp_path).open()

    def write(lines: str) -> Replay:
        (tmp_path / "box.snmprec").write_text(SYSTEM + lines, "utf-8")
        return replay

    yield write
    replay.close()


async def collected(replay: Replay, library: Library, version: str = "2c") -> Collection:
    session = Session("127.0.0.1", replay.port, credential(version), lambda why: None)
    async with session:
        session.patience(2.0, 1)
        found = await collect(session, library)
    session.close()
    return found


def credential(version: str = "2c") -> snmp.Credential:
    return snmp.Credential(version=version, community=Secret("box"))


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_a_profile_makes_rows(version: str, box: Callable[[str], Replay], library: Library) -> None:
    found = await collected(box(CHASSIS), library, version)
    assert found.profile == "example"
    assert found.why == f"sysObjectID {OWN}.1.7 is under {OWN}"
    assert (found.system.vendor, found.system.serial) == ("Example", "1")
    assert [(row.index, row.descr, row.percent) for row in found.of("processors")] == [
        ("4", "CPU 4", 4), ("300", "CPU 300", 0),
    ]  # fmt: skip
    told = [(row.class_, row.descr, row.value, row.state, row.oid) for row in found.of("sensors")]
    assert told == [
        ("temperature", "board", 42.5, "ok", f"{OWN}.4.1"), ("temperature", "Sensor 3", 80, "critical", f"{OWN}.4.3"),
        ("state", "Fan 1", 1, "ok", f"{OWN}.7.1"), ("state", "Fan 2", 2, "critical", f"{OWN}.7.2"),
    ]  # fmt: skip
    assert found.failed == {}


async def test_a_box_that_nobody_knows_gets_the_standards(box: Callable[[str], Replay]) -> None:
    replay = box("1.3.6.1.2.1.25.3.3.1.2.1|2|12\n1.3.6.1.2.1.25.3.3.1.2.2|2|300\n")
    found = await collected(replay, load())
    assert (found.profile, found.why) == ("generic", "no other profile fits")
    assert [row.percent for row in found.of("processors")] == [12], "300 % is no load"


async def test_a_get_recognises_a_box_that_does_not_introduce_itself(tmp_path: Path) -> None:
    (tmp_path / "mute.yaml").write_text(f"select: [{{get: {{oid: {OWN}.1.0, match: '^DS-'}}}}]", "utf-8")
    (tmp_path / "none.yaml").write_text(f"select: [{{get: {{oid: {OWN}.1.0, match: '^XX-'}}}}]", "utf-8")
    (tmp_path / "box.snmprec").write_text(f"{OWN}.1.0|4x|44532d31\n", "utf-8")
    replay = await Replay(tmp_path).open()
    found = await collected(replay, load([tmp_path]))
    replay.close()
    assert (found.profile, found.why) == ("mute", f"GET {OWN}.1.0 is 'DS-1'")


async def test_more_specific_wins(tmp_path: Path) -> None:
    for name, select in {
        "wide": f"{{object_id: {OWN}}}", "deep": f"{{object_id: {OWN}.1}}",
        "worded": f"{{object_id: {OWN}.1, descr: Ex}}",
        "other": f"{{object_id: {OWN}.1.7, not_descr: Example}}", "near": f"{{object_id: {OWN}.1.70, descr: Example}}",
    }.items():  # fmt: skip
        (tmp_path / f"{name}.yaml").write_text(f"select: [{select}]", "utf-8")
    (tmp_path / "box.snmprec").write_text(SYSTEM, "utf-8")
    replay = await Replay(tmp_path).open()
    found = await collected(replay, load([tmp_path]))
    replay.close()
    assert found.profile == "worded"


# -- polls ------------------------------------------------------------------------------------------------------------


async def polls(replay: Replay, tmp_path: Path, count: int, slow: float = 600.0) -> list[tuple[Reading, int]]:
    """Readings of a fresh poller, and how many values each cost."""
    watch = Watch()
    poller = Poller(replace(watch.hooks(), profiles=tmp_path))
    found = []
    for _ in range(count):
        before = replay.values
        options = snmp.Options(port=replay.port, slow=slow, ports=False)
        reading = await poller.look(target("snmp", "127.0.0.1", options, credential=credential()), lambda line: None)
        found.append((reading, replay.values - before))
    await poller.close()
    return found


async def test_a_poll_reads_what_changes(box: Callable[[str], Replay], library: Library, tmp_path: Path) -> None:
    (first, whole), (second, part) = await polls(box(CHASSIS), tmp_path, 2)
    assert (second.outcome, second.tables["processors"]) == (Outcome.OK, first.tables["processors"])
    assert second.tables["sensors"] == first.tables["sensors"]
    assert second.tables["vlans"] == first.tables["vlans"], "kept from the slow round"
    assert part < whole / 4, "two processors of ninety are asked for one by one"
    assert second.checks == {"temperature": "too_hot", "fan": "fan_failed", "cpu": ""}
    assert second.samples["temperature_celsius"] == 80
    assert (second.facts["profile"], second.facts["vendor"]) == ("example", "Example")


async def test_rows_keep_their_order_between_polls(
    box: Callable[[str], Replay], library: Library, tmp_path: Path
) -> None:
    """What the first processor or memory is must not depend on how it was asked for."""
    boards = {slot: 9 if slot % 20 == 0 else 5 for slot in range(1, 300)}
    lines = "".join(f"{OWN}.2.{slot}|2|{slot % 100}\n{OWN}.3.{slot}|2|{of}\n" for slot, of in boards.items())
    (first, whole), (second, part) = await polls(box(lines), tmp_path, 2)
    assert part < whole / 4, "asked for one by one"
    assert [row.index for row in second.tables["processors"]] == [str(slot) for slot in range(20, 300, 20)]
    assert second.tables["processors"] == first.tables["processors"]


async def test_the_slow_round_comes_again(box: Callable[[str], Replay], library: Library, tmp_path: Path) -> None:
    (_, first), (_, second) = await polls(box(CHASSIS), tmp_path, 2, slow=0.0)
    assert second > first * 0.9


async def test_a_processor_at_its_end_is_a_check(
    box: Callable[[str], Replay], library: Library, tmp_path: Path
) -> None:
    replay = box(f"{OWN}.1.1|66|99\n{OWN}.1.2|66|97\n")
    assert [reading.checks for reading, _ in await polls(replay, tmp_path, 1)] == [{"cpu": "cpu_busy"}]


@pytest.mark.net
async def test_two_thousand_access_points_in_ten_seconds(
    box: Callable[[str], Replay], library: Library, tmp_path: Path
) -> None:
    lines = []
    for number in range(2000):
        mac = f"0.28.197.0.{number // 256}.{number % 256}"
        lines += [f"{OWN}.20.{mac}|4|ap-{number}", f"{OWN}.21.{mac}|2|{8 if number % 100 else 4}"]
        lines += [f"{OWN}.22.{mac}.{radio}|2|3" for radio in (0, 1)]
    replay = box("\n".join(lines) + "\n")
    begun = time.monotonic()
    (first, _), (second, _) = await polls(replay, tmp_path, 2)
    took = time.monotonic() - begun
    assert first.samples["aps"] == second.samples["aps"] == 2000
    assert (first.samples["aps_up"], first.samples["clients"]) == (1980, 12000)
    assert first.tables["access_points"][7].clients == 6
    assert took < 10, f"{took:.1f} s for two polls"


# -- rates and checks -------------------------------------------------------------------------------------------------


def port(octets: int | None, *, errors: int = 0, wide: bool = True, speed: int = 10**9) -> Port:
    return Port(1, "", "", "", 6, 1, 1, speed, "", octets, octets, errors, 0, 0, 0, wide)


def rate(before: Port, now: Port, seconds: float = 10.0, restarted: bool = False) -> tuple[float | None, float | None]:
    found = rates({1: before}, {1: now}, seconds, restarted)
    return (found[1].in_bps, found[1].in_errors) if found else (None, None)


def test_rates() -> None:
    assert rate(port(0), port(1000, errors=5)) == (800.0, 0.5)
    assert rate(port(2**32 - 500, wide=False), port(500, wide=False)) == (800.0, 0.0), "32 bits wrapped"
    assert rate(port(10**9), port(10)) == (None, 0.0), "64 bits do not wrap in ten seconds: cleared"
    assert rate(port(0, errors=7), port(0, errors=2)) == (0.0, None), "errors were cleared"
    assert rate(port(5), port(6), restarted=True) == (None, None)
    assert rate(port(5), port(6), seconds=0) == (None, None)
    assert rate(port(5, wide=False), port(6)) == (None, None), "now another counter"
    assert rate(port(None), port(6))[0] is None
    assert rates({}, {1: port(0)}, 10, False) == {}


@pytest.mark.parametrize(("state", "alarm", "reason"), [
    ("critical", "critical", "fan_failed"), ("warning", "critical", ""), ("warning", "warning", "fan_failed"),
    ("unknown", "critical", ""), ("ok", "warning", ""),
])  # fmt: skip
def test_a_check_is_bad_from_its_alarm_on(state: State, alarm: State, reason: str) -> None:
    sensor = Sensor(class_="state", index="1", descr="", value=1, state=state, check="fan", alarm=alarm)
    assert judge({"sensors": (sensor,)}) == {"fan": reason}


# -- recordings -------------------------------------------------------------------------------------------------------

PRIVATE = (
    "1.3.6.1.2.1.1.5.0|4|sw-dorm-3\n1.3.6.1.2.1.1.6.0|4|Dormitory 3, Wang Wei\n1.3.6.1.2.1.1.4.0|4|wang@example.org\n"
    "1.3.6.1.2.1.2.2.1.6.1|4x|001cc5aabbcc\n1.3.6.1.2.1.4.22.1.2.1.10.7.8.9|4x|001cc5aabbdd\n"
    "1.3.6.1.2.1.4.20.1.1.10.7.8.1|64|10.7.8.1\n1.3.6.1.2.1.17.7.1.2.2.1.2.1.0.28.197.170.187.238|2|1\n"
    f"{OWN}.30.0|4|see sw-dorm-3 at 10.7.8.1 (00-1C-C5-AA-BB-CC)\n{OWN}.31.9.115.119.45.100.111.114.109.45.51|2|1\n"
    "1.3.6.1.2.1.47.1.1.1.1.11.1|4|210235A1XYZ\n1.3.6.1.2.1.31.1.1.1.18.1|4|to the box of SECRETCOMMUNITY\n"
    "1.3.6.1.2.1.25.4.2.1.5.1|4|--password=hunter2\n"
)  # fmt: skip


async def test_a_recording_tells_nothing_of_people(
    box: Callable[[str], Replay], library: Library, tmp_path: Path
) -> None:
    replay = box(CHASSIS + PRIVATE)
    session = Session("127.0.0.1", replay.port, credential(), lambda why: None)
    async with session:
        session.patience(2.0, 1)
        lines, failed = await record(session, ["SECRETCOMMUNITY"])
    session.close()
    whole = "\n".join(lines)
    assert failed == {}
    for word in ("dorm", "Wang", "wang", "10.7.8", "210235A1XYZ", "SECRETCOMMUNITY", "hunter2", "aabbcc", "AA-BB-CC",
                 "170.187.238", "115.119.45.100"):  # fmt: skip
        assert word not in whole, word
    assert any(line.startswith(f"{OWN}.30.0|4|see x") for line in lines), "one name, one word for it"
    (tmp_path / "box.snmprec").write_text(whole, "utf-8")
    fresh = await Replay(tmp_path).open()
    again = await collected(fresh, library)
    fresh.close()
    before = await collected(replay, library)
    assert again.rows == before.rows


async def test_a_box_that_does_not_answer_has_no_recording(tmp_path: Path) -> None:
    replay = await Replay(tmp_path).open()
    session = Session("127.0.0.1", replay.port, credential(), lambda why: None)
    async with session:
        session.patience(0.2, 0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(record(session), 5)
    replay.close()


async def test_one_negative_reading_tells_the_unit_of_all(tmp_path: Path) -> None:
    """In polls, too: few rows of a long table are asked for one by one, but not of this one."""
    (tmp_path / "optics.yaml").write_text(
        f"""
select: [{{object_id: {OWN}}}]
no_value: ["-255"]
sensors:
  - class: dbm
    columns: {{rx: {OWN}.2}}
    value: {{oid: {OWN}.1, convert: optical_power, like: [rx]}}
    where: {{part: 1, in: ["1", "2"]}}
""",
        "utf-8",
    )
    lines = "".join(f"{OWN}.1.{port}|2|{value}\n" for port, value in enumerate((150, 536, *[-1] * 40), 1))
    for rx, first in ((-600, 1.5), (-255, -8.239)):
        (tmp_path / "box.snmprec").write_text(f"{SYSTEM}{lines}{OWN}.2.9|2|{rx}\n", "utf-8")
        replay = await Replay(tmp_path).open()
        for reading, _ in await polls(replay, tmp_path, 2):
            assert next(round(row.value, 3) for row in reading.tables["sensors"]) == first
        replay.close()


NONSENSE = ("2|-2147483648", "2|65535", "4|nan", "4x|", "4x|fffe00", "4x|9f78047fc00000", "70|18446744073709551615",
            "6|1.3.6.1.4294967295", "64|1.2.3.4", f"4|{'9' * 300}", "5|")  # fmt: skip


async def test_nonsense_is_no_value_and_no_failure(library: Library, tmp_path: Path) -> None:
    chance = random.Random(11)
    for number in range(40):
        lines = (CHASSIS + PRIVATE).splitlines()
        for at in range(len(lines)):
            if chance.random() < 0.5:
                lines[at] = f"{lines[at].split('|')[0]}|{chance.choice(NONSENSE)}"
        (tmp_path / f"{number}.snmprec").write_text(SYSTEM + "\n".join(lines), "utf-8")
        replay = await Replay(tmp_path).open()
        asked = snmp.Credential(version="2c", community=Secret(str(number)))
        session = Session("127.0.0.1", replay.port, asked, lambda why: None)
        async with session:
            session.patience(2.0, 1)
            found = await collect(session, library)
        replay.close()
        json.dumps(found.document(), allow_nan=False)
        judge(found.rows)


def test_how_many_channels_and_disks_it_is_about() -> None:
    channels = (
        Channel(index="1", name="gate", recording="yes"),
        Channel(index="2", name="hall", recording="no"),
        Channel(index="3", name="yard", recording="no", online="no"),
    )
    disks = (Storage(index="1", state="critical"), Storage(index="2", state="ok"))
    found = extents({"channels": channels, "storage": disks})
    assert found == {"recording_count": 1, "disk_count": 1, "storage_days_count": 0}
    kept = (Channel(index="1", name="gate", days=12.0), Channel(index="2", name="hall", days=31.0))
    assert judge({"channels": kept}) == {"storage_days": "too_few_days"}
    assert judge({"channels": kept}, 10.0) == {"storage_days": ""}
    assert extents({"channels": kept})["storage_days_count"] == 1
    assert judge({"channels": channels}) == {"recording": "not_recording"}
