"""One row of an asset list on its way to an entry of an inventory; what it cannot say there is kept above it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.inventory import hosts, ranges, words
from agent.inventory.columns import Guess
from agent.inventory.entry import ROLES
from agent.inventory.ledger import Ledger, span
from agent.inventory.sheets import Cell
from agent.model import KINDS

_SLUG = re.compile(r"[^a-z0-9]+")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_COPIED = ("vendor", "model", "serial", "asset_no", "controller", "owner_party")
_NOTHING = frozenset(("", "-", "—", "--", "/", "\\", "无", "n/a", "na", "none", "null", "待定", "暂无", "#n/a"))
_NO_ADDRESS = re.compile(r"dhcp|自动(获取|分配)?|动态(获取|分配)?|无(需)?\s*ip|[不未]联网|待分配|随机", re.IGNORECASE)
_SECTION = frozenset(("kind", "number", "note"))
"""Columns of a row that only says which part of the list begins."""


class Row:
    """One row on its way to an entry."""

    def __init__(self, ledger: Ledger, guess: Guess, cells: Mapping[str, Cell], row: Sequence[Cell]) -> None:
        self._ledger, self._guess, self._row = ledger, guess, row
        self._cells = {name: cell for name, cell in cells.items() if cell.text.casefold() not in _NOTHING}
        self._notes: list[str] = []
        for cell in (cell for cell in cells.values() if cell.formula):
            ledger.say(guess, cell, "formula", guess.heading(cell.column))

    def take(self) -> None:
        cells = self._cells
        told = {"name", "address", "kind", "id", "model", "make", "asset_no"} & set(cells)
        if not told or (_SECTION.issuperset(cells) and not self._guess.kept_texts(self._row)):
            self._ledger.done.skipped += 1
            return
        first = min(cells.values(), key=lambda cell: cell.column)
        where = self._guess.sheet.at(first)
        if first.row in self._guess.sheet.hidden:
            self._ledger.say(self._guess, first, "hidden", mistake=False)
        kind = self._kind()
        fields: dict[str, Any] = {"kind": kind, "name": self._text("name"), "role": self._role(kind)}
        fields |= {name: self._text(name) for name in _COPIED}
        fields |= self._make() | self._optional()
        addresses, many = self._address(self._quantity())
        fields["mac"] = self._mac()
        for number, address in enumerate(addresses, 1):
            self._add({**fields, "address": address}, kind, where, many, number if len(addresses) > 1 else 0)

    def _add(self, fields: dict[str, Any], kind: str, where: str, many: int, number: int) -> None:
        """number: of one of several devices of the row, each with an address of its own; 0 where it is one entry."""
        if number:
            fields["name"] = f"{fields['name'] or kind} {number}"
            fields |= dict.fromkeys(("mac", "serial", "asset_no"), "") if number > 1 else {}
        wish = self._wish()
        fields["id"] = self._ledger.fresh(f"{wish}-{number}" if wish and number else wish, kind, where, many)
        if many > 1:
            fields |= self._several(fields, many)
        self._twins(fields)
        kept = {name: value for name, value in fields.items() if value not in ("", {}, None, [])}
        self._ledger.add(kept, [where, *self._guess.kept_texts(self._row), *self._notes])

    # -- single fields ------------------------------------------------------------------------------------------------

    def _text(self, name: str) -> str:
        return self._cells[name].text if name in self._cells else ""

    def _say(self, name: str, key: str, value: str = "", mistake: bool = True) -> None:
        self._ledger.say(self._guess, self._cells[name], key, value, mistake)

    def _kind(self) -> str:
        headings = (
            self._guess.heading(self._cells[name].column) for name in ("name", "address") if name in self._cells
        )
        spoken = (self._text(name) for name in ("kind", "name", "model", "make"))
        found = words.kind_of(*spoken, *headings, self._guess.sheet.name)
        if not found:
            spot = next((name for name in ("kind", "name", "model") if name in self._cells), "")
            if spot:
                self._say(spot, "kind", mistake=False)
        return found or "asset"

    def _make(self) -> dict[str, str]:
        """Maker and model out of one cell, where no cell of their own tells them."""
        if "make" not in self._cells:
            return {}
        vendor, model = words.make_of(self._text("make"))
        return {"vendor": self._text("vendor") or vendor, "model": self._text("model") or model}

    def _role(self, kind: str) -> str:
        """As its column says; without one, what the name lets guess."""
        role = self._text("role").casefold()
        if "role" in self._guess.fields.values() and not role:
            return ""
        if kind == "server" and not role:
            spoken = self._text("kind") + self._text("name")
            return next((meant for word, meant in (("广播", "broadcast"), ("录播", "recording")) if word in spoken), "")
        chinese = {"核心": "core", "汇聚": "aggregation", "接入": "access"}
        told = next((meant for word, meant in chinese.items() if word in role or word in self._text("name")), "")
        meant = role if role in ROLES and role not in KINDS else told
        if role and not meant:
            self._keep("role")
        return meant

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
        for name, allowed in (("criticality", ("low", "normal", "high")), ("pictures", ("never", "allowed"))):
            if self._text(name) in allowed:
                fields[name] = self._text(name)
            elif name in self._cells:
                self._keep(name)
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
                self._keep(spot)
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
            self._keep(name)
        return found

    def _quantity(self) -> int:
        text = self._text("quantity")
        match = re.match(r"\d{1,5}", text)
        if "quantity" in self._cells and (match is None or not 1 <= int(match[0]) <= 2000):
            self._say("quantity", "quantity")
            self._keep("quantity")
            return 1
        return int(match[0]) if match else 1

    def _address(self, count: int) -> tuple[Sequence[str], int]:
        """(addresses, or one range of them, how many devices each stands for)."""
        text = self._text("address")
        if not text or _NO_ADDRESS.fullmatch(text):
            return ("",), count
        span = words.span_of(text)
        if span is not None:
            base, first, last = span
            if count not in (1, last - first + 1):
                self._say("address", "span_count")
            return (f"{base}[{first}-{last}]",), last - first + 1
        found = words.addresses_of(text) or ((hosts.host(text) or "",) if " " not in text else ())
        good = [address for address in map(hosts.host, filter(None, found)) if address]
        if not good:
            self._say("address", "address")
            self._keep("address")
            return ("",), 1
        if len(good) == count:
            return good, 1
        if len(good) > 1:
            self._say("address", "addresses", mistake=False)
            self._keep("address")
        if count > 1:
            self._say("address", "one_address", mistake=False)
            self._keep("quantity")
        return good[:1], 1

    def _keep(self, name: str) -> None:
        """What could not be understood is not lost: the cell as it is, above the device."""
        cell = self._cells[name]
        self._notes.append(f"{self._guess.heading(cell.column)}: {cell.text}")

    def _mac(self) -> str:
        if "mac" not in self._cells:
            return ""
        found = hosts.mac(re.sub(r"\s", "", self._text("mac")))
        if found is None:
            self._say("mac", "mac")
            self._keep("mac")
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
        several: dict[str, Any] = {"name": f"{_unranged(fields['name'] or fields['kind'])} {span(many)}"}
        several["location"] = {name: _unranged(word) for name, word in fields["location"].items()}
        if "port" in fields.get("parent", {}):
            several["parent"] = {**fields["parent"], "port": _unranged(fields["parent"]["port"])}
        for name in ("mac", "serial", "asset_no"):
            if fields.get(name):
                self._say(name, "for_many", mistake=False)
                self._keep(name)
                several[name] = ""
        return several

    def _twins(self, fields: dict[str, Any]) -> None:
        """An address twice is a slip of the list: told, and the second row goes without it."""
        for name in ("address", "mac", "serial", "asset_no"):
            value = fields.get(name)
            if not value or name not in self._cells:
                continue
            before = self._ledger.twin(name, str(value), self._guess.sheet.at(self._cells[name]))
            if before:
                self._say(name, "twice", value=f"{value} = {before}")
                if name in ("address", "mac"):
                    self._keep(name)
                    fields[name] = ""


def _unranged(text: str) -> str:
    return text.replace("[", "（").replace("]", "）") if ranges.has_range(text) else text
