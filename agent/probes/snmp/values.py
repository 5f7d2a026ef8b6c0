"""What a device's value means: bytes into text, text and numbers into figures of the base unit. Pure.

Everything here answers None or "" for what makes no sense; a device's word never raises.
"""

from __future__ import annotations

import ipaddress
import math
import re
import struct
from collections.abc import Callable, Mapping

from gufo.snmp import ValueType

from agent.probes.snmp.profile import TEXT_LIMIT, As, Column, Convert
from agent.text import clean

_NUMBER = re.compile(r"\s{0,8}([-+]?[0-9]{1,20}(?:\.[0-9]{1,12})?)\s{0,4}([A-Za-z]{0,3})")
_BYTES = {"kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_OPAQUE_FLOAT = b"\x9f\x78\x04"
"""Opaque float (draft-perkins-opaque): tag and length before four bytes of IEEE 754."""


def text(raw: ValueType, how: As = "auto") -> str:
    """Clean text of a value, as `As` says; "" for none."""
    if raw is None:
        return ""
    if isinstance(raw, bytes):
        return _AS[how](raw)
    if how == "oid" and isinstance(raw, str):
        return raw.lstrip(".")
    if how == "index" and isinstance(raw, str):
        return raw.rpartition(".")[2]
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return clean(str(raw), TEXT_LIMIT)
    return str(raw)


def _auto(raw: bytes) -> str:
    stripped = raw.rstrip(b"\0")
    if _printable(stripped):
        return clean(stripped, TEXT_LIMIT)
    if len(raw) == 6:
        return raw.hex(":")
    if len(raw) == 4:
        return str(ipaddress.IPv4Address(raw))
    if len(raw) == 5 and raw[0] == 1:  # LLDP's network address: IANA family 1, then IPv4 (IEEE 802.1AB 8.5.2.3)
        return str(ipaddress.IPv4Address(raw[1:]))
    shown = clean(stripped, TEXT_LIMIT)
    return raw[:64].hex(":") if "\ufffd" in shown or not shown else shown


def _printable(raw: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 32 or byte == 127 for byte in raw) and (raw.isascii() or len(raw) > 6)


def mac(raw: bytes) -> str:
    """`00:11:22:33:44:55` of six bytes, of twelve hex digits or of a MAC written out; else ""."""
    if len(raw) == 6:
        return raw.hex(":")
    digits = re.sub(r"[^0-9a-f]", "", clean(raw, 64).lower())
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2)) if len(digits) == 12 else ""


def _ip(raw: bytes) -> str:
    if len(raw) in (4, 16):
        return str(ipaddress.ip_address(raw))
    shown = clean(raw, 64)
    try:
        return str(ipaddress.ip_address(shown))
    except ValueError:
        return ""


_AS: Mapping[As, Callable[[bytes], str]] = {
    "auto": _auto,
    "text": lambda raw: clean(raw.rstrip(b"\0"), TEXT_LIMIT),
    "mac": mac,
    "ip": _ip,
    "hex": lambda raw: raw[:64].hex(":"),
    "oid": lambda raw: clean(raw, TEXT_LIMIT),
    "index": lambda raw: clean(raw, TEXT_LIMIT),
}


def worded(raw: ValueType, column: Column) -> str:
    """The text of a column's value: read as it says, the pattern's part of it, mapped; "" for its sentinels."""
    shown = text(raw, column.as_)
    if shown in column.no_value:
        return ""
    if column.match is not None:
        shown = found(column.match, shown)
    if not column.map or not shown:
        return shown
    unknown = "" if column.only_mapped else shown if column.otherwise is None else column.otherwise
    return column.map.get(shown, unknown)


def found(pattern: re.Pattern[str], shown: str) -> str:
    """What the pattern finds: its first group that took part, else all of it; "" when it does not match."""
    match = pattern.search(shown[:TEXT_LIMIT])
    if match is None:
        return ""
    return next((group for group in match.groups() if group is not None), match[0]).strip()


def plain(raw: ValueType, column: Column) -> float | None:
    """The number as the device has it, before any scale; None for none and for the column's own sentinels."""
    if column.match is not None or column.map:
        shown = worded(raw, column)
        return None if shown in column.no_value else parsed(shown)
    if type(raw) is int or type(raw) is float:
        return None if str(raw) in column.no_value else float(raw)
    if isinstance(raw, bytes):
        if raw.startswith(_OPAQUE_FLOAT) and len(raw) == 7:
            return _finite(struct.unpack(">f", raw[3:])[0])
        shown = clean(raw.rstrip(b"\0"), 64)
        return None if shown in column.no_value else parsed(shown)
    if isinstance(raw, str):
        return None if raw in column.no_value else parsed(raw)
    return None


def parsed(shown: str) -> float | None:
    """The number that a text begins with: `52 PERCENT`, `10.1`, `36 C`; `512 MB` in bytes. None for other words."""
    match = _NUMBER.match(shown[:64])
    return None if match is None else _finite(float(match[1]) * _BYTES.get(match[2].lower(), 1))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def converted(value: float, how: Convert) -> float | None:
    """The value in its base unit."""
    return _CONVERT[how](value)


DARK = -60.0
"""dBm that stand for no light at all, whose logarithm has no end: below what any receiver sees."""


def _log(value: float, milli: float) -> float | None:
    """dBm of a power; a negative power is none."""
    if value > 0:
        return 10 * math.log10(value / milli)
    return DARK if value == 0 else None


OPTICAL_LEAST, OPTICAL_MOST = -50.0, 15.0
"""dBm between which a transceiver's power makes sense."""


def optical(value: float, *, hundredths: bool) -> float | None:
    """Microwatt or hundredths of a dBm, which of them the model decides and does not say.

    A power is never negative, so a negative number is hundredths of dBm, and where one of a table is, all are:
    `hundredths`. Nought and -1 are no light, or no module; what no transceiver sends or sees is none either.
    """
    if value in (-1.0, 0.0):
        return None
    dbm = value / 100 if value < 0 or hundredths else _log(value, 1000.0)
    return dbm if dbm is not None and OPTICAL_LEAST <= dbm <= OPTICAL_MOST else None


_CONVERT: Mapping[Convert, Callable[[float], float | None]] = {
    "uw_to_dbm": lambda value: _log(value, 1000.0),
    "mw_to_dbm": lambda value: _log(value, 1.0),
    "fahrenheit": lambda value: (value - 32) / 1.8,
    "complement": lambda value: 100 - value,
    "optical_power": lambda value: optical(value, hundredths=False),
}
