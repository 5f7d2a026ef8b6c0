"""A rule and the columns it speaks of -> rows. Pure but for the reading of the columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agent.probes.snmp.fields import NEEDED, bounds_of, kinds_of
from agent.probes.snmp.profile import Column, Rule
from agent.probes.snmp.row import Found, Row, merged
from agent.probes.snmp.rows import CLASSES
from agent.probes.snmp.tables import EMPTY, Tables


async def assemble(rule: Rule, tables: Tables, sentinels: frozenset[str]) -> list[Any]:
    """The rows of a rule. sentinels: what means no value in any measured field of this box."""
    data: dict[str, Found] = {}
    for name in rule.rows:
        driver = rule.columns[name]
        driving = data[name] = await _read(driver, tables)
        if driving.values:
            break
    else:
        return []
    for name, column in rule.columns.items():
        if name not in data:
            data[name] = await _read(column, tables)
    indexes: Iterable[str] = ("0",) if driver.scalar else driving.values
    found = [Row(rule, data, index, sentinels) for index in indexes]
    kept = [row for row in found if row.fits(rule.where)]
    tables.kept[id(rule)] = [row.index for row in kept]
    if rule.reduce is not None:
        return _reduced(rule, kept)
    return [made for row in kept if (made := build(rule, row)) is not None]


async def _read(column: Column, tables: Tables) -> Found:
    """The first of the column's OIDs that has anything."""
    for oid in column.oids:
        if column.scalar:
            value = await tables.instance(oid)
            if value is not None:
                return Found(oid, {"": value})
        else:
            tree = await tables.column(oid)
            if tree:
                return Found(oid, tree)
    return Found("", EMPTY)


def build(rule: Rule, row: Row) -> Any:
    """The row of its class; for `system` the text; None for what has no value."""
    values: dict[str, Any] = {}
    main = ""
    for name, kind in kinds_of(rule.of).items():
        choices = rule.fields.get(name, ())
        if kind == "text":
            values[name] = row.choice_text(choices)
        elif kind == "number":
            values[name], column = row.choice_number(choices, bounds_of(rule.of, name, values.get("class", "")))
            main = main or column
        else:
            values[name] = row.state(main)
    if not values.get("index", "x"):
        values["index"] = row.index
    if rule.of == "system":
        return values["text"] or None
    return _finished(rule, row, values, main)


def _finished(rule: Rule, row: Row, values: dict[str, Any], main: str) -> Any:
    of = rule.of
    if of == "sensors":
        values |= {"check": rule.check, "alarm": rule.alarm, "proven": rule.proven, "oid": row.instance(main)}
    if of in ("memory", "storage"):
        _complete(values)
    needed = NEEDED.get(of, ())
    if needed and all(values[name] in (None, "") for name in needed):
        return None
    return CLASSES[of](**{f"{name}_" if name == "class" else name: value for name, value in values.items()})


def _complete(values: dict[str, Any]) -> None:
    """Used, free and total from two of them, the percentage from two; a total of nought is none.

    Where more is used than there is, the total has wrapped (hrStorageSize is an Integer32) and nothing is known of it.
    """
    used, free, total, percent = (values[name] for name in ("used_bytes", "free_bytes", "total_bytes", "percent"))
    if total is None and used is not None and free is not None:
        total = used + free
    if total is not None and total <= 0:
        total = used = free = None
    if total is not None and max(used or 0.0, free or 0.0) > total:
        used = free = None
    if total is not None and used is None:
        used = total - free if free is not None else total * percent / 100 if percent is not None else None
    if total is not None and used is not None:
        free = total - used if free is None else free
        percent = 100 * used / total if percent is None else percent
    values |= {"used_bytes": used, "free_bytes": free, "total_bytes": total, "percent": percent}


def _reduced(rule: Rule, rows: list[Row]) -> list[Any]:
    """One row of many: the first text of a fact, the sum or count of a total."""
    if not rows:
        return []
    if rule.of == "system" or rule.reduce == "first":
        return [next((made for row in rows if (made := build(rule, row)) is not None), None)]
    choices, within = rule.fields.get("value", ()), bounds_of(rule.of, "value", "")
    figures = [value for row in rows if (value := row.choice_number(choices, within)[0]) is not None]
    count = rule.reduce == "count"
    total = float(len(rows)) if count else merged(figures, rule.reduce or "sum")
    if total is None:
        return []
    return [CLASSES[rule.of](of=rows[0].choice_text(rule.fields["of"]), value=total)]
