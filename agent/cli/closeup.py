"""One device in words: how it stands and why, what to do, then what each probe last saw, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from agent.cli.desk import Desk
from agent.cli.grid import Column, grid, width
from agent.model import Json
from agent.plain.advice import Trouble, advice
from agent.plain.facts import FIGURES, figures, told
from agent.plain.ladder import Rung, ladder
from agent.plain.ports import brief, sockets, tallies
from agent.plain.reader import Looks, Reader
from agent.plain.tables import Table, tables
from agent.text import clean

Document = Mapping[str, Any]

ROWS = 40
"""Rows of a table that are shown; `--json` has them all."""
_STEP = {"ok": "✓", "bad": "✗", "warn": "!", "": "·"}
_COLOURS = {"ok": "green", "bad": "red", "warn": "yellow", "": "grey"}
_LABEL = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look out of its document, as those who tell it read it."""

    reason: str
    samples: Mapping[str, float]
    facts: Mapping[str, Json]
    tables: Mapping[str, Any]
    checks: Mapping[str, str]


def looks_of(probes: Iterable[Document]) -> Looks:
    """The looks of a document's probes, by name."""
    return [(probe["name"], _look(probe)) for probe in probes]


def _look(probe: Document) -> Look | None:
    if probe["at"] is None:
        return None
    return Look(
        reason=probe["reason"] if probe["outcome"] == "failed" else "",
        samples=probe.get("samples") or {}, facts=probe.get("facts") or {}, checks=probe.get("checks") or {},
        tables={of: [_row(row) for row in rows] for of, rows in (probe.get("tables") or {}).items()},
    )  # fmt: skip


def _row(row: Document) -> SimpleNamespace:
    return SimpleNamespace(**{"class_" if name == "class" else name: value for name, value in row.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeup:
    """Tells one device to one reader."""

    desk: Desk
    words: Reader

    def advice(self, device: Document) -> str:
        """What to do about the first thing that is wrong, "" where all is well."""
        probe, reason = next(_wrong(device["probes"]), ("", ""))
        parent = device["parent"] or {"device": "", "port": ""}
        trouble = Trouble(
            kind=device["kind"], state=device["state"], probe=probe, reason=reason, parent=parent["device"],
            port=brief(parent["port"] or ""),
        )  # fmt: skip
        return advice(self.words, trouble)

    def brought(self, looks: Looks, known: Document) -> Iterator[str]:
        """Ladder, figures and facts that people have names for. known: of the inventory, not to be said twice."""
        rungs = ladder(looks, self.words)
        if rungs:
            yield self._under(self.words("field.ladder")) + "  ".join(map(self._rung, rungs))
        for label, value in figures(looks, self.words):
            yield self.line(label, value)
        said = {(name, str(known.get(name) or "")) for name in ("vendor", "model", "serial", "mac")}
        for label, value in told(looks, said, self.words).plain:
            yield self.line(label, value)

    def technical(self, looks: Looks) -> Iterator[str]:
        """What has no name for people, under its own."""
        for name, value in [*_raw(looks), *told(looks, (), self.words).technical]:
            yield self.desk.colour(self.line(name, value), "grey")

    def _rung(self, rung: Rung) -> str:
        said = f"{_STEP[rung.state]} {rung.name}" + (f" {clean(rung.why)}" if rung.why else "")
        return self.desk.colour(said, _COLOURS[rung.state])

    def rows(self, looks: Looks) -> Iterator[str]:
        """The tables, and of ports how many stand how."""
        plugs = sockets(looks, {})
        plugged = [one for one in plugs if one.link == "up" or one.looks or one.there]
        for table in tables(looks, self.words, plugged):
            counts = tallies(plugs, self.words) if table.of == "ports" else []
            count = len(plugs) if table.of == "ports" else table.total
            title = f"{self.words.say.say(f'probes.class.{table.of}')} ({count})"
            yield ""
            yield "  ".join([title, *(f"{word} {number}" for _, word, number in counts)])
            yield from self._table(table)

    def _table(self, table: Table) -> Iterator[str]:
        shown = table.rows[:ROWS]
        columns = [Column(head, cut=place != 0) for place, head in enumerate(table.heads)]
        lines = grid(columns, [cells for _, cells in shown], self.desk.wide)
        yield f"  {lines[0]}"
        for (state, _), line in zip(shown, lines[1:], strict=True):
            yield f"  {self.desk.colour(line, {'bad': 'red', 'warn': 'yellow'}.get(state, ''))}"
        if table.total > len(shown):
            yield f"  {self.words('more', count=table.total - len(shown))} (--json)"

    def line(self, label: str, value: str) -> str:
        """`label   value`, the values under one another."""
        return self._under(label) + clean(value)

    def _under(self, label: str) -> str:
        label = clean(label)
        return f"  {label}{' ' * max(1, _LABEL - width(label))}"


def _wrong(probes: Iterable[Document]) -> Iterator[tuple[str, str]]:
    """Probe and reason of what fails, then of what is judged to be bad."""
    looks = [probe for probe in probes if probe["at"] is not None]
    yield from ((probe["name"], probe["reason"]) for probe in looks if probe["outcome"] == "failed")
    for probe in looks:
        yield from ((probe["name"], reason) for reason in (probe.get("checks") or {}).values() if reason)


def _raw(looks: Looks) -> Iterator[tuple[str, str]]:
    """Samples that have no name for people."""
    for probe, look in looks:
        for name, value in (look.samples if look else {}).items():
            if name not in FIGURES:
                yield f"{probe} {name}", f"{value:.6g}"
