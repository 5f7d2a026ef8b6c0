"""Values are read by the asked type, not by YAML's guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import units
from agent.calendar import Hours
from agent.config import Raw, Severity, load, read
from agent.config.agentfile import LISTEN, AgentFile, Endpoint, load_agent_file
from agent.units import Bounds, Duration, Port, ScheduleName, Share


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    room: str = ""
    count: int = 1
    wait: Mapping[str, Duration] = field(default_factory=lambda: {"camera": 5.0, "switch": 6.0})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    text: str = "none"
    number: int = 0
    ratio: float = 0.0
    flag: bool = False
    hold: Duration = 1.0
    part: Share = 0.0
    port: Port = 1
    level: Annotated[int, Bounds(low=3)] = 3
    colour: Colour = Colour.RED
    word: Literal["a", "b"] = "a"
    day: date | None = None
    clock: time | None = None
    hours: Hours | None = None
    path: Path | None = None
    names: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    inner: Inner = field(default_factory=Inner)
    by_name: Mapping[str, Inner] = field(default_factory=dict)
    schedule: ScheduleName = "always"
    raw: Raw | None = None
    from_: str = ""


def sample(tmp_path: Path, text: str, **more: Any) -> Any:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    loaded = load(Sample, path, **more)
    assert loaded.render("en") == []
    return loaded.value


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    return [line.removeprefix(f"{path}:") for line in load(Sample, path).render("en")]


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("text: no", "text", "no"),
        ("text: 22:00", "text", "22:00"),
        ("text: 0123", "text", "0123"),
        ("text: 1.10", "text", "1.10"),
        ("text: 2025-09-01", "text", "2025-09-01"),
        ("text: 00:11:22:33:44:55", "text", "00:11:22:33:44:55"),
        ("text:", "text", "none"),
        ("text: ''", "text", ""),
        ("text: 'null'", "text", "null"),
        ("number: 0161", "number", 161),
        ("number: -5", "number", -5),
        ("ratio: 1.5", "ratio", 1.5),
        ("flag: yes", "flag", True),
        ("flag: Off", "flag", False),
        ("hold: 1m30s", "hold", 90.0),
        ("hold: 500ms", "hold", 0.5),
        ("hold: 3d", "hold", 259200.0),
        ("hold: 90", "hold", 90.0),
        ("part: 30%", "part", 0.3),
        ("part: 0.3", "part", 0.3),
        ("colour: green", "colour", Colour.GREEN),
        ("word: b", "word", "b"),
        ("day: 2026-02-28", "day", date(2026, 2, 28)),
        ("day:", "day", None),
        ("clock: 18:00", "clock", time(18)),
        ("hours: 22:00-06:00", "hours", Hours(1320, 360)),
        ("names: [no, on, 08]", "names", ("no", "on", "08")),
        ("tags: [x, x, y]", "tags", frozenset("xy")),
        ("names: []", "names", ()),
        ("from: here", "from_", "here"),
        ("schedule: school", "schedule", "school"),
        ("text: &a hello\nfrom: *a", "from_", "hello"),
    ],
)
def test_values(tmp_path: Path, text: str, name: str, value: object) -> None:
    assert getattr(sample(tmp_path, text, names={"schedule": {"school"}}), name) == value


def test_paths_are_those_of_the_files_folder(tmp_path: Path) -> None:
    assert sample(tmp_path, "path: a/b.yaml").path == tmp_path / "a/b.yaml"
    assert sample(tmp_path, "path: /etc/x").path == Path("/etc/x")


def test_byte_order_mark_and_chinese(tmp_path: Path) -> None:
    assert sample(tmp_path, "\ufefftext: 教学楼").text == "教学楼"


def test_merge_key(tmp_path: Path) -> None:
    text = "by_name: {a: &a {room: r1, count: 2}, b: {<<: *a, count: 3}, c: {<<: [*a]}}"
    made = sample(tmp_path, text).by_name
    assert (made["b"].room, made["b"].count, made["c"].count) == ("r1", 3, 2)


def test_nested_over_a_base(tmp_path: Path) -> None:
    base = Sample(number=7, inner=Inner(room="r", count=2))
    made = sample(tmp_path, "inner: {count: 9, wait: {camera: 1m}}", base=base)
    assert made.number == 7
    assert made.inner == Inner(room="r", count=9, wait={"camera": 60.0, "switch": 6.0})


def test_a_key_that_the_base_does_not_have_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("inner: {wait: {camra: 1m}}")
    loaded = load(Sample, path, base=Sample())
    assert [problem.severity for problem in loaded.problems] == [Severity.WARNING]
    assert loaded.problems[0].near == "camera"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("number: 22:00", "1: number: '22:00' is not a whole number"),
        ("number: 1_000", "1: number: '1_000' is not a whole number"),
        ("number: 0x10", "1: number: '0x10' is not a whole number"),
        ("number: " + "9" * 5000, "1: number: longer than 4096 characters"),
        ("number: .inf", "1: number: '.inf' is not a whole number"),
        ("ratio: .nan", "1: ratio: '.nan' is not a number"),
        ("hold: 1s1m", "1: hold: '1s1m' is not a duration such as 10s, 1m30s or 2h"),
        ("hold: -5s", "1: hold: '-5s' is not a duration such as 10s, 1m30s or 2h"),
        ("hold: -5", "1: hold: '-5' is less than 0s"),
        ("part: 30", "1: part: '30' is not between 0% and 100%"),
        ("port: 0", "1: port: '0' is not between 1 and 65535"),
        ("level: 2", "1: level: '2' is less than 3"),
        ("colour: gren", "1: colour: 'gren' is not one of: red, green, did you mean 'green'?"),
        ("day: 20260901", "1: day: '20260901' is not a date such as 2026-09-01"),
        ("clock: 25:00", "1: clock: '25:00' is not a time of day such as 18:00"),
        ("schedule: x", "1: schedule: there is no schedule 'x'"),
        ("number:", "1: number: a whole number is missing behind the key"),
        ("names: [a, [b]]", "1: names[1]: a list stands here, a word is wanted"),
        ("by_name: {x: {coutn: 1}}", "1: by_name.x: 'coutn' is not known here, did you mean 'count'?"),
        (
            "text: !!binary aGk=",
            "1: text: a word that begins with '!' is a tag, and none is allowed here; put it in quotes",
        ),
        ("text: a\n\ntext: b", "3: 'text' is given twice, first on line 1"),
        ("tuple: 1\r\nnumber: x", "1: 'tuple' is not known here"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, said: str) -> None:
    assert said in problems(tmp_path, text)


def test_no_guess_is_made_for_what_nobody_can_read() -> None:
    @dataclass(frozen=True)
    class Odd:
        thing: complex = 0j

    from agent.config.reader import reader

    with pytest.raises(TypeError):
        reader(Odd)


@given(st.integers(min_value=0, max_value=10**11))
def test_durations_are_read_back(millis: int) -> None:
    text = units.duration_text(millis / 1000)
    read_back = units.duration(text)
    assert read_back is not None
    assert round(read_back * 1000) == millis


@given(st.text(max_size=12))
def test_durations_and_shares_never_raise(text: str) -> None:
    for value in (units.duration(text), units.share(text), units.number(text)):
        assert value is None or value == value


def test_agent_file_defaults() -> None:
    assert load_agent_file(None).value == AgentFile()
    assert str(LISTEN) == "127.0.0.1:9880"


def test_agent_file_of_the_interface(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text(
        "version: 1\ninventory: inventory.yaml\npolicy: policy.yaml\nlisten: '[::1]:9880'\n"
        "web: {config_file: web-config.yml, reload: false, trusted_proxies: []}\ntraps: {listen: null}\n"
        "channels: [{name: duty, type: wecom, url_file: secrets/wecom, levels: [major, serious]}]\n"
        "log: {level: info, format: text}\n"
    )
    value = load_agent_file(path).value
    assert value is not None
    assert value.inventory == tmp_path / "inventory.yaml"
    assert value.listen == Endpoint("::1", 9880)
    assert value.traps.listen is None
    assert value.channels[0].text("type") == "wecom"
    assert repr(value.channels[0]) == f"Raw({path}:7)"


def test_raw_is_read_when_its_type_is_known(tmp_path: Path) -> None:
    raw = sample(tmp_path, "raw: {room: here, count: 4}").raw
    assert read(Inner, raw.node, raw.source, raw.trail) == raw.read(Inner) == Inner(room="here", count=4)
