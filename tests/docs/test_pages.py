"""The documents hold together: links lead somewhere, commands parse, files are right, both languages say the same."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from agent.cli.grammar import COMMANDS, Parser, shared
from agent.cli.stop import Stop
from agent.config import Loaded
from agent.inventory.calendarfile import load_calendar
from agent.inventory.reading import load_inventory
from agent.inventory.rosterfile import load_roster
from agent.locale import catalogue

from .pages import ALL, DOCS, ROOT, TWINS, Page

SKETCH = re.compile(r"\.\.\.|[A-Z]{3,}|\||\[|动作|工单号|编号|备份文件|文件\b")
"""In a command that is a sketch and not to be typed: `ticket VERB --help`."""


"""What `make bench` has still to write: README.md says so by its placeholder."""


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", ALL, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    for link in Page(path).links:
        if link.startswith(("http://127.0.0.1", "https://")):
            continue
        place, _, anchor = link.partition("#")
        target = (path.parent / place).resolve() if place else path
        assert target.exists(), link
        if anchor:
            assert anchor in Page(target).anchors, link


@pytest.mark.parametrize("pair", TWINS, ids=lambda pair: pair[1].name)
def test_both_languages_have_the_same_sections_screens_and_commands(pair: tuple[Path, Path]) -> None:
    zh, en = map(Page, pair)
    assert [level for level, _ in zh.headings] == [level for level, _ in en.headings]
    assert [(b.language, b.how, b.typed) for b in zh.blocks] == [(b.language, b.how, b.typed) for b in en.blocks]
    assert zh.rows == en.rows


def test_both_languages_have_the_same_pages() -> None:
    assert {path.name for path in (DOCS / "zh").iterdir()} == {path.name for path in (DOCS / "en").iterdir()}


@pytest.mark.parametrize("path", ALL, ids=named)
def test_every_command_parses(path: Path) -> None:
    for words in Page(path).commands():
        if words and not SKETCH.search(" ".join(words)):
            parsed(words)


def parsed(words: list[str]) -> None:
    """By the command line's own parser; global options may stand before the command."""
    say = catalogue("en")
    while words and words[0] in ("--data", "--config", "--lang"):
        words = words[2:]
    if not words or words == ["--version"]:
        return
    assert words[0] in COMMANDS, words
    if len(words) == 1 or "--help" in words:
        return
    parser = Parser(say, words[0])
    try:
        import_module(f"agent.cli.commands.{words[0]}").configure(parser, words[1:])
        shared(parser)
        parser.parse_intermixed_args(words[1:])
    except Stop as stop:
        raise AssertionError(f"{words}: {stop}") from stop


def blocks_of(name: str, key: str) -> list[str]:
    """The YAML of a page whose top level has this key, in both languages."""
    pages = [Page(DOCS / lang / name) for lang in ("zh", "en")]
    return [
        b.text for page in pages for b in page.blocks if b.language == "yaml" and re.search(rf"^{key}:", b.text, re.M)
    ]


def test_the_inventory_shown_is_right(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir(mode=0o700)
    (tmp_path / "secrets" / "ro").write_text("x")
    (tmp_path / "secrets" / "ro").chmod(0o600)
    shown = blocks_of("first-inventory.md", "devices")
    assert len(shown) == 2
    for text in shown:
        (tmp_path / "inventory.yaml").write_text(text, "utf-8")
        assert not load_inventory(tmp_path / "inventory.yaml").problems


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_inventories_of_the_readme_are_right(name: str, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir(mode=0o700)
    for secret in ("ro", "speaker"):
        (tmp_path / "secrets" / secret).write_text("x")
        (tmp_path / "secrets" / secret).chmod(0o600)
    shown = [b.text for b in Page(ROOT / name).blocks if b.language == "yaml" and re.search("^devices:", b.text, re.M)]
    assert len(shown) >= 2
    for text in shown:
        (tmp_path / "inventory.yaml").write_text(text, "utf-8")
        assert not load_inventory(tmp_path / "inventory.yaml").problems


@pytest.mark.parametrize(("key", "load"), [("people", load_roster), ("terms", load_calendar)])
def test_roster_and_calendar_shown_are_right(key: str, load: Callable[[Path], Loaded[Any]], tmp_path: Path) -> None:
    shown = blocks_of("first-inventory.md", key)
    assert len(shown) == 2
    for text in shown:
        (tmp_path / "file.yaml").write_text(text, "utf-8")
        assert not load(tmp_path / "file.yaml").problems


def test_the_installer_has_the_options_that_the_pages_name() -> None:
    usage = ["bash", str(ROOT / "deploy" / "install.sh"), "--lang", "en", "--help"]
    known = subprocess.run(usage, capture_output=True, text=True, check=True, timeout=20).stdout
    for path in ALL:
        for option in re.findall(r"install\.sh((?: --[a-z-]+)+)", Page(path).text):
            assert all(word in known for word in option.split()), (path, option)


def families() -> set[str]:
    """Every metric that the agent writes."""
    sources = (path.read_text("utf-8") for path in (ROOT / "agent" / "metrics").glob("*.py"))
    return {name for source in sources for name in re.findall(r'"(campus_[a-z_]+)"', source)}


def spelled(text: str) -> set[str]:
    """Metric names in a text; of `a_{in,out}_b` both."""
    braced = re.findall(r"(campus_[a-z_]*)\{([a-z]+(?:,[a-z]+)+)\}(_[a-z_]+)", text)
    return {*re.findall(r"campus_[a-z_]+", text), *(a + m + z for a, middle, z in braced for m in middle.split(","))}


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_metric_is_in_the_reference(name: str) -> None:
    shared = Path(os.environ.get("CAMPUS_SHARED", ROOT.parent / "shared")) / "design" / "interface.md"
    if not shared.is_file():
        pytest.skip("needs interface.md of the shared folder")
    known = spelled(Page(ROOT / name).text) | spelled(shared.read_text("utf-8"))
    assert sorted(family for family in families() if not {family, f"{family}_total"} & known) == []


def test_nothing_of_this_machine_is_shown() -> None:
    for path in ALL:
        text = Page(path).text
        assert not re.search(r"/work/|/root/\.|/home/(?!li/)|pyenv|\.venv/|/tmp/(?!demo)", text), path
        for address in re.findall(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)", text):
            assert address.startswith(("127.", "192.0.2.", "198.18.", "7.1.", "1.3.6.1")), (path, address)
