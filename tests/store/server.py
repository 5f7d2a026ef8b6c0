"""A real PostgreSQL server without a network, in a folder of its own: started, stopped and frozen by the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa


class Server:
    """`folder` holds its socket and its data; its superuser is `postgres`."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self._programs, self._data = folder, programs, folder / "data"
        self._run("initdb", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        self._run("pg_ctl", "-w", "-t", "30", "-l", self.folder / "log", "-o", options, "start")

    def stop(self) -> None:
        """At once, as a crash would: nobody is waited for, and the next start recovers from the log."""
        self._run("pg_ctl", "-m", "immediate", "-w", "stop")

    def signal_backends(self, database: str, number: signal.Signals) -> None:
        """Freeze or thaw those who serve a database."""
        for pid in self._pids(database):
            os.kill(pid, number)

    def make_database(self, name: str) -> str:
        """The URL of a fresh database."""
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return self.url(name)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    @property
    def running(self) -> bool:
        return (self._data / "postmaster.pid").exists()

    def _pids(self, database: str) -> list[int]:
        engine = sa.create_engine(self.url("postgres"))
        with engine.connect() as connection:
            question = sa.text("SELECT pid FROM pg_stat_activity WHERE datname = :name")
            pids = [int(pid) for pid in connection.execute(question, {"name": database}).scalars()]
        engine.dispose()
        return pids

    def _run(self, program: str, *words: object) -> None:
        argv = list(map(str, (self._programs / program, "-D", self._data, *words)))
        subprocess.run(argv, user="postgres", cwd="/", check=True, stdout=subprocess.DEVNULL, timeout=60)


@contextmanager
def serving() -> Iterator[Server]:
    """A running server; skips where the package is absent (fails in CI)."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs or os.geteuid() != 0:
        message = "needs the Debian package postgresql, and root to start it as its user"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    folder = Path(tempfile.mkdtemp(prefix="campus-pg-"))
    os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    server = Server(folder, programs[-1])
    try:
        server.start()
        yield server
    finally:
        if server.running:
            server.stop()
        shutil.rmtree(folder)
