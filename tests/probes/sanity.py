"""What a `collection` document never says, whatever the box said: a word for none as data, a share beyond the whole."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

WORDS_FOR_NONE = frozenset((-(2**31), 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1))
SHARES = ("percent", "charge", "humidity")
_CLASSES = ("sensors", "processors", "memory", "storage", "channels", "poe", "poe_supplies", "access_points")


def insane(document: Mapping[str, Any]) -> Iterator[str]:
    """Every row that makes no sense, with the reason first."""
    for port in document["ports"]:
        if not port["name"]:
            yield f"no name: {port}"
    for of in _CLASSES:
        for row in document[of]:
            yield from (f"{why}: {of} {row}" for why in _wrong(row))
    for sensor in document["sensors"]:
        yield from (f"{why}: {sensor}" for why in _unmeasurable(sensor))
    for name, value in document["totals"].items():
        if not 0 <= value <= 1e7:
            yield f"total: {name} {value}"


def _wrong(row: Mapping[str, Any]) -> Iterator[str]:
    for name, value in row.items():
        if isinstance(value, float) and not math.isfinite(value):
            yield "not finite"
        if isinstance(value, int | float) and value in WORDS_FOR_NONE:
            yield "word for none"
        if name.endswith("_bytes") and value is not None and value < 0:
            yield "negative"
    if not 0 <= (row.get("percent") or 0) <= 100:
        yield "percent"
    if row.get("total_bytes") == 0:
        yield "total 0"


def _unmeasurable(sensor: Mapping[str, Any]) -> Iterator[str]:
    of, value = sensor["class"], sensor["value"]
    if of in SHARES and not 0 <= value <= 100:
        yield of
    if of == "temperature" and not -70 <= value <= 250:
        yield of
    if of in ("dbm", "fanspeed") and value in (65535, 655.35, -100, -10000):
        yield of
