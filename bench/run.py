"""What every measurement is given, and how one contender is measured while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import cpu, lab


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """campus: the far side.  work: an empty folder.  windows, window: how many, of how many seconds.
    warm: seconds that a contender runs before the first.  cuts: devices cut for the ticket's measurement.
    watch: seconds that the large campus is watched.  shared: other work runs on this machine.
    only: "agent" or "peers" measures that side alone."""

    campus: lab.Campus
    work: Path
    windows: int
    window: float
    warm: float
    cuts: int
    watch: float
    shared: bool
    only: str | None

    def say(self, text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)

    def per_unit(self, who: str, roots: Sequence[int], count: Callable[[], float]) -> cpu.Figure:
        """CPU seconds for each unit that `count` says has happened."""
        self.say(f"{who}: {self.warm:g} s to warm up, then {self.windows} windows of {self.window:g} s")
        time.sleep(self.warm)
        found = []
        for _ in range(self.windows):
            used, done = cpu.seconds(roots), count()
            time.sleep(self.window)
            found.append((cpu.seconds(roots) - used) / max(count() - done, 1e-9))
        return cpu.Figure.of(found)

    @property
    def with_agent(self) -> bool:
        return self.only != "peers"

    def has(self, *programs: str) -> bool:
        """Whether these peers are to be measured; one that is not installed is skipped with a word."""
        if self.only == "agent":
            return False
        absent = [program for program in programs if not lab.installed(program)]
        if absent:
            self.say(f"skipped: {', '.join(absent)} is not installed")
        return not absent


def scaled(figure: cpu.Figure | None, by: float) -> cpu.Figure | None:
    """The figure in another unit."""
    return figure and cpu.Figure(low=figure.low * by, value=figure.value * by, high=figure.high * by)
