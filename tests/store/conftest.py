"""A store on a real SQLite file, and the same on a real PostgreSQL server that these tests start for themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.store import Store, open_store
from tests.store.server import Server, serving


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql: Server, request: pytest.FixtureRequest) -> str:
    """A fresh database on it."""
    return postgresql.make_database(f"t{abs(hash(request.node.nodeid))}")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.net)])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """Where a database may lie: a path, or a URL."""
    if request.param == "sqlite":
        return tmp_path / "campus.db"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A fresh database as a file's bytes: migrating anew for every test would cost most of their time."""
    path = tmp_path_factory.mktemp("empty") / "campus.db"
    open_store(path).close()
    return path.read_bytes()


@pytest.fixture
def store(where: str | Path, empty_database: bytes) -> Iterator[Store]:
    if isinstance(where, Path):
        _private(where, empty_database)
    opened = open_store(where)
    yield opened
    opened.close()


@pytest.fixture
def database_file(tmp_path: Path) -> Path:
    return tmp_path / "campus.db"


@pytest.fixture
def sqlite_store(database_file: Path, empty_database: bytes) -> Iterator[Store]:
    _private(database_file, empty_database)
    opened = open_store(database_file)
    yield opened
    opened.close()


def _private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
