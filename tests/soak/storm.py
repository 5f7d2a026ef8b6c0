"""The practice campus for most of an hour: storm after storm, then calm; what the agent holds is noted meanwhile.

Each storm does the same to the same devices. So what looks leave behind shows as a line through the calm, and what a
storm leaves behind as a step from the moment before one storm to the moment before the next.
"""

from __future__ import annotations

import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from tests.soak import held

MINUTES = 45.0
ROUNDS, APART = 4, 420
"""Storms, and seconds from the beginning of one to that of the next."""
LULL = (370.0, 435.0)
"""Seconds into a round in which its storm is over, its tickets have settled, and the next one has not begun."""
CALM = (ROUNDS - 1) * APART + LULL[0] + 50.0
"""Seconds after which nothing happens any more but looks, readers of the page and the clock's own row."""
EVERY = 15.0
DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """at: seconds since the start.  resident: bytes.  files: open descriptors."""

    at: float
    resident: float
    files: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """Bytes a day, and twice its standard error: what is smaller cannot be seen."""

    value: float
    unsure: float


class Storm:
    """A demo that runs from here until `close`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.samples: list[Sample] = []
        self._over = threading.Event()
        self._script, self._notes = folder / "storms.script", folder / "held"
        shipped = (files("agent.simulator") / "scripts" / "storm.script").read_text("utf-8")
        self._script.write_text(storms(shipped), "utf-8")
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self._address = f"127.0.0.1:{sock.getsockname()[1]}"
        self._process = self._start()
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._note, daemon=True)
        self._thread.start()

    def _start(self) -> subprocess.Popen[bytes]:
        words = (held.__file__, self._address, self._script, self.folder / "data", self._notes)
        with (self.folder / "demo.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *map(str, words)], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _note(self) -> None:
        while not self._over.wait(EVERY):
            try:
                with urllib.request.urlopen(f"http://{self._address}/metrics", timeout=10) as answer:
                    page = answer.read().decode()
            except OSError:
                continue  # counted by its absence
            resident, descriptors = (_value(page, f"process_{name}") for name in ("resident_memory_bytes", "open_fds"))
            self.samples.append(Sample(at=time.monotonic() - self._began, resident=resident, files=descriptors))

    @property
    def notes(self) -> list[held.Held]:
        """What the agent has noted of itself, `at` in seconds since the start."""
        return [replace(note, at=note.at - self._began) for note in held.read(self._notes)]

    def wait(self) -> None:
        """Until its time is over."""
        while (left := self._began + MINUTES * 60 - time.monotonic()) > 0:
            assert self._process.poll() is None, (self.folder / "demo.log").read_text("utf-8")[-3000:]
            time.sleep(min(5.0, left))

    def close(self) -> None:
        self._over.set()
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._thread.join(15)


def storms(script: str) -> str:
    """The shipped storm, several times over."""
    lines = [line for line in script.splitlines() if line.startswith("+")]
    rounds = [(int(at[1:]) + APART * turn, rest) for turn in range(ROUNDS) for at, _, rest in _parted(lines)]
    return "".join(f"+{at} {rest}\n" for at, rest in rounds)


def _parted(lines: list[str]) -> list[tuple[str, str, str]]:
    return [line.partition(" ") for line in lines]


def slope(ats: Sequence[float], values: Sequence[float]) -> Slope:
    """Least squares, extrapolated to a day. What is left over counts for no more independent values than it changes
    its sign (a heap that moves by steps says the same thing many times)."""
    fit = statistics.linear_regression(ats, values)
    rest = [value - fit.slope * at - fit.intercept for at, value in zip(ats, values, strict=True)]
    spread = sum((at - statistics.mean(ats)) ** 2 for at in ats)
    turns = sum((one < 0) != (other < 0) for one, other in pairwise(rest))
    alike = len(rest) / min(len(rest), max(4.0, 2.0 * turns))
    error = (sum(value * value for value in rest) / (len(rest) - 2) / spread * alike) ** 0.5
    return Slope(value=fit.slope * DAY, unsure=2 * error * DAY)


def _value(page: str, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", page, re.MULTILINE)
    assert found is not None, name
    return float(found[1])
