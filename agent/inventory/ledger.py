"""What an import has made so far: entries, remarks, and the ids, addresses and MACs that are taken by now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agent.inventory import ranges
from agent.inventory.columns import Guess
from agent.inventory.sheets import Cell
from agent.inventory.writing import Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about a cell. key: of `lists.row`.  mistake: what stands there is wrong, not only unusual."""

    where: str
    key: str
    value: str = ""
    mistake: bool = True


@dataclass(slots=True)
class Imported:
    """entries in the order of the list.  kinds: how many of each.  skipped: rows without a device (sums, empty)."""

    entries: list[Written] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)
    skipped: int = 0

    @property
    def mistakes(self) -> list[Remark]:
        return [remark for remark in self.remarks if remark.mistake]


class Ledger:
    """Knows what is taken. asked: fields and comments of entries that name a parent or a controller.
    ids: where each stands.  names: the first id of each name."""

    def __init__(self) -> None:
        self.done = Imported()
        self.ids: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.asked: list[tuple[dict[str, Any], list[str]]] = []
        self._taken: dict[tuple[str, str], str] = {}

    def say(self, guess: Guess, cell: Cell, key: str, value: str = "", mistake: bool = True) -> None:
        self.done.remarks.append(Remark(where=guess.sheet.at(cell), key=key, value=value or cell.text, mistake=mistake))

    def add(self, fields: dict[str, Any], comments: list[str]) -> None:
        """comments: where the row stands, then what the fields cannot say."""
        self.done.entries.append(Written(fields=fields, comments=comments))
        if "parent" in fields or "controller" in fields:
            self.asked.append((fields, comments))
        self.names.setdefault(fields.get("name", ""), fields["id"])

    def fresh(self, wish: str, kind: str, where: str, many: int) -> str:
        """An id that nobody has: as wished, or the kind and a number; with the range of so many behind it."""
        number = 0
        while True:
            number += 1
            name = (wish if number == 1 else f"{wish}-{number}") if wish else f"{kind}-{self._count(kind):03d}"
            whole = name if many == 1 else f"{name}-{span(many)}"
            members = [texts["id"] for texts in ranges.expand({"id": whole}, "id")]
            if self.ids.keys().isdisjoint(members):
                self.ids |= dict.fromkeys(members, where)
                return whole

    def _count(self, kind: str) -> int:
        key = ("count", kind)
        self._taken[key] = str(int(self._taken.get(key, "0")) + 1)
        return int(self._taken[key])

    def twin(self, sort: str, value: str, where: str) -> str:
        """Where this address, MAC or serial number stood before; "" the first time."""
        return self._taken.setdefault((sort, value), where).replace(where, "")


def span(many: int) -> str:
    """`[01-20]` of 20."""
    wide = len(str(many))
    return f"[{1:0{wide}d}-{many:0{wide}d}]"
