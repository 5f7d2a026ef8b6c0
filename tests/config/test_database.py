"""The URL of a database is a secret that is one or is refused; it is never told, good or bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config.agentfile import load_agent_file

CANARY = "hunter2-canary"


def written(folder: Path, url: str) -> Path:
    (folder / "url").write_text(url, "utf-8")
    (folder / "url").chmod(0o600)
    (folder / "config.yaml").write_text("version: 1\ndatabase: {url_file: url}\n", "utf-8")
    return folder / "config.yaml"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://campus:{CANARY}@db.school:5432/campus",
        f"postgresql://campus:{CANARY}@/campus?host=/run/postgresql",
        f"postgresql+psycopg://campus:{CANARY}@[::1]/campus",
    ],
)
def test_a_postgresql_database(tmp_path: Path, url: str) -> None:
    loaded = load_agent_file(written(tmp_path, url))
    assert loaded.value is not None
    assert loaded.value.database.url is not None
    assert loaded.value.database.url.reveal() == url
    assert CANARY not in repr(loaded)


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://campus:{CANARY}@db/campus", f"postgresql://campus:{CANARY}@db", f"campus:{CANARY}", CANARY,
        f"postgresql://campus@db:{CANARY}/campus", f"postgresql://[{CANARY}/campus", "postgresql:///",
    ],
)  # fmt: skip
def test_anything_else_is_refused_and_not_shown(tmp_path: Path, url: str) -> None:
    loaded = load_agent_file(written(tmp_path, url))
    assert loaded.value is None
    told = [problem.render(lang) for problem in loaded.problems for lang in ("zh", "en")]
    assert any("PostgreSQL" in line for line in told)
    assert not any(CANARY in line for line in told)
