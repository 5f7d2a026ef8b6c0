"""`kill -9` at random points while outages come and go: no ticket lost, none doubled, no clock started again (R1)."""

from __future__ import annotations

import contextlib
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.alerting.tickets import Ticket, replay
from agent.store import DataDirectory, read_copy

DEVICES = 8
KILLS = 20
DOWN, UP = (9.0, 12.0), (9.0, 12.0)
"""Seconds of an outage and of the time after it: longer than it takes to start, notice and be sure."""


@dataclass(slots=True)
class Door:
    """A device that one TCP port stands for: it serves while it listens."""

    name: str
    port: int
    down: list[tuple[float, float]] = field(default_factory=list)
    _socket: socket.socket | None = None
    _since: float = 0.0

    def open(self) -> None:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        listening.listen(64)
        if self._since:
            self.down.append((self._since, time.time()))
        self._socket = listening

    def shut(self) -> None:
        assert self._socket is not None
        self._socket.close()
        self._socket, self._since = None, time.time()

    @property
    def is_open(self) -> bool:
        return self._socket is not None


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def write_files(folder: Path, doors: list[Door]) -> None:
    devices = "".join(
        f"  - {{id: {door.name}, kind: camera, address: 127.0.0.1, probes: [{{tcp: {{port: {door.port}}}}}]}}\n"
        for door in doors
    )
    (folder / "inventory.yaml").write_text(
        "version: 1\nsite: {id: s, name: s, timezone: Asia/Shanghai}\n"
        f"defaults: {{tcp: {{interval: 1s, timeout: 500ms}}}}\ndevices:\n{devices}",
        "utf-8",
    )
    # No window between two outages of a door: each is a ticket of its own, so that they can be counted.
    (folder / "policy.yaml").write_text("version: 1\nconditions: {hold: 1s}\nlife: {stability_window: 0s}\n", "utf-8")
    (folder / "config.yaml").write_text("version: 1\ninventory: inventory.yaml\npolicy: policy.yaml\n", "utf-8")


class Agent:
    """The real program, killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        log = (self._folder / "agent.log").open("ab")
        argv = [sys.executable, "-m", "agent.cli", "run", "--config", "config.yaml", "--data", "data"]
        with log:
            return subprocess.Popen([*argv, "--listen", "127.0.0.1:0"], cwd=self._folder, stderr=log)

    def kill(self) -> None:
        assert self.process.poll() is None, (self._folder / "agent.log").read_text("utf-8")[-3000:]
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=20) == 0


def play(agent: Agent, doors: list[Door], kills: int, dice: random.Random) -> None:
    """Doors shut and open, each in its own rhythm; the agent is killed every few seconds, whatever goes on."""
    now = time.monotonic()
    turns = {door.name: now + dice.uniform(4.0, 14.0) for door in doors}
    next_kill = now + dice.uniform(2.0, 5.0)
    while kills or any(not door.is_open for door in doors):
        now = time.monotonic()
        for door in doors:
            if turns[door.name] <= now and (kills or not door.is_open):
                (door.shut if door.is_open else door.open)()
                turns[door.name] = now + dice.uniform(*(UP if door.is_open else DOWN))
        if kills and next_kill <= now:
            agent.kill()
            kills, next_kill = kills - 1, now + dice.uniform(2.5, 5.0)
        time.sleep(0.02)
    time.sleep(8.0)


def tickets(folder: Path) -> Iterator[Ticket]:
    with read_copy(DataDirectory(folder / "data")) as store:
        assert store.verify_chains() == {}
        for row in store.tickets(limit=1000).items:
            ticket = replay(store.journal(row.number))
            assert ticket is not None
            yield ticket


@pytest.mark.net
def test_twenty_kills(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    doors = [Door(f"cam-{number}", port) for number, port in enumerate(free_ports(DEVICES), 1)]
    for door in doors:
        door.open()
    write_files(tmp_path, doors)
    agent = Agent(tmp_path)
    try:
        play(agent, doors, KILLS, dice)
        agent.stop()
    finally:
        agent.process.kill()
        agent.process.wait()
        for door in doors:
            if door.is_open:
                door.shut()
    found = list(tickets(tmp_path))
    outages = sum(len(door.down) for door in doors)
    assert outages >= DEVICES
    for door in doors:
        mine = sorted((t for t in found if t.root == door.name), key=lambda ticket: ticket.id)
        assert len(mine) == len(door.down), f"seed {seed}: {door.name}: {len(door.down)} outages, {len(mine)} tickets"
        for ticket, (began, ended) in zip(mine, door.down, strict=True):
            _agrees(ticket, began, ended)


def _agrees(ticket: Ticket, began: float, ended: float) -> None:
    """The books of a ticket against what was done to its door."""
    times = ticket.times
    assert ticket.state == "restored"
    assert times.restored_at is not None
    assert began * 1000 - 50 <= times.started_at
    assert times.opened_at <= (began + 30) * 1000
    assert ended * 1000 - 50 <= times.restored_at <= (ended + 10) * 1000
