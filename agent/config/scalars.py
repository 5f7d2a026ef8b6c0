"""One word of a file -> a value of the asked type. YAML's own guesses play no part: the type decides how it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, time
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from agent import units
from agent.config.problem import near, shown
from agent.config.source import Source, Trail
from agent.config.tree import Scalar


class Bad(Enum):
    """Stands for a value that could not be read; why is noted in the source."""

    BAD = "bad"


BAD: Final = Bad.BAD

Convert = Callable[[Scalar, Trail, Source], Any]

LONGEST = 4096
"""Characters of the longest word."""

_INTEGER = re.compile(r"[+-]?\d{1,15}", re.ASCII)
_TRUE = frozenset(("true", "yes", "on"))
_FALSE = frozenset(("false", "no", "off"))


def converter(hint: Any, hush: bool) -> Convert:
    """The converter of a hint; raises TypeError when a dataclass asks for what nobody can read."""
    base, marks = (get_args(hint)[0], get_args(hint)[1:]) if get_origin(hint) is Annotated else (hint, ())
    if base is str:
        return _text(marks, hush)
    if base is int or base is float:
        return _number(base, marks, hush)
    if base is bool:
        return _flag
    if get_origin(base) is Literal:
        return _choice({str(value): value for value in get_args(base)}, "", hush)
    if isinstance(base, type) and issubclass(base, Enum):
        return _choice({str(member.value): member for member in base}, "", hush)
    return _parsed(_parser(base), base.__name__.lower(), hush)


def _parser(base: Any) -> Any:
    known: dict[Any, Callable[[str], Any]] = {date: _date, time: time.fromisoformat, Path: Path}
    if base not in known and not hasattr(base, "parse"):
        raise TypeError(f"nobody can read {base} from a file")
    return known.get(base) or base.parse


def _date(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        raise ValueError("not a date")
    return date.fromisoformat(text)


def _empty(node: Scalar, trail: Trail, source: Source, want: str) -> bool:
    if node.null:
        source.error(node.line, trail, "config.empty", want=f"config.want.{want}")
    elif len(node.text) > LONGEST:
        source.error(node.line, trail, "config.long", limit=LONGEST)
    return node.null or len(node.text) > LONGEST


def _refuse(node: Scalar, trail: Trail, source: Source, want: str, hush: bool) -> Any:
    """Note that the word is not what was wanted."""
    if hush:
        source.error(node.line, trail, "config.not_hushed", want=f"config.want.{want}")
    else:
        source.error(node.line, trail, "config.not", want=f"config.want.{want}", value=shown(node.text))
    return BAD


def _parsed(parse: Callable[[str], Any], want: str, hush: bool) -> Convert:
    def convert(node: Scalar, trail: Trail, source: Source) -> Any:
        if _empty(node, trail, source, want):
            return BAD
        try:
            value = parse(node.text)
        except ValueError:
            return _refuse(node, trail, source, want, hush)
        return source.folder / value if isinstance(value, Path) else value

    return convert


def _flag(node: Scalar, trail: Trail, source: Source) -> Any:
    word = node.text.lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    return BAD if _empty(node, trail, source, "bool") else _refuse(node, trail, source, "bool", hush=True)


def _choice(values: dict[str, Any], of: str, hush: bool) -> Convert:
    listed = ", ".join(values)

    def convert(node: Scalar, trail: Trail, source: Source) -> Any:
        if node.text in values:
            return values[node.text]
        if not _empty(node, trail, source, "choice"):
            meant, value = near(node.text, values), "" if hush else shown(node.text)
            source.error(node.line, trail, "config.choice", near=meant, value=value, listed=listed)
        return BAD

    return convert


def _text(marks: Iterable[Any], hush: bool) -> Convert:
    checks = [check for mark in marks if (check := _text_check(mark, hush)) is not None]

    def convert(node: Scalar, trail: Trail, source: Source) -> Any:
        text = node.text
        if len(text) > LONGEST or node.null:
            _empty(node, trail, source, "scalar")
            return BAD
        for check in checks:
            if not check(node, trail, source):
                return BAD
        return text

    return convert


def _text_check(mark: Any, hush: bool) -> Callable[[Scalar, Trail, Source], bool] | None:
    if isinstance(mark, units.Choice):
        choose = _choice({value: value for value in mark.values}, mark.of, hush)
        return lambda node, trail, source: choose(node, trail, source) is not BAD
    if isinstance(mark, units.Reference):
        return lambda node, trail, source: refers(node.text, mark.of, node.line, trail, source)
    if isinstance(mark, units.Pattern):
        whole = re.compile(mark.regex)
        return lambda node, trail, source: (
            whole.fullmatch(node.text) is not None or _refuse(node, trail, source, mark.of, hush) is not BAD
        )
    return None


def refers(name: str, of: str, line: int, trail: Trail, source: Source) -> bool:
    """Whether `name` is one of the things of that sort; noted when it is not."""
    known = source.names.get(of, ())
    if name in known:
        return True
    source.error(line, trail, f"config.absent.{of}", near=near(name, known), name=shown(name))
    return False


def _number(base: type, marks: tuple[Any, ...], hush: bool) -> Convert:
    unit = next((mark for mark in marks if isinstance(mark, units.Unit)), None)
    bounds = [mark for mark in marks if isinstance(mark, units.Bounds)]
    parse = _PARSE[unit or base]
    want = unit.value if unit else base.__name__

    def convert(node: Scalar, trail: Trail, source: Source) -> Any:
        if _empty(node, trail, source, want):
            return BAD
        value = parse(node.text.strip())
        if value is None:
            return _refuse(node, trail, source, want, hush)
        for bound in bounds:
            if not bound.low <= value <= bound.high:
                low, high = _spelled(bound.low, unit), _spelled(bound.high, unit)
                key = "config.range" if low and high else "config.at_least" if low else "config.at_most"
                source.error(node.line, trail, key, value="" if hush else shown(node.text), low=low, high=high)
                return BAD
        return value

    return convert


def _integer(text: str) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


_PARSE: dict[Any, Callable[[str], float | None]] = {
    int: _integer,
    float: units.number,
    units.Unit.DURATION: units.duration,
    units.Unit.SHARE: units.share,
}


def _spelled(value: float, unit: units.Unit | None) -> str:
    """A bound as people write it; "" for none."""
    if value in (float("inf"), float("-inf")):
        return ""
    if unit is units.Unit.DURATION:
        return units.duration_text(value)
    return f"{value:.0%}" if unit is units.Unit.SHARE else f"{value:g}"
