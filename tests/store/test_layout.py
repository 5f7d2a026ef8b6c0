"""The migrations make exactly the layout that the statements know, all at once; strangers are refused by name."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from agent.store import DamagedDatabase, NewerDatabase, OlderDatabase, Store, database, migrate, open_store, schema


def test_migrations_and_tables_agree(store: Store) -> None:
    engine = database.reading_engine(store.where)
    with engine.begin() as connection:
        assert migrate.revision(connection) == schema.REVISION
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    engine.dispose()


def test_the_revision_in_the_program_is_the_newest_migration() -> None:
    scripts = ScriptDirectory(str(Path(migrate.__file__).with_name("migrations")))
    assert scripts.get_heads() == [schema.REVISION]
    assert {script.revision for script in scripts.walk_revisions()} | {""} == migrate.KNOWN


def test_a_migration_that_breaks_off_leaves_nothing(where: str | Path) -> None:
    engine = database.writing_engine(where)
    with engine.connect() as connection:
        transaction = connection.begin()
        migrate.upgrade(connection)
        transaction.rollback()
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()


def test_a_newer_database_is_refused(store: Store) -> None:
    store.close()  # a PostgreSQL database has one owner
    engine = database.writing_engine(store.where) if isinstance(store.where, str) else None
    if engine is None:
        with closing(sqlite3.connect(store.where)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = '0999'")
    else:
        with engine.begin() as found:
            found.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
        engine.dispose()
    for read_only in (False, True):
        with pytest.raises(NewerDatabase, match=rf"0999.*{schema.REVISION}"):
            open_store(store.where, read_only=read_only)


def test_an_empty_database_cannot_only_be_read(database_file: Path) -> None:
    database_file.touch()
    with pytest.raises(OlderDatabase):
        open_store(database_file, read_only=True)


def test_a_file_that_is_no_database_is_damaged(database_file: Path) -> None:
    database_file.write_bytes(b"This is no database. " * 100)
    for read_only in (False, True):
        with pytest.raises(DamagedDatabase):
            open_store(database_file, read_only=read_only)
    assert database_file.read_bytes().startswith(b"This is no database")


def test_the_file_is_private_and_durable(sqlite_store: Store, database_file: Path) -> None:
    assert {path.stat().st_mode & 0o777 for path in database_file.parent.glob("campus.db*")} == {0o600}
    with sqlite_store._writing.connect() as connection:  # type: ignore[union-attr]
        pragmas = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    assert pragmas == ["wal", 2]


def test_alembic_is_loaded_only_to_migrate(sqlite_store: Store, database_file: Path) -> None:
    program = "import sys; from agent.store import open_store; open_store(sys.argv[1]); print('alembic' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program, str(database_file)], capture_output=True, text=True, timeout=30, check=True
    )
    assert run.stdout == "False\n"


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ((3, 6, 23), False), ((3, 40, 1), True), ((3, 44, 5), True), ((3, 44, 6), False), ((3, 45, 0), True),
        ((3, 50, 6), True), ((3, 50, 7), False), ((3, 51, 2), True), ((3, 51, 3), False), ((3, 52, 0), False),
    ],
)  # fmt: skip
def test_sqlite_versions_with_the_wal_reset_bug(version: tuple[int, ...], affected: bool) -> None:
    assert database.wal_reset_bug(version) is affected
