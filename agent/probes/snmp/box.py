"""What is kept of a box between looks, so that a poll reads little: its profile, the rules that yield, labels.

At the slow pace everything is read as in a full collection. In between only the rules that yielded rows are followed,
and of their columns only those that change: what names or filters a row is kept, and where few rows of a long table
are wanted they are asked for one by one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.probes.snmp.assemble import assemble
from agent.probes.snmp.collect import chosen_for, duplex, identity_of, rows_of, scalars, system_of, unique, with_totals
from agent.probes.snmp.library import FALLBACK, Library
from agent.probes.snmp.profile import Rule
from agent.probes.snmp.rows import CLASSES, Rows, System
from agent.probes.snmp.select import Chosen, Identity
from agent.probes.snmp.session import Session
from agent.probes.snmp.tables import Tables
from agent.probes.snmp.walk import Budget, Tree

SLOW = frozenset(("neighbours", "forwarding", "arp", "vlans"))
"""Classes that are read at the slow pace only."""

CHANGING = frozenset((
    "percent", "value", "used_bytes", "free_bytes", "total_bytes", "state", "clients", "channel", "watts", "detection",
    "admin", "online", "recording", "days", "budget_watts",
))  # fmt: skip
"""Fields that are read at each poll; the others name the row."""

_FEW = 64
"""Rows that are asked for one by one where their table is more than twice as long."""


@dataclass(slots=True)
class Box:
    """Learned at the last slow round. plan: rules that yielded.  labels: columns that are kept.  sparse: by column, the
    indexes that are asked for one by one.  due: when the next slow round is, in monotonic seconds.
    """

    key: str
    identity: Identity | None = None
    chosen: Chosen | None = None
    system: System = System()
    duplex: Mapping[int, str] = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    due: float = 0.0
    _plan: dict[str, list[Rule]] = field(default_factory=dict)
    _labels: dict[str, Tree] = field(default_factory=dict)
    _sparse: dict[str, list[str]] = field(default_factory=dict)
    _sizes: dict[str, int] = field(default_factory=dict)

    async def look(
        self, session: Session, budget: Budget, library: Library, told: Mapping[str, Any], *, now: float, slow: float
    ) -> bool:
        """Bring `rows` up to date. slow: seconds between slow rounds. True when this was one."""
        identity = identity_of(told)
        if identity == self.identity and now < self.due and not told.get("rebooted"):
            await self._light(session, budget)
            return False
        tables = Tables(session, budget)
        if self.chosen is None or identity != self.identity or self.chosen.profile.name == FALLBACK:
            self.chosen = await chosen_for(library, identity, tables)
            self.identity = identity
        await self._whole(tables, told)
        if "timeout" not in tables.failed.values():  # else what was lost on the way is asked for again at once
            self.due = now + slow * (0.9 + 0.2 * zlib.crc32(self.key.encode()) / 2**32)
        return True

    async def _whole(self, tables: Tables, told: Mapping[str, Any]) -> None:
        assert self.chosen is not None
        profile = self.chosen.profile
        await tables.fetch(scalars(profile, CLASSES))
        yielding: dict[str, list[Rule]] = {}
        rows = {of: await rows_of(profile, of, tables, yielding.setdefault(of, [])) for of in CLASSES}
        self.system = await system_of(profile, tables, told, None)
        self.duplex = await duplex(tables)
        self.rows, self.failed = with_totals(rows), dict(tables.failed)
        self._plan = {of: found for of, found in yielding.items() if of not in SLOW}
        self._remember(tables)

    def _remember(self, tables: Tables) -> None:
        """Which columns are kept, which are asked for in part."""
        changing: set[str] = set()
        entire: set[str] = set()
        wanted: dict[tuple[str, ...], list[Rule]] = {}
        for rule in self._rules():
            for name, column in rule.columns.items():
                if not column.scalar and _changes(rule, name):
                    changing.update(column.oids)
                    wanted.setdefault(column.oids, []).append(rule)
                if column.convert == "optical_power":  # its unit is told by the whole table
                    entire.update(column.oids)
        used = {oid for rule in self._rules() for column in rule.columns.values() for oid in column.oids}
        self._labels = {
            oid: tree for oid, tree in tables.columns.items() if oid in used and (not tree or oid not in changing)
        }
        self._sizes = {oid: len(tree) for oid, tree in tables.columns.items() if tree and oid in changing}
        self._sparse = {}
        for oids, asking in wanted.items():
            oid = next((oid for oid in oids if tables.columns.get(oid)), "")
            tree = tables.columns.get(oid, {})
            indexes = {index for rule in asking for index in self._indexes(rule, oid, tables)}
            if tree and oid not in entire and len(indexes) <= _FEW and 2 * len(indexes) < len(tree):
                self._sparse[oid] = [index for index in tree if index in indexes]  # in the table's order, as before

    def _indexes(self, rule: Rule, oid: str, tables: Tables) -> Iterator[str]:
        """The indexes of the rows that the rule made; all of the table for a rule that looks further."""
        kept = tables.kept.get(id(rule))
        plain = all(column.own or oid not in column.oids for column in rule.columns.values())
        yield from kept if kept is not None and plain else tables.columns.get(oid, {})

    def _rules(self) -> Iterator[Rule]:
        return (rule for found in self._plan.values() for rule in found)

    async def _light(self, session: Session, budget: Budget) -> None:
        assert self.chosen is not None
        tables = Tables(session, budget, self._labels, self._sizes)
        await tables.fetch(oid for rule in self._rules() for oid in _instances(rule))
        if session.version != "1":
            await tables.part(self._sparse)
        rows: dict[str, Rows] = dict(self.rows)
        for of, found in self._plan.items():
            made: list[Any] = []
            for rule in found:
                made += await assemble(rule, tables, self.chosen.profile.no_value)
            rows[of] = tuple(unique(of, made))
        self.rows = with_totals(rows)
        self.failed = dict(tables.failed)


def _changes(rule: Rule, name: str) -> bool:
    """Is the column what a changing field is made of?"""
    if name == rule.state:
        return True
    for field_, choices in rule.fields.items():
        if field_ in CHANGING:
            for choice in choices:
                if choice == name or name in getattr(choice, "places", ()):
                    return True
    return name in _beneath(rule)


def _beneath(rule: Rule) -> set[str]:
    """Columns that are taken off, or multiply, what changes."""
    return {name for column in rule.columns.values() for name in column.minus}


def _instances(rule: Rule) -> Iterator[str]:
    for column in rule.columns.values():
        if column.scalar:
            yield from column.oids
