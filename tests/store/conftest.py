"""A store on a real SQLite file, and the same on a real PostgreSQL server that these tests start for themselves."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from agent.store import Store, open_store


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The socket folder of a PostgreSQL server without a network; its superuser is `postgres`."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs or os.geteuid() != 0:
        message = "needs the Debian package postgresql, and root to start it as its user"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    folder = Path(tempfile.mkdtemp(prefix="campus-pg-"))
    os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    data, bin_ = folder / "data", programs[-1]
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    try:
        _as_postgres(bin_ / "initdb", "-D", data, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        _as_postgres(bin_ / "pg_ctl", "-D", data, "-w", "-t", "30", "-l", folder / "log", "-o", options, "start")
        yield str(folder)
    finally:
        if (data / "postmaster.pid").exists():
            _as_postgres(bin_ / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


def _as_postgres(*command: object) -> None:
    words = list(map(str, command))
    subprocess.run(words, user="postgres", cwd="/", check=True, stdout=subprocess.DEVNULL, timeout=60)


@pytest.fixture
def postgresql_url(postgresql: str, request: pytest.FixtureRequest) -> str:
    """A fresh database on it."""
    name = f"t{abs(hash(request.node.nodeid))}"
    engine = sa.create_engine(
        f"postgresql+psycopg://postgres@/postgres?host={postgresql}", isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return f"postgresql+psycopg://postgres@/{name}?host={postgresql}"


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
