"""README's tables are true: each metric and each option that it names is there, and each that is there is named."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.cli.grammar import COMMANDS
from agent.probes import PROBES
from tests.metrics.campus import campus, device
from tests.metrics.test_page import PROMISED

ROOT = Path(__file__).resolve().parents[2]
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
_ANYWHERE = frozenset(("username", "password"))


def spelled(name: str) -> Iterator[str]:
    """`a_{b,c}_d{label}` is a_b_d and a_c_d."""
    parts = re.split(r"\{([a-z_,]+)\}(?=_)", name.partition("{device")[0])
    choices = [part.split(",") if place % 2 else [part] for place, part in enumerate(parts)]
    return ("".join(one).partition("{")[0] for one in itertools.product(*choices))


def tabled(path: Path) -> set[str]:
    """The metrics that the README's table names in its first column."""
    cells = re.findall(r"^\| (`campus_[^|]*) \|", path.read_text("utf-8"), re.MULTILINE)
    return {name for cell in cells for said in re.findall(r"`(campus_[^`]+)`", cell) for name in spelled(said)}


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
async def test_the_metrics_are_those_of_the_pages(path: Path, tmp_path: Path) -> None:
    async with campus(tmp_path, [device("sw")]) as c:
        page = await c.page() + b"".join([chunk async for chunk in c.exposition.ports()]).decode()
    served = set(re.findall(r"^# TYPE (campus_\w+)", page, re.MULTILINE))
    named = tabled(path)
    assert named - served == set(), "named and not there"
    assert served - named - set(PROMISED.split()) == set(), "there and not named"


def options(path: Path) -> list[set[str]]:
    """The names in the first columns of the tables of options, in the order of the README."""
    found: list[set[str]] = []
    inside = False
    for line in path.read_text("utf-8").splitlines():
        if re.match(r"\| (option\b|选项|`snmp` 的选项)", line):
            found.append(set())
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("|--"):
            found[-1] |= set(re.findall(r"`([a-z_]+)`", line.split("|")[1]))
    return found


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_the_options_are_those_of_the_probes(path: Path) -> None:
    tables = options(path)
    assert len(tables) == 3
    for said, protocol in zip(tables, ("snmp", "onvif", "rtsp"), strict=True):
        fields = {each.name for each in dataclasses.fields(PROBES[protocol].options)}
        assert said == fields - _ANYWHERE, protocol


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_the_probes_of_services_name_their_options(path: Path) -> None:
    rows = re.findall(r"^\| (`(?:sip|http|barix|rdp)`.*?) \|", path.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == 4
    for row in rows:
        outside, _, inside = row.replace("（", "(").replace("）", ")").partition("(")
        said = {word.partition(":")[0] for word in re.findall(r"`([^`]+)`", inside)}
        for protocol in re.findall(r"`([a-z]+)`", outside):
            fields = {each.name for each in dataclasses.fields(PROBES[protocol].options)}
            assert said <= fields, (protocol, said - fields)


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_the_commands_are_those_of_the_program(path: Path) -> None:
    table = re.search(r"\n\| (?:command|命令) \|.*?\n\n", path.read_text("utf-8"), re.DOTALL)
    assert table is not None
    plain = table[0].replace("\\|", "/")
    first = " ".join(line.split("|")[1] for line in plain.strip().splitlines())
    named = {said.split()[0] for said in re.findall(r"`([a-z]+[^`]*)`", first)}
    assert named <= set(COMMANDS)
    assert set(COMMANDS) - named == {"completion"}, "told under the reference"
