"""`probe`: by the agent, else from here."""

from __future__ import annotations

import socket
from typing import Any

from .conftest import Campus
from .given import agent, inventory_text

LOOK = {
    "probe": "tcp", "log": ["connect to \x1b[2J"], "outcome": "ok", "reason": "", "at": "2026-09-01T02:00:00.000Z",
    "duration_seconds": 0.01, "samples": {"connect_seconds": 0.01}, "facts": {},
}  # fmt: skip


def test_a_look_from_here(campus: Campus) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.3", 0))
        server.listen()
        campus.inventory.write_text(inventory_text(server.getsockname()[1]), "utf-8")
        good = campus("probe", "web-1", "--probe", "tcp")
        document = campus("--json", "probe", "web-1").document
    bad = campus("probe", "web-1")
    assert good.code == 0
    assert "connect to 127.0.0.3" in good.out
    assert "connect_seconds" in good.out
    assert document["looks"][0]["outcome"] == "ok"
    assert bad.code == 1
    assert "refused" in bad.out


def test_unknown_device_or_probe_is_2(campus: Campus) -> None:
    assert campus("probe", "nothing").code == 2
    said = campus("probe", "web-1", "--probe", "icmp")
    assert said.code == 2
    assert "tcp" in said.err


def test_what_nobody_watches_is_1(campus: Campus) -> None:
    said = campus("probe", "desk-1")
    assert said.code == 1
    assert "no probes" in said.err


def test_a_live_agent_looks(campus: Campus) -> None:
    def look(request: dict[str, Any]) -> dict[str, Any]:
        return {"device": request["device"], "looks": [LOOK, {**LOOK, "probe": "icmp", "outcome": "unknown"}]}

    with agent(campus.folder, {"probe": look}) as served:
        said = campus("probe", "web-1", "--probe", "tcp")
    assert served.asked[0]["probe"] == "tcp"
    assert said.code == 1, "one of them could not look"
    assert "\x1b" not in said.out
    assert "connect_seconds 0.01" in said.out
