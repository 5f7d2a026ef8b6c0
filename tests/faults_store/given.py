"""Real agents on doors of this machine, and databases with a past, for the storage faults."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.store import Batch, DataDirectory
from agent.store.sound import open_sound
from bench.past import write_past
from tests.crash.test_kills import free_ports
from tests.store.given import NOON, chain, ticket

DEVICES = ("cam-1", "cam-2", "cam-3")


def past(folder: Path, tickets: int = 300) -> DataDirectory:
    """A data directory with filed tickets, and one that is open."""
    directory = DataDirectory(folder)
    write_past(directory.database, tickets, devices=DEVICES, until=NOON, days=30)
    return directory


def line(name: str, port: int) -> str:
    """A device of the inventory that one TCP port stands for."""
    return f"  - {{id: {name}, kind: server, address: 127.0.0.1, probes: [{{tcp: {{port: {port}}}}}]}}\n"


class Door:
    """A device that serves while it is open, and counts who came."""

    def __init__(self, name: str) -> None:
        self.name, self.callers, self._stop = name, 0, False
        self.port = free_ports(1)[0]
        self._socket = self._listen(self.port)

    def _listen(self, port: int) -> socket.socket:
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", port))
        made.listen(64)
        threading.Thread(target=self._answer, args=(made,), daemon=True).start()
        return made

    def _answer(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = listening.accept()
                self.callers += 1
                caller.close()

    def shut(self) -> None:
        # A blocked accept keeps the socket alive through a mere close.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def open(self) -> None:
        self._socket = self._listen(self.port)


@contextmanager
def doors(count: int) -> Iterator[list[Door]]:
    made = [Door(f"cam-{number}") for number in range(1, count + 1)]
    try:
        yield made
    finally:
        for door in made:
            door.shut()


@contextmanager
def small_disk(at: Path, size: str) -> Iterator[Path]:
    """A tmpfs of that size, mounted at a folder."""
    if os.geteuid() != 0:
        message = "needs root to mount a small disk"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    at.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(at)], check=True, timeout=10)
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True, timeout=10)


def fill(folder: Path, name: str = "hog") -> Path:
    """Take every byte that is left on the disk of a folder."""
    hog = folder / name
    with hog.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 20, 4096):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
    return hog


def with_open_ticket(directory: DataDirectory) -> None:
    store = open_sound(directory)
    store.write(Batch(events=chain("T20990101-0001", 3), tickets=(ticket("T20990101-0001", version=3),)))
    store.close()
