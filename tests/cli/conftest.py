"""`campus`: the command line in this process, in a folder of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.cli import main

from .given import Books, inventory_text


@dataclass(slots=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass(slots=True)
class Campus:
    """Runs commands. folder: the data directory, passed as --data."""

    folder: Path
    inventory: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *argv: object, lang: str = "en") -> Said:
        self.capsys.readouterr()
        code = main(["--data", str(self.folder), "--lang", lang, *map(str, argv)])
        return Said(code, *self.capsys.readouterr())


@pytest.fixture
def campus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Campus:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CAMPUS_AGENT_DATA", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(inventory_text(), "utf-8")
    return Campus(tmp_path / "data", inventory, capsys)


@pytest.fixture
def books(campus: Campus) -> Books:
    return Books(campus.folder, campus.inventory)
