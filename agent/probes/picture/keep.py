"""The small pictures that a ticket may show: of each camera the last good one and the current one, for a set time."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent.model import Ms

DAYS = 7.0
_DAY_MS, _HOUR_MS = 86_400_000, 3_600_000
_DEVICE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_GOOD, _NOW = "good", "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """A small JPEG, and when it was taken."""

    at: Ms
    jpeg: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """good: the last on which nothing was wrong.  current: the last of all."""

    good: Still | None = None
    current: Still | None = None


class Album:
    """A folder of them, readable by the agent alone. Blocking, and quick: a picture has about 15 KB."""

    def __init__(self, folder: Path, days: float = DAYS) -> None:
        """`days`: how long a picture is kept. The folder is made when the first one comes."""
        self._folder, self._age = folder, int(days * _DAY_MS)
        self._purged: Ms = 0

    def put(self, device: str, at: Ms, jpeg: bytes, *, good: bool) -> None:
        """Keep the newest picture of a device; once an hour throw away what is too old. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not 0 <= at - self._purged < _HOUR_MS:
            self.purge(at)
        path = self._path(device, _GOOD if good else _NOW)
        part = path.with_suffix(".part")
        with open(part, "wb", opener=_private) as file:
            file.write(jpeg)
        os.utime(part, ns=(at * 1_000_000, at * 1_000_000))
        part.replace(path)
        if good:
            self._path(device, _NOW).unlink(missing_ok=True)

    def get(self, device: str, now: Ms) -> Kept:
        """What is kept of a device and not too old."""
        good, current = self._read(device, _GOOD, now), self._read(device, _NOW, now)
        return Kept(good=good, current=current or good)

    def purge(self, now: Ms, keeping: Collection[str] | None = None) -> None:
        """Throw away what is too old, and what a crash has left half written. keeping: devices of which pictures may
        still be kept; those of others have gone from the inventory, or are not allowed any more. None: all of them.
        """
        self._purged = now
        for path in self._folder.glob("*.*"):
            gone = keeping is not None and path.name.partition(".")[0] not in keeping
            with suppress(OSError):  # another hand may have taken it
                if gone or path.suffix == ".part" or not self._fresh(path, now):
                    path.unlink()

    def _read(self, device: str, which: str, now: Ms) -> Still | None:
        path = self._path(device, which)
        try:
            jpeg = path.read_bytes()
            if not self._fresh(path, now):
                return None
            return Still(at=path.stat().st_mtime_ns // 1_000_000, jpeg=jpeg)
        except OSError:
            return None

    def _fresh(self, path: Path, now: Ms) -> bool:
        return now - path.stat().st_mtime_ns // 1_000_000 <= self._age

    def _path(self, device: str, which: str) -> Path:
        """A name of the inventory, and nothing that leads elsewhere."""
        if not _DEVICE.fullmatch(device):
            raise ValueError(f"not a device's name: {device!r}")
        return self._folder / f"{device}.{which}.jpg"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
