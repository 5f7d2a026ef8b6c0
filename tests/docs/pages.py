"""The documents as values: their headings, links, code and commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
NAMES = tuple(sorted(path.name for path in (DOCS / "en").glob("*.md")))
TWINS = (*((DOCS / "zh" / name, DOCS / "en" / name) for name in NAMES), (ROOT / "README.zh-CN.md", ROOT / "README.md"))
ALL = tuple(path for pair in TWINS for path in pair)

_FENCE = re.compile(r"^( *)```(\w*)[ ]?(.*?)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`\n]+)`")
_PROMPT = re.compile(r"^ *\$ (?:sudo (?:-u \S+ )?)?", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block. language: its first word; how: the rest of the line, `exit=1`; text: without the indent."""

    language: str
    how: str
    text: str

    @property
    def exit(self) -> int:
        """The code with which the command on this screen ended."""
        found = re.search(r"exit=(\d+)", self.how)
        return int(found[1]) if found else 0

    @property
    def typed(self) -> list[str]:
        """What a person types on this screen, without the prompt and `sudo`."""
        return [_PROMPT.sub("", line) for line in self.text.splitlines() if _PROMPT.match(line)]


@dataclass(frozen=True)
class Page:
    """One document."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def prose(self) -> str:
        """The text without its screens."""
        return _FENCE.sub("", self.text)

    @property
    def headings(self) -> list[tuple[int, str]]:
        return [(len(marks), title.strip()) for marks, title in _HEADING.findall(self.prose)]

    @property
    def anchors(self) -> set[str]:
        """As GitHub makes them: small letters, no punctuation, hyphens for spaces."""
        return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for _, title in self.headings}

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return len(re.findall(r"^\|", self.prose, re.MULTILINE))

    @property
    def links(self) -> list[str]:
        return _LINK.findall(self.prose)

    @property
    def blocks(self) -> list[Block]:
        found = _FENCE.findall(self.text)
        return [
            Block(language=language, how=how, text=re.sub(rf"^{indent}", "", text, flags=re.MULTILINE))
            for indent, language, how, text in found
        ]

    def commands(self) -> Iterator[list[str]]:
        """Every whole `campus-agent` command, on screens and within sentences, as words."""
        spans = [re.sub(r"^sudo (?:-u \S+ )?", "", span) for span in _SPAN.findall(self.prose)]
        screens = [line for block in self.blocks if block.language in ("console", "sh") for line in block.typed]
        for line in (*screens, *spans):
            if re.match(r"campus-agent(?= |$)", line):
                yield shlex.split(line)[1:]
