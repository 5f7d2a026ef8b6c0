"""What every command is given: the words of its language, where its output goes, what was said for all commands."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from agent.clock import SystemClock
from agent.locale import Catalogue
from agent.text import clean

COLOURS: Mapping[str, str] = {
    "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35", "grey": "90", "bold": "1",
}  # fmt: skip
"""SGR parameters (ECMA-48 8.3.117)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """as_json: documents on stdout and nothing else.  data, config, inventory: as named, None where nobody did."""

    say: Catalogue
    clock: SystemClock
    as_json: bool = False
    data: Path | None = None
    config: Path | None = None
    inventory: Path | None = None
    debug: bool = False

    def print(self, *lines: str) -> None:
        """Results, to stdout."""
        for line in lines:
            sys.stdout.write(line + "\n")

    def tell(self, *lines: str) -> None:
        """Messages, to stderr; controls in them, a device's perhaps, do nothing to the terminal."""
        sys.stdout.flush()
        for line in lines:
            sys.stderr.write(clean(line) + "\n")

    def document(self, body: Any) -> None:
        """A document, to stdout: for the eye on a terminal, one line elsewhere."""
        indent = 2 if sys.stdout.isatty() else None
        self.print(json.dumps(body, ensure_ascii=False, indent=indent))

    @property
    def wide(self) -> int | None:
        """Columns of the terminal; None off one: nothing is cut for a pipe or a file."""
        return shutil.get_terminal_size().columns if sys.stdout.isatty() else None

    def colour(self, text: str, name: str) -> str:
        """The text in a colour, on a terminal whose user has not said NO_COLOR."""
        return f"\033[{COLOURS[name]}m{text}\033[0m" if name and colourful(sys.stdout) else text


def colourful(stream: TextIO) -> bool:
    """Whether colours may be sent there (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
