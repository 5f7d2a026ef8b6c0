"""Every story under `stories/`, played by the whole agent in virtual time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.story import play

pytestmark = pytest.mark.story

STORIES = sorted((Path(__file__).parent / "stories").glob("*.story"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story(path: Path, tmp_path: Path) -> None:
    play(path, tmp_path)


def test_there_are_stories() -> None:
    assert len(STORIES) >= 15
