"""The data directory, its disk, its database, its agent. Pure: what was read comes as arguments."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.doctor.finding import Finding, fail, ok, warn

LITTLE, VERY_LITTLE = 1 << 30, 100 << 20
"""Bytes free: a warning below the first, a failure below the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A data directory as this user finds it. mode: permission bits; free: bytes on its disk."""

    path: str
    exists: bool
    writable: bool = False
    mode: int = 0o700
    owner: str = ""
    user: str = ""
    free: int = 0


def folder(found: Folder) -> Iterator[Finding]:
    """Rights and room."""
    place = {"path": found.path, "owner": found.owner, "user": found.user, "mode": f"{found.mode:04o}"}
    if not found.exists:
        yield (ok if found.writable else fail)("data", "absent" if found.writable else "no_parent", **place)
        return
    if not found.writable:
        yield fail("data", "read_only", **place)
    elif found.mode & (stat.S_IRWXO | stat.S_IWGRP):
        yield warn("data", "open", **place)
    elif found.owner != found.user:
        yield warn("data", "foreign", **place)
    else:
        yield ok("data", **place)
    yield _room(found)


def _room(found: Folder) -> Finding:
    words = {"path": found.path, "free": f"{found.free / (1 << 30):.1f} GiB"}
    if found.free < VERY_LITTLE:
        return fail("disk", "full", **words)
    return warn("disk", "little", **words) if found.free < LITTLE else ok("disk", **words)


def agent(path: str, owner: tuple[int, str, str] | None, status: Mapping[str, Any] | None) -> Iterator[Finding]:
    """owner: (pid, since, listen) of who holds the directory.  status: the agent's own document, None for no answer."""
    if owner is None:
        yield warn("agent", "none", path=path)
        return
    pid, since, listen = owner
    words: dict[str, Any] = {"pid": pid, "since": since, "listen": listen, "path": path}
    if status is None:
        yield fail("agent", "silent", **words)
        return
    if status.get("ready", True):
        yield ok("agent", version=status.get("version", "?"), **words)
    else:
        yield fail("agent", "not_ready", why=status.get("why", "?"), **words)
    if status.get("store_writable") is False:
        yield fail("agent", "not_writing", pending=status.get("store_pending", "?"), **words)
    elif status.get("store_roomy") is False:
        yield fail("disk", "reserve", path=path)
    if status.get("copy_failed"):
        yield fail("copies", "failed", why=status["copy_failed"], path=path)
    if status.get("blind"):
        yield warn("agent", "blind", **words)
    if status.get("reload_good") is False:
        yield warn("agent", "reload", **words)


STALE = 2
"""Days after which a daily copy is missed: the machine may be off at night and start late."""


def copies(folder: str, count: int, newest: str, age: int | None, up: int) -> Finding:
    """The daily copies. newest: its file; age: its age in days, None for no copy; up: days that the agent has run."""
    words: dict[str, Any] = {"folder": folder, "count": count, "newest": newest, "age": age}
    if age is None:
        return ok("copies", "none_yet", **words) if up < STALE else warn("copies", "none", **words)
    return fail("copies", "stale", **words) if age > STALE else ok("copies", **words)


def database(path: str, revision: str, tickets: int, events: int) -> Finding:
    """A database that passed its check."""
    return ok("database", path=path, revision=revision, tickets=tickets, events=events)
