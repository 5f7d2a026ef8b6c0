"""Power loss (R2): a real store's writes replayed up to any point, what was not synced there, gone or torn."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.store import DataDirectory
from agent.store.sound import open_sound
from tests.faults_store.recorded import Call, Disk, record, with_errors

SHORT, LONG = 120, 800
"""Points at which the power fails."""


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Call]]:
    if shutil.which("strace") is None:
        message = "needs the Debian package strace"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    folder = tmp_path_factory.mktemp("power")
    return folder / "data", record(folder, 400)


@pytest.mark.net
def test_the_record_is_whole(calls: tuple[Path, list[Call]], tmp_path: Path) -> None:
    """Replayed to its end it is what the program left."""
    folder, made = calls
    disk = Disk(folder)
    for call in made:
        disk.take(call)
    disk.fail(tmp_path / "end", random.Random(0))
    whole = Disk(folder)
    for call in made:
        whole.take(call)
        if call.name != "sync" and call.path:
            whole.take(Call("sync", call.path))
    whole.fail(tmp_path / "synced", None)
    for name in ("campus.db", "campus.db-wal"):
        assert (tmp_path / "synced" / name).read_bytes() == (folder / name).read_bytes()
    assert sum(call.name == "sync" and call.path.endswith("-wal") for call in made) > 20
    assert sum(call.name == "sync" and call.path.endswith("campus.db") for call in made) > 2
    assert disk.said["T20260901-0040"] == 10


@pytest.mark.net
def test_at_syncs_and_at_random(calls: tuple[Path, list[Call]], tmp_path: Path) -> None:
    survive(*calls, tmp_path, SHORT)


@pytest.mark.net
def test_a_disk_whose_syncs_fail_loses_and_doubles_nothing(calls: object, tmp_path: Path) -> None:
    """EIO at a commit: nobody knows how much of it is there; the repeat must neither lose nor double a line."""
    said = with_errors(tmp_path, 300, 5)
    store = open_sound(DataDirectory(tmp_path / "data"))
    try:
        assert store.verify_chains() == {}
        assert said == {row.number: len(store.journal(row.number)) for row in store.tickets(limit=1000).items}
        assert set(said.values()) == {10}
    finally:
        store.close()


@pytest.mark.soak
def test_at_very_many_points(calls: tuple[Path, list[Call]], tmp_path: Path) -> None:
    survive(*calls, tmp_path, LONG)


def survive(folder: Path, calls: list[Call], into: Path, points: int) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    around = [place + more for place, call in enumerate(calls) if call.name == "sync" for more in (0, 1)]
    dice.shuffle(around)
    chosen = {*around[: points // 2], *(dice.randrange(len(calls)) for _ in range(points - points // 2))}
    disk, seen = Disk(folder), 0
    for place, call in enumerate(calls):
        if place in chosen:
            # Half of the time nothing of the late is there, half of the time any of it.
            target = into / f"cut-{place}"
            disk.fail(target, random.Random(place) if dice.random() < 0.5 else None)
            seen += examined(target, disk.said, f"seed {seed}, call {place} of {len(calls)}")
            shutil.rmtree(target)
        disk.take(call)
    assert seen > points // 2


def examined(target: Path, said: dict[str, int], where: str) -> bool:
    """Our own start on what is left; whether there was a database already."""
    directory = DataDirectory(target)
    if not directory.database.exists():
        assert not said, where
        return False
    store = open_sound(directory)
    try:
        assert store.verify_chains() == {}, where
        for number, seq in said.items():
            journal, row = store.journal(number), store.ticket_row(number)
            assert len(journal) >= seq, f"{where}: {number} has {len(journal)} lines, {seq} were acknowledged"
            assert row is not None
            assert row.version == len(journal), where
        numbers = [row.number for row in store.tickets(limit=1000).items]
        assert len(numbers) == len(set(numbers)) == store.load().counters.get("20260901", 0), where
    finally:
        store.close()
    with closing(sqlite3.connect(directory.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], where
    return True
