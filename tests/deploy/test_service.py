"""A real systemd runs the service: installed from a bundle without a network, with a secret, frozen, killed, upgraded
to a newer layout, taken back, removed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from agent.store.schema import REVISION
from tests.deploy.given import CHECKOUT, DEPLOY
from tests.simulator import needs

HERE = Path(__file__).parent / "service"
PYTHON = "/usr/bin/python3"
LATER = f"{int(REVISION) + 1:04}"
MIGRATION = f'''\
"""A later layout, for this test alone."""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "{LATER}", "{REVISION}", None, None

def upgrade() -> None:
    op.add_column("tickets", sa.Column("colour", sa.Text))
'''
MUST_BE = {
    "dry_run_left": "0", "installed": "active", "user": "campus-agent", "capabilities": "0000000000002000",
    "pings": "1", "secret_mode": "root:600", "with_a_secret": "active", "after_the_freeze": "active", "traceback": "1",
    "after_a_kill": "active", "tickets_kept": "1", "refused_code": "1", "refused_untouched": "yes",
    "upgraded": "active", "upgraded_layout": LATER, "upgraded_tickets": "1", "backups": "1", "again": "active/2/1",
    "back": "active", "back_layout": REVISION, "back_tickets": "1",
    "undone": "inactive", "undone_left": "0", "undone_kept": "2", "purged_left": "0/0",
}  # fmt: skip


def later(checkout: Path) -> Path:
    """A copy of the sources whose store has one more migration."""
    for name in ("agent", "deploy"):
        shutil.copytree(CHECKOUT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(CHECKOUT / name, checkout / name)
    store = checkout / "agent" / "store"
    schema, migrate = store / "schema.py", store / "migrate.py"
    schema.write_text(schema.read_text("utf-8").replace(f'REVISION = "{REVISION}"', f'REVISION = "{LATER}"'), "utf-8")
    known = migrate.read_text("utf-8").replace("REVISION})", f'"{REVISION}", REVISION}})')
    migrate.write_text(known, "utf-8")
    (store / "migrations" / "versions" / f"v{LATER}_colour.py").write_text(MIGRATION, "utf-8")
    return checkout


def bundle(checkout: Path, out: Path) -> None:
    done = subprocess.run(
        [checkout / "deploy" / "bundle.sh", out, PYTHON], capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        needs.absent(f"a package index for {PYTHON} ({done.stderr.strip()[-200:]})")


@pytest.mark.soak
def test_the_life_of_the_service(tmp_path: Path) -> None:
    needs.program("systemd-nspawn", "unshare", PYTHON)
    if os.geteuid() != 0:
        needs.absent("root")
    bundle(CHECKOUT, tmp_path / "first.tar.gz")
    bundle(later(tmp_path / "later"), tmp_path / "second.tar.gz")
    shutil.copy(HERE / "life.sh", tmp_path)
    subprocess.run(["unshare", "--mount", HERE / "boot.sh", tmp_path], timeout=300, check=True)
    log = (tmp_path / "log").read_text("utf-8")
    found = dict(line.split("=", 1) for line in log.splitlines() if "=" in line)
    print(f"back {found.get('back_after_seconds')} s after the freeze")
    assert {name: found.get(name) for name in MUST_BE} == MUST_BE, log + (tmp_path / "errors").read_text("utf-8")
    assert int(found["back_after_seconds"]) <= 90


@pytest.mark.net
def test_scripts_are_clean() -> None:
    needs.program("shellcheck")
    scripts = [*DEPLOY.glob("*.sh"), *HERE.glob("*.sh")]
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")
