"""A released layout is brought up to date under `kill -9`: either the old layout or the new one, never a mixture, and
every journal line is there. Today's layout is the older one, so the later one lives in this test."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from agent.store import Batch, open_store
from agent.store.schema import REVISION
from tests.deploy.test_service import LATER, later
from tests.store.given import chain, ticket

KILLS = 25
TICKETS = 150
OPEN = "import sys; from agent.store import open_store; open_store(sys.argv[1]).close(); print('done')"
HEAVY = '''

def _touch() -> None:
    """Slow enough to be killed in: every row is written, and a second table is filled."""
    op.execute("CREATE TABLE colours (number TEXT PRIMARY KEY, colour TEXT)")
    for colour in ("red", "green", "blue"):
        op.execute(f"UPDATE tickets SET colour = '{colour}'")
        op.execute(f"INSERT INTO colours SELECT number || '{colour}', colour FROM tickets")
'''


def released(path: Path) -> int:
    """A database of today's layout with tickets in it; how many journal lines."""
    store = open_store(path)
    for number in range(TICKETS):
        lines = chain(f"T{number}", 4)
        row = ticket(f"T{number}", version=4, snapshot={"padding": "x" * 2000})
        store.write(Batch(events=lines, tickets=(row,)))
    store.close()
    return TICKETS * 4


def state(path: Path) -> tuple[str, int, int, bool, bool]:
    """(layout, journal lines, tickets, has the new column, has the new table)"""
    with closing(connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        columns = {row[1] for row in database.execute("PRAGMA table_info(tickets)")}
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
        counts = [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("journal", "tickets")]
        layout = database.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    return layout, counts[0], counts[1], "colour" in columns, "colours" in tables


def upgrading(checkout: Path, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", OPEN, str(path)], cwd=checkout, stdout=subprocess.PIPE, text=True)


@pytest.mark.net
def test_killed_while_it_upgrades(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    checkout = later(tmp_path / "later")
    versions = checkout / "agent" / "store" / "migrations" / "versions" / f"v{LATER}_colour.py"
    versions.write_text(versions.read_text("utf-8") + "    _touch()\n" + HEAVY, "utf-8")
    path = tmp_path / "campus.db"
    lines = released(path)
    original = path.read_bytes()
    began = time.monotonic()
    rehearsal = upgrading(checkout, path)
    assert rehearsal.communicate(timeout=60)[0] == "done\n"
    whole = time.monotonic() - began
    assert state(path) == (LATER, lines, TICKETS, True, True)
    path.write_bytes(original)
    outcomes = set()
    for _ in range(KILLS):
        process = upgrading(checkout, path)
        time.sleep(dice.uniform(0.5 * whole, 1.02 * whole))
        process.kill()
        process.communicate()
        found = state(path)
        assert found in {(REVISION, lines, TICKETS, False, False), (LATER, lines, TICKETS, True, True)}, f"seed {seed}"
        outcomes.add(found[0])
        if found[0] == LATER:
            for ending in ("", "-wal", "-shm"):
                Path(f"{path}{ending}").unlink(missing_ok=True)
            path.write_bytes(original)
    assert REVISION in outcomes, f"seed {seed}: no kill came in time"
    last = upgrading(checkout, path)
    assert last.communicate(timeout=60)[0] == "done\n"
    assert state(path) == (LATER, lines, TICKETS, True, True)
