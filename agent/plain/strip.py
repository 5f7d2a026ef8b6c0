"""The channels of a recorder, one cell each: is it being recorded, and for how many days back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.plain.reader import Looks, Reader, short

MOST = 256
"""Channels of one recorder that are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """state: on (recording), idle (not), dark (no picture arrives), "" (not told).  days: kept, "" where not told."""

    mark: str
    name: str
    state: str
    word: str
    days: str


def strip(looks: Looks, words: Reader) -> list[Cell]:
    """The cells in the order of the recorder; none of what has no channels."""
    said = next((look.tables["channels"] for _, look in looks if look and look.tables.get("channels")), ())
    rows = list(said.values()) if isinstance(said, Mapping) else list(said)
    return list(_cells(rows[:MOST], words))


def _cells(rows: list[Any], words: Reader) -> Iterator[Cell]:
    for place, row in enumerate(rows, 1):
        state = _state(row)
        days = "" if row.days is None else f"{row.days:.0f}"
        mark = row.index if row.index.isdigit() and len(row.index) < 4 else str(place)
        word = words(f"channel.{state or 'unknown'}")
        yield Cell(mark=mark, name=short(row.name or row.index, 40), state=state, word=word, days=days)


def _state(row: Any) -> str:
    if row.recording == "yes":
        return "on"
    if row.recording == "no":
        return "idle"
    return "dark" if row.online == "no" else ""
