"""The totals of tickets say what counting the tickets says, whatever was written, and after an upgrade too."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.store import Batch, Store, database, migrate, open_store, schema
from tests.store.given import ticket

STATES, SEVERITIES = ("new", "working", "filed"), ("general", "serious")
ASKED = [
    {"state": state, "severity": severity, "device": device, "only_open": only_open}
    for state in (None, "working", "filed")
    for severity in (None, "general")
    for device in (None, "cam-T1")
    for only_open in (False, True)
]
ROW = st.builds(
    lambda number, state, severity: ticket(
        f"T{number}", state=state, severity=severity, is_open=state != "filed", holds_root=False
    ),
    st.integers(0, 4), st.sampled_from(STATES), st.sampled_from(SEVERITIES),
)  # fmt: skip
BATCH = st.lists(ROW, max_size=3, unique_by=lambda row: row.number).map(lambda rows: Batch(tickets=tuple(rows)))


@pytest.mark.parametrize("where", ["sqlite", pytest.param("postgresql", marks=pytest.mark.net)], indirect=True)
@given(batches=st.lists(BATCH, max_size=6))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_they_move_with_every_write(store: Store, batches: list[Batch]) -> None:
    for batch in batches:
        store.write(batch)
        store.write(batch, repeated=True)
    _agree(store)


def test_an_upgrade_counts_what_is_there(where: str | Path) -> None:
    engine = database.writing_engine(where)
    with engine.begin() as connection:
        _layout(connection, "0001")
        rows = [(number, number > 2, ("filed", "new")[number > 2], SEVERITIES[number % 2]) for number in range(7)]
        for number, is_open, state, severity in rows:
            values = {
                "number": f"T{number}", "root": "cam-T1", "is_open": is_open, "holds_root": False, "state": state,
                "severity": severity, "kind": "", "cause": "", "opened_at": number, "version": 1, "snapshot": "null",
                "opened_severity": severity, "opened_kind": "",
            }  # fmt: skip
            connection.execute(sa.insert(schema.tickets).values(values))
    engine.dispose()
    store = open_store(where)
    assert store.tickets().total == 7
    _agree(store)
    store.close()


def _layout(connection: sa.Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _agree(store: Store) -> None:
    everything = store.tickets(limit=1000).items
    for asked in ASKED:
        wanted = {"state": asked["state"], "severity": asked["severity"], "root": asked["device"]}
        fits = [
            row
            for row in everything
            if all(value in (None, getattr(row, name)) for name, value in wanted.items())
            and (row.is_open or not asked["only_open"])
        ]
        page = store.tickets(limit=2, **asked)  # type: ignore[arg-type]  # names of our own arguments
        assert (page.total, page.items) == (len(fits), tuple(fits[:2])), asked
