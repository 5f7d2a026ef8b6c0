"""Asset lists as they come: the cells of XLSX, CSV and HTML files as clean text, each knowing where it stands.

Hostile like everything from outside: bounded size, no formula is believed, no macro, no link is followed.
"""

from __future__ import annotations

import csv
import datetime
import io
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.inventory import markup
from agent.text import clean

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MOST_ROWS, MOST_COLUMNS = 50_000, 120
LONGEST = 50 * 1024 * 1024
"""Bytes of a file."""
UNPACKED = 200 * 1024 * 1024
"""Bytes of an XLSX file once unpacked: beyond, it is a bomb."""
_LONGEST_CELL = 500
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""The stream of a workbook with a password (MS-OFFCRYPTO 2.3.4.4)."""
_ERRORS = frozenset(("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"))
_SNIFFED = 16_384


class UnreadableSheet(Exception):
    """The file is no list; a key of `lists.unreadable` is the argument."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Clean text, and the date where the file says that it is one. row, column: from 0.  spread: of a merged cell that
    began elsewhere.  formula: it holds a formula whose value the file does not know."""

    text: str
    row: int
    column: int
    date: datetime.date | None = None
    spread: bool = False
    formula: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. rows: those that hold something, as wide as each is; what is empty has text "".  hidden: rows that
    the sheet does not show, from 0.  shown: whether it is itself."""

    name: str
    rows: Sequence[Sequence[Cell]]
    hidden: frozenset[int] = frozenset()
    shown: bool = True

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
    """The sheets that hold something; hidden ones without their rows. Raises UnreadableSheet and OSError."""
    if path.stat().st_size > LONGEST:
        raise UnreadableSheet("too_large")
    raw = path.read_bytes()
    if raw.startswith(b"PK"):
        return [sheet for sheet in _workbook(raw) if sheet.rows or not sheet.shown]
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableSheet("encrypted" if _ENCRYPTED in raw else "old_excel")
    text = _decoded(raw)
    if markup.is_markup(text):
        return [Sheet(clean(name, 60) or path.stem, _grid(rows)) for name, rows in markup.tables(text)]
    return [Sheet(path.stem, _grid(_csv(text)))]


def _csv(text: str) -> Iterator[list[str]]:
    """Cells between whatever stands most often in the first lines: commas, tabs, the semicolons of some Excels."""
    sample = text[:_SNIFFED]
    mark = max(",;\t，；|", key=sample.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    except csv.Error:
        raise UnreadableSheet("no_csv") from None


def _decoded(raw: bytes) -> str:
    """UTF-8, UTF-16 by its mark or its zeros, else GB18030, which is what Excel writes in China."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    even, odd = raw[:_SNIFFED:2].count(0), raw[1:_SNIFFED:2].count(0)
    if even + odd > 8:
        return raw.decode("utf-16-le" if odd > even else "utf-16-be", "replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableSheet("encoding")


def _grid(rows: Iterable[Sequence[str]]) -> list[list[Cell]]:
    found: list[list[Cell]] = []
    for number, row in enumerate(rows):
        if not any(text.strip() for text in row):
            continue
        if len(found) >= MOST_ROWS:
            raise UnreadableSheet("too_many_rows")
        found.append([Cell(plain(text), number, column) for column, text in enumerate(row[:MOST_COLUMNS])])
    return found


def _workbook(raw: bytes) -> Iterator[Sheet]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    book = None
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            if sum(each.file_size for each in packed.infolist()) > UNPACKED:
                raise UnreadableSheet("too_large")
            if any(_has_dtd(packed, each) for each in packed.infolist()):
                raise UnreadableSheet("no_workbook")
            calculated = any(map(partial(_calculates, packed), packed.infolist()))
        values = openpyxl.load_workbook(io.BytesIO(raw), data_only=True, keep_links=False)
        book = openpyxl.load_workbook(io.BytesIO(raw), keep_links=False) if calculated else None
    except UnreadableSheet:
        raise
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, SyntaxError, OSError, EOFError,
            AttributeError, IndexError, NotImplementedError, RuntimeError, zlib.error) as error:  # fmt: skip
        raise UnreadableSheet("no_workbook") from error
    for sheet in values.worksheets:
        formulas = _formulas(book[sheet.title]) if book is not None else frozenset[tuple[int, int]]()
        hidden = frozenset(number - 1 for number, row in sheet.row_dimensions.items() if row.hidden)
        shown = sheet.sheet_state == "visible"
        yield Sheet(clean(sheet.title, 60), _cells(sheet, formulas) if shown else [], hidden, shown)


def _calculates(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """A sheet with formulas."""
    if not part.filename.startswith("xl/worksheets/"):
        return False
    body = packed.read(part)
    return b"<f>" in body or b"<f " in body


def _formulas(sheet: Worksheet) -> frozenset[tuple[int, int]]:
    return frozenset(place for place, cell in _held(sheet) if cell.data_type == "f")


def _held(sheet: Worksheet) -> list[tuple[tuple[int, int], Any]]:
    """The cells that the file has, by row and column from 1. openpyxl's rows are all that were ever formatted: a
    million, where somebody has coloured a column."""
    return [(place, cell) for place, cell in sheet._cells.items() if cell.value is not None]


def _has_dtd(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """No workbook has one (ECMA-376 part 2, 9.1.4): entities could be made of it."""
    if not part.filename.endswith((".xml", ".rels")):
        return False
    with packed.open(part) as file:
        return b"<!DOCTYPE" in file.read(4096)


def _cells(sheet: Worksheet, formulas: frozenset[tuple[int, int]]) -> list[list[Cell]]:
    """Values of the rows that hold any; a merged cell's stands in each of the cells that it covers."""
    held = dict(_held(sheet))
    high = sorted({row for row, _ in (*held, *formulas)})
    if len(high) > MOST_ROWS:
        raise UnreadableSheet("too_many_rows")
    covered: dict[tuple[int, int], tuple[int, int]] = {}
    for merged in sheet.merged_cells.ranges:
        if (merged.max_row - merged.min_row) * (merged.max_col - merged.min_col + 1) <= MOST_ROWS:
            first = (merged.min_row, merged.min_col)
            covered |= {place: first for place in merged.cells if place != first}
    wide = min(max((column for _, column in (*held, *formulas)), default=0), MOST_COLUMNS)
    return [
        [_cell(held, (row, column), covered.get((row, column)), formulas) for column in range(1, wide + 1)]
        for row in high
    ]


def _cell(
    held: Mapping[tuple[int, int], Any], place: tuple[int, int], first: tuple[int, int] | None,
    formulas: frozenset[tuple[int, int]],
) -> Cell:  # fmt: skip
    """place: from 1.  first: where the merged cell begins that covers it."""
    found = held.get(first or place)
    value = None if found is None else found.value
    date = value.date() if isinstance(value, datetime.datetime) else value if isinstance(value, datetime.date) else None
    lost = value is None and (first or place) in formulas
    return Cell(_text(value), place[0] - 1, place[1] - 1, date, spread=first is not None, formula=lost)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if str(value) in _ERRORS else plain(str(value))
