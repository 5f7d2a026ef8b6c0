"""The first layout: journal, tickets, bookings, conditions, requests, counters, meta."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _small_tables()
    _journal()
    _tickets()
    _bookings()
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


def _small_tables() -> None:
    op.create_table("meta", _key("key"), _text("value"))
    op.create_table("conditions", _key("key"), _text("snapshot"))
    op.create_table("requests", _key("key"), _text("ticket"), _ms("answered_at"), _text("answer"))
    op.create_table("counters", _key("day"), sa.Column("last", sa.Integer, nullable=False))


def _journal() -> None:
    op.create_table(
        "journal",
        _key("ticket"),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        _ms("at"),
        _ms("recorded_at"),
        *map(_text, ("event", "by", "via", "args", "prev_hash", "hash")),
    )
    _partial_index("journal_reopenings", "journal", ["event"], "event IN ('relapsed', 'refused', 'reopened')")


def _tickets() -> None:
    op.create_table(
        "tickets",
        _key("number"),
        _text("root"),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("holds_root", sa.Boolean, nullable=False),
        *map(_text, ("state", "severity", "kind", "cause")),
        _ms("opened_at"),
        sa.Column("restored_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("version", sa.Integer, nullable=False),
        *map(_text, ("snapshot", "opened_severity", "opened_kind")),
    )
    _partial_index("tickets_one_a_root", "tickets", ["root"], "holds_root", unique=True)
    _partial_index("tickets_open", "tickets", ["opened_at", "number"], "is_open")
    op.create_index("tickets_by_opening", "tickets", ["opened_at", "number"])
    op.create_index("tickets_by_state", "tickets", ["state", "opened_at", "number"])
    op.create_index("tickets_by_severity", "tickets", ["severity", "opened_at", "number"])
    op.create_index("tickets_by_root", "tickets", ["root", "opened_at", "number"])
    op.create_index("tickets_by_restoration", "tickets", ["restored_at"])
    op.create_index("tickets_as_opened", "tickets", ["opened_severity", "opened_kind"])


def _bookings() -> None:
    op.create_table(
        "bookings",
        _key("ticket"),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        _key("clock"),
        _text("severity"),
        _text("result"),
        _ms("at"),
        sa.Column("breached_at", sa.BigInteger),
        sa.Column("voided_reason", sa.Text),
        sa.Column("voided_at", sa.BigInteger),
        sa.Column("elapsed_seconds", sa.Double),
    )
    op.create_index("bookings_by_result", "bookings", ["clock", "severity", "result", "voided_reason"])


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _ms(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _partial_index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


# REPLACE deletes without firing a delete trigger, so the insert trigger minds a line that is there already;
# it also lets no line in that does not follow from the one before it.
_SQLITE = (
    """CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    """CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    """CREATE TRIGGER journal_chained BEFORE INSERT ON journal
       WHEN EXISTS (SELECT 1 FROM journal WHERE ticket = NEW.ticket AND seq = NEW.seq)
         OR (NEW.seq = 1 AND NEW.prev_hash <> '0000000000000000000000000000000000000000000000000000000000000000')
         OR (NEW.seq <> 1 AND NOT EXISTS (
               SELECT 1 FROM journal WHERE ticket = NEW.ticket AND seq = NEW.seq - 1 AND hash = NEW.prev_hash))
       BEGIN SELECT RAISE(ABORT, 'the journal line does not follow from the one before it'); END""",
)

_POSTGRESQL = (
    """CREATE FUNCTION journal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    """CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON journal
       FOR EACH ROW EXECUTE FUNCTION journal_append_only()""",
    """CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal
       FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only()""",
    """CREATE FUNCTION journal_follows() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF (NEW.seq = 1 AND NEW.prev_hash <> repeat('0', 64)) OR (NEW.seq <> 1 AND NOT EXISTS (
              SELECT 1 FROM journal WHERE ticket = NEW.ticket AND seq = NEW.seq - 1 AND hash = NEW.prev_hash))
         THEN RAISE EXCEPTION 'the journal line does not follow from the one before it'
              USING ERRCODE = 'integrity_constraint_violation';
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER journal_chained BEFORE INSERT ON journal
       FOR EACH ROW EXECUTE FUNCTION journal_follows()""",
)
