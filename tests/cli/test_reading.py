"""`devices`, `device`, `tickets`, `ticket ID`: from a live agent, else from a private copy and the inventory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from agent.alerting.commands import Command
from agent.cli.places import SERVICE, data_folders

from .conftest import Campus
from .given import Books, agent

HOSTILE = "\x1b]0;owned\x07名字"


def device(**over: Any) -> dict[str, Any]:
    return {
        "id": "cam-1", "name": HOSTILE, "kind": "camera", "role": "", "address": "127.0.0.9",
        "location": {"building": "A", "floor": "", "room": ""}, "vendor": "", "model": "", "state": "down",
        "since": "2026-09-01T02:00:00.000Z", "up": False, "parent": None, "tickets": ["T20260901-0001"],
        "probes": [{"name": "icmp", "outcome": "failed", "reason": "timeout", "at": "2026-09-01T02:00:00.000Z",
                    "duration_seconds": 1.0, "samples": {"loss_ratio": 1.0}}],
    } | over  # fmt: skip


def listing(*items: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(items), "total": len(items), "next": None}


def test_where_data_is_looked_for() -> None:
    assert data_folders(Path("x"), {"CAMPUS_AGENT_DATA": "y"}) == (Path("x"),)
    assert data_folders(None, {"CAMPUS_AGENT_DATA": "y"}) == (Path("y"),)
    assert data_folders(None, {}) == (Path("data"), SERVICE)


# --- without an agent


def test_devices_without_an_agent_come_from_the_inventory_and_nobody_knows(campus: Campus, books: Books) -> None:
    number = books.open()
    said = campus("devices")
    assert said.code == 0
    assert [line.split()[0] for line in said.out.splitlines()] == ["ID", "sw-1", "web-1", "desk-1"]
    assert said.out.count("unknown") == 3
    assert number in said.out
    assert "no agent is running" in said.err


def test_devices_are_chosen(campus: Campus) -> None:
    assert len(campus("--json", "devices", "--building", "A").document["items"]) == 2
    assert len(campus("--json", "devices", "--kind", "server").document["items"]) == 1
    assert len(campus("--json", "devices", "--kind", "服务器", lang="zh").document["items"]) == 1
    wrong = campus("devices", "--kind", "cam", lang="zh")
    assert wrong.code == 2 and "camera 摄像机" in wrong.err
    assert campus("--json", "devices", "--state", "up").document == {"items": [], "total": 0, "next": None}


def test_one_device(campus: Campus) -> None:
    said = campus("device", "sw-1")
    assert said.code == 0
    assert "127.0.0.2" in said.out
    assert campus("--json", "device", "sw-1").document["probes"][0]["reason"] == "no_look_yet"


def test_an_unknown_device_is_2_and_the_near_one_is_named(campus: Campus) -> None:
    said = campus("device", "sw-l")
    assert (said.code, said.out) == (2, "")
    assert "did you mean sw-1" in said.err
    assert "inventory.yaml" in said.err


def test_tickets_without_an_agent_come_from_a_copy(campus: Campus, books: Books) -> None:
    first, second = books.open(), books.open("桌腿断了", place="操场", device="")
    books.write(Command(ticket=first, verb="take", by="李"))
    before = {file.name: file.read_bytes() for file in campus.folder.iterdir()}
    said = campus("tickets")
    assert said.code == 0
    assert [line.split()[0] for line in said.out.splitlines()[1:]] == [second, first]
    assert "left" in said.out
    assert "2 tickets" in said.err
    assert {file.name: file.read_bytes() for file in campus.folder.iterdir()} == before
    assert campus("--json", "tickets", "--state", "working").document["items"][0]["id"] == first
    assert campus("--json", "tickets", "--device", "desk-1").document["total"] == 1
    cut = campus("--json", "tickets", "--limit", "1").document
    assert (len(cut["items"]), cut["total"]) == (1, 2)


def test_past_tickets_are_shown_when_asked_for(campus: Campus, books: Books) -> None:
    number = books.open()
    books.write(Command(ticket=number, verb="withdraw", by="王", role="manager", args={"reason": "reporter"}))
    assert campus("--json", "tickets").document["total"] == 0
    assert campus("--json", "tickets", "--all").document["total"] == 1
    assert campus("--json", "tickets", "--state", "withdrawn").document["total"] == 1


def test_one_ticket_with_its_journal(campus: Campus, books: Books) -> None:
    number = books.open()
    said = campus("ticket", number.lower(), lang="zh")
    assert said.code == 0
    assert all(word in said.out for word in (number, "黑板不亮", "建单", "受理", "响应", "解决", "课桌"))
    assert [event["event"] for event in campus("--json", "ticket", number).document["journal"]] == [
        "opened",
        "admitted",
    ]
    both = campus("--json", "ticket", number, "T19990101-0001")
    assert both.code == 2
    assert both.document["total"] == 1
    assert "T19990101-0001" in both.err


def test_nothing_at_all_is_4_and_says_where_it_looked(campus: Campus) -> None:
    campus.inventory.unlink()
    for argv in (["devices"], ["device", "x"], ["tickets"], ["ticket", "T1"]):
        said = campus(*argv)
        assert (said.code, said.out) == (4, ""), argv
        assert str(campus.folder) in said.err
        assert "campus-agent run" in said.err


def test_a_damaged_database_is_3(campus: Campus, books: Books) -> None:
    books.open()
    (campus.folder / "campus.db").write_bytes(b"no database at all" * 300)
    for suffix in ("-wal", "-shm"):
        Path(f"{campus.folder}/campus.db{suffix}").unlink(missing_ok=True)
    said = campus("tickets")
    assert (said.code, said.out) == (3, "")
    assert "damaged" in said.err
    assert "restore" in said.err


def test_an_inventory_with_mistakes_is_2_with_its_lines(campus: Campus) -> None:
    campus.inventory.write_text(campus.inventory.read_text("utf-8").replace("kind: switch", "kind: swich"), "utf-8")
    said = campus("devices")
    assert said.code == 2
    assert "inventory.yaml:4: devices[0].kind" in said.err


# --- with one


def test_a_live_agent_is_asked(campus: Campus) -> None:
    with agent(campus.folder, {"devices": lambda request: listing(device(), device(id="cam-2", state="up"))}) as served:
        said = campus("devices", "--state", "down")
        assert campus("--json", "devices").document["total"] == 2
    assert "cam-1" in said.out
    assert "cam-2" not in said.out
    assert "\x1b" not in said.out + said.err
    assert "09-01 10:00" in said.out, "the site's zone is the agent's word"
    assert served.asked[0]["do"] == "devices"


def test_what_the_agent_does_not_know_is_2(campus: Campus) -> None:
    error = {"error": {"code": "not_found", "message": "no such device", "hint": "look", "where": None}}
    with agent(campus.folder, {"device": lambda request: error}):
        said = campus("device", "x")
        told = campus("--json", "device", "x")
    assert (said.code, said.out) == (2, "")
    assert said.err == "no such device\n→ look\n"
    assert json.loads(told.out) == error


def test_a_device_document_in_words(campus: Campus) -> None:
    with agent(campus.folder, {"device": lambda request: device()}):
        said = campus("device", "cam-1", lang="zh")
    assert said.code == 0
    assert all(word in said.out for word in ("不通", "失败", "超时无应答", "丢包              100 %", "名字"))
    assert "\x1b" not in said.out


def test_pages_are_followed_up_to_the_limit(campus: Campus, books: Books) -> None:
    number = books.open()
    one = campus("--json", "ticket", number).document
    pages = {None: "a", "a": "b", "b": None}

    def page(request: dict[str, Any]) -> dict[str, Any]:
        return {"items": [one] * request["limit"], "total": 900, "next": pages[request.get("cursor")]}

    with agent(campus.folder, {"tickets": page}) as served:
        found = campus("--json", "tickets", "--limit", "450", "--all", "--severity", "other").document
    assert len(found["items"]) == 450
    asked = [request for request in served.asked if request["do"] == "tickets"]
    assert [request["limit"] for request in asked] == [200, 200, 50]
    assert all(request["all"] and request["severity"] == "other" for request in asked)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_a_socket_that_is_not_ours_is_4_with_the_mend() -> None:
    """As nobody, in a process of its own."""
    program = (
        "import os, sys, agent.cli.commands.ticket, agent.cli.entry, agent.cli.talk; from agent.cli import main;"
        "from agent.locale import catalogue; catalogue('en'); os.setgid(65534); os.setuid(65534);"
        "sys.exit(main(sys.argv[1:]))"
    )
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        folder = Path(parent, "data")
        with agent(folder, {}):
            folder.chmod(0o755)
            command = [sys.executable, "-c", program, "--data", str(folder), "--lang", "en", "ticket", "take", "T1"]
            run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 4, run.stderr
    assert "you may not use" in run.stderr
