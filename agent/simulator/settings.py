"""What `set DEVICE KEY VALUE` may change in a device: the keys, their values, and what they mean. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

CHOICES: Mapping[str, tuple[str, ...]] = {
    "picture": ("good", "black", "frozen", "covered", "night"),
    "recording": ("on", "off", "never"),
    "disk": ("good", "bad"),
    "fan": ("good", "bad"),
    "psu": ("good", "bad"),
    "mains": ("on", "off"),
    "registered": ("yes", "no"),
}
"""picture: what a camera sees.  recording: of a recorder, or of a camera at its recorder.  mains: before a UPS.
registered: an amplifier at its exchange.
"""
FREE = ("password", "clock", "vlan")
_STEP = re.compile(r"([+-]?)(\d{1,7})\s?([smhd]?)", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def check(key: str, value: str) -> str | None:
    """None where the value may be set; else what could be."""
    if key in CHOICES:
        return None if value in CHOICES[key] else " ".join(CHOICES[key])
    if key == "clock":
        return None if _STEP.fullmatch(value) else "+15m -1h 0"
    return None if key in FREE else " ".join((*FREE, *CHOICES))


def seconds(value: str) -> float:
    """What a clock is ahead by: `+15m`, `-1h`, `0`."""
    step = _STEP.fullmatch(value)
    if step is None:
        return 0.0
    size = float(int(step[2]) * _SECONDS[step[3]])
    return -size if step[1] == "-" else size
