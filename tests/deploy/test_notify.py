"""The word to the service manager, spoken by the real program started as systemd starts it: nothing in its environment
but what the unit says, only CAP_NET_RAW, and a socket that this test holds."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.notify import Notifier
from tests.deploy.given import unit_lines
from tests.simulator import needs

WATCHDOG = 3.0
SECRET = "CANARY-notify"
INVENTORY = """\
version: 1
site: {id: s, name: 学校, timezone: Asia/Shanghai}
credentials: {switches: {snmp: {version: "2c", community_file: secrets/ro}}}
devices:
  - {id: here, kind: server, address: 127.0.0.1, probes: [icmp]}
"""


class Manager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)

    def hear(self, seconds: float) -> dict[str, str]:
        """The next word; empty when none comes in time."""
        self.socket.settimeout(seconds)
        try:
            said = self.socket.recv(4096).decode()
        except TimeoutError:
            return {}
        return dict(line.split("=", 1) for line in said.splitlines())


def argv(folder: Path) -> list[str]:
    """The unit's own line, with this checkout's program in the place of the installed one, and the unit's rights."""
    said = dict(unit_lines())
    program, *words = said["ExecStart"].split()
    assert program == "/opt/campus-agent/current/bin/campus-agent"
    words = [word.replace("/etc/campus-agent", str(folder)) for word in words]
    command = [sys.executable, "-m", "agent.cli", *words]
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return command
    only = "-all," + ",".join(f"+{name.removeprefix('CAP_').lower()}" for name in said["AmbientCapabilities"].split())
    return ["setpriv", f"--bounding-set={only}", f"--inh-caps={only}", f"--ambient-caps={only}", "--no-new-privs",
            *command]  # fmt: skip


@contextmanager
def started(folder: Path, address: str) -> Iterator[subprocess.Popen[bytes]]:
    (folder / "config.yaml").write_text("version: 1\nlisten: 127.0.0.1:0\ninventory: inventory.yaml\n", "utf-8")
    (folder / "inventory.yaml").write_text(INVENTORY, "utf-8")
    (folder / "credentials").mkdir()
    (folder / "credentials" / "secrets_ro").write_text(SECRET, "utf-8")
    environment = {
        "NOTIFY_SOCKET": address,
        "WATCHDOG_USEC": str(int(WATCHDOG * 1_000_000)),
        "STATE_DIRECTORY": str(folder / "state"),
        "CREDENTIALS_DIRECTORY": str(folder / "credentials"),
        **dict(pair.split("=", 1) for key, value in unit_lines() if key == "Environment" for pair in value.split()),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(argv(folder), env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.net
@pytest.mark.parametrize("abstract", [False, True])
def test_a_life_under_a_service_manager(tmp_path: Path, abstract: bool) -> None:
    if not sys.platform.startswith("linux"):
        needs.absent("Linux")
    where = f"campus-{os.getpid()}" if abstract else str(tmp_path / "notify")
    manager = Manager(f"\0{where}" if abstract else where)
    with manager.socket, started(tmp_path, f"@{where}" if abstract else where) as process:
        first = manager.hear(20)
        assert first == {"READY": "1"}, (tmp_path / "log").read_text("utf-8")
        for _ in range(3):
            assert manager.hear(WATCHDOG / 2) == {"WATCHDOG": "1", "STATUS": "targets 1, open tickets 0"}
        process.send_signal(signal.SIGSTOP)  # a loop that stands still says nothing
        while manager.hear(0.2):
            pass
        assert manager.hear(WATCHDOG) == {}
        process.send_signal(signal.SIGCONT)
        assert manager.hear(WATCHDOG).get("WATCHDOG") == "1"
        process.send_signal(signal.SIGTERM)
        while "STOPPING" not in (said := manager.hear(5)):
            assert said
        assert process.wait(20) == 0
    assert (tmp_path / "state" / "campus.db").exists()
    assert SECRET not in (tmp_path / "log").read_text("utf-8")


@pytest.mark.parametrize(
    ("environment", "watchdog", "pulse"),
    [
        ({}, 0.0, 10.0),
        ({"WATCHDOG_USEC": "30000000"}, 30.0, 10.0),
        ({"WATCHDOG_USEC": "6000000", "WATCHDOG_PID": "7"}, 6.0, 2.0),
        ({"WATCHDOG_USEC": "6000000", "WATCHDOG_PID": "8"}, 0.0, 10.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0, 10.0),
    ],
)
def test_how_often_a_sign_of_life_is_due(environment: dict[str, str], watchdog: float, pulse: float) -> None:
    notifier = Notifier(environment, pid=7)
    assert (notifier.watchdog, notifier.pulse) == (watchdog, pulse)


@pytest.mark.parametrize("address", ["", "relative", "vsock:2:1234", "/nowhere/at/all", "@nobody-listens-here"])
def test_a_manager_who_does_not_listen_is_no_trouble(address: str) -> None:
    Notifier({"NOTIFY_SOCKET": address}).tell(READY=1)


def test_a_word_stays_one_line(tmp_path: Path) -> None:
    manager = Manager(str(tmp_path / "n"))
    with manager.socket:
        Notifier({"NOTIFY_SOCKET": str(tmp_path / "n")}).tell(STATUS="a\nREADY=1")
        assert manager.hear(1) == {"STATUS": "a READY=1"}


def test_silence_while_the_parts_do_not_run(tmp_path: Path) -> None:
    """A loop that turns while its tick stands still does not feed the watchdog."""

    async def life() -> list[dict[str, str]]:
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "n"), "WATCHDOG_USEC": "60000"})
        with notifier.attended(lambda: (False, "tick 12 s old"), lambda: "fine"):
            await asyncio.sleep(0.1)
        return [manager.hear(0.05) for _ in range(3)]

    manager = Manager(str(tmp_path / "n"))
    with manager.socket:
        ready, *later = asyncio.run(life())
    assert ready == {"READY": "1"}
    assert later == [{"STATUS": "not ready: tick 12 s old"}] * 2
