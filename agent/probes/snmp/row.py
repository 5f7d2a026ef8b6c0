"""One index of a rule's table: its values as text and as figures, looked up as the columns say. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf

from gufo.snmp import ValueType

from agent.probes.snmp.parts import address, part_of, parted
from agent.probes.snmp.profile import TEXT_LIMIT, Choice, Column, Condition, Many, Rule
from agent.probes.snmp.rows import State
from agent.probes.snmp.template import Template
from agent.probes.snmp.values import converted, optical, plain, text, worded

ANY = (-inf, inf)


class Found:
    """A column as it was read: the OID that was taken, its values by index; an instance stands under ""."""

    __slots__ = ("_negative", "_prefixes", "_where", "oid", "values")

    def __init__(self, oid: str, values: Mapping[str, ValueType]) -> None:
        self.oid, self.values = oid, values
        self._negative: bool | None = None
        self._where: dict[str, str] | None = None
        self._prefixes: dict[int, dict[str, list[str]]] = {}

    def negative(self, sentinels: frozenset[str]) -> bool:
        """Has it a negative number beside -1 and the box's other words for none?"""
        if self._negative is None:
            numbers = (raw for raw in self.values.values() if isinstance(raw, int))
            self._negative = any(number < -1 and str(number) not in sentinels for number in numbers)
        return self._negative

    def index_of(self, value: str, column: Column) -> str:
        """The last part of the first index at which the value stands."""
        if self._where is None:
            self._where = {}
            for index, raw in self.values.items():
                self._where.setdefault(text(raw, column.as_), index.rpartition(".")[2])
        return self._where.get(value, "")

    def below(self, prefix: str) -> list[str]:
        """The indexes that begin so."""
        size = prefix.count(".") + 1
        by_prefix = self._prefixes.get(size)
        if by_prefix is None:
            by_prefix = self._prefixes[size] = {}
            for index in self.values:
                by_prefix.setdefault(".".join(index.split(".", size)[:size]), []).append(index)
        return by_prefix.get(prefix, [])


Data = Mapping[str, Found]
"""By the column's name."""


class Row:
    """One index of a rule's table: its values as text and as numbers, looked up as the columns say."""

    __slots__ = ("_busy", "_data", "_rule", "_sentinels", "index", "parts")

    def __init__(self, rule: Rule, data: Data, index: str, sentinels: frozenset[str]) -> None:
        self._rule, self._data, self.index, self._sentinels = rule, data, index, sentinels
        self._busy: set[str] = set()
        self.parts: Mapping[str, str] = parted(index, rule.parts) if rule.parts else {}

    # -- values of columns --------------------------------------------------------------------------------------------

    def raws(self, name: str) -> list[ValueType]:
        """What a column has for this row: one value, several of a prefix, or none."""
        column = self._rule.columns[name]
        if name in self._busy:
            return []
        self._busy.add(name)
        try:
            found = self._data[name]
            if not found.values or not self.fits(column.where):
                return []
            return [raw for raw in self._looked_up(column, found) if raw is not None]
        finally:
            self._busy.discard(name)

    def _looked_up(self, column: Column, found: Found) -> Iterator[ValueType]:
        values = found.values
        if column.scalar:
            yield values.get("")
        elif column.by_value is not None:
            yield found.index_of(column.by_value.fill(self.text), column) or None
        elif column.prefix is not None:
            prefix = column.prefix.fill(self.text)
            for index in found.below(prefix):
                rest = index[len(prefix) + 1 :]
                yield values[index] if column.take == "value" else rest if column.take == "rest" else address(rest)
        else:
            yield values.get(self.index if column.index is None else column.index.fill(self.text))

    def text(self, name: str) -> str:
        """The text of a place of a template: a column, a part of the index, the index."""
        column = self._rule.columns.get(name)
        if column is not None:
            shown = [found for raw in self.raws(name) if (found := worded(raw, column))]
            return _joined(shown, column.many)
        if name == "index":
            return self.index
        if name in self.parts:
            return self.parts[name]
        return part_of(self.index, name)

    def number(self, name: str, measured: bool = False) -> float | None:
        """The figure of a column in its base unit. measured: the box's sentinels mean no value."""
        column = self._rule.columns[name]
        figures = (self._figure(raw, name, column, measured) for raw in self.raws(name))
        return merged([figure for figure in figures if figure is not None], column.many)

    def _figure(self, raw: ValueType, name: str, column: Column, measured: bool) -> float | None:
        value = plain(raw, column)
        if value is None or (measured and text(raw) in self._sentinels):
            return None
        if column.scale_by:
            by = self._scale(column)
            if by is None:
                return None
            value *= by
        value = value * column.scale + column.offset
        if column.precision:
            digits = self.number(column.precision)
            value /= 10 ** max(-12, min(12, int(digits or 0)))
        less = sum(self.number(name) or 0.0 for name in column.minus)
        value -= less if less < value else 0.0
        shown = self._converted(value, column, self._data[name]) if column.convert else value
        if shown is None or (column.at_least is not None and shown < column.at_least):
            return None
        return None if column.at_most is not None and shown > column.at_most else shown

    def _converted(self, value: float, column: Column, found: Found) -> float | None:
        """An optical power in the unit that the whole table speaks, anything else as it says."""
        assert column.convert is not None
        if column.convert == "optical_power" and value > 0:
            told = (found, *(self._data[name] for name in column.like))
            return optical(value, hundredths=any(each.negative(self._sentinels | column.no_value) for each in told))
        return converted(value, column.convert)

    def _scale(self, column: Column) -> float | None:
        if column.scale_map:
            return column.scale_map.get(self.text(column.scale_by))
        return self.number(column.scale_by) if column.scale_by in self._rule.columns else None

    # -- fields -------------------------------------------------------------------------------------------------------

    def choice_text(self, choices: tuple[Choice, ...]) -> str:
        """The first text that has all its places filled."""
        for choice in choices:
            found = choice.fill(self.text) if isinstance(choice, Template) else ""
            if found:
                return found
        return ""

    def choice_number(self, choices: tuple[Choice, ...], within: tuple[float, float] = ANY) -> tuple[float | None, str]:
        """The first figure within bounds, and the column it comes from ("" for a constant)."""
        for choice in choices:
            if isinstance(choice, float):
                return choice, ""
            if isinstance(choice, str):
                found = self.number(choice, measured=True)
                if found is not None and within[0] <= found <= within[1]:
                    return found, choice
        return None, ""

    def instance(self, name: str) -> str:
        """The OID of the value that a column has for this row, "" where it is looked up."""
        column = self._rule.columns.get(name)
        if column is None or column.by_value or column.prefix:
            return ""
        oid = self._data[name].oid
        if column.scalar:
            return oid
        return f"{oid}.{self.index if column.index is None else column.index.fill(self.text)}"

    def state(self, main: str) -> State | None:
        """By the rule's map of states, else by its limits; None where it has neither."""
        rule = self._rule
        if rule.states:
            source = rule.state or main
            shown = self.text(source) if source else ""
            return rule.states.get(shown, rule.otherwise) if shown else None
        return self._by_limits(self.number(main, measured=True)) if main else None

    def _by_limits(self, value: float | None) -> State | None:
        if value is None:
            return None
        limits, told = self._rule.limits, False
        states: tuple[tuple[tuple[Choice, ...], State, int], ...] = (
            (limits.critical_above, "critical", 1), (limits.critical_below, "critical", -1),
            (limits.warning_above, "warning", 1), (limits.warning_below, "warning", -1),
        )  # fmt: skip
        for choices, state, sign in states:
            limit, _ = self.choice_number(choices)
            if limit is not None:
                told = True
                if (value - limit) * sign > 0:
                    return state
        return "ok" if told else None

    # -- conditions ---------------------------------------------------------------------------------------------------

    def fits(self, where: tuple[Condition, ...]) -> bool:
        """Are all these conditions true?"""
        return all(map(self._fits, where))

    def _fits(self, condition: Condition) -> bool:
        if condition.any_:
            return any(map(self._fits, condition.any_))
        shown = part_of(self.index, str(condition.part)) if condition.part else self.text(condition.column)
        if condition.exists is not None and bool(shown) != condition.exists:
            return False
        if condition.in_ and shown not in condition.in_:
            return False
        if condition.not_in and shown in condition.not_in:
            return False
        if condition.matches is not None and condition.matches.search(shown[:TEXT_LIMIT]) is None:
            return False
        if condition.lacks is not None and condition.lacks.search(shown[:TEXT_LIMIT]) is not None:
            return False
        return self._between(condition)

    def _between(self, condition: Condition) -> bool:
        if condition.above is None and condition.below is None:
            return True
        column = condition.column
        value = (
            self.number(column) if column in self._rule.columns else _whole(self.text(column or str(condition.part)))
        )
        if value is None:
            return False
        over = condition.above is None or value > condition.above
        return over and (condition.below is None or value < condition.below)


def _whole(shown: str) -> float | None:
    return float(shown) if shown.isdecimal() else None


def _joined(shown: list[str], many: Many) -> str:
    if not shown:
        return ""
    if many == "join":
        return ",".join(dict.fromkeys(shown))
    if many == "count":
        return str(len(shown))
    return shown[-1] if many == "last" else shown[0]


def merged(figures: list[float], many: Many) -> float | None:
    """One figure of several; None of none."""
    if many == "count":
        return float(len(figures))
    if not figures:
        return None
    if many == "sum":
        return sum(figures)
    if many in ("max", "min"):
        return max(figures) if many == "max" else min(figures)
    return figures[-1] if many == "last" else figures[0]
