"""What devices of a kind tell by SNMP beside their interfaces, and how it follows the faults."""

from __future__ import annotations

from agent.simulator import ber
from agent.simulator.ber import Oid
from agent.simulator.campus import Campus
from agent.simulator.plan import Box, Plan
from agent.simulator.station import Station
from agent.simulator.tables import octets_of
from tests.simulator.given import BOXES, campus, throw
from tests.simulator.test_station import ask

_LLDP_NAME: Oid = (1, 0, 8802, 1, 1, 2, 1, 4, 1, 1, 9)
_LLDP_PORT: Oid = (1, 0, 8802, 1, 1, 2, 1, 4, 1, 1, 7)
_UPS: Oid = (1, 3, 6, 1, 2, 1, 33, 1)
_AP_STATE: Oid = (1, 3, 6, 1, 4, 1, 4881, 1, 1, 10, 2, 56, 2, 1, 1, 1, 48)
_DETECTION: Oid = (1, 3, 6, 1, 2, 1, 105, 1, 1, 1, 6, 1)


def value(station: Station, oid: Oid, now: float = 0.0) -> bytes:
    """The content of the value that a GET brings."""
    answer = station.answer(ask(ber.GET, oid), now)
    assert answer is not None
    name = ber.tlv(ber.OBJECT, ber.oid_content(oid))
    raw = answer[answer.index(name) + len(name) :]
    return raw[2:] if raw[0] < 0x80 else b""


def test_neighbours_follow_the_cables() -> None:
    school = campus()
    switch, core = Station(school, BOXES[1]), Station(school, BOXES[0])
    assert value(switch, (*_LLDP_NAME, 0, 1, 1)) == b"ap"
    assert value(switch, (*_LLDP_NAME, 0, 49, 1)) == b"core", "its own uplink"
    assert value(switch, (*_LLDP_PORT, 0, 49, 1)) == b"GigabitEthernet1/0/11"
    assert value(core, (*_LLDP_PORT, 0, 11, 1)) == b"Ten-GigabitEthernet1/0/49"
    assert value(switch, (*_LLDP_NAME, 0, 9, 1)) == b"", "a camera speaks no LLDP"
    throw(school, "cable cut ap")
    assert value(switch, (*_LLDP_NAME, 0, 1, 1)) == b"" and value(switch, (*_LLDP_NAME, 0, 49, 1)) == b"core"
    throw(school, "cable join ap")
    assert value(switch, (*_LLDP_NAME, 0, 1, 1)) == b"ap"


def test_a_port_that_may_not_feed_is_a_fault() -> None:
    school = campus()
    switch = Station(school, BOXES[1])
    assert value(switch, (*_DETECTION, 1)) == b"\x03" and value(switch, (*_DETECTION, 2)) == b"\x02"
    throw(school, "poe deny sw:GigabitEthernet1/0/1")
    assert value(switch, (*_DETECTION, 1)) == b"\x04"


def test_a_fan_and_a_power_supply_break() -> None:
    fans: dict[str, tuple[Oid, bytes, bytes]] = {
        "H3C": ((1, 3, 6, 1, 4, 1, 25506, 8, 35, 9, 1, 1, 1, 2), b"\x01", b"\x02"),
        "Huawei": ((1, 3, 6, 1, 4, 1, 2011, 5, 25, 31, 1, 1, 10, 1, 7, 0), b"\x01", b"\x02"),
        "Ruijie": ((1, 3, 6, 1, 4, 1, 4881, 1, 1, 10, 2, 1, 1, 21, 1, 2), b"\x04", b"\x05"),
    }
    for vendor, (oid, good, bad) in fans.items():
        box = Box(id="sw", kind="switch", vendor=vendor, community="practice", ports=24)
        school = Campus(plan=Plan(boxes=(box,)), began=0)
        station = Station(school, box)
        assert value(station, (*oid, 1)) == good
        throw(school, "set sw fan bad")
        assert (value(station, (*oid, 1)), value(station, (*oid, 2))) == (bad, good)


def test_a_controller_knows_who_is_registered() -> None:
    boxes = (
        Box(id="ac", kind="controller", vendor="Ruijie", community="practice", ports=8),
        Box(id="ap-1", kind="ap", controller="ac"),
        Box(id="ap-2", kind="ap", controller="ac"),
    )
    school = Campus(plan=Plan(boxes=boxes), began=0)
    station = Station(school, boxes[0])
    states = [(*_AP_STATE, *octets_of(name)) for name in ("ap-1", "ap-2")]
    assert [value(station, oid) for oid in states] == [b"\x01", b"\x01"]
    throw(school, "power off ap-1")
    throw(school, "service stop ap-2 capwap")
    assert [value(station, oid) for oid in states] == [b"\x02", b"\x02"]


def test_a_disk_fails() -> None:
    disks: dict[str, tuple[Oid, bytes, bytes]] = {
        "Hikvision": ((1, 3, 6, 1, 4, 1, 50001, 1, 241, 1, 3, 1), b"\x00", b"\x02"),
        "Dahua": ((1, 3, 6, 1, 4, 1, 1004849, 2, 4, 1, 1, 5, 1), b"Normal", b"Error"),
    }
    for vendor, (oid, good, bad) in disks.items():
        box = Box(id="nvr", kind="recorder", vendor=vendor, model="NVR", community="practice")
        school = Campus(plan=Plan(boxes=(box,)), began=0)
        station = Station(school, box)
        assert value(station, oid) == good
        throw(school, "set nvr disk bad")
        assert value(station, oid) == bad


def test_a_ups_runs_down() -> None:
    box = Box(id="ups", kind="ups", vendor="Kehua", community="practice")
    school = Campus(plan=Plan(boxes=(box,)), began=0)
    station = Station(school, box)
    source, charge = (*_UPS, 4, 1, 0), (*_UPS, 2, 4, 0)
    assert (value(station, source), value(station, charge)) == (b"\x03", b"\x64")
    throw(school, "set ups mains off", now=100)
    assert (value(station, source, 100), value(station, charge, 100)) == (b"\x05", b"\x64")
    assert value(station, charge, 100 + 20 * 60) == b"\x32"
    throw(school, "set ups mains on", now=2000)
    assert value(station, charge, 2000) == b"\x64"
