"""Columns that stand under one another, Chinese characters counted as the two cells they take."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.text import clean

GAP = "  "
LEAST = 8
"""Cells that a cut column keeps."""


@dataclass(frozen=True, slots=True)
class Column:
    """cut: gives way when the terminal is too narrow.  paint: colours a cell of it, its padding left out."""

    title: str
    cut: bool = False
    paint: Callable[[str], str] = str


def width(text: str) -> int:
    """Cells on a terminal (UAX 11: wide and fullwidth take two, combining marks none)."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, cells: int) -> str:
    """At most so many cells, the last an ellipsis where something is left out."""
    if width(text) <= cells:
        return text
    kept, used = [], 0
    for char in text:
        used += _cells(char)
        if used > cells - 1:
            break
        kept.append(char)
    return "".join(kept) + "…"


def grid(columns: Sequence[Column], rows: Sequence[Sequence[str]], wide: int | None) -> list[str]:
    """The table, a title line first. wide: cells of the terminal, None cuts nothing."""
    cells = [[clean(cell) for cell in row] for row in rows]
    table = [[column.title for column in columns], *cells]
    widths = [max(width(row[index]) for row in table) for index in range(len(columns))]
    if wide is not None:
        _narrow(columns, widths, wide)
    return [_line(row, widths, None if index == 0 else columns) for index, row in enumerate(table)]


def _narrow(columns: Sequence[Column], widths: list[int], wide: int) -> None:
    """Take what is too much from the columns that may give way, the widest first."""
    over = sum(widths) + len(GAP) * (len(widths) - 1) - wide
    for index in sorted(range(len(columns)), key=lambda index: -widths[index]):
        if over > 0 and columns[index].cut and widths[index] > LEAST:
            taken = min(over, widths[index] - LEAST)
            widths[index] -= taken
            over -= taken


def _line(row: Sequence[str], widths: Sequence[int], columns: Sequence[Column] | None) -> str:
    parts = []
    for index, cells in enumerate(widths):
        text = cut(row[index], cells)
        last = index == len(widths) - 1
        padding = "" if last else " " * (cells - width(text))
        parts.append((columns[index].paint(text) if columns else text) + padding)
    return GAP.join(parts).rstrip()
