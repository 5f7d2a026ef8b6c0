"""Which layout a database has, and the way from there to ours. Alembic is loaded only when there is a way to go."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from agent.store.errors import NewerDatabase, OlderDatabase
from agent.store.schema import REVISION

KNOWN = frozenset({"", "0001", "0002", REVISION})
"""Every revision from which a migration leads here; "" is an empty database."""


def revision(connection: sa.Connection) -> str:
    """The layout of the database, "" when it has none yet."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() or ""


def known(found: str) -> bool:
    """Whether a way leads from this layout to ours."""
    return found in KNOWN


def require(connection: sa.Connection) -> None:
    """Raises NewerDatabase or OlderDatabase unless the layout is ours."""
    found = _found(connection)
    if found != REVISION:
        raise OlderDatabase(found, REVISION)


def upgrade(connection: sa.Connection) -> None:
    """Apply what is missing within the connection's transaction. Raises NewerDatabase."""
    if _found(connection) != REVISION:
        _run(connection)


def _found(connection: sa.Connection) -> str:
    found = revision(connection)
    if not known(found):
        raise NewerDatabase(found, REVISION)
    return found


def _run(connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
