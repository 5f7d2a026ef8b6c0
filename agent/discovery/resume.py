"""The file of a discovery under way: what was found up to the last save, then a line for each thing since.

It is there from the beginning, so that a killed discovery goes on as well as one that was stopped. No secrets are in
it, only names.
"""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

FORMAT = "campus-agent discover 2"
LONGEST = 256 * 1024 * 1024
"""Bytes of such a file."""


class BadResume(Exception):
    """The file is none of ours, or damaged."""


@dataclass(slots=True)
class Trail:
    """The file at `path`, readable by its owner alone. broken: writing failed, nothing more is written."""

    path: Path
    broken: OSError | None = None
    _lines: TextIO | None = field(default=None, repr=False)

    def save(self, body: Mapping[str, Any], marks: bytes) -> None:
        """All that is known, in the place of what stood there: whole or not at all. Raises OSError."""
        self.close()
        packed = base64.b64encode(zlib.compress(marks)).decode("ascii")
        beside = self.path.with_name(f".{self.path.name}.new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(_line({"format": FORMAT, **body, "marks": packed}))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
        self._lines = self.path.open("a", encoding="utf-8")

    def add(self, row: Mapping[str, Any]) -> None:
        """One thing more. A full disk does not stop a discovery: it is only noted."""
        if self._lines is None:
            return
        try:
            self._lines.write(_line(row))
            self._lines.flush()
        except OSError as error:
            self.broken = error
            self._lines = None

    def close(self) -> None:
        lines, self._lines = self._lines, None
        if lines is not None:
            with suppress(OSError):  # what a full disk did not take
                lines.close()


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def load(path: Path, most: int) -> tuple[dict[str, Any], bytes]:
    """(body, marks) of a file; at most so many marks. body["since"]: the lines behind the save. Raises BadResume and
    OSError."""
    with path.open("rb") as file:
        raw = file.read(LONGEST + 1)
    first, *later = raw[:LONGEST].split(b"\n")
    try:
        body = json.loads(first)
        if body["format"] != FORMAT:
            raise BadResume(path)
        marks = zlib.decompressobj().decompress(base64.b64decode(body.pop("marks")), most + 1)
        return {**body, "since": _rows(later[:-1])}, marks
    except (ValueError, KeyError, TypeError, RecursionError, zlib.error) as error:
        raise BadResume(path) from error


def _rows(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """The last line, which has no end, was cut off by the kill: the caller leaves it out. Raises ValueError."""
    rows = [json.loads(line) for line in lines]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("a line is no mapping")
    return rows
