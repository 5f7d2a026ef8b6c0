"""What a profile says, as values: how a box is recognised, and by which rules its tables become rows.

The format is documented in `agent/probes/profiles/README.md`; `loading` reads it, `assemble` follows it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from agent.probes.snmp.rows import State
from agent.probes.snmp.template import Template

TEXT_LIMIT = 512
"""Characters of a device's text that a pattern is ever held against."""

As = Literal["auto", "text", "mac", "ip", "hex", "oid", "index"]
"""How bytes become text: auto is text where it is printable, a MAC of six bytes, an address of four, else hex."""

Many = Literal["first", "last", "sum", "count", "max", "min", "join"]
"""What is made of several values that a lookup finds."""

Take = Literal["value", "rest", "address"]
"""What a prefix lookup gives: the value, the rest of the index, or the address that the rest spells (sort, length,
bytes, as in lldpRemManAddrTable)."""

Convert = Literal["uw_to_dbm", "mw_to_dbm", "fahrenheit", "complement", "optical_power"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that must be true of a row: of a column, of a part of its index, or any of several conditions."""

    column: str = ""
    part: int = 0
    in_: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()
    above: float | None = None
    below: float | None = None
    matches: re.Pattern[str] | None = None
    lacks: re.Pattern[str] | None = None
    exists: bool | None = None
    any_: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Where a value stands and what is made of it.

    oids: the columns tried in turn; the first that has rows is taken.  scalar: they are single instances, asked by GET.
    index: where in the column a row finds its value; None: under its own index.  by_value: the column is searched for
    this value and gives the last part of the index it stands at.  prefix: every row whose index begins so, and `take`
    what of it.  only_mapped: what `map` does not know is no value; otherwise: it
    is this.
    like: columns that decide together with this one in which unit an `optical_power` is told.
    minus: columns whose numbers are taken off, unless nothing would be left.
    """

    oids: tuple[str, ...]
    scalar: bool = False
    index: Template | None = None
    by_value: Template | None = None
    prefix: Template | None = None
    take: Take = "value"
    many: Many = "first"
    as_: As = "auto"
    match: re.Pattern[str] | None = None
    map: Mapping[str, str] = field(default_factory=dict)
    only_mapped: bool = False
    otherwise: str | None = None
    no_value: frozenset[str] = frozenset()
    at_least: float | None = None
    at_most: float | None = None
    scale: float = 1.0
    scale_by: str = ""
    scale_map: Mapping[str, float] = field(default_factory=dict)
    precision: str = ""
    offset: float = 0.0
    minus: tuple[str, ...] = ()
    convert: Convert | None = None
    like: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()

    @property
    def own(self) -> bool:
        """Does it stand under the row's own index?"""
        return not (self.scalar or self.index or self.by_value or self.prefix)


Choice = str | float | Template
"""A column's name, a constant number, or a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where on a measured value is bad: numbers or the names of columns, tried in turn."""

    critical_above: tuple[Choice, ...] = ()
    warning_above: tuple[Choice, ...] = ()
    warning_below: tuple[Choice, ...] = ()
    critical_below: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Makes rows of one class out of columns.

    rows: the columns whose indexes are the rows, tried in turn.  parts: names and sorts of the index's parts, in their
    order.  fields: what a row's fields are made of, alternatives in turn.  source: `file:line`.
    contexts: the column of the VLANs in each of which the rule is followed by itself, "" for none.  proven: a part that
    has never been seen good is one that is not there.
    """

    of: str
    name: str
    rows: tuple[str, ...]
    columns: Mapping[str, Column]
    fields: Mapping[str, tuple[Choice, ...]]
    parts: Mapping[str, str] = field(default_factory=dict)
    where: tuple[Condition, ...] = ()
    reduce: Many | None = None
    states: Mapping[str, State] = field(default_factory=dict)
    state: str = ""
    otherwise: State = "unknown"
    limits: Limits = Limits()
    check: str = ""
    alarm: State = "critical"
    contexts: str = ""
    proven: bool = False
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternatives:
    """Rules of which the first that yields rows is taken."""

    rules: tuple[Rule, ...]


Step = Rule | Alternatives


@dataclass(frozen=True, slots=True, kw_only=True)
class Get:
    """A probing GET: the instance is there and its text matches."""

    oid: str
    match: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """All that is said must be true of the box."""

    object_id: tuple[str, ...] = ()
    not_object_id: tuple[str, ...] = ()
    descr: re.Pattern[str] | None = None
    not_descr: re.Pattern[str] | None = None
    get: Get | None = None


SystemField = tuple[Rule | str, ...]
"""Alternatives: a constant, or a rule whose field `text` gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One profile as its file has it, not yet joined with those it extends.

    also: classes in which its own rules add to the inherited ones, where they otherwise replace them.
    drop: names of inherited rules that do not hold here.  no_value: sentinels of the box in any measured value.
    """

    name: str
    file: str
    abstract: bool = False
    title: str = ""
    select: tuple[Select, ...] = ()
    extends: tuple[str, ...] = ()
    also: frozenset[str] = frozenset()
    drop: frozenset[str] = frozenset()
    system: Mapping[str, SystemField] = field(default_factory=dict)
    steps: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    no_value: frozenset[str] = frozenset()
    source: str = ""
