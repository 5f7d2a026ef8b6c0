"""Asset lists as they come: the cells of XLSX and CSV files as clean text, each knowing where it stands.

Hostile like everything from outside: bounded size, no formula is believed, no macro, no link is followed.
"""

from __future__ import annotations

import csv
import datetime
import io
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.text import clean

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MOST_ROWS, MOST_COLUMNS = 50_000, 120
LONGEST = 50 * 1024 * 1024
"""Bytes of a file."""
UNPACKED = 200 * 1024 * 1024
"""Bytes of an XLSX file once unpacked: beyond, it is a bomb."""
_LONGEST_CELL = 500
_SNIFFED = 16_384


class UnreadableSheet(Exception):
    """The file is no list; a key of `lists.unreadable` is the argument."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Clean text, and the date where the file says that it is one. row, column: from 0.  spread: of a merged cell that
    began elsewhere."""

    text: str
    row: int
    column: int
    date: datetime.date | None = None
    spread: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. rows: as wide as each is; what is empty has text ""."""

    name: str
    rows: Sequence[Sequence[Cell]]

    def at(self, cell: Cell) -> str:
        """Where a mistake stands: `台账!C7`."""
        return f"{self.name}!{letters(cell.column)}{cell.row + 1}"


def letters(column: int) -> str:
    """`A` of 0, `AA` of 26."""
    word = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        word = chr(ord("A") + rest) + word
    return word


def plain(text: str) -> str:
    """Clean, full-width digits and letters as ASCII (NFKC), without the mark that keeps a formula from running."""
    flat = clean(unicodedata.normalize("NFKC", clean(text, _LONGEST_CELL)), _LONGEST_CELL)
    return flat[1:] if flat[:1] == "'" and flat[1:2] in ("=", "+", "-", "@") else flat


def read_sheets(path: Path) -> list[Sheet]:
    """All sheets that hold something. Raises UnreadableSheet and OSError."""
    if path.stat().st_size > LONGEST:
        raise UnreadableSheet("too_large")
    raw = path.read_bytes()
    if raw.startswith(b"PK"):
        return [sheet for sheet in _workbook(raw) if sheet.rows]
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableSheet("old_excel")
    return [Sheet(path.stem, _grid(_csv(raw)))]


def _csv(raw: bytes) -> Iterator[list[str]]:
    """UTF-8, UTF-16 by its mark, else GB18030, which is what Excel writes in China."""
    text = _decoded(raw)
    sample = text[:_SNIFFED]
    mark = max(",;\t", key=sample.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    except csv.Error:
        raise UnreadableSheet("no_csv") from None


def _decoded(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableSheet("encoding")


def _grid(rows: Iterator[list[str]]) -> list[list[Cell]]:
    found = []
    for number, row in enumerate(rows):
        if number >= MOST_ROWS:
            raise UnreadableSheet("too_many_rows")
        found.append([Cell(plain(text), number, column) for column, text in enumerate(row[:MOST_COLUMNS])])
    return found


def _workbook(raw: bytes) -> Iterator[Sheet]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            if sum(each.file_size for each in packed.infolist()) > UNPACKED:
                raise UnreadableSheet("too_large")
            if any(_has_dtd(packed, each) for each in packed.infolist()):
                raise UnreadableSheet("no_workbook")
        book = openpyxl.load_workbook(io.BytesIO(raw), data_only=True, keep_links=False)
    except UnreadableSheet:
        raise
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, SyntaxError, OSError) as error:
        raise UnreadableSheet("no_workbook") from error
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            yield Sheet(clean(sheet.title, 60), _cells(sheet))


def _has_dtd(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """No workbook has one (ECMA-376 part 2, 9.1.4): entities could be made of it."""
    if not part.filename.endswith((".xml", ".rels")):
        return False
    with packed.open(part) as file:
        return b"<!DOCTYPE" in file.read(4096)


def _cells(sheet: Worksheet) -> list[list[Cell]]:
    """Values; a merged cell's stands in each of the cells that it covers downwards and sideways."""
    if (sheet.max_row or 0) > MOST_ROWS * 4:
        raise UnreadableSheet("too_many_rows")
    covered: dict[tuple[int, int], tuple[int, int]] = {}
    for merged in sheet.merged_cells.ranges:
        if (merged.max_row - merged.min_row) * (merged.max_col - merged.min_col + 1) <= MOST_ROWS:
            first = (merged.min_row, merged.min_col)
            covered |= {place: first for place in merged.cells if place != first}
    high, wide = min(sheet.max_row or 0, MOST_ROWS), min(sheet.max_column or 0, MOST_COLUMNS)
    rows = [
        [_cell(sheet, row, column, covered.get((row, column))) for column in range(1, wide + 1)]
        for row in range(1, high + 1)
    ]
    while rows and not any(cell.text for cell in rows[-1]):
        rows.pop()
    return rows


def _cell(sheet: Worksheet, row: int, column: int, first: tuple[int, int] | None) -> Cell:
    """row, column: from 1.  first: where the merged cell begins that covers it."""
    value = sheet.cell(*(first or (row, column))).value
    date = value.date() if isinstance(value, datetime.datetime) else value if isinstance(value, datetime.date) else None
    return Cell(_text(value), row - 1, column - 1, date, spread=first is not None)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return plain(str(value))
