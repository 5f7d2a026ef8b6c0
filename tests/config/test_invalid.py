"""Every mistake in tests/config/data is told in exactly the words that stand beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent import locale
from agent.config import Severity
from agent.config.agentfile import load_agent_file
from tests.config.words import expected, words

DATA = Path(__file__).parent / "data"
FILES = sorted(DATA.glob("invalid-*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_exact_words(file: Path) -> None:
    loaded = load_agent_file(file)
    assert words(loaded, file) == expected(file)
    assert loaded.value is None


def test_every_key_has_words_in_both_languages() -> None:
    zh, en = locale.catalogue("zh"), locale.catalogue("en")
    for file in FILES:
        for problem in load_agent_file(file).problems:
            assert zh.has(problem.key)
            assert en.has(problem.key)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.mkdir(), "not a plain file"),
        (lambda path: path.write_bytes(b""), "the file is empty"),
        (lambda path: path.write_bytes(b"a: " + b"x" * (20 * 1024 * 1024)), "larger than 20 MiB"),
        (lambda path: path.symlink_to("/dev/null"), "not a plain file"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, make: object, said: str) -> None:
    path = tmp_path / "c.yaml"
    make(path)  # type: ignore[operator]  # a lambda of the table above
    assert load_agent_file(path).render("en") == [f"{path}: {said}"]


def test_a_thousand_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("".join(f"zz{number}: 1\n" for number in range(1500)))
    loaded = load_agent_file(path)
    assert len(loaded.problems) == 1001
    assert loaded.problems[-1].what("en") == "and 500 more mistakes"
    assert loaded.problems[-1].severity is Severity.ERROR


def test_deep_nesting_does_not_kill_the_process(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    for text in ("[" * 200_000, "- " * 200_000, "{a: " * 200_000):
        path.write_text(text)
        assert "nested more than 40 deep" in load_agent_file(path).render("en")[0]
