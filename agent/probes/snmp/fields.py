"""The fields of each class: their kinds, which must be there, which give a rule its rows. What sensors there are."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from math import inf
from typing import get_args, get_type_hints

from agent.probes.snmp.rows import CLASSES

CHECKS = (
    "fan", "psu", "temperature", "optics", "poe", "stack", "cpu", "memory", "disk", "ups", "battery", "recording",
    "none",
)  # fmt: skip
CHECK_OF = {"temperature": "temperature", "dbm": "optics", "fanspeed": "fan"}

SENSOR_UNITS: Mapping[str, str] = {
    "temperature": "°C", "voltage": "V", "current": "A", "power": "W", "power_consumed": "Wh", "dbm": "dBm",
    "fanspeed": "rpm", "percent": "%", "load": "%", "charge": "%", "humidity": "%", "frequency": "Hz",
    "runtime": "min", "count": "", "state": "", "airflow": "cfm", "pressure": "kPa", "signal": "dBm", "snr": "dB",
    "delay": "s", "waterflow": "l/m", "cooling": "W", "quality_factor": "", "loss": "%", "ber": "",
    "power_factor": "", "bitrate": "bps", "chromatic_dispersion": "ps/nm", "tv_signal": "dBmV",
}  # fmt: skip
"""Classes of sensors and the unit of each."""

SENSIBLE: Mapping[str, tuple[float, float]] = {
    "temperature": (-70.0, 250.0), "voltage": (-1500.0, 1500.0), "current": (-10_000.0, 10_000.0),
    "power": (-1e7, 1e7), "dbm": (-99.0, 40.0), "signal": (-200.0, 99.0), "fanspeed": (0.0, 50_000.0),
    "percent": (0.0, 100.0), "charge": (0.0, 100.0), "humidity": (0.0, 100.0), "load": (0.0, 1000.0),
    "runtime": (0.0, 1e7),
}  # fmt: skip
"""Of what a class of sensor can tell: what is outside is a word for none that no profile knew, not a measurement."""

_BYTES, _WATTS = (0.0, 2.0**63), (0.0, 100_000.0)
BOUNDS: Mapping[tuple[str, str], tuple[float, float]] = {
    **{(of, "percent"): (0.0, 100.0) for of in ("processors", "memory", "storage")},
    **{(of, f"{name}_bytes"): _BYTES for of in ("memory", "storage") for name in ("total", "used", "free")},
    ("poe", "watts"): (0.0, 200.0), ("poe_supplies", "watts"): _WATTS, ("poe_supplies", "budget_watts"): _WATTS,
    ("access_points", "clients"): (0.0, 10_000.0), ("channels", "days"): (0.0, 36_500.0),
    ("totals", "value"): (0.0, 1e7),
}  # fmt: skip
"""The same of the other classes' fields."""


def bounds_of(of: str, name: str, class_: str) -> tuple[float, float]:
    """Least and most of a number field; class_: of a sensor."""
    return (SENSIBLE.get(class_) if of == "sensors" else BOUNDS.get((of, name))) or (-inf, inf)


MAIN = {
    "processors": ("percent",), "sensors": ("value",), "totals": ("value",),
    "memory": ("percent", "used_bytes", "free_bytes", "total_bytes"),
    "storage": ("percent", "used_bytes", "total_bytes", "free_bytes", "state"),
}  # fmt: skip
"""Fields whose column gives a rule its rows, where the rule does not name one."""

MUST = {"processors": ("percent",), "sensors": ("value",), "totals": ("of",), "system": ("text",)}
"""Fields without which a rule makes no sense."""


NEEDED: Mapping[str, tuple[str, ...]] = {
    "processors": ("percent",), "memory": ("percent",), "sensors": ("value",), "totals": ("value",),
    "storage": ("percent", "total_bytes", "state"), "neighbours": ("remote_name", "remote_port", "remote_id"),
    "forwarding": ("mac",), "arp": ("mac",), "poe": ("admin", "detection", "watts"),
    "poe_supplies": ("budget_watts", "watts", "state"), "access_points": ("name", "mac"), "vlans": ("id",),
    "channels": ("name", "online", "recording"),
}  # fmt: skip
"""Fields of which a row must have one."""


@cache
def kinds_of(of: str) -> Mapping[str, str]:
    """The fields that a rule of a class may fill, and their kinds: text, number or state."""
    if of == "system":
        return {"text": "text"}
    cls = CLASSES[of]
    hints = get_type_hints(cls)
    kinds = {}
    for each in dataclasses.fields(cls):
        hint = hints[each.name]
        kind = "text" if hint is str else "number" if float in (hint, *get_args(hint)) else "state"
        kinds[each.name.rstrip("_")] = kind
    for name in ("oid", "alarm", "check", "proven") if of == "sensors" else ():
        del kinds[name]
    return kinds
