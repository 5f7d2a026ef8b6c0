"""The machine and its Python: versions, zones, clock, limits. Pure: what was read comes as arguments."""

from __future__ import annotations

from agent.doctor.finding import Finding, fail, ok, warn
from agent.model import Ms

PYTHON = (3, 11)
LEAP_MS = 60_000
"""A file this much younger than the clock means that the clock was turned back."""
OLDEST = 1_735_689_600_000
"""2025-01-01: a clock before it was never set (no battery, no NTP)."""
SPARE_FILES = 512
"""Descriptors beside those of the probes: the page's callers, the database, the log."""


def python(version: tuple[int, ...]) -> Finding:
    words = {"version": ".".join(map(str, version[:3])), "needed": ".".join(map(str, PYTHON))}
    return ok("python", **words) if version[:2] >= PYTHON else fail("python", "old", **words)


def sqlite(version: tuple[int, ...], *, buggy: bool) -> Finding:
    """buggy: whether this version can damage a WAL database (sqlite.org/wal.html, "WAL-Reset Bug")."""
    text = ".".join(map(str, version))
    return warn("sqlite", "wal_reset", version=text) if buggy else ok("sqlite", version=text)


def zone(name: str, *, known: bool) -> Finding:
    return ok("zone", name=name) if known else fail("zone", "unknown", name=name)


def clock(now: Ms, newest: Ms | None, *, synchronised: bool | None) -> Finding:
    """newest: when the youngest file of the data was written.  synchronised: the kernel's word, None when unknown."""
    if now < OLDEST:
        return fail("clock", "unset")
    if newest is not None and newest > now + LEAP_MS:
        return fail("clock", "behind", seconds=(newest - now) // 1000)
    if synchronised is False:
        return warn("clock", "free")
    return ok("clock", "ok" if synchronised else "plausible")


def open_files(hard: int, sockets: int) -> Finding:
    """hard: RLIMIT_NOFILE's upper limit, -1 for none; the agent takes all of it at start: the lower one says nothing.

    sockets: how many the probes may hold at once.
    """
    needed = sockets + SPARE_FILES
    if hard < 0 or hard >= needed:
        return ok("files", limit="∞" if hard < 0 else hard, needed=needed)
    return fail("files", "low", limit=hard, needed=needed)


def receive_buffer(most: int | None, echoes: int, *, forced: bool) -> Finding:
    """most: net.core.rmem_max.  echoes: targets of ICMP.  forced: the limit does not bind us (CAP_NET_ADMIN)."""
    wanted = min(4 << 20, max(212_992, echoes * 768))
    if most is None or forced or most >= wanted:
        return ok("rmem", limit=most if most is not None else "?", wanted=wanted)
    return warn("rmem", "low", limit=most, wanted=4 << 20)
