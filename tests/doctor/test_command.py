"""`doctor` on this machine: real reads, a real database, a real socket."""

from __future__ import annotations

import time
from pathlib import Path

from agent.doctor import reading
from tests.cli.conftest import Campus, campus
from tests.cli.given import Books, agent

__all__ = ["campus"]


def topics(document: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {item["topic"]: item["level"] for item in document["items"]}


def test_every_topic_is_looked_at(campus: Campus) -> None:
    Books(campus.folder, campus.inventory).open()
    said = campus("--json", "doctor")
    found = topics(said.document)
    assert set(found) == {
        "python", "sqlite", "setting", "zone", "calendar", "clock", "icmp", "neighbours", "files", "rmem", "names",
        "data", "disk", "database", "copies", "agent", "listen",
    }  # fmt: skip
    assert found["database"] == found["setting"] == found["zone"] == "ok"
    assert found["agent"] == "warn"
    assert said.code == (1 if "fail" in found.values() else 0)
    assert said.document["worst"] == max(found.values(), key=["ok", "warn", "fail"].index)


def test_lines_for_people_with_the_mend(campus: Campus) -> None:
    said = campus("doctor", lang="zh")
    assert all(line.startswith(("OK  ", "WARN", "FAIL", "      →")) for line in said.out.splitlines())
    assert "campus-agent run" in said.out


def test_a_damaged_database_and_mistakes_are_failures(campus: Campus) -> None:
    Books(campus.folder, campus.inventory).open()
    (campus.folder / "campus.db").write_bytes(b"no database" * 900)
    campus.inventory.write_text("version: 1\nsite: {id: x, name: x, timezone: Asia/Shangai}\ndevices: []\n", "utf-8")
    said = campus("doctor")
    assert said.code == 1
    assert "FAIL  inventory.yaml:2: site.timezone:" in said.out
    assert "is damaged" in said.out
    assert "campus-agent restore" in said.out


def test_a_running_agent_is_asked_how_it_is(campus: Campus) -> None:
    status = {"ready": True, "version": "9.9", "store_writable": False, "store_pending": 3}
    with agent(campus.folder, {"status": lambda request: status}):
        said = campus("doctor")
    assert "agent 9.9 is running" in said.out
    assert "cannot write its database, 3 entries wait" in said.out
    assert said.code == 1
    assert "page can be at" not in said.out, "its page holds the port"


def test_the_agents_own_limits_are_read() -> None:
    assert (reading.kernel_number("net.core.rmem_max") or 0) > 0
    assert reading.kernel_number("no.such.thing") is None


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    found = reading.folder(tmp_path / "a" / "b")
    assert (found.exists, found.writable) == (False, True)
    assert reading.newest(tmp_path / "a") is None


def test_names_are_asked_for_together_and_not_for_ever() -> None:
    begun = time.monotonic()
    assert reading.resolved(["localhost"], 5.0) == {"localhost": True}
    reading.resolved(["a.invalid", "b.invalid"], 0.2)
    assert time.monotonic() - begun < 5.0
