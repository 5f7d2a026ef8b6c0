"""How far a long command is: a bar with count and remaining time on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

from agent.cli.grid import cut, width
from agent.locale import Catalogue

REDRAWN = 0.2
"""Seconds between two pictures of the bar."""
SAID = 15.0
"""Seconds between two lines off a terminal."""
_CELLS = 24
_LEAST_SECONDS, _LEAST_SHARE = 2.0, 0.01
"""Before so much, the remaining time is a guess that nobody wants to see jump."""


@dataclass(slots=True)
class Progress:
    """Stages, one after the other, on stderr. quiet: says nothing at all."""

    say: Catalogue
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    quiet: bool = False
    _label: str = ""
    _total: int = 0
    _begun: float = 0.0
    _shown: float = 0.0
    _first: int = -1
    _drawn: int = 0

    @property
    def drawing(self) -> bool:
        return self.stream.isatty() and not self.quiet

    def stage(self, label: str, total: int) -> None:
        """A stage begins; its label in the reader's words."""
        self.clear()
        self._label, self._total, self._first = label, total, -1
        self._begun = self._shown = time.monotonic()
        if not self.quiet and not self.drawing:
            self.stream.write(f"{label} (0/{total})\n")
            self.stream.flush()

    def moved(self, done: int, words: str = "") -> None:
        """So many steps are done. words: shown behind the count."""
        now = time.monotonic()
        if self._first < 0:
            self._first = done
        if self.quiet or now - self._shown < (REDRAWN if self.drawing else SAID):
            return
        self._shown = now
        text = f"{self._label} {self._picture(done)} {done}/{self._total} {words} {self._left(done, now)}".rstrip()
        if self.drawing:
            self._draw(text)
        else:
            self.stream.write(f"{text}\n")
            self.stream.flush()

    def clear(self) -> None:
        """Take the bar away, so that other words can stand there."""
        if self._drawn:
            self.stream.write("\r" + " " * self._drawn + "\r")
            self.stream.flush()
            self._drawn = 0

    def _picture(self, done: int) -> str:
        if not self.drawing:
            return f"{100 * done // max(1, self._total)}%"
        full = _CELLS * done // max(1, self._total)
        return f"[{'#' * full}{'.' * (_CELLS - full)}]"

    def _left(self, done: int, now: float) -> str:
        """Remaining time by the pace of this stage since it was begun or resumed."""
        steps, spent = done - self._first, now - self._begun
        if spent < _LEAST_SECONDS or steps < _LEAST_SHARE * self._total:
            return ""
        seconds = round(spent / steps * (self._total - done))
        return self.say.say("discovery.left", minutes=seconds // 60, seconds=f"{seconds % 60:02d}")

    def _draw(self, text: str) -> None:
        shown = cut(text, shutil.get_terminal_size().columns - 1)
        self.stream.write("\r" + shown + " " * max(0, self._drawn - width(shown)))
        self.stream.flush()
        self._drawn = width(shown)
