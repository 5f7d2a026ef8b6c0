"""SIGKILL at any moment: what was acknowledged is there, and every chain holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from agent.store import DataDirectory, open_store

from . import writing

ROUNDS = 10


def test_killed_while_writing(tmp_path: Path) -> None:
    package = (writing.__package__ or "").split(".")
    root = Path(writing.__file__).parents[len(package)]
    run = subprocess.run(
        [sys.executable, "-m", writing.__name__, "kill", str(tmp_path), str(ROUNDS)],
        cwd=root, env={"PYTHONPATH": f"{root}:{Path.cwd()}"}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    acknowledged = dict(line.split() for line in run.stdout.splitlines())
    assert set(acknowledged) == {f"T{n}" for n in range(ROUNDS)}
    assert any(int(seq) > 0 for seq in acknowledged.values())
    store = open_store(DataDirectory(tmp_path).database)
    assert store.verify_chains() == {}
    for number, seq in acknowledged.items():
        journal, row = store.journal(number), store.ticket_row(number)
        assert len(journal) >= int(seq)
        assert (row.version if row else 0) == len(journal)
    store.close()
