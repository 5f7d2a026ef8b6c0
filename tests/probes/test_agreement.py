"""Our collections of the recordings against what another system made of them: the bar is 98 % in each class."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from . import snmp_agreement

BAR = 0.98
FEWEST = {"ports": 13_000, "sensors": 500, "processors": 75, "memory": 85, "neighbours": 200, "access points": 9}
"""Values that must have been compared of the recordings of the issue: an agreement about nothing is none."""


@pytest.mark.net
async def test_each_class_agrees_by_itself() -> None:
    folder = snmp_agreement.shared()
    if folder is None:
        pytest.skip("no recordings of another system: $CAMPUS_SHARED or ../shared")
    found = await snmp_agreement.agreements(folder)
    print(*snmp_agreement.table(found), sep="\n")
    lines = list(snmp_agreement.disagreements(found))
    known = {name for name, answer in snmp_agreement.pairs(folder) if answer is not None} >= KNOWN
    for of in snmp_agreement.CLASSES:
        counts = [each.count(of) for each in found]
        agree, total = sum(count[0] for count in counts), sum(count[1] for count in counts)
        excused = sum(value.of == of and bool(value.excuse) for each in found for value in each.values)
        mine = [line for line in lines if f": {of}: " in line]
        assert total + excused >= (FEWEST[of] if known else 0)
        assert agree >= BAR * total, "\n".join([f"{of}: {agree} of {total}", *mine[:40]])
    trouble = [f"{each.recording}: {why}" for each in found for why in each.trouble]
    print(*trouble, sep="\n")
    assert not (known and trouble)


def test_no_excuse_covers_a_whole_class() -> None:
    """Every excuse names rows of one recording, or of one maker's; none stands for everything of it."""
    for excuse in snmp_agreement.EXCUSED:
        assert excuse.key.strip(), excuse
        assert excuse.why.strip(), excuse


KNOWN = {f"librenms__{name}" for name in ("comware", "ios_2960x", "arubaos-cx_10.07", "vrp_5720", "linux_powermon",
    "ruckuswireless-sz", "axiscam_d4200-ve", "netmanplus_204", "routeros_crs317", "zxr10_5928")}  # fmt: skip
"""Recordings by which the folder of the issue is known; another one is compared without `FEWEST`."""

BOX = b"""\xef\xbb\xbf# a recording as other people write it\r
.1.3.6.1.2.1.25.3.3.1.2.7|2:numeric|min=1,max=100,initial=42,wrap=1\r
1.3.6.1.2.1.2.2.1.2.10|4|eth10\r
1.3.6.1.2.1.2.2.1.2.9|4:writecache|value=eth9
1.3.6.1.2.1.2.2.1.2.9|4|of a second value
1.3.6.1.2.1.2.2.1.8.9|2|1
1.3.6.1.2.1.2.2.1.8.10|2|2
1.3.6.1.2.1.2.2.1.6.9|4x|0011223344f
1.3.6.1.2.1.31.1.1.1.18.9|4|\xff\xfe to\x00 room

1.3.6.1.2.1.1.1.0|4e|a \\x53witch
1.3.6.1.2.1.1.3.0|67:numeric|rate=100
1.3.6.1.2.1.1.5.0|4|
1.3.6.1.2.1.2.2.1.10.9|65|
1.3.6.1.2.1.2.2.1.11.9|65:error|op=get,status=genError
1.3.6.1.2.1.2.2.1.12.9|:redis|key=1
1.3.6.1.2.1.2.2.1.13.9|128|
1.3.6.1.2.1.2.2.1.14.9|70|18446744073709551615
1.3.6.1.2.1.4.20.1.1.192.0.2.1|64|192.0.2.1
1.3.6.1.2.1.4.20.1.3.192.0.2.1|64x|ffffff00
not an OID|4|x
1.3.6.1.2.1.2.2.1.2.-1|4|a port below nought
1.3.6.1.2.1.1.2.0|6|.1.3.6.1.4.1.-7
1.3.6.1.2.1.2.2.1.2.99999999999999999999|4|a port beyond measure
1.3.6.1|twelve
"""
PORTS = {
    "ports": {
        "discovery": {"ports": {
            "3": {"ifIndex": "9", "ifDescr": "eth9", "ifName": None, "ifOperStatus": None, "deleted": "0"},
            "5": {"ifIndex": 10, "ifDescr": "eth10", "ifAlias": "", "ifSpeed": "0"},
            "6": {"ifIndex": 11, "ifDescr": "gone", "deleted": 1}, "7": None, "8": {"ifIndex": None},
        }},
        "poller": {"ports": [{"ifIndex": 9, "ifOperStatus": "up", "ifInErrors": "18446744073709551615"}]},
    },
    "sensors": {"discovery": {"sensors": [
        {"sensor_class": "temperature", "sensor_oid": [".1.3.9"], "sensor_current": "21", "poller_type": "ipmi"},
        {"sensor_class": "state", "sensor_oid": None, "sensor_current": None},
        {"sensor_class": "count", "sensor_oid": ".1.3.6.1.9.9", "sensor_current": 3, "sensor_deleted": 0},
    ], "state_indexes": "none"}, "poller": "matches discovery"},
    "processors": {"discovery": {"processors": [
        {"processor_index": 7, "processor_oid": ".1.3.6.1.2.1.25.3.3.1.2.7", "processor_usage": "42"},
        {"processor_index": None, "processor_usage": None},
    ]}, "poller": None},
    "mempools": {"discovery": []}, "discovery-protocols": {"discovery": {"links": None}}, "wireless": "nothing",
    "somebody-elses": {"poller": {"access_points": [{"name": "ap-1", "mac_addr": None}]}},
}  # fmt: skip
"""What that system's versions, and a hand that edits, may write."""


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder in which much is not as it should be."""
    answers: dict[str, Any] = {
        "box": PORTS,
        "empty": {},
        "list": [1, 2],
        "null": None,
        "lonely": {},
        "shape": {"ports": 7},
    }
    for folder in ("snmprec", "expected"):
        (tmp_path / folder).mkdir()
    for name in ("box", "empty", "list", "null", "broken", "shape"):
        (tmp_path / "snmprec" / f"librenms__{name}.snmprec").write_bytes(BOX)
    (tmp_path / "snmprec" / "nothing.snmprec").write_bytes(b"")
    for name, answer in answers.items():
        (tmp_path / "expected" / f"{name}.json").write_text(json.dumps(answer), "utf-8")
    (tmp_path / "expected" / "broken.json").write_bytes(b'{"ports": \xff')
    return tmp_path


async def test_a_strange_file_is_told_and_stops_nothing(foreign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPUS_SHARED", str(foreign))
    folder = snmp_agreement.shared()
    assert folder == foreign
    found = {each.recording.removeprefix("librenms__"): each for each in await snmp_agreement.agreements(folder)}
    assert [name for name, each in found.items() if each.trouble] == ["broken"]
    assert list(snmp_agreement.unrecorded(folder)) == ["lonely"]
    box = found["box"]
    assert list(snmp_agreement.disagreements([box])) == [
        "box: sensors: count 1.3.6.1.9.9 None: value: theirs 3 ours None",
        "box: access points: access point ap-1: name: theirs 'ap-1' ours ''",
    ]
    assert [box.count(of) for of in ("ports", "processors", "memory")] == [(6, 6), (1, 1), (0, 0)]
    assert len(snmp_agreement.table(found.values())) == 9 + len(found)


def test_a_row_of_each_radio_is_found_by_the_access_points_name() -> None:
    names = ("4-floor-1 Radio 0", "4-floor-1 Radio 1", "4-floor-2 Radio 0")
    expected = {"os": {"poller": {"access_points": [{"name": name, "mac_addr": None} for name in names]}}}
    document = {"access_points": [{"name": "4-floor-1", "mac": "00:11:22:33:44:55"}]}
    assert snmp_agreement.compare("an-ac", document, expected).count("access points") == (2, 3)
