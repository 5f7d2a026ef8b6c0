"""What a device said of itself: what people read in words, the rest under its own names."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.model import Json
from agent.plain.reader import Looks, Reader, Said, short

Pairs = list[tuple[str, str]]

KNOWN = (
    "identity_changed", "rebooted", "vendor", "manufacturer", "model", "hardware", "serial", "firmware", "mac",
    "sys_name", "sys_location", "sys_contact", "encoders", "clock_source", "channel", "rtsp_login", "rtsp_server",
    "http_title", "tls_ends", "sip_user_agent",
)  # fmt: skip
"""Facts that a person on duty reads, in this order."""
ELSEWHERE = ("rung",)
"""Told beside the probe's outcome."""
_SAME = {"manufacturer": "vendor"}
"""What two protocols call differently."""
_MOST, _VALUE = 40, 120
"""Folded facts, and characters of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """plain: label and value, for everybody.  technical: by probe, name and value as they are."""

    plain: Pairs
    technical: Pairs


def told(looks: Looks, said: Collection[tuple[str, str]], words: Reader) -> Told:
    """The facts of a device's last looks; what the inventory says, too (`said`), or two probes alike, is said once."""
    plain: dict[tuple[str, str], str] = {}
    technical: Pairs = []
    for probe, look in looks:
        for name, value in (look.facts if look else {}).items():
            text = _text(name, value, words)
            if not text or name in ELSEWHERE:
                continue
            if name in KNOWN:
                plain.setdefault((_SAME.get(name, name), text), name)
            else:
                technical.append((f"{probe} {name}", text))
    ordered = sorted(plain, key=lambda fact: KNOWN.index(plain[fact]))
    shown = [(words(f"fact.{name}"), text) for name, text in ordered if (name, text) not in said]
    return Told(plain=shown, technical=technical[:_MOST])


FIGURES: Mapping[str, tuple[str, float]] = {
    "rtt_seconds": ("ms", 1000), "loss_ratio": ("%", 100), "uptime_seconds": ("", 1), "aps": ("", 1), "aps_up": ("", 1),
    "clients": ("", 1), "cpu_percent": ("%", 1), "memory_percent": ("%", 1), "temperature_celsius": ("°C", 1),
    "poe_watts": ("W", 1), "poe_budget_watts": ("W", 1), "charge": ("%", 1), "runtime": ("", 60), "load": ("%", 1),
    "clock_drift_seconds": ("s", 1), "recordings": ("", 1), "recorded_days": ("", 1),
    "recorded_until_timestamp_seconds": ("", 1), "tls_days_left": ("", 1),
}  # fmt: skip
"""Samples that a person on duty reads, with their units and what they are multiplied by for these."""
SPANS = ("uptime_seconds", "runtime")
_UPS = ("charge", "runtime", "load")
"""Classes of the sensors of a UPS that say how long its load will live; the worst of each counts."""

_DIGITS = {"rtt_seconds": 2, "clock_drift_seconds": 2, "loss_ratio": 3}
_MINUTE = 60
_ON_BATTERY = "1.3.6.1.2.1.33.1.2.2.0"
"""upsSecondsOnBattery (UPS-MIB, RFC 1628): how long it has lived on it, not how long it will."""


def figures(looks: Looks, words: Reader) -> Pairs:
    """Label and value of the figures of the last looks, each once."""
    known = {**power(looks), **_samples(looks)}
    return [(words(f"figure.{name}"), _figure(name, known[name], words)) for name in FIGURES if name in known]


def _figure(name: str, value: float, words: Reader) -> str:
    unit, scale = FIGURES[name]
    if name in SPANS:
        return words.span(value * scale)
    if name == "clock_drift_seconds" and abs(value) >= _MINUTE:
        return f"{'+' if value > 0 else '-'}{words.span(abs(value))}"
    if name == "recorded_until_timestamp_seconds":
        return words.full(round(value * 1000))
    return f"{value * scale:.{_digits(name)}g} {unit}".strip()


def _digits(name: str) -> int:
    return _DIGITS.get(name, 4)


def _samples(looks: Looks) -> dict[str, float]:
    found: dict[str, float] = {}
    for _, look in looks:
        for name, value in (look.samples if look else {}).items():
            if name in FIGURES:
                found.setdefault(name, value)
    return found


def power(looks: Looks) -> dict[str, float]:
    """What a UPS says of its battery and its load."""
    found: dict[str, list[float]] = {}
    for row in _sensors(looks):
        if row.class_ in _UPS and row.oid != _ON_BATTERY:
            found.setdefault(row.class_, []).append(row.value)
    return {name: max(values) if name == "load" else min(values) for name, values in found.items()}


def _sensors(looks: Looks) -> Iterable[Any]:
    return next((look.tables["sensors"] for _, look in looks if look and look.tables.get("sensors")), ())


def rung_of(look: Said) -> str:
    """Where the ladder of a camera broke, "" where it did not."""
    rung = look.facts.get("rung", "")
    return rung if isinstance(rung, str) else ""


def _text(name: str, value: Json, words: Reader) -> str:
    if name == "encoders" and isinstance(value, list):
        return "; ".join(filter(None, map(_encoder, value)))
    if value is True:
        return words("yes")
    if isinstance(value, str):
        known = f"web.fact_word.{name}.{value}"
        return words.say.say(known) if words.say.has(known) else short(value, _VALUE)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return short(", ".join(value), _VALUE)
    return "" if value in (None, False, {}, []) else short(json.dumps(value, ensure_ascii=False), _VALUE)


def _encoder(said: Json) -> str:
    """`1920 × 1080 H264 25 fps 4096 kbit/s (main)`."""
    if not isinstance(said, Mapping):
        return ""
    return short(" ".join(_parts(said)), _VALUE)


def _parts(said: Mapping[str, Json]) -> Iterator[str]:
    if said.get("width") and said.get("height"):
        yield f"{said['width']} × {said['height']}"
    if said.get("codec"):
        yield f"{said['codec']}"
    if said.get("fps"):
        yield f"{said['fps']} fps"
    if said.get("kbit_s"):
        yield f"{said['kbit_s']} kbit/s"
    if said.get("profile"):
        yield f"({said['profile']})"
