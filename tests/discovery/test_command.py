"""`discover` as it is typed: mistakes of usage, the bar, the file that a broken-off one leaves."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from agent.cli import main
from agent.cli.progress import Progress
from agent.discovery import Ground, Journey, Wish, load, read_ranges, save
from agent.discovery.box import Box
from agent.discovery.resume import BadResume
from agent.locale import catalogue


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "missing: CIDR"),
        (["school"], "school is no range"),
        (["10.0.0.0/8"], "more than a /16"),
        (["10.0.0.0/7", "--yes"], "at most"),
        (["198.18.0.0/30", "--rate", "0"], "--rate"),
        (["198.18.0.0/30", "--resume", "absent"], "no file absent"),
        (["198.18.0.0/30", "--community-file", "absent"], "absent"),
    ],
)
def test_mistakes_of_usage(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "discover", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_public_addresses_are_warned_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    off = ["--no-icmp", "--no-tcp", "--no-onvif", "--no-snmp"]
    assert main(["--lang", "en", "discover", "8.8.8.8/32", *off]) == 0
    assert "not a private range" in capsys.readouterr().err


def test_nobody_there_is_an_empty_inventory(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    off = ["--no-icmp", "--no-tcp", "--no-onvif", "--no-snmp"]
    assert main(["--lang", "en", "discover", "198.18.0.0/30", *off, "--write", "empty.yaml"]) == 0
    assert main(["--lang", "en", "check", "--inventory", "empty.yaml"]) == 0
    assert main(["--lang", "en", "discover", "198.18.0.0/30", *off, "--inventory", "empty.yaml", "--json"]) == 0
    document = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert document["difference"] == {"new": [], "gone": [], "moved": [], "changed": []}


def test_a_resume_file_goes_there_and_back(folder: Path) -> None:
    journey = Journey(Ground(read_ranges(["198.18.0.0/24"])), Wish())
    journey.ground.put("198.18.0.9", 1)
    journey.stage, journey.at = 2, 77
    journey.heard["198.18.0.9"] = ["icmp"]
    journey.boxes["198.18.0.9"] = Box(address="198.18.0.9", heard=("icmp",), tried=("switches",))
    save(folder / "r", journey.body(), bytes(journey.ground.marks))
    body, marks = load(folder / "r", 1000)
    again = Journey(Ground(read_ranges(body["ranges"]), marks), Wish())
    again.restore(body)
    assert (again.stage, again.at, again.heard, again.boxes) == (2, 77, journey.heard, journey.boxes)
    assert again.ground.alive() == ["198.18.0.9"]


@pytest.mark.parametrize("text", ["", "{}", '{"format": "campus-agent discover 1"}', "[1]", "\0" * 99, "{" * 5000])
def test_a_file_that_is_none_of_ours(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "r").write_text(text)
    with pytest.raises(BadResume):
        load(folder / "r", 1000)
    assert main(["--lang", "en", "discover", "--resume", "r"]) == 2
    assert "no resume file" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_is_drawn_on_a_terminal_and_taken_away() -> None:
    screen = Terminal()
    bar = Progress(catalogue("en"), stream=screen)
    bar.stage("ping", 100)
    bar._shown = 0.0
    bar.moved(50, "3 found")
    assert "ping [############............] 50/100 3 found" in screen.getvalue()
    bar.clear()
    assert screen.getvalue().endswith("\r")


def test_off_a_terminal_there_is_a_line_a_stage() -> None:
    paper = io.StringIO()
    bar = Progress(catalogue("en"), stream=paper)
    bar.stage("ping", 100)
    for done in range(100):
        bar.moved(done)
    assert paper.getvalue() == "ping (0/100)\n"
