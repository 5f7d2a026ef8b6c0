"""Type hints -> readers of nodes. A frozen dataclass says by its fields what a file may hold; nothing is written twice.

Hints understood: str, bool, int, float, date, time, Path, Secret, Raw, enums, Literal, X | None, tuple[X, ...],
frozenset[X], Mapping[str, X], dataclasses, any class with `parse(text)`, and the markers of `agent.units`. A key is the
field's name; a trailing underscore is dropped (`from_` is read from `from`). Empty is the same as absent for text.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import types
from collections.abc import Callable
from dataclasses import MISSING, dataclass
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from agent import locale
from agent.config import scalars, secrets
from agent.config.problem import near, shown
from agent.config.source import Source, Trail
from agent.config.tree import Mapping, Node, Scalar, Sequence
from agent.model import Secret

BAD = scalars.BAD
Reader = Callable[[Node, Trail, Source, Any], Any]
"""(node, where it stands, its file, the value beneath or None) -> the value, or BAD after noting why."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A part kept unread for whoever knows its type later. It never shows what is in it."""

    node: Node
    trail: Trail
    source: Source

    def __repr__(self) -> str:
        return f"Raw({self.source.file}:{self.node.line})"

    def text(self, key: str) -> str:
        """The word that a key of it holds, "" without; for telling which type it is."""
        child = self.node.fields.get(key) if isinstance(self.node, Mapping) else None
        return child.text if isinstance(child, Scalar) else ""

    def read(self, hint: Any) -> Any:
        """The value, or BAD; problems are noted in `source`."""
        return read(hint, self.node, self.source, self.trail)


def read(hint: Any, node: Node, source: Source, trail: Trail = None, base: Any = None) -> Any:
    """The value of `hint` at `node`, or BAD. `base`: what stands where the file says nothing."""
    return reader(hint)(node, trail, source, base)


def wrong_type(node: Node, trail: Trail, source: Source, want: str) -> Any:
    """Note that a mapping, a list or a word was wanted and something else stands there."""
    if isinstance(node, Scalar) and node.null:
        source.error(node.line, trail, "config.empty", want=f"config.want.{want}")
    else:
        got = type(node).__name__.lower()
        source.error(node.line, trail, "config.type", want=f"config.want.{want}", got=f"config.got.{got}")
    return BAD


@cache
def reader(hint: Any, hush: bool = False) -> Reader:
    """The reader of a hint. `hush`: messages show no value, because a secret may stand where it does not belong."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _optional(reader(_one_of(args), hush))
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return _sequence(reader(args[0], hush), tuple)
    if origin is frozenset:
        return _sequence(reader(args[0], hush), frozenset)
    if origin in (collections.abc.Mapping, dict) and args[0] is str:
        return _mapping(reader(args[1], hush))
    if hint is Raw:
        return lambda node, trail, source, base: Raw(node, trail, source)
    if hint is Secret:
        return secrets.inline
    if dataclasses.is_dataclass(hint) and not hasattr(hint, "parse"):
        return _dataclass(hint, hush)
    return _scalar(hint, hush)


def _one_of(args: tuple[Any, ...]) -> Any:
    rest = [arg for arg in args if arg is not type(None)]
    if len(rest) != 1:
        raise TypeError(f"only `X | None` can be read, not {args}")
    return rest[0]


def _optional(inner: Reader) -> Reader:
    def read(node: Node, trail: Trail, source: Source, base: Any) -> Any:
        return None if isinstance(node, Scalar) and node.null else inner(node, trail, source, base)

    return read


def _sequence(inner: Reader, build: Callable[[list[Any]], Any]) -> Reader:
    def read(node: Node, trail: Trail, source: Source, base: Any) -> Any:
        if not isinstance(node, Sequence):
            return wrong_type(node, trail, source, "sequence")
        values = [inner(item, (trail, index), source, None) for index, item in enumerate(node.items)]
        good = [value for value in values if value is not BAD]
        return build(good) if good or not values else BAD

    return read


def _mapping(inner: Reader) -> Reader:
    def read(node: Node, trail: Trail, source: Source, base: Any) -> Any:
        if not isinstance(node, Mapping):
            return wrong_type(node, trail, source, "mapping")
        values = dict(base or {})
        for key, child in node.fields.items():
            if base and key not in base:
                source.warn(node.line_of(key), trail, "config.unknown", near=near(key, base), name=shown(key))
            value = inner(child, (trail, key), source, values.get(key))
            if value is not BAD:
                values[key] = value
        return values

    return read


@dataclass(frozen=True, slots=True)
class Key:
    """How one key of a dataclass is read, and into which field."""

    name: str
    read: Reader
    skips_null: bool = False


def keys_of(cls: type, hush: bool = False) -> dict[str, Key]:
    """The keys a dataclass takes. A Secret takes three: itself, and `_file`, `_env` behind its name."""
    keys: dict[str, Key] = {}
    hints = get_type_hints(cls, include_extras=True)
    hush = hush or holds_secrets(cls)
    for field in dataclasses.fields(cls):
        if not field.init:
            continue
        hint, key = hints[field.name], field.name.rstrip("_")
        text = hint is str or (get_origin(hint) is Annotated and get_args(hint)[0] is str)
        if not _is_secret(hint):
            keys[key] = Key(field.name, reader(hint, hush), text and not _required(field))
        else:
            keys[key] = Key(field.name, secrets.inline)
            keys[f"{key}_file"] = Key(field.name, secrets.from_file)
            keys[f"{key}_env"] = Key(field.name, secrets.from_environment)
    return keys


def holds_secrets(cls: type) -> bool:
    """Whether one of its fields is a secret, so that no value near it may be shown."""
    return any(map(_is_secret, get_type_hints(cls, include_extras=True).values()))


def _is_secret(hint: Any) -> bool:
    return hint is Secret or Secret in get_args(hint)


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _dataclass(cls: Any, hush: bool) -> Reader:
    keys = keys_of(cls, hush)
    hush = hush or holds_secrets(cls)

    def read(node: Node, trail: Trail, source: Source, base: Any) -> Any:
        if not isinstance(node, Mapping):
            return wrong_type(node, trail, source, "mapping")
        values = read_keys(keys, node, trail, source, base, hush=hush)
        return build(cls, values, node, trail, source, base)

    return read


@cache
def _needs(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls) if field.init and _required(field))


def build(cls: Any, values: dict[str, Any], node: Node, trail: Trail, source: Source, base: Any = None) -> Any:
    """The dataclass of what `read_keys` gave, over `base`; BAD when a field without a default is absent or wrong.

    A `__post_init__` may refuse by a ValueError whose text is a key of the catalogue.
    """
    if BAD in values.values():
        bad = {name for name, value in values.items() if value is BAD}
        values = {name: value for name, value in values.items() if value is not BAD}
    else:
        bad = set()
    lacking = False
    for name in _needs(cls) if base is None else ():
        if name not in values:
            lacking = True
            if name not in bad:
                source.error(node.line, trail, "config.missing", name=name.rstrip("_"))
    if lacking:
        return BAD
    try:
        return cls(**values) if base is None else dataclasses.replace(base, **values)
    except ValueError as wrong:
        key = str(wrong)
        source.error(node.line, trail, key if locale.catalogue("en").has(key) else "config.refused")
        return BAD


def read_keys(
    keys: dict[str, Key], node: Mapping, trail: Trail, source: Source, base: Any = None, *, hush: bool = False
) -> dict[str, Any]:
    """The fields that a mapping gives, by field name, BAD where they are wrong; every key unknown is noted."""
    values: dict[str, Any] = {}
    for name, child in node.fields.items():
        key = keys.get(name)
        if key is None:
            unknown_key(name, node, trail, source, keys, hush=hush)
        elif key.skips_null and isinstance(child, Scalar) and child.null:
            continue
        elif key.name in values:
            source.error(node.line_of(name), (trail, name), "config.secret.twice", name=key.name)
        else:
            beneath = None if base is None else getattr(base, key.name)
            values[key.name] = key.read(child, (trail, name), source, beneath)
    return values


def unknown_key(
    name: str, node: Mapping, trail: Trail, source: Source, known: collections.abc.Iterable[str], *, hush: bool = False
) -> None:
    """Note a key that nobody knows; where secrets stand it is named only when it resembles a known one."""
    meant = near(name, known)
    if hush and not meant:
        source.error(node.line_of(name), trail, "config.unknown_hushed", known=", ".join(known))
    else:
        source.error(node.line_of(name), trail, "config.unknown", near=meant, name=shown(name))


def _scalar(hint: Any, hush: bool) -> Reader:
    convert = scalars.converter(hint, hush)

    def read(node: Node, trail: Trail, source: Source, base: Any) -> Any:
        if not isinstance(node, Scalar):
            return wrong_type(node, trail, source, "scalar")
        return convert(node, trail, source)

    return read
