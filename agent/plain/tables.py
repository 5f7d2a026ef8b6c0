"""The tables that a look brought, for reading: few columns, what is wrong first, bounded in rows and bytes.

Rows are read by the names of their fields (`agent.probes.snmp.rows`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import log
from typing import Any

from agent.plain.ports import Socket, brief
from agent.plain.reader import Looks, Reader, short

ROWS = 200
"""Rows of one table."""
BYTES = 36_000
"""What all tables of a page may weigh; what does not fit is counted."""
_FIGURES = ("processors", "memory")
"""Classes of which a single row is a figure, and told as one."""
_NAME, _CELL = 48, 24
"""Characters of a row's first cell, which says what it is about, and of the others."""
_ROW, _TAGS = 45, 9
"""Bytes of markup of a row and of a cell, about."""

BAD = frozenset(("critical", "fault", "down", "no"))
MIDDLING = frozenset(("warning",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """of: its class.  heads: of its columns.  rows: each how it looks ("bad", "warn", "") and its cells, worst first.

    bad: how many rows are wrong.  total: of all rows.  hidden: rows that are not shown.
    """

    of: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    bad: int
    total: int

    @property
    def hidden(self) -> int:
        return self.total - len(self.rows)


Cells = Callable[[Any, Reader], tuple[str, ...]]


def tables(looks: Looks, words: Reader, ports: Sequence[Socket] = ()) -> list[Table]:
    """Every table that has rows, in the order in which a person looks. ports: the sockets, which tell their power."""
    left = BYTES
    found: list[Table] = []
    for of, (heads, cells, state) in _SHOWN.items():
        rows = ports if of == "ports" else _rows(looks, of)
        if rows and not (of == "poe" and ports) and not (of in _FIGURES and len(rows) == 1):
            table, weight = _table(of, heads, sorted(_judged(rows, state), key=_rank), cells, words, left)
            left -= weight
            found.append(table)
    return found


def _rows(looks: Looks, of: str) -> list[Any]:
    said = next((look.tables[of] for _, look in looks if look and look.tables.get(of)), ())
    return list(said.values()) if isinstance(said, Mapping) else list(said)


def _judged(rows: Iterable[Any], state: str) -> Iterator[tuple[str, Any]]:
    for row in rows:
        word = getattr(row, state) if state else ""
        yield (word if state == "looks" else "bad" if word in BAD else "warn" if word in MIDDLING else ""), row


def _rank(judged: tuple[str, Any]) -> int:
    return ("bad", "warn", "").index(judged[0])


def _table(
    of: str, heads: tuple[str, ...], judged: list[tuple[str, Any]], cells: Cells, words: Reader, left: int
) -> tuple[Table, int]:
    """The table, without columns in which nothing stands, and what it weighs."""
    texts = [_cut(cells(row, words)) for _, row in judged[:ROWS]]
    used = [place for place in range(len(heads)) if any(row[place] for row in texts)]
    shown: list[tuple[str, tuple[str, ...]]] = []
    weight = 0
    for (looks_bad, _), row in zip(judged, texts, strict=False):
        told = tuple(row[place] for place in used)
        weight += _ROW + sum(_TAGS + len(escape(text).encode("utf-8", "replace")) for text in told)
        if weight > left:
            break
        shown.append((looks_bad, told))
    bad = sum(1 for looks_bad, _ in judged if looks_bad == "bad")
    named = tuple(words.say.say(f"probes.column.{heads[place]}") for place in used)
    return Table(of=of, heads=named, rows=tuple(shown), bad=bad, total=len(judged)), min(weight, left)


def _cut(texts: tuple[str, ...]) -> tuple[str, ...]:
    return short(texts[0], _NAME), *(short(text, _CELL) for text in texts[1:])


# -- cells ------------------------------------------------------------------------------------------------------------


def _word(words: Reader, text: str | None) -> str:
    key = f"probes.word.{text}"
    return words.say.say(key) if text and words.say.has(key) else text or ""


def _number(value: float | None, unit: str = "") -> str:
    return (
        "" if value is None else f"{value:.4g} {unit}".strip() if abs(value) < 10_000 else f"{value:.0f} {unit}".strip()
    )


def _bytes(value: float | None) -> str:
    if not value:
        return ""
    units = ("B", "KiB", "MiB", "GiB", "TiB")
    step = min(len(units) - 1, max(0, int(log(max(value, 1.0), 1024))))
    return f"{value / 1024**step:.4g} {units[step]}"


_TAIL = re.compile(r"(.*?)[ ]?(\d[\d ./:-]*)?", re.DOTALL)


def named(descr: str, words: Reader) -> str:
    """What a box calls its part, in the reader's words where these are usual: `风扇 2` for `Fan 2`."""
    found = _TAIL.fullmatch(descr)
    key = f"probes.part.{(found[1] if found else descr).strip().lower().replace(' ', '_')}"
    if found is None or not words.say.has(key):
        return descr
    return f"{words.say.say(key)} {found[2] or ''}".strip()


def _sensor(row: Any, words: Reader) -> tuple[str, ...]:
    value = "" if row.class_ == "state" else _number(row.value, row.unit)
    return named(row.descr, words) or row.index, value, _word(words, row.state)


def _processor(row: Any, words: Reader) -> tuple[str, ...]:
    return named(row.descr, words) or row.index, _number(row.percent)


def _memory(row: Any, words: Reader) -> tuple[str, ...]:
    return named(row.descr, words) or row.index, _number(row.percent), _bytes(row.total_bytes)


def _storage(row: Any, words: Reader) -> tuple[str, ...]:
    return row.descr or row.index, _number(row.percent), _bytes(row.total_bytes), _word(words, row.state)


def _channel(row: Any, words: Reader) -> tuple[str, ...]:
    return row.name or row.index, _word(words, row.online), _word(words, row.recording), _number(row.days)


def _poe(row: Any, words: Reader) -> tuple[str, ...]:
    return brief(row.port), _word(words, row.admin), _word(words, row.detection), _number(row.watts)


def _poe_supply(row: Any, words: Reader) -> tuple[str, ...]:
    return row.index, _number(row.watts), _number(row.budget_watts), _word(words, row.state)


def _access_point(row: Any, words: Reader) -> tuple[str, ...]:
    return row.name or row.mac, _word(words, row.state), _number(row.clients), row.channel, row.address or row.mac


def _neighbour(row: Any, words: Reader) -> tuple[str, ...]:
    return brief(row.local_port), row.remote_name or row.remote_id, brief(row.remote_port or row.remote_port_descr)


def _port(row: Socket, words: Reader) -> tuple[str, ...]:
    link = words(f"port.{row.link}")
    fast = " ".join(filter(None, (row.speed, _word(words, "half") if row.half else "")))
    given = _number(row.watts, "W") or words("port.power")
    power = words("port.fault") if row.power == "fault" else given if row.power else ""
    return brief(row.name), f"{link} {fast}".strip(), power, ", ".join(row.there) or row.alias


_SHOWN: Mapping[str, tuple[tuple[str, ...], Cells, str]] = {
    "ports": (("port", "state", "power", "there"), _port, "looks"),
    "access_points": (("name", "state", "clients", "channel", "address"), _access_point, "state"),
    "channels": (("name", "online", "recording", "days"), _channel, "recording"),
    "storage": (("descr", "percent", "total_bytes", "state"), _storage, "state"),
    "sensors": (("descr", "value", "state"), _sensor, "state"),
    "processors": (("descr", "percent"), _processor, ""),
    "memory": (("descr", "percent", "total_bytes"), _memory, ""),
    "poe_supplies": (("index", "watts", "budget_watts", "state"), _poe_supply, "state"),
    "poe": (("port", "admin", "detection", "watts"), _poe, "detection"),
    "neighbours": (("local_port", "remote_name", "remote_port"), _neighbour, ""),
}
"""By class its columns (`probes.column.*`), what makes their texts, and the field that says what is wrong."""
