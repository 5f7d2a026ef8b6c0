"""From one end to the other: `campus-agent run` on loopback, an outage, and the people's commands."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .conftest import Campus

pytestmark = pytest.mark.net

INVENTORY = """\
version: 1
site: {id: school, name: 学校, timezone: Asia/Shanghai}
credentials: {x: {snmp: {community: CANARY-COMMUNITY}}}
defaults: {tcp: {interval: 1s, timeout: 0.5s}}
devices:
  - {id: web-1, name: 网站, kind: server, address: 127.0.0.3, location: {building: B}, probes: [{tcp: {port: PORT}}]}
  - {id: sw-1, name: 交换机, kind: switch, address: 127.0.0.2, credentials: x, probes: [{tcp: {port: PORT}}]}
  - {id: desk-1, name: 课桌, kind: asset, location: {building: A}}
"""


def until(true: Callable[[], Any], seconds: float = 20.0) -> Any:
    """The first true answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = true()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError("not in time")


@contextmanager
def running(campus: Campus) -> Iterator[subprocess.Popen[str]]:
    """The agent as a process of its own."""
    command = [sys.executable, "-m", "agent.cli", "run", "--data", str(campus.folder), "--listen", "127.0.0.1:0"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        until((campus.folder / "agent.sock").exists)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0, said
    assert "CANARY" not in said


def server(address: str, port: int = 0) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    made.listen()
    return made


def test_an_outage_from_the_first_miss_to_the_customers_word(campus: Campus) -> None:
    web = server("127.0.0.3")
    port = web.getsockname()[1]
    switch = server("127.0.0.2", port)
    campus.inventory.write_text(INVENTORY.replace("PORT", str(port)), "utf-8")
    with running(campus) as process:
        until(lambda: states(campus) == {"web-1": "up", "sw-1": "up", "desk-1": "unknown"})
        web.close()
        number = until(lambda: [item["id"] for item in campus("--json", "tickets").document["items"]])[0]
        assert campus("ticket", "take", number, "--by", "wang").code == 0
        assert campus("probe", "web-1").code == 1
        assert campus("ticket", "confirm", number).code == 1
        assert campus("ticket", "take", "T19990101-0001").code == 2
        assert campus("restore", campus.inventory).code == 1
        listing = Path(f"/proc/{process.pid}/cmdline").read_bytes() + Path(f"/proc/{process.pid}/environ").read_bytes()
        assert b"CANARY" not in listing
        doctor = campus("doctor")
        assert f"pid {process.pid}" in doctor.out
        web = server("127.0.0.3", port)
        assert campus("probe", "web-1").code == 0, "the agent looks, whatever the recovery hold says of its state"
        by_hand = campus("--json", "ticket", "open", "--device", "desk-1", "--what", "桌腿断了", "--take").document
        assert by_hand["state"] == "working"
        done = campus("--json", "ticket", "restore", by_hand["id"], "--done", "换了桌腿").document
        assert done["state"] == "restored"
        confirmed = campus("ticket", "confirm", by_hand["id"], "--evidence", "签字照片", "--satisfaction", "5")
        assert confirmed.code == 0
        assert by_hand["id"] in confirmed.out
        assert campus("backup", campus.inventory.parent / "away.db").code == 0
    web.close()
    switch.close()
    after = json.loads(campus("--json", "ticket", by_hand["id"]).out)
    assert after["state"] == "confirmed"
    assert [event["event"] for event in after["journal"]][-1] == "confirmed"


def states(campus: Campus) -> dict[str, str]:
    items = campus("--json", "devices").document["items"]
    return {item["id"]: item["state"] for item in items}


def test_a_port_that_is_taken_is_1_with_its_name(campus: Campus) -> None:
    """In a process of its own: the log that `run` sets up would stay in this one."""
    with server("127.0.0.1") as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        command = [sys.executable, "-m", "agent.cli", "--lang", "en", "run", "--listen", listen]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=environment)
    assert run.returncode == 1
    assert f"the page cannot be at {listen}" in run.stderr
    assert "Traceback" not in run.stderr


def test_without_an_inventory_it_is_2_and_names_the_demo(campus: Campus) -> None:
    campus.inventory.unlink()
    said = campus("run")
    assert said.code == 2
    assert "campus-agent demo" in said.err
