"""The layout as SQLAlchemy Core tables, for writes and reads. The migrations make it; a test holds the two together."""

from __future__ import annotations

import sqlalchemy as sa

REVISION = "0003"
"""The newest migration, by which a start sees whether any is missing without loading Alembic."""

REOPENINGS = "event IN ('relapsed', 'refused', 'reopened')"
"""Condition of a partial index; a query must repeat it word for word to use the index."""

metadata = sa.MetaData()

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", sa.BigInteger, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("via", sa.Text, nullable=False),
    sa.Column("args", sa.Text, nullable=False),
    sa.Column("prev_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Index("journal_reopenings", "event", sqlite_where=sa.text(REOPENINGS), postgresql_where=sa.text(REOPENINGS)),
)

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("root", sa.Text, nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("holds_root", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("opened_at", sa.BigInteger, nullable=False),
    sa.Column("restored_at", sa.BigInteger),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("snapshot", sa.Text, nullable=False),
    sa.Column("opened_severity", sa.Text, nullable=False),
    sa.Column("opened_kind", sa.Text, nullable=False),
    sa.Index(
        "tickets_one_a_root", "root", unique=True,
        sqlite_where=sa.text("holds_root"), postgresql_where=sa.text("holds_root"),
    ),
    sa.Index(
        "tickets_open", "opened_at", "number",
        sqlite_where=sa.text("is_open"), postgresql_where=sa.text("is_open"),
    ),
    sa.Index(
        "tickets_open_by_severity", "severity", "opened_at", "number",
        sqlite_where=sa.text("is_open"), postgresql_where=sa.text("is_open"),
    ),
    sa.Index("tickets_by_opening", "opened_at", "number"),
    sa.Index("tickets_by_state_and_severity", "state", "severity", "opened_at", "number"),
    sa.Index("tickets_by_state", "state", "opened_at", "number"),
    sa.Index("tickets_by_severity", "severity", "opened_at", "number"),
    sa.Index("tickets_by_root", "root", "opened_at", "number"),
    sa.Index("tickets_by_restoration", "restored_at"),
    sa.Index("tickets_as_opened", "opened_severity", "opened_kind"),
)  # fmt: skip

ticket_totals = sa.Table(
    "ticket_totals",
    metadata,
    sa.Column("is_open", sa.Boolean, primary_key=True),
    sa.Column("state", sa.Text, primary_key=True),
    sa.Column("severity", sa.Text, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)
"""How many tickets there are of each kind that a list may ask for; moved with each write of `tickets`."""

bookings = sa.Table(
    "bookings",
    metadata,
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("clock", sa.Text, primary_key=True),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("breached_at", sa.BigInteger),
    sa.Column("voided_reason", sa.Text),
    sa.Column("voided_at", sa.BigInteger),
    sa.Column("elapsed_seconds", sa.Double),
    sa.Index("bookings_by_result", "clock", "severity", "result", "voided_reason"),
)

conditions = sa.Table(
    "conditions",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("snapshot", sa.Text, nullable=False),
)

remembered = sa.Table(
    "remembered",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("snapshot", sa.Text, nullable=False),
)
"""What is known of a device beside its faults: `identity/DEVICE/WHAT`, `since/DEVICE`."""

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, nullable=False),
    sa.Column("answered_at", sa.BigInteger, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("last", sa.Integer, nullable=False),
)
