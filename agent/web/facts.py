"""What a device said of itself, as a page shows it: what people read in words, the rest folded under its own names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.model import Device, Json, Reading
from agent.web.words import Words, short

Looks = Sequence[tuple[str, Reading | None]]
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


def told(looks: Looks, device: Device, words: Words) -> Told:
    """The facts of a device's last looks; what the inventory says, too, or two probes alike, is said once."""
    said = {("vendor", device.vendor), ("model", device.model), ("serial", device.serial), ("mac", device.mac)}
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


FIGURES = {
    "uptime_seconds": "", "aps": "", "aps_up": "", "clients": "", "cpu_percent": "%", "memory_percent": "%",
    "temperature_celsius": "°C", "poe_watts": "W", "poe_budget_watts": "W", "clock_drift_seconds": "s",
    "recordings": "", "recorded_days": "", "tls_days_left": "",
}  # fmt: skip
"""Samples that a person on duty reads, with their units."""


def figures(looks: Looks, words: Words) -> Pairs:
    """Label and value of the figures of the last looks, each once."""
    found: dict[str, str] = {}
    for name, unit in FIGURES.items():
        value = next((look.samples[name] for _, look in looks if look and name in look.samples), None)
        if value is not None:
            found[name] = words.span(value) if name == "uptime_seconds" else f"{value:.4g} {unit}".strip()
    return [(words(f"figure.{name}"), text) for name, text in found.items()]


def rung_of(look: Reading) -> str:
    """Where the ladder of a camera broke, "" where it did not."""
    rung = look.facts.get("rung", "")
    return rung if isinstance(rung, str) else ""


def _text(name: str, value: Json, words: Words) -> str:
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
