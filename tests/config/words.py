"""One file a mistake, the exact words beside it: `invalid-NAME.yaml`, `invalid-NAME.txt` (English, then Chinese)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.config import Loaded


def words(loaded: Loaded[Any], file: Path) -> str:
    """What reading `file` said, in both languages, with the file named by its bare name."""
    lines = [*loaded.render("en"), "", *loaded.render("zh")]
    return "\n".join(line.replace(f"{file.parent}/", "") for line in lines) + "\n"


def expected(file: Path) -> str:
    return file.with_suffix(".txt").read_text("utf-8")
