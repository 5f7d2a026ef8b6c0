"""A damaged database (R6): nobody starts on it in silence, nothing of it is lost, the newest copy is offered."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from agent.locale import catalogue
from agent.start import damaged
from agent.store import DamagedDatabase, DataDirectory, open_store
from agent.store.copies import make_copy
from agent.store.sound import open_sound
from tests.agent.running import Running, running, until
from tests.faults_store.given import doors, line, past

DAY = date(2026, 9, 1)
LOGS = ("campus.db-wal", "campus.db-shm")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> DataDirectory:
    """A directory with 300 tickets and a copy of the day."""
    directory = past(tmp_path_factory.mktemp("kept") / "data")
    make_copy(directory, DAY)
    return directory


@pytest.fixture
def directory(kept: DataDirectory, tmp_path: Path) -> DataDirectory:
    shutil.copytree(kept.path, tmp_path / "data")
    return DataDirectory(tmp_path / "data")


def flipped(raw: bytearray, dice: random.Random) -> bytearray:
    for _ in range(1000):
        raw[dice.randrange(len(raw))] ^= dice.randrange(1, 256)
    return raw


DAMAGES: dict[str, Callable[[bytearray], bytes | bytearray]] = {
    "a thousand flipped bytes": lambda raw: flipped(raw, random.Random()),
    "cut in half": lambda raw: raw[: len(raw) // 2],
    "cut within a page": lambda raw: raw[: len(raw) - 1000],
    "without content": lambda raw: b"",
    "no database": lambda raw: b"#!/bin/sh\necho hello\n" * 500,
    "zeros": lambda raw: bytes(len(raw)),
    "header gone": lambda raw: bytes(100) + raw[100:],
    "a page of garbage": lambda raw: raw[: 4096 * 5] + os.urandom(4096) + raw[4096 * 6 :],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_nobody_starts_on_it_and_nothing_of_it_is_touched(directory: DataDirectory, damage: str) -> None:
    spoiled = bytes(DAMAGES[damage](bytearray(directory.database.read_bytes())))
    directory.database.write_bytes(spoiled)
    with pytest.raises(DamagedDatabase):
        open_sound(directory)
    assert directory.database.read_bytes() == spoiled
    assert {path.name for path in directory.path.iterdir()} <= {"campus.db", "backups", *LOGS}


def test_one_that_is_missing_is_no_new_one_while_there_are_copies(directory: DataDirectory) -> None:
    directory.database.unlink()
    with pytest.raises(DamagedDatabase, match="missing"):
        open_sound(directory)
    assert not directory.database.exists()
    shutil.rmtree(directory.backups)
    open_sound(directory).close()


def test_a_journal_of_an_open_ticket_that_was_changed(directory: DataDirectory) -> None:
    with closing(sqlite3.connect(directory.database)) as connection, connection:
        number = connection.execute("SELECT max(number) FROM tickets").fetchone()[0]
        for trigger in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger[0]}")
        connection.execute("UPDATE tickets SET is_open = 1 WHERE number = ?", (number,))
        connection.execute("UPDATE journal SET by = 'nobody' WHERE ticket = ? AND seq = 3", (number,))
    with pytest.raises(DamagedDatabase, match=number):
        open_sound(directory)


def test_many_flips_are_seen_or_did_no_harm(directory: DataDirectory) -> None:
    """Few flipped bytes: the start refuses, or the copy's check of all journals finds it, or what is read is right."""
    seed = random.randrange(10**6)
    dice, whole = random.Random(seed), bytearray(directory.database.read_bytes())
    with closing(open_store(directory.database)) as store:
        known = {row.number: store.journal(row.number) for row in store.tickets(limit=1000).items}
    refused = 0
    for _ in range(40):
        raw = bytearray(whole)
        for _ in range(5):
            raw[dice.randrange(len(raw))] ^= dice.randrange(1, 256)
        directory.database.write_bytes(raw)
        try:
            with closing(open_sound(directory)) as store:
                if not store.verify_chains():
                    # Only a journal is sealed; the rows beside it are made from it.
                    assert {number: store.journal(number) for number in known} == known, f"seed {seed}"
        except DamagedDatabase:
            refused += 1
    assert refused > 5


# --- the log beside it ----------------------------------------------------------------------------------------------


@pytest.fixture
def logged(tmp_path: Path) -> DataDirectory:
    """A directory whose writer was killed: the last commits are in the -wal alone."""
    program = (
        "import os, sys; from agent.store import Batch, DataDirectory; from agent.store.sound import open_sound;"
        "from tests.store.given import chain; store = open_sound(DataDirectory(sys.argv[1]));"
        "[store.write(Batch(events=(line,))) for line in chain('T1', 20)]; os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "data")], check=True, timeout=30)
    return DataDirectory(tmp_path / "data")


def log_of(directory: DataDirectory) -> Path:
    return directory.path / "campus.db-wal"


def test_a_whole_log_is_taken(logged: DataDirectory) -> None:
    with closing(open_sound(logged)) as store:
        assert len(store.journal("T1")) == 20


@pytest.mark.parametrize("where", [0, 4, 8, 100, 5000, 20_000])
def test_a_log_with_lost_commits_in_its_middle_is_damage(logged: DataDirectory, where: int) -> None:
    """Everywhere but in the header's salts and sums, which a power loss may tear."""
    log = log_of(logged)
    raw = bytearray(log.read_bytes())
    assert len(raw) > 40_000
    raw[where] ^= 0x55
    log.write_bytes(raw)
    with pytest.raises(DamagedDatabase, match="-wal"):
        open_sound(logged)
    assert log.read_bytes() == raw


def test_a_log_of_garbage_is_damage(logged: DataDirectory) -> None:
    log_of(logged).write_bytes(os.urandom(50_000))
    with pytest.raises(DamagedDatabase, match="-wal"):
        open_sound(logged)


def test_a_torn_end_is_none(logged: DataDirectory) -> None:
    log = log_of(logged)
    raw = log.read_bytes()
    log.write_bytes(raw[:-100])
    with closing(open_sound(logged)) as store:
        assert len(store.journal("T1")) == 19


# --- the whole program ----------------------------------------------------------------------------------------------


def prepared(folder: Path, kept: DataDirectory) -> Path:
    """A folder in which an agent can run on a copy of that past."""
    shutil.copytree(kept.path, folder / "data")
    (folder / "policy.yaml").write_text("version: 1\n", "utf-8")
    (folder / "config.yaml").write_text("version: 1\ninventory: inventory.yaml\npolicy: policy.yaml\n", "utf-8")
    (folder / "inventory.yaml").write_text(
        "version: 1\nsite: {id: s, name: s, timezone: Asia/Shanghai}\ndevices:\n" + line("cam-1", 9), "utf-8"
    )
    return folder


@pytest.mark.net
def test_the_drill(kept: DataDirectory, tmp_path: Path) -> None:
    """Damaged, refused with the command, restored by that very command, running again with every ticket."""
    folder = prepared(tmp_path, kept)
    database = folder / "data" / "campus.db"
    spoiled = bytes(flipped(bytearray(database.read_bytes()), random.Random()))
    database.write_bytes(spoiled)
    refused = Running(folder)
    assert refused.process.wait(timeout=20) == 3
    said = refused.log
    assert "is damaged" in said
    assert "Traceback" not in said
    assert refused.run("doctor").returncode == 1
    offered = re.search(r"campus-agent (--data \S+ restore \S+campus-20260901\.db)", said)
    assert offered is not None, said
    words = [sys.executable, "-m", "agent.cli", *shlex.split(offered[1])]
    restored = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=30, check=False)
    assert restored.returncode == 0, restored.stderr
    aside = [path for path in (folder / "data").iterdir() if ".replaced-" in path.name]
    # Beside it an empty journal, if SQLite had come so far as to begin one before it saw the damage.
    assert [path.read_bytes() for path in aside if path.stat().st_size] == [spoiled]
    again = Running(folder)
    try:
        again.ready()
    finally:
        assert again.stop() == 0
    with closing(open_sound(DataDirectory(folder / "data"))) as store:
        assert store.tickets().total == 300
        assert store.verify_chains() == {}


@pytest.mark.net
def test_damage_that_comes_while_it_runs_ends_it_with_3(tmp_path: Path) -> None:
    with doors(1) as (door,), running(tmp_path, line(door.name, door.port)) as agent:
        until(lambda: agent.metric('campus_device_up{device="cam-1"}') == 1, 10)
        with (tmp_path / "data" / "campus.db").open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(4096)
            file.write(os.urandom(size - 4096))
        log = tmp_path / "data" / "campus.db-wal"
        with contextlib.suppress(FileNotFoundError), log.open("r+b") as file:
            file.truncate(0)
        door.shut()
        assert agent.process.wait(timeout=30) == 3
        last = agent.log.strip().splitlines()[-2:]
        assert "is damaged" in last[0]
        assert "no copy" in last[1]


def test_the_offer_quotes_its_words(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "my data")
    directory.backups.mkdir()
    (directory.backups / "campus-20260901.db").touch()
    said = damaged(directory, "why", catalogue("en")).splitlines()[-1]
    command = said.split("campus-agent ", 1)[1]
    assert shlex.split(command) == ["--data", str(directory.path), "restore", str(directory.newest_copy())]
