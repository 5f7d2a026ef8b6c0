"""Lines from a person or a pipe, and lines to them: a prompt with completion on a terminal, plain lines elsewhere."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
import threading
from collections.abc import Callable, Sequence
from typing import TextIO

PROMPT = "campus> "
_CLEAR = "\r\x1b[K"


class Console:
    """`lines()` gives what is typed; `say` prints without tearing the prompt apart."""

    def __init__(self, source: TextIO, out: TextIO, vocabulary: Sequence[str]) -> None:
        self.terminal = source.isatty() and out.isatty()
        self._source, self._out, self._vocabulary = source, out, vocabulary
        self._plain = os.environ.get("TERM", "dumb") == "dumb"
        self._buffer: Callable[[], str] = str
        self._saved = termios.tcgetattr(source.fileno()) if self.terminal else None
        self._asking = False

    def start(self) -> asyncio.Queue[str | None]:
        """The queue of lines; None is the end. Reads in a daemon thread, since a terminal cannot be waited for."""
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def put(line: str | None) -> None:
            try:
                loop.call_soon_threadsafe(queue.put_nowait, line)
            except RuntimeError:  # the loop has ended while a line was typed
                return

        threading.Thread(target=self._read, args=(put,), daemon=True, name="console").start()
        return queue

    def say(self, text: str) -> None:
        asking = self._asking and not self._plain
        head, tail = (_CLEAR, PROMPT + self._buffer()) if asking else ("", "")
        self._out.write(f"{head}{text}\n{tail}")
        self._out.flush()

    def close(self) -> None:
        """Give the terminal back as it was; readline had it in its own mode."""
        if self._saved is not None:
            termios.tcsetattr(self._source.fileno(), termios.TCSADRAIN, self._saved)

    def _read(self, put: Callable[[str | None], None]) -> None:
        if self.terminal:
            self._complete()
        try:
            while line := self._line():
                put(line)
        except (EOFError, OSError, ValueError):
            pass  # the end of the input, or its descriptor closed under us
        put(None)

    def _line(self) -> str:
        if not self.terminal:
            return self._source.readline()
        self._asking = True
        try:
            return input(PROMPT) + "\n"
        finally:
            self._asking = False

    def _complete(self) -> None:
        try:
            import readline
        except ImportError:  # a Python without it still has a prompt
            return

        def candidate(text: str, state: int) -> str | None:
            found = [word for word in self._vocabulary if word.startswith(text)]
            return found[state] + " " if state < len(found) else None

        readline.set_completer(candidate)
        readline.set_completer_delims(" ")
        readline.parse_and_bind("tab: complete")
        self._buffer = readline.get_line_buffer


def standard(vocabulary: Sequence[str]) -> Console:
    return Console(sys.stdin, sys.stdout, vocabulary)
