"""The format of profiles: what is a mistake and where, what joins, which box gets which."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.probes.snmp.library import EXTREMES, FOLDER, Joined, Library, load
from agent.probes.snmp.parts import address, part_of, parted
from agent.probes.snmp.profile import Column, Rule
from agent.probes.snmp.template import Template
from agent.probes.snmp.values import converted, found, optical, parsed, plain, text, worded

MISTAKES = {
    "unknown key": ("processor: []", "1: 'processor' is not known here, did you mean 'processors'?"),
    "no oid": ("processors:\n  - percent: {oid: hrLoad}", "2: processors[0].percent.oid: 'hrLoad' is neither"),
    "no column": (
        'processors:\n  - percent: 1.3.6.1.4.1.9.2\n    descr: "{nmae}"\n    columns: {name: 1.3.6.1.4.1.9.3}',
        "2: processors[0]: there is no column 'nmae' here, did you mean 'name'?",
    ),
    "both": ("processors:\n  - percent: {oid: 1.3.6.1.9, get: 1.3.6.1.8.0}", "2: processors[0].percent: a column has"),
    "slow": ("select:\n  - descr: '(a+)+$'", "2: select[0].descr: '(a+)+$' could take for ever"),
    "pattern": ("select:\n  - descr: '('", "2: select[0].descr: not a regular expression"),
    "nothing": ("select:\n  - {}", "2: select[0]: nothing is said that a box could be recognised by"),
    "class": ("sensors:\n  - {class: heat, value: 1.3.6.1.4.1.9.2}", "2: sensors[0].class: 'heat' is not one of"),
    "state": (
        'sensors:\n  - {class: state, value: 1.3.6.1.4.1.9.2, states: {"1": good}}',
        "2: sensors[0].states.1: 'good' is not one of: ok, warning, critical, unknown",
    ),
    "condition": (
        "sensors:\n  - class: state\n    value: 1.3.6.1.4.1.9.2\n    where: {in: [a]}",
        "4: sensors[0].where: a condition names one of",
    ),
    "template": ('vlans:\n  - columns: {name: 1.3.6.1.9}\n    id: "{"', "3: vlans[0].id: a brace that makes no place"),
    "missing": ("sensors:\n  - class: state\n    columns: {a: 1.3.6.1.4.1.9.2}", "2: sensors[0]: 'value' is missing"),
    "rows": ('vlans:\n  - id: "{index}"', "2: vlans[0]: the rule has no column of its own"),
    "parent": ("title: a\nextends: [standrad]", "2: extends: there is no profile 'standrad', did you mean 'standard'?"),
    "cycle": ("title: a\nextends: [mine]", "2: extends: the profiles extend each other in a circle by 'mine'"),
    "object": ("objects:\n  a: 1.3\n  b: ifName", "3: objects.b: 'ifName' is neither"),
    "scale": ("processors:\n  - percent: {oid: 1.3.6.1.9, scale: 1/0}", "2: processors[0].percent.scale: '1/0' is not"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    body, expected = MISTAKES[name]
    file = tmp_path / "mine.yaml"
    file.write_text(body, "utf-8")
    (tmp_path / "standard.yaml").write_text((FOLDER / "standard.yaml").read_text("utf-8"), "utf-8")
    told = [problem.render("en") for problem in load([tmp_path]).problems]
    assert any(line.startswith(f"{file}:{expected}") for line in told), told
    assert load([tmp_path]).problems[0].what("zh") != load([tmp_path]).problems[0].what("en")


def test_the_shipped_profiles_have_no_mistake() -> None:
    library = load()
    assert [problem.render("en") for problem in library.problems] == []
    assert {"generic", "h3c-comware"} <= set(library.profiles)
    assert not any(name.startswith("mib-") for name in library.profiles), "what is abstract is nobody's profile"


def library(tmp_path: Path, **files: str) -> Library:
    for name, body in files.items():
        (tmp_path / f"{name}.yaml").write_text(body, "utf-8")
    found = load([tmp_path])
    assert [problem.render("en") for problem in found.problems] == []
    return found


def named(profile: Joined, of: str) -> list[list[str]]:
    return [[step.name for step in group if isinstance(step, Rule)] for group in profile.groups[of]]


def test_the_nearest_profile_is_heard_first(tmp_path: Path) -> None:
    rule = "{rule: %s, percent: 1.3.6.1.4.1.9.%d}"
    profiles = library(
        tmp_path,
        base=f"abstract: true\nno_value: ['1']\nprocessors: [{rule % ('base', 1)}]\nobjects: {{x: 1.3.6.1.4.1.9.7}}",
        left=f"abstract: true\nextends: [base]\nprocessors: [{rule % ('left', 2)}]",
        right=f"abstract: true\nextends: [base]\nprocessors: [{rule % ('right', 3)}]",
        box="extends: [left, right]\nno_value: ['2']\nalso: [processors]\nprocessors: [{rule: own, percent: x}]",
        bare="extends: [left, right]\ndrop: [right]",
    ).profiles
    assert set(profiles) == {"box", "bare"}
    assert profiles["box"].line == ("box", "left", "right", "base")
    assert named(profiles["box"], "processors") == [["own", "left"], ["right"], ["base"]]
    assert profiles["box"].no_value == EXTREMES | {"1", "2"}
    assert named(profiles["bare"], "processors") == [["left"], [], ["base"]]


def test_other_oids_for_inherited_names_change_the_inherited_rules(tmp_path: Path) -> None:
    rule = "processors: [{percent: cpu}]"
    profiles = library(
        tmp_path,
        maker=f"{rule}\nobjects: {{cpu: 1.3.6.1.4.1.9.1}}",
        oem="extends: [maker]\nobjects: {cpu: 1.3.6.1.4.1.8.1}",
        shop="extends: [oem]",
        other=f"abstract: true\n{rule}\nobjects: {{cpu: 1.3.6.1.4.1.7.1}}",
        both="extends: [oem, other]",
    ).profiles

    def asked(profile: str) -> list[str]:
        rules = [step for group in profiles[profile].groups["processors"] for step in group if isinstance(step, Rule)]
        return [oid for rule in rules for column in rule.columns.values() for oid in column.oids]

    assert asked("maker") == ["1.3.6.1.4.1.9.1"]
    assert asked("oem") == asked("shop") == ["1.3.6.1.4.1.8.1"]
    assert asked("both") == ["1.3.6.1.4.1.8.1", "1.3.6.1.4.1.7.1"], "a stranger's name of the same sound is its own"


def test_the_users_file_stands_in_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "h3c-comware.yaml").write_text("title: ours\nextends: [generic]\nselect: [{object_id: 1.3.6.1.4.1.9}]")
    assert load([FOLDER, tmp_path]).profiles["h3c-comware"].title == "ours"


# -- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "figure"),
    [("52 PERCENT", 52.0), ("10.1", 10.1), ("512 MB", 512 * 2**20), ("-40", -40.0), ("36 C / 96 F", 36.0),
     ("number 1:invalid", None), ("", None), ("NaN", None), ("1e9999", 1.0), ("9" * 40, 99999999999999999999.0)],
)  # fmt: skip
def test_the_number_a_text_begins_with(shown: str, figure: float | None) -> None:
    assert parsed(shown) == figure


@pytest.mark.parametrize(
    ("raw", "shown"),
    [(b"fan 1\0\0", "fan 1"), (b"\x00\x1c\xc5\x01\x02\x03", "00:1c:c5:01:02:03"), (b"\xc0\x00\x02\x01", "192.0.2.1"),
     (b"\x01\xc0\x00\x02\x01", "192.0.2.1"), (b"\xff\xfe\x00", "ff:fe:00"), (b"abcdef", "abcdef"), (7, "7"), (None, ""),
     ("教学楼".encode(), "教学楼"), ("弱电间A栋".encode("gb18030"), "弱电间A栋"), (b"a\x1b[2Jb", "61:1b:5b:32:4a:62")],
)  # fmt: skip
def test_bytes_become_text(raw: bytes | int | None, shown: str) -> None:
    assert text(raw) == shown


def test_text_of_other_sorts() -> None:
    assert text(b"94-e1-ac-e4-6e-c7", "mac") == "94:e1:ac:e4:6e:c7"
    assert text(b"\x20\x01" + bytes(14), "ip") == "2001::"
    assert text("1.3.6.1.2.1.2.2.1.1.49", "index") == "49"
    assert text(".1.3.6.1", "oid") == "1.3.6.1"


def test_sentinels_patterns_and_maps() -> None:
    column = Column(oids=("1",), no_value=frozenset(("65535",)))
    assert (plain(65535, column), plain(b"65535", column), plain(40, column)) == (None, None, 40.0)
    assert worded(3, Column(oids=("1",), map={"3": "delivering"})) == "delivering"
    assert worded(9, Column(oids=("1",), map={"3": "delivering"}, only_mapped=True)) == ""
    assert worded(9, Column(oids=("1",), map={"3": "up"}, otherwise="down")) == "down"
    assert plain(b"\x9f\x78\x04\x3f\x80\x00\x00", column) == 1.0


def test_an_optical_power_is_microwatt_or_hundredths_of_dbm() -> None:
    assert converted(-532, "optical_power") == -5.32
    microwatt = converted(536, "optical_power")
    assert microwatt is not None and round(microwatt, 4) == -2.7084
    assert optical(150, hundredths=True) == 1.5
    assert [converted(value, "optical_power") for value in (-1, 0, -10000, 10**9)] == [None] * 4
    assert converted(212, "fahrenheit") == 100
    assert converted(3, "complement") == 97
    assert (converted(0, "mw_to_dbm"), converted(-1, "uw_to_dbm")) == (-60, None), "darkness, and no power at all"


def test_a_pattern_gives_its_first_group() -> None:
    assert found(re.compile(r"Version (\S+)|V(\d+)"), "ROS V4") == "4"
    assert found(re.compile(r"V\d"), "ROS V4") == "V4"
    assert found(re.compile("x"), "y" * 5000 + "x") == "", "what is very long is not read to its end"


# -- indexes and templates --------------------------------------------------------------------------------------------


def test_parts_of_an_index() -> None:
    sorts = {"slot": "int", "mac": "mac", "name": "text", "rest": "rest"}
    assert parted("7.0.28.197.1.2.3.2.97.98.5.6", sorts) == {
        "slot": "7", "mac": "00:1c:c5:01:02:03", "name": "ab", "rest": "5.6",
    }  # fmt: skip
    assert parted("3.1.4.192.0.2.1", {"if": "int", "type": "int", "address": "inet"})["address"] == "192.0.2.1"
    assert parted("7.0", {"slot": "int", "mac": "mac"}) == {"slot": "7"}
    assert parted("97.98", {"name": "implied"}) == {"name": "ab"}
    assert parted("300.1.1.1.1.1", {"mac": "mac"}) == {"mac": ""}
    assert (part_of("1.2.3", "2"), part_of("1.2.3", "-1"), part_of("1", "5"), part_of("1", "x")) == ("2", "3", "", "")
    assert address("1.4.192.0.2.9") == "192.0.2.9"
    assert address("9.4.1.2.3.4") is None


def test_a_template_with_an_empty_place_yields_nothing() -> None:
    template = Template.read("Fan {slot}/{1}")
    assert template.fill({"slot": "2", "1": "9"}.__getitem__) == "Fan 2/9"
    assert template.fill(lambda name: "") == ""
    assert Template.read("Fan").fill(lambda name: "") == "Fan"
