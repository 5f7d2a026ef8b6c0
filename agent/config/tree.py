"""YAML text -> a light tree with line numbers. What YAML itself forbids is found here, types are not looked at.

Built from the events of libyaml, not with its composer: that one recurses in C, and a thousand brackets kill the
process. Scalars keep the text as written, because YAML 1.1 would read `no` as false and `22:00` as 1320.
"""

from __future__ import annotations

import re
from sys import intern
from typing import Any, TypeAlias

import yaml
from yaml import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from agent.config.problem import shown
from agent.config.source import Source, Trail

DEPTH = 40
"""How deep a file may nest."""

NODES = 3_000_000
"""How many values a file may hold, every alias counted as often as it is used."""

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_CORE = "tag:yaml.org,2002:"
_TAGS = frozenset(_CORE + name for name in ("str", "int", "float", "bool", "null", "seq", "map", "timestamp"))


class Scalar:
    """A word as written. `plain`: without quotes."""

    __slots__ = ("line", "plain", "text")

    def __init__(self, line: int, text: str, plain: bool) -> None:
        self.line, self.text, self.plain = line, text, plain

    @property
    def null(self) -> bool:
        return self.plain and self.text in _NULLS


class Sequence:
    """A list of nodes."""

    __slots__ = ("items", "line")

    def __init__(self, line: int) -> None:
        self.line = line
        self.items: list[Node] = []


class Mapping:
    """Keys to nodes, in the order of the file. `pairs`: keys and values by turns, as they stood."""

    __slots__ = ("fields", "line", "pairs")

    def __init__(self, line: int) -> None:
        self.line = line
        self.fields: dict[str, Node] = {}
        self.pairs: list[Node] = []

    def line_of(self, key: str) -> int:
        """The line of the key, or that of the whole when it does not stand there itself."""
        for node in self.pairs[::2]:
            if isinstance(node, Scalar) and node.text == key:
                return node.line
        return self.line


Node: TypeAlias = Scalar | Sequence | Mapping


def place(node: Node, trail: Trail, *steps: str | int) -> tuple[int, Trail]:
    """Line and path of what lies some steps inside a node; of the nearest thing around when it is not there."""
    line = node.line
    for step in steps:
        if isinstance(node, Mapping) and isinstance(step, str) and step in node.fields:
            line, node = node.line_of(step), node.fields[step]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            line = node.line
        else:
            break
        trail = (trail, step)
    return line, trail


class _Stop(Exception):
    """The file cannot be read on; the reason is noted already."""


class _Frame:
    """A list or mapping that is still open. A mapping's keys and values lie in `items` by turns until it closes."""

    __slots__ = ("anchor", "before", "items", "line", "mapping")

    def __init__(self, line: int, mapping: bool, anchor: str | None, before: int) -> None:
        self.line, self.mapping, self.anchor, self.before = line, mapping, anchor, before
        self.items: list[Node] = []

    def step(self) -> str | int | None:
        """Where in it the next node goes, for paths; None for a key."""
        if not self.mapping:
            return len(self.items)
        key = self.items[-1] if len(self.items) % 2 else None
        return key.text if isinstance(key, Scalar) else None


def parse(text: str, source: Source) -> Node | None:
    """The one document in `text`; None after noting why there is none."""
    try:
        return _Builder(source).build(text)
    except _Stop:
        return None
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 0
        line, key = _locate(wrong.problem or "", line, text)
        # Only the parser without libyaml puts words of the file into its own, and those in quotes.
        source.error(line, None, key, problem=re.sub(r"'[^']*'", "…", wrong.problem or ""))
    except yaml.reader.ReaderError as wrong:
        source.error(text.count("\n", 0, int(wrong.position)) + 1, None, "config.yaml.control")
    return None


_SYNTAX = {
    "mapping values are not allowed in this context": "config.yaml.colon",
    "did not find expected key": "config.yaml.indent",
    "did not find expected '-' indicator": "config.yaml.indent",
    "did not find expected ',' or '}'": "config.yaml.brace",
    "did not find expected ',' or ']'": "config.yaml.bracket",
    "found unexpected end of stream": "config.yaml.quote",
    "could not find expected ':'": "config.yaml.no_colon",
    "found unknown escape character": "config.yaml.escape",
}


def _locate(problem: str, line: int, text: str) -> tuple[int, str]:
    """The line and sentence for what libyaml says. A tab is named as such, the end of the file by its last line."""
    lines = text.splitlines()
    if "cannot start any token" in problem:
        tab = 0 < line <= len(lines) and re.match(r" *\t", lines[line - 1])
        return line, "config.yaml.tab" if tab else "config.yaml.token"
    return min(line, max(len(lines), 1)), _SYNTAX.get(problem, "config.yaml.syntax")


class _Builder:
    """Turns the events of one file into nodes."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        self._count = 0
        self._root: Node | None = None
        self._documents = 0

    def build(self, text: str) -> Node | None:
        parser = yaml.CSafeLoader(text) if yaml.__with_libyaml__ else yaml.SafeLoader(text)
        try:
            self._take(parser)
        finally:
            parser.dispose()
        if self._root is None or (isinstance(self._root, Scalar) and self._root.null):
            self._source.error(0, None, "config.empty_file")
            return None
        return self._root

    def _take(self, parser: Any) -> None:
        """The hot loop: a plain word, nine events of ten, goes straight to its place."""
        while True:
            event = parser.get_event()
            kind = type(event)
            if kind is ScalarEvent:
                if event.tag is None and event.anchor is None and self._stack and self._count < NODES:
                    self._count += 1
                    word = Scalar(event.start_mark.line + 1, event.value, not event.style)
                    self._stack[-1].items.append(word)
                else:
                    self._scalar(event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._open(event, kind is MappingStartEvent)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close()
            elif kind is AliasEvent:
                self._alias(event)
            elif kind is DocumentStartEvent:
                self._document(event)
            elif kind is StreamEndEvent:
                return

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self._stop(event, "config.yaml.documents")

    def _scalar(self, event: Any) -> None:
        line = event.start_mark.line + 1
        tagged = event.tag is not None
        if tagged:
            self._check_tag(event)
        node = Scalar(line, event.value, not event.style and not tagged)
        if event.anchor:
            self._anchors[event.anchor] = (node, 1)
        self._put(node, 1, line)

    def _open(self, event: Any, mapping: bool) -> None:
        if event.tag is not None:
            self._check_tag(event)
        if len(self._stack) >= DEPTH:
            self._stop(event, "config.yaml.depth", limit=DEPTH)
        if event.anchor:
            self._anchors[event.anchor] = None
        self._stack.append(_Frame(event.start_mark.line + 1, mapping, event.anchor, self._count))

    def _close(self) -> None:
        frame = self._stack.pop()
        node: Node
        if frame.mapping:
            node = self._mapping(frame)
        else:
            node = Sequence(frame.line)
            node.items = frame.items
        if frame.anchor:
            self._anchors[frame.anchor] = (node, self._count - frame.before + 1)
        self._put(node, 1, frame.line)

    def _alias(self, event: Any) -> None:
        found = self._anchors.get(event.anchor)
        if found is None:
            inside = event.anchor in self._anchors
            self._stop(event, "config.yaml.recursive" if inside else "config.yaml.alias")
        else:
            self._put(found[0], found[1], event.start_mark.line + 1)

    def _put(self, node: Node, weight: int, line: int) -> None:
        self._count += weight
        if self._count > NODES:
            self._source.error(line, None, "config.yaml.nodes", limit=NODES)
            raise _Stop
        if self._stack:
            self._stack[-1].items.append(node)
        else:
            self._root = node

    def _mapping(self, frame: _Frame) -> Mapping:
        node = Mapping(frame.line)
        merged: list[Node] = []
        node.pairs = frame.items
        pairs, fields = iter(frame.items), node.fields
        for key, value in zip(pairs, pairs, strict=True):
            if not isinstance(key, Scalar):
                self._source.error(key.line, self._trail(), "config.yaml.key")
            elif key.text in fields:
                first = node.line_of(key.text)
                self._source.error(key.line, self._trail(), "config.twice", name=shown(key.text), line=first)
            elif key.text == "<<" and key.plain:
                merged.append(value)
            else:
                key.text = intern(key.text)
                fields[key.text] = value
        for value in merged:
            self._merge(node, value)
        return node

    def _merge(self, node: Mapping, value: Node) -> None:
        """`<<: *other`: what the mapping does not say itself comes from the other."""
        for other in value.items if isinstance(value, Sequence) else [value]:
            if not isinstance(other, Mapping):
                self._source.error(other.line, self._trail(), "config.yaml.merge")
                continue
            for key, child in other.fields.items():
                node.fields.setdefault(key, child)

    def _trail(self) -> Trail:
        """Where the mapping that closes stands."""
        trail: Trail = None
        for frame in self._stack:
            step = frame.step()
            trail = (trail, "?" if step is None else step)
        return trail

    def _check_tag(self, event: Any) -> None:
        """Only YAML's own tags, and those change nothing: the asked type decides."""
        if event.tag not in _TAGS and event.tag != "!":
            self._source.error(event.start_mark.line + 1, self._trail(), "config.yaml.tag")

    def _stop(self, event: Any, key: str, **args: Any) -> None:
        self._source.error(event.start_mark.line + 1, None, key, **args)
        raise _Stop
