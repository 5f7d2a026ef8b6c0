"""What a person's request may hold, before anybody acts on it: the right kinds of values, and text that no store, page
or terminal stumbles over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agent.text import clean

NAME = 200
"""Characters of a name, a number, a key."""
TEXT = 16_000
"""Characters of one text; what is longer is refused, not cut."""
MANY = 1000
"""Tickets of one command, and items of one list."""
MOMENTS = (0, 253_370_764_800_000)
"""1970 to 9999, in ms UTC."""


class Wrong(Exception):
    """A value that cannot be meant. where: its place in the request."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where, self.what = where, what


def checked(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request with every text in it clean. Raises Wrong; keys that nobody asks for are left out."""
    said = {name: read(name, request[name]) for name, read in _KEYS.items() if request.get(name) is not None}
    return {**said, "args": _args(request.get("args"))}


def _name(where: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > NAME:
        raise Wrong(where, f"a word of at most {NAME} characters")
    return clean(value, NAME)


def _whole(low: int, high: int) -> Callable[[str, Any], int]:
    def read(where: str, value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise Wrong(where, f"a whole number from {low} to {high}")
        return value

    return read


def _flag(where: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong(where, "true or false")
    return value


def _names(where: str, value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MANY:
        raise Wrong(where, f"a list of at most {MANY}")
    return [_name(where, one) for one in value]


_KEYS: Mapping[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(
        ("do", "id", "device", "probe", "state", "severity", "cursor", "verb", "by", "role", "via", "key", "lang"),
        _name,
    ),
    "ids": _names,
    "broadcast": _name,
    "limit": _whole(0, 1_000_000),
    "version": _whole(0, 1 << 31),
    "at": _whole(*MOMENTS),
    "all": _flag,
}


def _args(args: Any) -> dict[str, Any]:
    if args is None:
        return {}
    if not isinstance(args, dict) or len(args) > 50:
        raise Wrong("args", "a mapping")
    return {_name("args", name): _value(f"args.{clean(name, 40)}", value) for name, value in args.items()}


def _value(where: str, value: Any) -> Any:
    """What a verb's argument may be: a text, a number, yes or no, or a list or mapping of such."""
    if isinstance(value, list) and len(value) <= MANY:
        return [_single(where, one) for one in value]
    if isinstance(value, dict) and len(value) <= MANY:
        return {_name(where, name): _single(where, one) for name, one in value.items()}
    return _single(where, value)


def _single(where: str, value: Any) -> Any:
    if isinstance(value, str):
        return text(where, value)
    if value is None or isinstance(value, bool) or (isinstance(value, int | float) and abs(value) <= MOMENTS[1]):
        return value
    raise Wrong(where, "a text, a number, or yes or no")


def text(where: str, value: str) -> str:
    """A text of several lines, each of them clean."""
    if len(value) > TEXT:
        raise Wrong(where, f"at most {TEXT} characters")
    return "\n".join(clean(line, TEXT) for line in value.splitlines()).strip("\n")
