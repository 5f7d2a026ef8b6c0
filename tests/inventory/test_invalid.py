"""Every mistake in tests/inventory/data is told in exactly the words that stand beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent import locale
from agent.inventory import load_inventory
from tests.config.words import expected, words

FILES = sorted((Path(__file__).parent / "data").glob("invalid-*.yaml"))
CANARY = "CANARY"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_exact_words(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    loaded = load_inventory(file)
    assert words(loaded, file) == expected(file)
    assert (loaded.value is None) == bool(loaded.errors)
    assert CANARY not in repr(loaded)


def test_every_key_has_words_in_both_languages() -> None:
    for file in FILES:
        for problem in load_inventory(file).problems:
            assert locale.catalogue("zh").has(problem.key)
            assert locale.catalogue("en").has(problem.key)


def test_the_shipped_inventory_has_no_mistake() -> None:
    """Only the practice community stands inline, and what is not built yet is told."""
    loaded = load_inventory(Path(__file__).parents[2] / "agent" / "inventory.yaml")
    assert loaded.errors == ()
    assert loaded.value is not None
    assert loaded.value.targets
