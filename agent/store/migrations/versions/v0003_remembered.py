"""What is known of a device beside its faults outlives a restart: who it is, and since when it is as it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "remembered",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("snapshot", sa.Text, nullable=False),
    )
