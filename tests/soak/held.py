"""The demo whose agent tells what it holds: the bytes in use after a collection. Run as a program:
`held.py LISTEN SCRIPT DATA NOTES`; the agent itself is this file again.

What is resident grows by pages and never quite gives them back, and a leak of 1 MiB a day is 7 KiB in ten minutes. The
bytes in use show it.
"""

from __future__ import annotations

import ctypes
import gc
import os
import re
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

EVERY = 20.0
"""Seconds from note to note."""
NOTES = "CAMPUS_HELD_NOTES"


@dataclass(frozen=True, slots=True)
class Held:
    """at: monotonic seconds.  held: bytes in use.  knots: bytes that only the collector could free."""

    at: float
    held: int
    knots: int


_COUNTS = (
    "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
)  # fmt: skip


class _Mallinfo(ctypes.Structure):
    """`struct mallinfo2` (mallinfo(3))."""

    _fields_ = [(name, ctypes.c_size_t) for name in _COUNTS]


_libc = ctypes.CDLL(None)
_libc.mallinfo2.restype = _Mallinfo
_libc.fdopen.restype = ctypes.c_void_p


def in_use() -> int:
    """Bytes in use: Python's own small blocks, and what malloc has given out beside them (SQLite, OpenSSL, SNMP)."""
    asked = _libc.mallinfo2()
    return _small_blocks() + int(asked.uordblks) + int(asked.hblkhd)


def _small_blocks() -> int:
    with tempfile.TemporaryFile() as told:
        stream = ctypes.c_void_p(_libc.fdopen(os.dup(told.fileno()), b"w"))
        ctypes.pythonapi._PyObject_DebugMallocStats(stream)
        _libc.fclose(stream)
        told.seek(0)
        text = told.read().decode()
    found = re.search(r"# bytes in allocated blocks\s*=\s*([\d,]+)", text)
    assert found is not None, text[-500:]
    return int(found[1].replace(",", ""))


def collect() -> None:
    """Leave only what somebody holds. Beside the knots: Python's cache of attributes, which keeps up to 4,096 names
    that C code spelled anew (`dst` for each date, 52 bytes); it fills for hours and so looks like a leak."""
    gc.collect()
    getattr(sys, "_clear_internal_caches", sys._clear_type_cache)()


def _note(number: int, frame: FrameType | None) -> None:
    before = in_use()
    collect()
    after = in_use()
    with Path(os.environ[NOTES]).open("a", encoding="ascii") as notes:
        print(time.monotonic(), after, before - after, file=notes)


def read(notes: Path) -> list[Held]:
    """What an agent has noted so far."""
    lines = notes.read_text("ascii").splitlines() if notes.exists() else []
    return [Held(float(at), int(held), int(knots)) for at, held, knots in map(str.split, lines)]


def main(argv: list[str]) -> int:
    from agent.cli import demo

    if argv[0] == "--fd":
        signal.signal(signal.SIGALRM, _note)
        signal.setitimer(signal.ITIMER_REAL, EVERY, EVERY)
        return demo.main(argv)
    listen, script, data, notes = argv
    os.environ |= {NOTES: notes, "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}  # what is cached counts as in use
    agent = (sys.executable, str(Path(__file__).resolve()))
    return demo.demo(demo.Wanted(listen=listen, script=script, data=Path(data), agent=agent))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
