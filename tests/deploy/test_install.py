"""The installer below a folder of its own: what it makes, that it may be run again, and that everything goes again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.given import CHECKOUT, DEPLOY
from tests.simulator import needs


def install(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [str(DEPLOY / "install.sh"), "--root", str(root), *words]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    return subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False, env=environment)


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() or path.is_symlink()}


@pytest.mark.parametrize(("lang", "word"), [("zh", "什么也没有做"), ("en", "nothing was")])
def test_a_dry_run_only_says(tmp_path: Path, lang: str, word: str) -> None:
    done = install(tmp_path / "root", "--dry-run", "--lang", lang)
    assert done.returncode == 0, done.stderr
    assert word in done.stdout.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--frob"], ["--wheel"], ["--purge"], ["--back"], ["--wheel", "/nowhere.whl"]])
def test_what_it_refuses(tmp_path: Path, words: list[str]) -> None:
    done = install(tmp_path / "root", "--lang", "en", *words)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.net
def test_from_the_checkout_and_away_again(tmp_path: Path) -> None:
    root = tmp_path / "root"
    before = {path.name for path in CHECKOUT.iterdir()}
    first = install(root, "--lang", "en")
    if first.returncode and "index" in first.stderr + first.stdout:
        needs.absent("a package index")
    assert first.returncode == 0, first.stdout + first.stderr
    assert {path.name for path in CHECKOUT.iterdir()} == before, "the sources stay as they are"
    program = root / "opt/campus-agent/current/bin/campus-agent"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=True, cwd="/")
    assert said.stdout.startswith("campus-agent ")
    for name in ("secrets", ""):
        assert not (root / "etc/campus-agent" / name).stat().st_mode & 0o007
    mine = root / "etc/campus-agent/inventory.yaml"
    mine.write_text("devizes: []\n", "utf-8")
    again = install(root, "--lang", "en")
    assert "is there already and is kept" in again.stdout, "the same sources are the same program"
    assert again.returncode == 1 and "nothing was replaced" in again.stderr
    assert mine.read_text("utf-8") == "devizes: []\n"
    assert len(list((root / "opt/campus-agent/releases").iterdir())) == 1
    assert install(root, "--undo").returncode == 0
    assert files(root) == {"etc/campus-agent/config.yaml", "etc/campus-agent/inventory.yaml"}
    assert install(root, "--undo", "--purge", "--yes").returncode == 0
    assert files(root) == set()
