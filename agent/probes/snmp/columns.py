"""The columns and conditions of a rule, read from a profile file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from agent.config import near, shown
from agent.config.source import Trail
from agent.config.tree import Node, Scalar, Sequence
from agent.probes.snmp.profile import As, Column, Condition, Convert, Many, Take
from agent.probes.snmp.template import Template
from agent.probes.snmp.words import Words

PARTS = ("int", "mac", "ip", "inet", "text", "implied", "rest")
"""Sorts of index parts: a number; 6 and 4 of them; an InetAddress and a text with their length before them; the text
or the numbers that the rest is."""


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
        "many": lambda n, t: one_of(reader, get_args(Many), n, t),
        "take": lambda n, t: one_of(reader, get_args(Take), n, t),
        "as": lambda n, t: one_of(reader, get_args(As), n, t), "match": reader.pattern,
        "map": lambda n, t: {k: w for k, c, p in reader.named(n, t) if (w := reader.word(c, p)) is not None},
        "only_mapped": reader.flag, "otherwise": reader.word, "no_value": words, "minus": reader.words,
        "like": reader.words, "scale_by": reader.word, "precision": reader.word,
        "scale_map": lambda n, t: {k: w for k, c, p in reader.named(n, t) if (w := _scale(reader, c, p)) is not None},
        "convert": lambda n, t: one_of(reader, get_args(Convert), n, t),
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


def parts_of(reader: Words, node: Node, trail: Trail) -> dict[str, str]:
    return {
        name: sort for name, child, path in reader.named(node, trail) if (sort := one_of(reader, PARTS, child, path))
    }


def one_of(reader: Words, values: tuple[Any, ...], node: Node, trail: Trail) -> Any:
    word = reader.word(node, trail)
    if word is None or word in values:
        return word
    reader.source.error(
        node.line, trail, "config.choice", near=near(word, values), value=shown(word), listed=", ".join(values)
    )
    return None
