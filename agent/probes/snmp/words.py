"""Words of a profile file -> values: OIDs, patterns, numbers, lists. What is wrong is noted in the file's source."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.config import Source, near, read, shown
from agent.config.source import Trail
from agent.config.tree import Mapping as Fields
from agent.config.tree import Node, Scalar, Sequence
from agent.probes.snmp.profile import TEXT_LIMIT

_NUMERIC = re.compile(r"\.?([0-9]{1,10}(?:\.[0-9]{1,10}){1,126})")
_OBJECT = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,79})((?:\.[0-9]{1,10}){0,60})")
_NESTED = re.compile(r"\([^()]{0,500}[+*}][^()]{0,500}\)[+*{]")
"""A repetition of what repeats: the sort of pattern that takes exponential time."""


@dataclass(slots=True)
class Words:
    """Reads the words of one file. objects: names for OIDs, its own and those of all that it extends."""

    source: Source
    objects: Mapping[str, str]

    def mapping(self, node: Node, trail: Trail, known: Mapping[str, Callable[[Node, Trail], Any]]) -> dict[str, Any]:
        """The values of a mapping by key; what is unknown or wrong is noted and left out."""
        values: dict[str, Any] = {}
        for name, child, path in self.named(node, trail):
            if name in known:
                value = known[name](child, path)
                if value is not None:
                    values[name] = value
            else:
                self.source.error(child.line, path, "config.unknown", near=near(name, known), name=shown(name))
        return values

    def named(self, node: Node, trail: Trail) -> Iterator[tuple[str, Node, Trail]]:
        """Key, value and path of each pair of a mapping; anything else is noted."""
        if isinstance(node, Fields):
            for name, child in node.fields.items():
                yield name, child, (trail, name)
        else:
            self.wrong(node, trail, "mapping")

    def items(self, node: Node, trail: Trail) -> list[tuple[Node, Trail]]:
        """The items of a list, or the one thing that stands in its place."""
        if isinstance(node, Sequence):
            return [(item, (trail, index)) for index, item in enumerate(node.items)]
        return [(node, trail)]

    def wrong(self, node: Node, trail: Trail, want: str) -> None:
        """Note that something of another shape stands here."""
        got = f"config.got.{type(node).__name__.lower()}"
        self.source.error(node.line, trail, "config.type", want=f"config.want.{want}", got=got)

    def word(self, node: Node, trail: Trail) -> str | None:
        """A word; noted when it is none."""
        if isinstance(node, Scalar):
            return node.text
        self.wrong(node, trail, "scalar")
        return None

    def words(self, node: Node, trail: Trail) -> tuple[str, ...]:
        """A word or a list of them."""
        found = (self.word(item, path) for item, path in self.items(node, trail))
        return tuple(word for word in found if word is not None)

    def number(self, node: Node, trail: Trail) -> float | None:
        """A number; noted when it is none."""
        found = read(float, node, self.source, trail)
        return found if isinstance(found, float) else None

    def flag(self, node: Node, trail: Trail) -> bool | None:
        found = read(bool, node, self.source, trail)
        return found if isinstance(found, bool) else None

    def pattern(self, node: Node, trail: Trail) -> re.Pattern[str] | None:
        """A regular expression whose time does not explode."""
        word = self.word(node, trail)
        if word is None:
            return None
        if len(word) > TEXT_LIMIT or _NESTED.search(word):
            self.source.error(node.line, trail, "probes.pattern_slow", value=shown(word))
            return None
        try:
            return re.compile(word)
        except re.error as wrong:
            self.source.error(node.line, trail, "probes.pattern", why=str(wrong))
            return None

    def oid(self, node: Node, trail: Trail) -> str | None:
        """A numeric OID, written so or by a name of `objects`; noted when it is none."""
        word = self.word(node, trail)
        if word is None:
            return None
        found = self.resolved(word)
        if found is None:
            self.source.error(
                node.line, trail, "probes.not_oid", near=near(word.partition(".")[0], self.objects), value=shown(word)
            )
        return found

    def oids(self, node: Node, trail: Trail) -> tuple[str, ...] | None:
        """One OID or several."""
        found = tuple(oid for item, path in self.items(node, trail) if (oid := self.oid(item, path)) is not None)
        return found or None

    def resolved(self, word: str) -> str | None:
        """The OID that a word means, None for none."""
        numeric = _NUMERIC.fullmatch(word)
        if numeric:
            return numeric[1]
        named = _OBJECT.fullmatch(word)
        if named and named[1] in self.objects:
            return self.objects[named[1]].lstrip(".") + named[2]
        return None


def is_object(name: str, oid: str) -> bool:
    """Is this a name and a numeric OID, as `objects` wants them?"""
    return _OBJECT.fullmatch(name) is not None and _NUMERIC.fullmatch(oid) is not None
