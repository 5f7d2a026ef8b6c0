"""An index taken apart (RFC 2578 7.7): numbers, MACs, addresses and texts that stand in an OID. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from agent.probes.snmp.values import text


def part_of(index: str, number: str) -> str:
    """The part of that number, counted from 1, or from the end by -1; "" where there is none."""
    try:
        at = int(number)
        parts = index.split(".")
        return parts[at - 1 if at > 0 else at] if at else ""
    except (ValueError, IndexError):
        return ""


def parted(index: str, sorts: Mapping[str, str]) -> dict[str, str]:
    """The parts by their names; what the index is too short for is left out."""
    rest = index.split(".") if index else []
    found: dict[str, str] = {}
    for name, sort in sorts.items():
        size, skip = _size(sort, rest)
        taken, rest = rest[skip : skip + size], rest[skip + size :]
        if len(taken) == size and (size or sort == "text"):
            found[name] = _shown(sort, taken)
    return found


def _size(sort: str, rest: list[str]) -> tuple[int, int]:
    """How many numbers the part has, and how many stand before it that tell its length."""
    if sort in ("text", "inet"):
        return (int(rest[0]) if rest and rest[0].isdecimal() and len(rest[0]) < 4 else 0), 1
    return {"mac": 6, "ip": 4, "implied": len(rest), "rest": len(rest)}.get(sort, 1), 0


def _shown(sort: str, taken: list[str]) -> str:
    if sort in ("int", "rest"):
        return ".".join(taken)
    try:
        raw = bytes(map(int, taken))
    except ValueError:
        return ""
    if sort == "mac":
        return raw.hex(":")
    if sort in ("ip", "inet"):
        return str(ipaddress.ip_address(raw[: 16 if len(raw) >= 16 else 4])) if len(raw) >= 4 else raw.hex(":")
    return text(raw)


def address(index: str) -> str | None:
    """The address that an index spells as sort (1 IPv4, 2 IPv6), length and bytes (802.1AB, lldpRemManAddrTable)."""
    parts = index.split(".")
    if parts[0] not in ("1", "2") or len(parts) < 3:
        return None
    sizes = (4, 16)
    size = sizes[int(parts[0]) - 1]
    try:
        return str(ipaddress.ip_address(bytes(map(int, parts[-size:]))))
    except ValueError:
        return None
