"""The fields of each class: their kinds, which must be there, which give a rule its rows. What sensors there are."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import get_args, get_type_hints

from agent.probes.snmp.rows import CLASSES

CHECKS = ("fan", "psu", "temperature", "optics", "poe", "cpu", "memory", "disk", "ups", "recording", "none")
CHECK_OF = {"temperature": "temperature", "dbm": "optics", "fanspeed": "fan"}

SENSOR_UNITS: Mapping[str, str] = {
    "temperature": "°C", "voltage": "V", "current": "A", "power": "W", "power_consumed": "Wh", "dbm": "dBm",
    "fanspeed": "rpm", "percent": "%", "load": "%", "charge": "%", "humidity": "%", "frequency": "Hz",
    "runtime": "min", "count": "", "state": "", "airflow": "cfm", "pressure": "kPa", "signal": "dBm", "snr": "dB",
    "delay": "s", "waterflow": "l/m", "cooling": "W", "quality_factor": "", "loss": "%", "ber": "",
    "power_factor": "", "bitrate": "bps", "chromatic_dispersion": "ps/nm", "tv_signal": "dBmV",
}  # fmt: skip
"""Classes of sensors and the unit of each."""

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
    for name in ("oid", "alarm", "check") if of == "sensors" else ():
        del kinds[name]
    return kinds
