"""What a -wal file says of itself: SQLite takes the sound beginning of a damaged log without a word; we do not.

Format: sqlite.org/fileformat2.html, section 4.
"""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path

from agent.store.errors import DamagedDatabase

_HEADER = struct.Struct(">IIIIIIII")
_FRAME = struct.Struct(">IIIIII")
_MAGIC, _VERSION = 0x377F0682, 3007000
_SIZES = frozenset(1 << power for power in range(9, 17))

_Sum = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Log:
    raw: memoryview
    page: int
    salts: tuple[int, int]
    big_endian: bool
    begin: _Sum

    def frame(self, number: int) -> memoryview:
        size = _FRAME.size + self.page
        start = _HEADER.size + number * size
        return self.raw[start : start + size]

    def sums(self, number: int) -> _Sum:
        """The checksum that a frame carries."""
        one, two = _FRAME.unpack_from(self.frame(number))[4:]
        return one, two

    @property
    def frames(self) -> int:
        """How many whole frames carry the log's own salts, from the first to the last that does."""
        count = (len(self.raw) - _HEADER.size) // (_FRAME.size + self.page)
        own = (number for number in reversed(range(count)) if _FRAME.unpack_from(self.frame(number))[2:4] == self.salts)
        return next(own, -1) + 1


def examine(log: Path) -> None:
    """See that nothing committed is missing in the middle of the log. Raises DamagedDatabase, OSError.

    A power loss may tear the last transaction, which nobody was told of, and the header of a log that had just begun.
    A broken frame with the ends of two transactions behind it is another matter: the later one was begun when the
    broken frame was on the disk, and whatever follows the break would be dropped.
    """
    try:
        raw = memoryview(log.read_bytes())
    except FileNotFoundError:
        return
    if len(raw) < _HEADER.size or not any(raw[: _HEADER.size]):
        return
    found = _opened(raw)
    if found is None:
        return
    broken = _first_broken(found)
    lost = [number for number in range(broken + 1, found.frames) if _commits(found, number)]
    if len(lost) > 1:
        raise DamagedDatabase(
            f"{log.name}: frame {broken + 1} of {found.frames} is broken, {len(lost)} transactions behind it are lost"
        )


def _opened(raw: memoryview) -> _Log | None:
    """None for a header that a power loss may have torn: what does not change from log to log is whole."""
    magic, version, page, _, one, two, *stored = _HEADER.unpack_from(raw)
    if magic & ~1 != _MAGIC or version != _VERSION or page not in _SIZES:
        raise DamagedDatabase("the -wal beside the database is none")
    begin = _summed((0, 0), raw[:24], big_endian=bool(magic & 1))
    whole = begin == tuple(stored)
    return _Log(raw, page, (one, two), bool(magic & 1), begin) if whole else None


def _first_broken(log: _Log) -> int:
    """The number of the first frame whose checksum does not follow, or of the one behind the last."""
    sums, count = log.begin, log.frames
    for number in range(count):
        if not _follows(log, number, sums):
            return number
        sums = log.sums(number)
    return count


def _commits(log: _Log, number: int) -> bool:
    """Whether the frame ends a transaction and is whole, whatever stands before it.

    Where a power loss tore a frame's header, what an earlier log left there may look like a commit.
    """
    return _FRAME.unpack_from(log.frame(number))[1] != 0 and _follows(log, number, log.sums(number - 1))


def _follows(log: _Log, number: int, before: _Sum) -> bool:
    frame = log.frame(number)
    own = _FRAME.unpack_from(frame)[2:4] == log.salts
    sums = _summed(_summed(before, frame[:8], log.big_endian), frame[_FRAME.size :], log.big_endian)
    return own and sums == log.sums(number)


def _summed(sums: _Sum, data: memoryview, big_endian: bool) -> _Sum:
    """The checksum carried on over `data`, whose length is a multiple of 8 (fileformat2.html, 4.2)."""
    words = array("I", bytes(data))
    if big_endian != (sys.byteorder == "big"):
        words.byteswap()
    one, two = sums
    pairs = iter(words)
    for even, odd in zip(pairs, pairs, strict=True):
        one = one + even + two & 0xFFFFFFFF
        two = two + odd + one & 0xFFFFFFFF
    return one, two
