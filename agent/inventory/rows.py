"""Rows of an asset list -> entries of an inventory, every mistake with its cell. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from agent.inventory import ranges, words
from agent.inventory.columns import Guess
from agent.inventory.ledger import Imported, Ledger, Remark
from agent.inventory.row import Row
from agent.inventory.sheets import Cell
from agent.inventory.writing import Written

MOST = 20_000
"""Devices of one list."""


class Importer:
    """Makes entries; knows the ids, addresses and MACs that are taken, across the sheets."""

    def __init__(self) -> None:
        self._ledger = Ledger()

    def take(self, guess: Guess) -> None:
        """Every row below the headings."""
        for row in guess.sheet.rows[guess.row + 1 :]:
            cells = {field: row[column] for column, field in guess.fields.items() if column < len(row)}
            own = [cell for cell in cells.values() if cell.text and not cell.spread]
            total = words.is_total([cell.text for cell in row])
            if not (own or any(cell.formula for cell in cells.values())) or total or self._headings(cells, guess):
                self._ledger.done.skipped += 1
            elif len(self._ledger.done.entries) < MOST:
                Row(self._ledger, guess, cells, row).take()
            else:
                self._ledger.say(guess, (own or [*cells.values()])[0], "too_many")
                return

    def finish(self) -> Imported:
        """Parents and controllers, which a list tells by name, become ids; what could not stand is taken out."""
        for fields, comments in self._ledger.asked:
            for key in ("parent", "controller"):
                if key in fields:
                    self._resolve(fields, key, comments)
        self._break_circles()
        for entry, fields, where in self._entries():
            if fields["kind"] == "ap" and not fields.get("address") and not fields.get("controller"):
                fields["kind"] = "asset"
                self._note(where, "ap_unreachable", fields.get("name", fields["id"]))
            kinds = self._ledger.done.kinds
            kinds[fields["kind"]] = kinds.get(fields["kind"], 0) + ranges.count(entry.fields["id"])
        return self._ledger.done

    def _entries(self) -> Iterator[tuple[Written, dict[str, Any], str]]:
        return ((entry, dict_of(entry), entry.comments[0]) for entry in self._ledger.done.entries)

    def _resolve(self, fields: dict[str, Any], key: str, comments: list[str]) -> None:
        """The id of whom the list names; who is not in it stays above the device, as a word."""
        wanted = fields[key]
        text = wanted["device"] if isinstance(wanted, dict) else wanted
        found = text if text in self._ledger.ids else self._ledger.names.get(text, "")
        if not found or found == fields["id"] or ranges.has_range(found):
            del fields[key]
            self._note(comments[0], f"no_{key}", text)
            comments.append(f"{key}: {text}")
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
        self._ledger.done.remarks.append(Remark(where=where, key=key, value=value))

    def _headings(self, cells: Mapping[str, Cell], guess: Guess) -> bool:
        """The headings again, as on every printed page."""
        return all(cell.text == guess.heading(cell.column) for cell in cells.values() if cell.text)


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
