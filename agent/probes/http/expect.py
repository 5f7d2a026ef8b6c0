"""What an answer must hold, as configuration says it: JSON values by path, a text, a search. Values only, no socket."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.probes.http.linear import Pattern

_WRITTEN = re.compile(r"\s*(?P<path>[^\s=!<>~]{1,200})\s*(?P<op>!=|<=|>=|=|<|>|~)\s*(?P<value>.{0,500}?)\s*", re.DOTALL)
_STEP = re.compile(r"\.?(?P<name>[^.\[\]]{1,100})|\[(?P<index>\d{1,6}|\*)\]", re.ASCII)
MOST = 10_000
"""Values of one `[*]` that are compared."""


def _contains(found: Any, wanted: Any) -> bool:
    return isinstance(found, str) and str(wanted) in found


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compared(found: Any, wanted: Any) -> bool:
        return _number(found) and _number(wanted) and compare(found, wanted)

    return compared


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(found: Any, wanted: Any) -> bool:
    """Equal, and of one sort: `1` is neither `true` nor `"1"`."""
    return found == wanted and (type(found) is type(wanted) or (_number(found) and _number(wanted)))


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": _same,
    "!=": lambda found, wanted: not _same(found, wanted),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "~": _contains,
}
"""`~` is "contains"."""


@dataclass(frozen=True, slots=True)
class JsonMatch:
    """One condition on a JSON document: a path, an operator, a value. `[*]`: every member, of which there is one."""

    text: str
    path: tuple[str | int | None, ...]
    op: str
    value: Any

    @classmethod
    def parse(cls, text: str) -> JsonMatch:
        """`accounts[0].registered = true`, `temperature < 60`, `accounts[*].name ~ "Hall"`. Raises ValueError."""
        written = _WRITTEN.fullmatch(text)
        if written is None:
            raise ValueError("not PATH OPERATOR VALUE")
        return cls(text.strip(), _path(written["path"]), written["op"], _value(written["value"]))

    def holds(self, document: Any) -> bool:
        """Whether it does; not where the path leads nowhere."""
        compare, some = _OPERATORS[self.op], False
        for count, found in enumerate(_at(document, self.path)):
            some = count < MOST and found is not _NOTHING and compare(found, self.value)
            if not some:
                return False
        return some


_NOTHING = object()


def _path(text: str) -> tuple[str | int | None, ...]:
    steps: list[str | int | None] = []
    place = 0
    while place < len(text):
        step = _STEP.match(text, place)
        if step is None:
            raise ValueError("no path")
        index = step["index"]
        steps.append(step["name"] if index is None else None if index == "*" else int(index))
        place = step.end()
    return tuple(steps)


def _value(text: str) -> Any:
    """A JSON value; a bare word is a text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(value, list | dict):
        raise ValueError("only single values are compared")
    return value


def _at(document: Any, path: tuple[str | int | None, ...]) -> Iterator[Any]:
    """What stands at a path, _NOTHING where nothing does."""
    for place, step in enumerate(path):
        if step is None:
            rest = path[place + 1 :]
            members = document if isinstance(document, list) else [_NOTHING]
            for member in members:
                yield from _at(member, rest)
            return
        document = _within(document, step)
    yield document


def _within(document: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return document[step] if isinstance(document, list) and step < len(document) else _NOTHING
    return document.get(step, _NOTHING) if isinstance(document, dict) else _NOTHING


@dataclass(frozen=True, slots=True)
class Search:
    """A regular expression that is looked for in time proportional to the text (`linear`)."""

    text: str
    pattern: Pattern = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Search:
        """Raises ValueError."""
        return cls(text, Pattern.compile(text))

    def found(self, body: str) -> bool:
        return self.pattern.search(body)


def lacking(body: bytes, text: str, regex: Search | None, wanted: tuple[JsonMatch, ...]) -> str:
    """What the body does not hold, in words for the log; "" where it holds everything."""
    said = body.decode("utf-8", "replace")
    if text and text not in said:
        return f"the body does not hold {text!r}"
    if regex is not None and not regex.found(said):
        return f"the body does not match {regex.text!r}"
    if not wanted:
        return ""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return "the body is no JSON"
    return next((f"it does not hold that {one.text}" for one in wanted if not one.holds(document)), "")
