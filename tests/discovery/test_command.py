"""`discover` as it is typed: mistakes of usage, the bar, the file that a broken-off one leaves."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from agent.cli import main
from agent.cli.progress import Progress
from agent.discovery import Ground, Journey, Trail, Wish, load, read_ranges
from agent.discovery.box import Box
from agent.discovery.found import Found
from agent.discovery.journey import _begun
from agent.discovery.onvif import Match
from agent.discovery.resume import BadResume
from agent.inventory.writing import relocated
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
    trail = Trail(folder / "r")
    journey.found.hear("icmp", "198.18.0.9")
    journey.stage = 4
    trail.save(journey.body(), bytes(journey.ground.marks))
    journey.found.write = trail.add
    journey.found.hear("onvif", "198.18.0.8")
    journey.found.announced("198.18.0.8", Match(name="gate", types=("NetworkVideo",)))
    journey.found.asked(Box(address="198.18.0.9", heard=("icmp",), tried=("switches",)))
    journey.found.beyond("10.0.0.1", "lldp")
    trail.close()
    with (folder / "r").open("a") as file:
        file.write('{"heard": {"198.18.0.7": ["ic')  # where the kill came
    body, marks = load(folder / "r", 1000)
    again = Journey(Ground(read_ranges(body["ranges"]), marks), Wish())
    again.restore(body)
    assert (again.stage, again.found.body()) == (4, journey.found.body())
    assert again.ground.alive() == ["198.18.0.8", "198.18.0.9"]


def test_secrets_are_found_from_another_folder() -> None:
    text = "# 密码\na: {snmp: {community_file: ro, \"k\": [x_file]}}  # ro\nb_file: 'x, y'\nc_file: /abs\nd: b_file\n"
    told = '# 密码\na: {snmp: {community_file: "/etc/学校/ro", "k": [x_file]}}  # ro\nb_file: "/etc/学校/x, y"\n'
    assert relocated(text, Path("/etc/学校")) == told + "c_file: /abs\nd: b_file\n"


def test_a_folder_that_cannot_be_written_stops_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir("/proc/self")
    off = ["--no-icmp", "--no-tcp", "--no-onvif", "--no-snmp"]
    assert main(["--lang", "en", "discover", "198.18.0.0/30", *off]) == 0
    assert "begins anew" in capsys.readouterr().err


def test_an_earlier_one_that_broke_off_is_pointed_at(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "campus-discover.resume").write_text("of another")
    off = ["--no-icmp", "--no-tcp", "--no-onvif", "--no-snmp"]
    assert main(["--lang", "en", "discover", "198.18.0.0/30", *off]) == 0
    assert "an earlier discovery broke off" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["campus-discover.resume"]


def test_what_was_tried_before_the_kill_is_not_tried_again() -> None:
    found = Found()
    for name, became in (("a", "silent"), ("b", "refused"), ("c", "trying"), ("d", "opened")):
        found.tried("198.18.0.9", name, became)
    box = _begun("198.18.0.9", found)
    assert (box.tried, box.refused, box.credential) == (("a", "b", "c"), ("b", "c"), "d")


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
