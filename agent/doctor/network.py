"""The right to ping, the room for neighbours, the names. Pure: what was read comes as arguments."""

from __future__ import annotations

from collections.abc import Mapping

from agent.doctor.finding import Finding, fail, ok, warn

NAMES = 5
"""Names that a line lists; more are counted."""


def icmp(raw: str, datagram: str, *, needed: bool, python: str) -> Finding:
    """raw, datagram: "" when such a socket opens, else the error's name.  needed: whether anything is pinged.

    python: the interpreter's file, to which a capability can be given.
    """
    if not raw:
        return ok("icmp", "raw")
    if not datagram:
        return ok("icmp", "datagram", raw=raw)
    return (fail if needed else warn)("icmp", "neither", raw=raw, datagram=datagram, python=python)


def neighbours(most: int | None, devices: int) -> Finding:
    """most: net.ipv4.neigh.default.gc_thresh3, the kernel's hard limit of known neighbours (arp(7))."""
    if most is None:
        return ok("neighbours", "unread", devices=devices)
    if most >= devices * 1.25:
        return ok("neighbours", limit=most, devices=devices)
    wanted = 1 << max(10, (devices * 2 - 1).bit_length())
    words = {"limit": most, "devices": devices, "wanted": wanted, "half": wanted // 2, "eighth": wanted // 8}
    return (fail if devices >= most else warn)("neighbours", "low", **words)


def names(found: Mapping[str, bool | None]) -> Finding:
    """found: whether each name of the inventory resolves, None when the resolver did not answer in time."""
    if not found:
        return ok("names", "none")
    lost = [name for name, good in found.items() if good is False]
    late = [name for name, good in found.items() if good is None]
    if late:
        return warn("names", "late", names=_listed(late), count=len(late))
    if lost:
        return warn("names", "lost", names=_listed(lost), count=len(lost))
    return ok("names", count=len(found))


def _listed(those: list[str]) -> str:
    return ", ".join(those[:NAMES]) + (" …" if len(those) > NAMES else "")


def listening(endpoint: str, error: str) -> Finding:
    """error: why the page could not listen there, "" when it could."""
    return warn("listen", "taken", endpoint=endpoint, why=error) if error else ok("listen", endpoint=endpoint)
