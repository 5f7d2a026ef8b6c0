"""Run by Alembic with the connection that `agent.store.migrate` holds: all that is missing, in its transaction."""

from __future__ import annotations

from alembic import context

from agent.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
