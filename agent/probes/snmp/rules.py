"""The rules of a profile file: columns, conditions, fields. Part of the second reading that `loading` does."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args, get_type_hints

from agent.config import near, shown
from agent.config.source import Trail
from agent.config.tree import Mapping as Fields
from agent.config.tree import Node, Scalar, Sequence
from agent.probes.snmp.profile import (
    Alternatives,
    As,
    Choice,
    Column,
    Condition,
    Convert,
    Limits,
    Many,
    Rule,
    Step,
    SystemField,
    Take,
)
from agent.probes.snmp.rows import CLASSES, STATES, State
from agent.probes.snmp.template import Template
from agent.probes.snmp.words import Words

PARTS = ("int", "mac", "ip", "inet", "text", "implied", "rest")
"""Sorts of index parts: a number; 6 and 4 of them; an InetAddress and a text with their length before them; the text
or the numbers that the rest is."""

CHECKS = ("fan", "psu", "temperature", "optics", "poe", "cpu", "memory", "disk", "ups", "recording", "none")
_CHECK_OF = {"temperature": "temperature", "dbm": "optics", "fanspeed": "fan"}

SENSOR_UNITS: Mapping[str, str] = {
    "temperature": "°C", "voltage": "V", "current": "A", "power": "W", "power_consumed": "Wh", "dbm": "dBm",
    "fanspeed": "rpm", "percent": "%", "load": "%", "charge": "%", "humidity": "%", "frequency": "Hz",
    "runtime": "min", "count": "", "state": "", "airflow": "cfm", "pressure": "kPa", "signal": "dBm", "snr": "dB",
    "delay": "s", "waterflow": "l/m", "cooling": "W", "quality_factor": "", "loss": "%", "ber": "",
}  # fmt: skip
"""Classes of sensors and the unit of each."""

_MAIN = {
    "processors": ("percent",), "sensors": ("value",), "totals": ("value",),
    "memory": ("percent", "used_bytes", "free_bytes", "total_bytes"),
    "storage": ("percent", "used_bytes", "total_bytes", "free_bytes", "state"),
}  # fmt: skip
"""Fields whose column gives a rule its rows, where the rule does not name one."""

_NUMBER = re.compile(r"[-+]?[0-9]{1,15}(?:\.[0-9]{1,15})?")


@cache
def kinds_of(of: str) -> Mapping[str, str]:
    """The fields that a rule of a class may fill, and their kinds: text, number or state."""
    if of == "system":
        return {"text": "text"}
    cls = CLASSES[of]
    hints = get_type_hints(cls)
    kinds = {}
    for each in dataclasses.fields(cls):
        hint = hints[each.name]
        kind = "text" if hint is str else "number" if float in (hint, *get_args(hint)) else "state"
        kinds[each.name.rstrip("_")] = kind
    for name in ("oid", "alarm", "check") if of == "sensors" else ():
        del kinds[name]
    return kinds


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
                found.append(Rule(of="system", name=name, rows="text", columns=columns, fields=fields, source=source))
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
        draft.parts = _parts(reader, node.fields["parts"], (trail, "parts"))
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
    check = common.setdefault("check", _CHECK_OF.get(sort, "none"))
    common["check"] = "" if check == "none" else check


def _common(draft: _Draft, node: Fields, trail: Trail, kinds: Mapping[str, str]) -> dict[str, Any]:
    """What rules of all classes may say beside their fields."""
    reader = draft.reader
    known: dict[str, Callable[[Node, Trail], Any]] = {
        "rule": reader.word, "rows": reader.word, "where": lambda n, t: conditions(reader, n, t),
        "reduce": lambda n, t: _one_of(reader, get_args(Many), n, t),
        "states": lambda n, t: _states(reader, n, t),
        "otherwise": lambda n, t: _one_of(reader, STATES, n, t),
        "limits": lambda n, t: _limits(draft, n, t),
        "check": lambda n, t: _one_of(reader, CHECKS, n, t),
        "alarm": lambda n, t: _one_of(reader, STATES, n, t),
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


def _rows(draft: _Draft, node: Fields, trail: Trail, named: str) -> str | None:
    """The column whose indexes are the rows."""
    if named:
        if named not in draft.columns:
            line, meant = node.line_of("rows"), near(named, draft.columns)
            draft.reader.source.error(line, (trail, "rows"), "probes.no_column", near=meant, name=shown(named))
        return named
    for name in _MAIN.get(draft.of, ()):
        for choice in draft.fields.get(name, ()):
            if isinstance(choice, str) and (draft.columns[choice].own or draft.columns[choice].scalar):
                return choice
    for name, column in draft.columns.items():
        if column.own:
            return name
    for name, column in draft.columns.items():
        if column.scalar:
            return name
    draft.reader.source.error(node.line, trail, "probes.no_rows")
    return None


_MUST = {"processors": ("percent",), "sensors": ("value",), "totals": ("of",), "system": ("text",)}
"""Fields without which a rule makes no sense."""


def _check(reader: Words, rule: Rule, node: Fields, trail: Trail) -> None:
    """What can only be seen when the whole rule is there: names that nothing has, fields that must be there."""
    word = node.fields.get("class")
    text = word.text if isinstance(word, Scalar) else ""
    if rule.of == "sensors" and text not in SENSOR_UNITS:
        listed, line = ", ".join(SENSOR_UNITS), node.line_of("class")
        meant, value = near(text, SENSOR_UNITS), shown(text)
        reader.source.error(line, (trail, "class"), "config.choice", near=meant, value=value, listed=listed)
    for needed in _MUST.get(rule.of, ()):
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
        names |= {column.scale_by, column.precision, *column.minus} | _columns_in(column.where)
    return (names | _columns_in(rule.where)) - {""}


def _columns_in(where: tuple[Condition, ...]) -> set[str]:
    names: set[str] = set()
    for condition in where:
        names |= {condition.column} | _columns_in(condition.any_)
    return names


# -- the parts of a rule ----------------------------------------------------------------------------------------------


def read_column(reader: Words, node: Node, trail: Trail) -> Column | None:
    """A column: an OID, several tried in turn, or a mapping; None after noting why not."""
    if isinstance(node, Scalar | Sequence):
        oids = reader.oids(node, trail)
        return Column(oids=oids, scalar=oids[0].endswith(".0")) if oids else None
    values = reader.mapping(node, trail, _column_keys(reader))
    oids, get = values.pop("oid", ()), values.pop("get", ())
    if bool(oids) == bool(get):
        reader.source.error(node.line, trail, "probes.oid_or_get")
        return None
    if "as" in values:
        values["as_"] = values.pop("as")
    if not get and oids[0].endswith(".0"):
        oids, get = (), oids
    return Column(oids=oids or get, scalar=bool(get), **values)


def _column_keys(reader: Words) -> dict[str, Callable[[Node, Trail], Any]]:
    def words(node: Node, trail: Trail) -> frozenset[str]:
        return frozenset(reader.words(node, trail))

    def template(node: Node, trail: Trail) -> Template | None:
        try:
            return Template.read(reader.word(node, trail) or "")
        except ValueError as wrong:
            reader.source.error(node.line, trail, str(wrong))
            return None

    numbers = ("at_least", "at_most", "scale", "offset")
    return {
        "oid": reader.oids, "get": reader.oids, "index": template, "by_value": template, "prefix": template,
        "many": lambda n, t: _one_of(reader, get_args(Many), n, t),
        "take": lambda n, t: _one_of(reader, get_args(Take), n, t),
        "as": lambda n, t: _one_of(reader, get_args(As), n, t), "match": reader.pattern,
        "map": lambda n, t: {k: w for k, c, p in reader.named(n, t) if (w := reader.word(c, p)) is not None},
        "only_mapped": reader.flag, "no_value": words, "minus": reader.words, "scale_by": reader.word,
        "precision": reader.word,
        "scale_map": lambda n, t: {k: w for k, c, p in reader.named(n, t) if (w := _scale(reader, c, p)) is not None},
        "convert": lambda n, t: _one_of(reader, get_args(Convert), n, t),
        "where": lambda n, t: conditions(reader, n, t),
    } | dict.fromkeys(numbers, lambda n, t: _scale(reader, n, t))  # fmt: skip


def _scale(reader: Words, node: Node, trail: Trail) -> float | None:
    """A number, `1/60` or `1e-9`."""
    word = reader.word(node, trail)
    if word is None:
        return None
    try:
        above, _, below = word.partition("/")
        return float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        reader.source.error(node.line, trail, "config.not", want="config.want.float", value=shown(word))
        return None


def conditions(reader: Words, node: Node, trail: Trail) -> tuple[Condition, ...]:
    """All of which must be true."""
    known: dict[str, Callable[[Node, Trail], Any]] = {
        "column": reader.word, "part": lambda n, t: int(number) if (number := reader.number(n, t)) else None,
        "in": reader.words, "not_in": reader.words, "above": reader.number, "below": reader.number,
        "matches": reader.pattern, "lacks": reader.pattern, "exists": reader.flag,
        "any": lambda n, t: conditions(reader, n, t),
    }  # fmt: skip
    found = []
    for item, path in reader.items(node, trail):
        values = reader.mapping(item, path, known)
        subjects = [name for name in ("column", "part", "any") if name in values]
        if len(subjects) != 1 or (len(values) < 2 and subjects != ["any"]):
            reader.source.error(item.line, path, "probes.condition")
            continue
        found.append(
            Condition(**{{"in": "in_", "any": "any_"}.get(name, name): value for name, value in values.items()})
        )
    return tuple(found)


def _parts(reader: Words, node: Node, trail: Trail) -> dict[str, str]:
    return {
        name: sort for name, child, path in reader.named(node, trail) if (sort := _one_of(reader, PARTS, child, path))
    }


def _states(reader: Words, node: Node, trail: Trail) -> dict[str, State]:
    return {
        name: state
        for name, child, path in reader.named(node, trail)
        if (state := _one_of(reader, STATES, child, path))
    }


def _limits(draft: _Draft, node: Node, trail: Trail) -> Limits:
    def reading(name: str) -> Callable[[Node, Trail], Any]:
        return lambda child, path: draft.choices(f"limit_{name}", "number", child, path)

    names = [each.name for each in dataclasses.fields(Limits)]
    return Limits(**draft.reader.mapping(node, trail, {name: reading(name) for name in names}))


def _one_of(reader: Words, values: tuple[Any, ...], node: Node, trail: Trail) -> Any:
    word = reader.word(node, trail)
    if word is None or word in values:
        return word
    reader.source.error(
        node.line, trail, "config.choice", near=near(word, values), value=shown(word), listed=", ".join(values)
    )
    return None
