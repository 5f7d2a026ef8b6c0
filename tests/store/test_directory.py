"""One agent a data directory; the second is told who is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.store import AlreadyRunning, DataDirectory

from .given import NOON


def test_it_is_made_private(tmp_path: Path) -> None:
    made = DataDirectory(tmp_path / "a" / "data")
    assert made.path.stat().st_mode & 0o777 == 0o700


def test_one_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    assert DataDirectory(tmp_path).path.stat().st_mode & 0o777 == 0o750


def test_the_second_is_refused_and_told_who_runs(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    with directory.lock(since=NOON, listen="127.0.0.1:9880"):
        assert directory.owner() == (os.getpid(), NOON, "127.0.0.1:9880")
        with pytest.raises(AlreadyRunning) as refused:
            DataDirectory(tmp_path).lock(since=NOON + 1)
        assert (refused.value.pid, refused.value.since) == (os.getpid(), NOON)
        assert directory.owner() is not None
    assert directory.owner() is None
    directory.lock(since=NOON + 2).release()


def test_a_killed_owner_leaves_the_directory_free(tmp_path: Path) -> None:
    program = (
        "import sys, time; from agent.store.directory import DataDirectory;"
        "lock = DataDirectory(sys.argv[1]).lock(since=5); print('mine', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"mine\n"
        directory = DataDirectory(tmp_path)
        with pytest.raises(AlreadyRunning) as refused:
            directory.lock(since=NOON)
        assert (refused.value.pid, refused.value.since) == (owner.pid, 5)
        owner.kill()
    assert directory.owner() is None
    with directory.lock(since=NOON) as lock:
        assert lock.held


def test_without_a_note_the_owner_is_nameless_but_still_the_owner(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    with directory.lock(since=NOON):
        directory.lock_file.write_bytes(b"{")
        with pytest.raises(AlreadyRunning) as refused:
            directory.lock(since=NOON)
        assert (refused.value.pid, refused.value.since) == (0, None)
