"""Rows of an asset list -> entries of an inventory, every mistake with its cell. Pure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.inventory import hosts, ranges, words
from agent.inventory.columns import Guess
from agent.inventory.entry import ROLES
from agent.inventory.sheets import Cell
from agent.inventory.writing import Written
from agent.model import KINDS

MOST = 20_000
"""Devices of one list."""
_SLUG = re.compile(r"[^a-z0-9]+")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_COPIED = ("vendor", "model", "serial", "asset_no", "controller", "owner_party")
_NOTHING = frozenset(("", "-", "—", "--", "/", "\\", "无", "n/a", "na", "none", "null", "待定", "暂无", "#n/a"))


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


class Importer:
    """Makes entries; knows the ids, addresses and MACs that are taken, across the sheets."""

    def __init__(self) -> None:
        self.done = Imported()
        self._ids: dict[str, str] = {}
        self._taken: dict[tuple[str, str], str] = {}
        self._names: dict[str, str] = {}
        self._asked: list[tuple[dict[str, Any], str]] = []

    def take(self, guess: Guess) -> None:
        """Every row below the headings."""
        for row in guess.sheet.rows[guess.row + 1 :]:
            cells = {field: row[column] for column, field in guess.fields.items() if column < len(row)}
            own = [cell for cell in cells.values() if cell.text and not cell.spread]
            if not own or words.is_total([cell.text for cell in row]) or self._headings(cells, guess):
                self.done.skipped += 1
            elif len(self.done.entries) < MOST:
                _Row(self, guess, cells).take()
            else:
                self.say(guess, own[0], "too_many")
                return

    def finish(self) -> Imported:
        """Parents and controllers, which a list tells by name, become ids; what could not stand is taken out."""
        for fields, where in self._asked:
            for key in ("parent", "controller"):
                if key in fields:
                    self._resolve(fields, key, where)
        self._break_circles()
        for entry, fields, where in self._entries():
            if fields["kind"] == "ap" and not fields.get("address") and not fields.get("controller"):
                fields["kind"] = "asset"
                self._note(where, "ap_unreachable", fields.get("name", fields["id"]))
            self.done.kinds[fields["kind"]] = self.done.kinds.get(fields["kind"], 0) + ranges.count(entry.fields["id"])
        return self.done

    def _entries(self) -> Iterator[tuple[Written, dict[str, Any], str]]:
        return ((entry, dict_of(entry), entry.comments[0]) for entry in self.done.entries)

    def _resolve(self, fields: dict[str, Any], key: str, where: str) -> None:
        wanted = fields[key]
        text = wanted["device"] if isinstance(wanted, dict) else wanted
        found = text if text in self._ids else self._names.get(text, "")
        if not found or found == fields["id"] or ranges.has_range(found):
            del fields[key]
            self._note(where, f"no_{key}", text)
        else:
            fields[key] = {**wanted, "device": found} if isinstance(wanted, dict) else found

    def _break_circles(self) -> None:
        """Nobody hangs on himself by way of others: the link that closes a circle is taken out."""
        above = {fields["id"]: fields["parent"]["device"] for _, fields, _ in self._entries() if "parent" in fields}
        for _, fields, where in self._entries():
            here, path = fields["id"], set[str]()
            while here in above and here not in path:
                path.add(here)
                here = above[here]
            if here == fields["id"] and path:
                self._note(where, "no_parent", above.pop(here))
                del fields["parent"]

    def _note(self, where: str, key: str, value: str) -> None:
        self.done.remarks.append(Remark(where=where, key=key, value=value))

    def _headings(self, cells: Mapping[str, Cell], guess: Guess) -> bool:
        """The headings again, as on every printed page."""
        return all(cell.text == guess.heading(cell.column) for cell in cells.values() if cell.text)

    def say(self, guess: Guess, cell: Cell, key: str, value: str = "", mistake: bool = True) -> None:
        self.done.remarks.append(Remark(where=guess.sheet.at(cell), key=key, value=value or cell.text, mistake=mistake))

    def add(self, fields: dict[str, Any], where: str, comments: Sequence[str]) -> None:
        self.done.entries.append(Written(fields=fields, comments=comments))
        if "parent" in fields or "controller" in fields:
            self._asked.append((fields, where))
        self._names.setdefault(fields.get("name", ""), fields["id"])

    def fresh(self, wish: str, kind: str, where: str, many: int) -> str:
        """An id that nobody has: as wished, or the kind and a number; with the range of so many behind it."""
        number = 0
        while True:
            number += 1
            name = (wish if number == 1 else f"{wish}-{number}") if wish else f"{kind}-{self._count(kind):03d}"
            whole = name if many == 1 else f"{name}-{_span(many)}"
            members = [texts["id"] for texts in ranges.expand({"id": whole}, "id")]
            if self._ids.keys().isdisjoint(members):
                self._ids |= dict.fromkeys(members, where)
                return whole

    def _count(self, kind: str) -> int:
        key = ("count", kind)
        self._taken[key] = str(int(self._taken.get(key, "0")) + 1)
        return int(self._taken[key])

    def twin(self, sort: str, value: str, where: str) -> str:
        """Where this address, MAC or serial number stood before; "" the first time."""
        return self._taken.setdefault((sort, value), where).replace(where, "")


class _Row:
    """One row on its way to an entry."""

    def __init__(self, importer: Importer, guess: Guess, cells: Mapping[str, Cell]) -> None:
        self._importer, self._guess = importer, guess
        self._cells = {name: cell for name, cell in cells.items() if cell.text.casefold() not in _NOTHING}

    def take(self) -> None:
        cells = self._cells
        if not {"name", "address", "kind", "id", "model", "asset_no"} & set(cells):
            self._importer.done.skipped += 1
            return
        first = min(cells.values(), key=lambda cell: cell.column)
        where = self._guess.sheet.at(first)
        kind = self._kind()
        fields: dict[str, Any] = {"kind": kind, "name": self._text("name"), "role": self._role()}
        fields |= {name: self._text(name) for name in _COPIED}
        fields |= self._optional()
        count = self._quantity()
        address, many = self._address(count)
        fields["address"] = address
        fields["mac"] = self._mac()
        fields["id"] = self._importer.fresh(self._wish(), kind, where, many)
        if many > 1:
            fields |= self._several(fields, many)
        self._twins(fields)
        kept = {name: value for name, value in fields.items() if value not in ("", {}, None, [])}
        self._importer.add(kept, where, (where,))

    # -- single fields ------------------------------------------------------------------------------------------------

    def _text(self, name: str) -> str:
        return self._cells[name].text if name in self._cells else ""

    def _say(self, name: str, key: str, value: str = "", mistake: bool = True) -> None:
        self._importer.say(self._guess, self._cells[name], key, value, mistake)

    def _kind(self) -> str:
        found = words.kind_of(*(self._text(name) for name in ("kind", "name", "model")), self._guess.sheet.name)
        if not found:
            spot = next((name for name in ("kind", "name", "model") if name in self._cells), "")
            if spot:
                self._say(spot, "kind", mistake=False)
        return found or "asset"

    def _role(self) -> str:
        role = self._text("role").casefold()
        chinese = {"核心": "core", "汇聚": "aggregation", "接入": "access"}
        told = next((meant for word, meant in chinese.items() if word in role or word in self._text("name")), "")
        return role if role in ROLES and role not in KINDS else told

    def _optional(self) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        place = words.place_of(self._text("place")) if "place" in self._cells else {}
        place |= {name: self._text(name) for name in ("building", "floor", "room") if name in self._cells}
        if "floor" in place:
            place["floor"] = words.floor_of(place["floor"])
        fields["location"] = {name: place[name] for name in ("building", "floor", "room") if place.get(name)}
        fields["warranty"] = self._warranty()
        if "parent" in self._cells:
            fields["parent"] = {"device": self._text("parent")}
            if "port" in self._cells:
                fields["parent"]["port"] = self._text("port")
        if "tags" in self._cells:
            fields["tags"] = [tag for tag in re.split(r"[,，;；、\s]+", self._text("tags")) if tag]
        if self._text("criticality") in ("low", "normal", "high"):
            fields["criticality"] = self._text("criticality")
        return fields

    def _warranty(self) -> dict[str, Any]:
        accepted = self._date("accepted")
        end = self._date("warranty_end")
        months = words.months_of(self._text("warranty")) if "warranty" in self._cells else None
        if "warranty" in self._cells and months is None:
            end = end or self._date("warranty")
        if accepted is None:
            if end is not None or months is not None:
                spot = "warranty_end" if "warranty_end" in self._cells else "warranty"
                self._say(spot, "no_accepted", mistake=False)
            return {}
        if months is None and end is not None:
            months = words.months_between(accepted, end)
        return {"accepted": accepted} if months is None else {"accepted": accepted, "months": min(600, months)}

    def _date(self, name: str) -> datetime.date | None:
        if name not in self._cells:
            return None
        found = self._cells[name].date or words.date_of(self._text(name))
        if found is None:
            self._say(name, "date")
        return found

    def _quantity(self) -> int:
        text = self._text("quantity")
        match = re.match(r"\d{1,5}", text)
        if "quantity" in self._cells and (match is None or not 1 <= int(match[0]) <= 2000):
            self._say("quantity", "quantity")
            return 1
        return int(match[0]) if match else 1

    def _address(self, count: int) -> tuple[str, int]:
        """(address or range, how many devices the row stands for)."""
        if "address" not in self._cells:
            return "", count
        text = self._text("address")
        span = words.span_of(text)
        if span is not None:
            base, first, last = span
            if count not in (1, last - first + 1):
                self._say("address", "span_count")
            return f"{base}[{first}-{last}]", last - first + 1
        found = words.addresses_of(text) or ((hosts.host(text) or "",) if " " not in text else ())
        good = [address for address in map(hosts.host, filter(None, found)) if address]
        if not good:
            self._say("address", "address")
            return "", 1
        if len(good) > 1:
            self._say("address", "addresses", mistake=False)
        if count > 1:
            self._say("address", "one_address", mistake=False)
        return good[0], 1

    def _mac(self) -> str:
        if "mac" not in self._cells:
            return ""
        found = hosts.mac(re.sub(r"\s", "", self._text("mac")))
        if found is None:
            self._say("mac", "mac")
        return found or ""

    def _wish(self) -> str:
        """Its own id, its name or its asset number, as far as letters and digits make one of it."""
        for name in ("id", "name", "asset_no"):
            text = self._text(name)
            slug = _SLUG.sub("-", text.casefold()).strip("-")[:48].strip("-")
            if text.isascii() and len(slug) > 1 and _ID.fullmatch(slug) and not (name == "id" and slug.isdigit()):
                return slug
        return ""

    def _several(self, fields: Mapping[str, Any], many: int) -> dict[str, Any]:
        """One entry for all: ranges expand together, and no other brackets may stand in it."""
        several: dict[str, Any] = {"name": f"{_unranged(fields['name'] or fields['kind'])} {_span(many)}"}
        several["location"] = {name: _unranged(word) for name, word in fields["location"].items()}
        if "port" in fields.get("parent", {}):
            several["parent"] = {**fields["parent"], "port": _unranged(fields["parent"]["port"])}
        for name in ("mac", "serial", "asset_no"):
            if fields.get(name):
                self._say(name, "for_many", mistake=False)
                several[name] = ""
        return several

    def _twins(self, fields: dict[str, Any]) -> None:
        """An address twice is a slip of the list: told, and the second row goes without it."""
        for name in ("address", "mac", "serial", "asset_no"):
            value = fields.get(name)
            if not value or name not in self._cells:
                continue
            before = self._importer.twin(name, str(value), self._guess.sheet.at(self._cells[name]))
            if before:
                self._say(name, "twice", value=f"{value} = {before}")
                if name in ("address", "mac"):
                    fields[name] = ""


def _span(many: int) -> str:
    wide = len(str(many))
    return f"[{1:0{wide}d}-{many:0{wide}d}]"


def _unranged(text: str) -> str:
    return text.replace("[", "（").replace("]", "）") if ranges.has_range(text) else text


def dict_of(entry: Written) -> dict[str, Any]:
    """The fields of an entry of our own making, which may still change."""
    assert isinstance(entry.fields, dict)
    return entry.fields


def import_rows(guesses: Iterable[Guess]) -> Imported:
    """All sheets, one list."""
    importer = Importer()
    for guess in guesses:
        importer.take(guess)
    return importer.finish()
