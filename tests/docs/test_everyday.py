"""The page of everyday commands, typed from top to bottom at a real agent: each does what its screen shows."""

from __future__ import annotations

import json
import re
import shlex
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.running import Running, until

from .pages import DOCS, Page

CAMERAS = tuple(f"127.0.2.{last}" for last in range(101, 105))
SICK = CAMERAS[2]
SHOWN = "T20261123-0001"

pytestmark = pytest.mark.net


def door(address: str) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, 5540))
    made.listen()
    return made


@pytest.fixture
def campus(tmp_path: Path) -> Iterator[Running]:
    """The school of the first inventory on loopback, with the camera's port closed: the files are the manual's own."""
    shown = {
        b.text.split(":")[0]: b.text for b in Page(DOCS / "zh" / "first-inventory.md").blocks if b.language == "yaml"
    }
    inventory = shown["version"].replace("192.0.2.", "127.0.2.").replace("554", "5540").replace("[icmp, {", "[{")
    (tmp_path / "inventory.yaml").write_text(f"{inventory}\ndefaults: {{tcp: {{interval: 1s}}}}\n", "utf-8")
    (tmp_path / "roster.yaml").write_text(shown["people"], "utf-8")
    (tmp_path / "policy.yaml").write_text("version: 1\nconditions: {hold: 1s}\n", "utf-8")
    (tmp_path / "config.yaml").write_text(
        "version: 1\ninventory: inventory.yaml\npolicy: policy.yaml\nroster: roster.yaml\n", "utf-8"
    )
    (tmp_path / "secrets").mkdir(mode=0o700)
    (tmp_path / "secrets" / "ro").write_text("school-ro")
    (tmp_path / "secrets" / "ro").chmod(0o600)
    doors = [door(address) for address in CAMERAS if address != SICK]
    agent = Running(tmp_path)
    try:
        agent.ready()
        yield agent
    finally:
        agent.process.kill()
        agent.process.wait()
        for one in doors:
            one.close()


_LOOKS = (
    "$", "  icmp", "  tcp", "      ", "  ping ", "  丢包", "  Ping", "  Loss", "  怎么办", "  What to do",
    "技术", "Technical",
)  # fmt: skip


def is_answer(line: str) -> bool:
    """A line that the program has said, other than of a look: on loopback the camera is looked at by its port alone."""
    return bool(line.strip()) and not line.startswith(_LOOKS)


def words_of(line: str) -> str:
    """A line without what is different each time: numbers, times, spans (`59m`, `(3 min)`), the widths of columns."""
    line = re.sub(r"\(\d+ [^)]*\)", "(#)", line)
    return " ".join(re.sub(r"\d+h\d+m\b|\d+m\b|\d+(\.\d+)?", "#", line).split())


def ticket_of(agent: Running, device: str) -> str:
    items = json.loads(agent.run("tickets", "--json").stdout)["items"]
    return next((str(item["id"]) for item in items if item["device"] == device), "")


def test_the_everyday_page(campus: Running) -> None:
    number = until(lambda: ticket_of(campus, "cam-a-3"), 30)
    mended: socket.socket | None = None
    said: set[str] = set()
    for block in Page(DOCS / "en" / "everyday.md").blocks:
        for line in block.typed:
            words = [number if word == SHOWN else word for word in shlex.split(line)[1:]]
            if words[:2] == ["ticket", "report"] and mended is None:
                mended = door(SICK)
                until(lambda: '"state": "restored"' in campus.run("ticket", number, "--json").stdout, 30)
            done = campus.run(*words)
            assert done.returncode == block.exit, (line, done.stdout, done.stderr)
            said |= set(map(words_of, (done.stdout + done.stderr).splitlines()))
        shown = [line for line in block.text.splitlines() if block.language == "console" and is_answer(line)]
        assert [line for line in shown if words_of(line) not in said] == [], "the screens are older than the program"
    assert mended is not None
    mended.close()
    ticket = json.loads(campus.run("ticket", number, "--json").stdout)
    assert ticket["state"] == "confirmed"
    assert {name: clock and clock["result"] for name, clock in ticket["clocks"].items()}["response"] == "met"
