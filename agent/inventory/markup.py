"""Tables in markup that calls itself Excel: HTML, as many a management system exports it, and Excel 2003's XML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

_MARKUP = re.compile(r"\s*(?:<\?xml|<!doctype|<html|<table|<head|<meta|<workbook|<style)", re.IGNORECASE)
_MOST_CELLS, _WIDEST = 2_000_000, 200
_ROWS, _CELLS, _TABLES = ("tr", "row"), ("td", "th", "cell"), ("table", "worksheet")

Rows = list[list[str]]


def is_markup(text: str) -> bool:
    return _MARKUP.match(text.lstrip("\ufeff")) is not None


def tables(text: str) -> Iterator[tuple[str, Rows]]:
    """(name, rows) of each table that has rows. No entity of a DTD is known here, nothing is fetched."""
    reader = _Tables()
    reader.feed(text)
    reader.close()
    return ((name, rows) for name, rows in reader.found if rows)


class _Tables(HTMLParser):
    """Cells as they open; what was never closed ends where the next begins."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, Rows]] = []
        self._inside, self._silent, self._cells, self._after = False, False, 0, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag in _TABLES and (tag == "worksheet" or not self._in_worksheet()):
            self.found.append((told.get("ss:name", ""), []))
        elif tag in _ROWS and self.found:
            self.found[-1][1].append([])
            self._inside = False
        elif tag in _CELLS and self.found and self.found[-1][1] and self._cells < _MOST_CELLS:
            self._open(self.found[-1][1][-1], told)
        elif tag in ("script", "style"):
            self._silent = True
        elif tag == "br":
            self.handle_data(" ")

    def _in_worksheet(self) -> bool:
        """Excel's XML has its table within its worksheet."""
        return bool(self.found) and bool(self.found[-1][0]) and not self.found[-1][1]

    def _open(self, row: list[str], told: dict[str, str]) -> None:
        """`ss:Index` counts from 1 and leaves out what is empty; `colspan` covers the next."""
        place, span = told.get("ss:index", ""), told.get("colspan", "")
        if place.isdecimal() and len(row) < int(place) - 1 < _WIDEST:
            row += [""] * (int(place) - 1 - len(row))
        row.append("")
        self._inside, self._cells = True, self._cells + 1
        self._after = min(int(span), _WIDEST) - 1 if span.isdecimal() else 0

    def handle_endtag(self, tag: str) -> None:
        if tag in _CELLS and self._inside:
            self._inside = False
            self.found[-1][1][-1].extend([""] * self._after)
        elif tag in ("script", "style"):
            self._silent = False

    def handle_data(self, data: str) -> None:
        if self._inside and not self._silent:
            row = self.found[-1][1][-1]
            row[-1] = (row[-1] + data)[:1000]
