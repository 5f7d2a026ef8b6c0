"""The rules of a profile file. Part of the second reading that `loading` does."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from agent.config import near, shown
from agent.config.source import Trail
from agent.config.tree import Mapping as Fields
from agent.config.tree import Node, Scalar
from agent.probes.snmp.columns import conditions, one_of, parts_of, read_column
from agent.probes.snmp.fields import CHECK_OF, CHECKS, MAIN, MUST, SENSOR_UNITS, kinds_of
from agent.probes.snmp.profile import Alternatives, Choice, Column, Condition, Limits, Many, Rule, Step, SystemField
from agent.probes.snmp.rows import STATES, State
from agent.probes.snmp.template import Template
from agent.probes.snmp.words import Words

_NUMBER = re.compile(r"[-+]?[0-9]{1,15}(?:\.[0-9]{1,15})?")


def rules_of(reader: Words, of: str, node: Node, trail: Trail) -> tuple[Step, ...]:
    """The rules of a class, in their order."""
    steps: list[Step] = []
    for item, path in reader.items(node, trail):
        if isinstance(item, Fields) and set(item.fields) == {"first_of"}:
            inner = reader.items(item.fields["first_of"], (path, "first_of"))
            steps.append(Alternatives(rules=tuple(rule for n, t in inner if (rule := _rule(reader, of, n, t)))))
        else:
            rule = _rule(reader, of, item, path)
            if rule is not None:
                steps.append(rule)
    return tuple(steps)


def system_field(reader: Words, name: str, node: Node, trail: Trail) -> SystemField:
    """Alternatives of a fact about the box: a constant word, a column, or a rule with `text`."""
    found: list[Rule | str] = []
    for item, path in reader.items(node, trail):
        if isinstance(item, Scalar):
            found.append(item.text)
        elif isinstance(item, Fields) and ("oid" in item.fields or "get" in item.fields):
            column = read_column(reader, item, path)
            if column is not None:
                fields: dict[str, tuple[Choice, ...]] = {"text": (Template.read("{text}"),)}
                source = f"{reader.source.file}:{item.line}"
                columns = {"text": column}
                found.append(
                    Rule(of="system", name=name, rows=("text",), columns=columns, fields=fields, source=source)
                )
        else:
            rule = _rule(reader, "system", item, path)
            if rule is not None:
                found.append(rule)
    return tuple(found)


@dataclass(slots=True)
class _Draft:
    """A rule while it is read."""

    reader: Words
    of: str
    columns: dict[str, Column] = field(default_factory=dict)
    fields: dict[str, tuple[Choice, ...]] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)

    def choices(self, name: str, kind: str, node: Node, trail: Trail) -> tuple[Choice, ...]:
        """What a field is made of: alternatives in turn."""
        found = [self._choice(f"{name}_{at}" if at else name, kind, item, path)
                 for at, (item, path) in enumerate(self.reader.items(node, trail))]  # fmt: skip
        return tuple(each for each in found if each is not None)

    def _choice(self, name: str, kind: str, node: Node, trail: Trail) -> Choice | None:
        if isinstance(node, Scalar):
            return self._template(node, trail) if kind == "text" else self._number(name, node, trail)
        column = read_column(self.reader, node, trail)
        if column is None:
            return None
        self.columns[name] = column
        return Template(("", ""), (name,)) if kind == "text" else name

    def _template(self, node: Scalar, trail: Trail) -> Template | None:
        try:
            return Template.read(node.text)
        except ValueError as wrong:
            self.reader.source.error(node.line, trail, str(wrong))
            return None

    def _number(self, name: str, node: Scalar, trail: Trail) -> str | float | None:
        """A column's name, a number, or an OID that becomes a column of the field's name."""
        if node.text in self.columns:
            return node.text
        if _NUMBER.fullmatch(node.text):
            return float(node.text)
        oid = self.reader.resolved(node.text)
        if oid is None:
            meant = near(node.text, (*self.columns, *self.reader.objects))
            self.reader.source.error(node.line, trail, "probes.no_column", near=meant, name=shown(node.text))
            return None
        self.columns[name] = Column(oids=(oid,), scalar=oid.endswith(".0"))
        return name


def _rule(reader: Words, of: str, node: Node, trail: Trail) -> Rule | None:
    if not isinstance(node, Fields):
        reader.wrong(node, trail, "mapping")
        return None
    before = reader.source.errors
    draft, kinds = _Draft(reader, of), kinds_of(of)
    if "parts" in node.fields:
        draft.parts = parts_of(reader, node.fields["parts"], (trail, "parts"))
    for name, child, path in (
        reader.named(node.fields["columns"], (trail, "columns")) if "columns" in node.fields else ()
    ):
        column = read_column(reader, child, path)
        if column is not None:
            draft.columns[name] = column
    for name, kind in kinds.items():
        if name in node.fields:
            draft.fields[name] = draft.choices(name, kind, node.fields[name], (trail, name))
    common = _common(draft, node, trail, kinds)
    rows = _rows(draft, node, trail, common.pop("rows", ""))
    if reader.source.errors > before or rows is None:
        return None
    source = f"{reader.source.file}:{node.line}"
    if of == "sensors":
        _sensor(draft, node, common)
    rule = Rule(
        of=of, rows=rows, columns=draft.columns, fields=draft.fields, parts=draft.parts, source=source,
        name=common.pop("rule", f"{of}-{node.line}"), **common,
    )  # fmt: skip
    _check(reader, rule, node, trail)
    return rule


def _sensor(draft: _Draft, node: Fields, common: dict[str, Any]) -> None:
    """What a sensor's class decides where the rule does not say it: the unit, and the check it counts for."""
    word = node.fields.get("class")
    sort = word.text if isinstance(word, Scalar) else ""
    draft.fields.setdefault("unit", (Template((SENSOR_UNITS.get(sort, ""),), ()),))
    check = common.setdefault("check", CHECK_OF.get(sort, "none"))
    common["check"] = "" if check == "none" else check


def _common(draft: _Draft, node: Fields, trail: Trail, kinds: Mapping[str, str]) -> dict[str, Any]:
    """What rules of all classes may say beside their fields."""
    reader = draft.reader
    known: dict[str, Callable[[Node, Trail], Any]] = {
        "rule": reader.word, "rows": reader.word, "contexts": reader.word,
        "where": lambda n, t: conditions(reader, n, t),
        "reduce": lambda n, t: one_of(reader, get_args(Many), n, t),
        "states": lambda n, t: _states(reader, n, t),
        "otherwise": lambda n, t: one_of(reader, STATES, n, t),
        "limits": lambda n, t: _limits(draft, n, t),
        "check": lambda n, t: one_of(reader, CHECKS, n, t),
        "alarm": lambda n, t: one_of(reader, STATES, n, t),
        "proven": reader.flag,
    }  # fmt: skip
    values: dict[str, Any] = {}
    for name, child, path in reader.named(node, trail):
        if name in known:
            value = known[name](child, path)
            if value is not None:
                values[name] = value
        elif name not in kinds and name not in ("columns", "parts"):
            meant = near(name, (*known, *kinds, "columns", "parts"))
            reader.source.error(node.line_of(name), path, "config.unknown", near=meant, name=shown(name))
    state = draft.fields.pop("state", ()) if kinds.get("state") == "state" else ()
    if state:
        values["state"] = next((choice for choice in state if isinstance(choice, str)), "")
    return values


def _rows(draft: _Draft, node: Fields, trail: Trail, named: str) -> tuple[str, ...] | None:
    """The columns whose indexes are the rows: the one that is named, those of the main fields, else the first."""
    if named:
        if named not in draft.columns:
            line, meant = node.line_of("rows"), near(named, draft.columns)
            draft.reader.source.error(line, (trail, "rows"), "probes.no_column", near=meant, name=shown(named))
        return (named,)
    main = [choice for name in MAIN.get(draft.of, ()) for choice in draft.fields.get(name, ())]
    own = [name for name in main if isinstance(name, str) and (draft.columns[name].own or draft.columns[name].scalar)]
    own = own or [name for name, column in draft.columns.items() if column.own][:1]
    own = own or [name for name, column in draft.columns.items() if column.scalar][:1]
    if not own:
        draft.reader.source.error(node.line, trail, "probes.no_rows")
        return None
    return tuple(own)


def _check(reader: Words, rule: Rule, node: Fields, trail: Trail) -> None:
    """What can only be seen when the whole rule is there: names that nothing has, fields that must be there."""
    word = node.fields.get("class")
    text = word.text if isinstance(word, Scalar) else ""
    if rule.of == "sensors" and text not in SENSOR_UNITS:
        listed, line = ", ".join(SENSOR_UNITS), node.line_of("class")
        meant, value = near(text, SENSOR_UNITS), shown(text)
        reader.source.error(line, (trail, "class"), "config.choice", near=meant, value=value, listed=listed)
    for needed in MUST.get(rule.of, ()):
        if needed not in rule.fields:
            reader.source.error(node.line, trail, "config.missing", name=needed)
    known = {*rule.columns, *rule.parts, "index"}
    for name in _places(rule):
        if name not in known and not name.lstrip("-").isdigit():
            reader.source.error(node.line, trail, "probes.no_column", near=near(name, known), name=shown(name))


def _places(rule: Rule) -> set[str]:
    """Every name that the rule's texts, conditions and lookups speak of."""
    names: set[str] = set()
    for choices in rule.fields.values():
        names.update(*(choice.places for choice in choices if isinstance(choice, Template)))
    for column in rule.columns.values():
        for template in (column.index, column.by_value, column.prefix):
            names.update(template.places if template else ())
        names |= {column.scale_by, column.precision, *column.minus, *column.like} | _columns_in(column.where)
    return (names | {rule.contexts} | _columns_in(rule.where)) - {""}


def _columns_in(where: tuple[Condition, ...]) -> set[str]:
    names: set[str] = set()
    for condition in where:
        names |= {condition.column} | _columns_in(condition.any_)
    return names


def _states(reader: Words, node: Node, trail: Trail) -> dict[str, State]:
    return {
        name: state for name, child, path in reader.named(node, trail) if (state := one_of(reader, STATES, child, path))
    }


def _limits(draft: _Draft, node: Node, trail: Trail) -> Limits:
    def reading(name: str) -> Callable[[Node, Trail], Any]:
        return lambda child, path: draft.choices(f"limit_{name}", "number", child, path)

    names = [each.name for each in dataclasses.fields(Limits)]
    return Limits(**draft.reader.mapping(node, trail, {name: reading(name) for name in names}))
