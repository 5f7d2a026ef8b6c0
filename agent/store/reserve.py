"""A file whose blocks are ours already: given back when the disk is full, so that the next tickets still find room."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

SIZE = 16 << 20
"""Bytes. A ticket takes about 4 KiB in all: room for some four thousand."""

SHARE = 4
"""The reserve takes at most one part in so many of what is free: it must not be what fills a small disk."""

LEAST = 64 << 10
"""Bytes below which a reserve helps nobody."""


class Reserve:
    """The reserve beside a database. Any thread; calls do not overlap. size: bytes that are ours now."""

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self.path, self._size = path, size
        self.held = False
        self.size = 0

    def take(self) -> bool:
        """Allocate it unless it is there; whether it now is. A disk without room is an answer, not an error."""
        try:
            free = shutil.disk_usage(self.path.parent).free
            there = self._allocated()
            wanted = min(self._size, (free + there) // SHARE)
            if there < wanted // 2:
                self._allocate(wanted)
            self.size = self._allocated()
            self.held = self.size >= LEAST
        except OSError:
            self.release()
        return self.held

    def release(self) -> bool:
        """Give the blocks back; whether there were any."""
        given = self._allocated() > 0
        self.held, self.size = False, 0
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        return given

    def _allocated(self) -> int:
        try:
            return self.path.stat().st_blocks * 512
        except OSError:
            return 0

    def _allocate(self, size: int) -> None:
        if size < LEAST:
            return
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size)
        finally:
            os.close(descriptor)
