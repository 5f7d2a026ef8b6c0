"""`backup` and `restore`."""

from __future__ import annotations

import stat
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.cli.desk import Desk
from agent.cli.places import tell_of_others
from agent.clock import SystemClock
from agent.locale import catalogue

from .conftest import Campus
from .given import Books, agent


def test_away_and_back(campus: Campus, books: Books, tmp_path: Path) -> None:
    number, file = books.open(), tmp_path / "away.db"
    said = campus("backup", file)
    assert said.code == 0
    assert "1 tickets" in said.out
    assert "campus-agent restore" in said.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    second = books.open("第二张")
    back = campus("restore", file)
    assert back.code == 0
    assert "replaced-" in back.err
    assert "campus-agent run" in back.err
    assert campus("ticket", number).code == 0
    assert campus("ticket", second).code == 2


def test_a_backup_replaces_nothing_unless_forced(campus: Campus, books: Books, tmp_path: Path) -> None:
    books.open()
    file = tmp_path / "away.db"
    file.write_text("mine")
    said = campus("backup", file)
    assert (said.code, said.out, file.read_text()) == (1, "", "mine")
    assert "--force" in said.err
    assert campus("--json", "backup", file, "--force").document["tickets"] == 1


def test_nothing_to_back_up_is_1(campus: Campus, tmp_path: Path) -> None:
    said = campus("backup", tmp_path / "away.db")
    assert said.code == 1
    assert str(campus.folder) in said.err
    assert not (tmp_path / "away.db").exists()


def test_a_dry_run_only_checks(campus: Campus, books: Books, tmp_path: Path) -> None:
    books.open()
    file = tmp_path / "away.db"
    campus("backup", file)
    books.open("第二张")
    before = (campus.folder / "campus.db").read_bytes()
    said = campus("restore", file, "--dry-run")
    assert said.code == 0
    assert "nothing was changed" in said.out
    assert (campus.folder / "campus.db").read_bytes() == before


def test_a_damaged_backup_is_3_and_changes_nothing(campus: Campus, books: Books, tmp_path: Path) -> None:
    number, file = books.open(), tmp_path / "away.db"
    file.write_bytes(b"SQLite format 3\0" + b"\xff" * 9000)
    said = campus("restore", file)
    assert (said.code, said.out) == (3, "")
    assert "as it was" in said.err
    assert campus("ticket", number).code == 0


def test_nothing_is_restored_under_a_running_agent(campus: Campus, books: Books, tmp_path: Path) -> None:
    books.open()
    file = tmp_path / "away.db"
    campus("backup", file)
    with agent(campus.folder, {}):
        said = campus("restore", file)
    assert (said.code, said.out) == (1, "")
    assert "stop it first" in said.err
    assert f"since {datetime.now(ZoneInfo('Asia/Shanghai')):%H:}" in said.err, "the site's time"


def test_a_missing_backup_is_2(campus: Campus) -> None:
    assert campus("restore", "none.db").code == 2


def test_a_place_that_cannot_be_written_is_named(campus: Campus, books: Books, tmp_path: Path) -> None:
    books.open()
    said = campus("backup", tmp_path / "no" / "such" / "away.db")
    assert said.code == 1
    assert f"mkdir -p {tmp_path / 'no' / 'such'}" in said.err
    assert "Errno" not in said.err


def test_of_two_folders_with_data_it_is_said_which_is_taken(
    campus: Campus, books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    books.open()
    desk = Desk(say=catalogue("en"), clock=SystemClock())
    tell_of_others(desk, Path("elsewhere"))
    assert "the data are elsewhere; there are data in data, too" in capsys.readouterr().err
    tell_of_others(desk, Path("data"))
    assert not capsys.readouterr().err, "nothing to confuse it with"
