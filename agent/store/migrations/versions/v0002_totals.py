"""Lists that cost the same after years: the totals of tickets are kept, and two more questions have their index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ticket_totals",
        sa.Column("is_open", sa.Boolean, primary_key=True),
        sa.Column("state", sa.Text, primary_key=True),
        sa.Column("severity", sa.Text, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    op.execute(
        """INSERT INTO ticket_totals (is_open, state, severity, count)
           SELECT is_open, state, severity, count(*) FROM tickets GROUP BY is_open, state, severity"""
    )
    order = ["opened_at", "number"]
    op.create_index("tickets_by_state_and_severity", "tickets", ["state", "severity", *order])
    is_open = sa.text("is_open")
    op.create_index(
        "tickets_open_by_severity", "tickets", ["severity", *order], sqlite_where=is_open, postgresql_where=is_open
    )
