"""`pc-[01-60]` -> sixty texts. All ranges of one entry count together, so they must be equally long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_RANGE = re.compile(r"\[(\d{1,9})-(\d{1,9})\]", re.ASCII)

MOST = 100_000
"""Devices that one file may expand to."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text with its ranges cut out. `parts` has one more than `starts`; `widths` 0 means no leading zeros."""

    parts: tuple[str, ...]
    starts: tuple[int, ...]
    widths: tuple[int, ...]

    def at(self, step: int) -> str:
        """The text of the `step`th member, from 0."""
        words = [self.parts[0]]
        for start, width, part in zip(self.starts, self.widths, self.parts[1:], strict=True):
            words += [str(start + step).zfill(width), part]
        return "".join(words)


class NotARange(ValueError):
    """`key` is the sentence that says what is wrong."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def has_range(text: str) -> bool:
    return "[" in text and _RANGE.search(text) is not None


def template(text: str) -> tuple[Template, int]:
    """The template of a text and how many members it has (1 without a range).

    Raises NotARange when a range runs backwards or two of one text differ in length.
    """
    parts: list[str] = []
    starts: list[int] = []
    widths: list[int] = []
    count, end = 1, 0
    for match in _RANGE.finditer(text):
        first, last = match.groups()
        length = int(last) - int(first) + 1
        if length < 1:
            raise NotARange("config.range_backwards")
        if starts and length != count:
            raise NotARange("config.range_lengths")
        parts.append(text[end : match.start()])
        starts.append(int(first))
        widths.append(len(first) if first.startswith("0") and len(first) > 1 else 0)
        count, end = length, match.end()
    return Template((*parts, text[end:]), tuple(starts), tuple(widths)), count


def expand(texts: Mapping[str, str], leader: str) -> Iterator[dict[str, str]]:
    """The members that `texts` stand for; the ranges of `leader` say how many there are.

    A text without a range is the same for every member. Raises NotARange, before the first member, when lengths
    differ.
    """
    templates = {name: template(text) for name, text in texts.items()}
    count = templates[leader][1]
    for made, length in templates.values():
        if made.starts and length != count:
            raise NotARange("config.range_lengths")
    return ({name: made.at(step) for name, (made, _) in templates.items()} for step in range(count))


def count(text: str) -> int:
    """How many members a text stands for. Raises NotARange."""
    return template(text)[1]
