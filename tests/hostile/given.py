"""An agent on given files for these tests, and ways to speak to it that no client would choose."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from agent.control import call
from agent.store import DataDirectory
from tests.agent.running import Running

SITE = "version: 1\nsite: {id: s, name: 学校, timezone: Asia/Shanghai}\n"
CONFIG = "version: 1\ninventory: inventory.yaml\npolicy: policy.yaml\n"
POLICY = "version: 1\nconditions: {hold: 1s}\n"


@contextmanager
def agent_on(folder: Path, files: Mapping[str, str], env: dict[str, str] | None = None) -> Iterator[Running]:
    """A running agent with these files beside the usual ones; ended in any case."""
    for name, text in {"config.yaml": CONFIG, "policy.yaml": POLICY, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    (folder / "agent.log").unlink(missing_ok=True)
    agent = Running(folder, env=env)
    try:
        agent.ready()
        yield agent
    finally:
        agent.process.kill()
        agent.process.wait()


@contextmanager
def door(address: str = "127.0.0.1") -> Iterator[int]:
    """The port of a device that takes every connection and hangs up: a queue that nobody empties would fill."""
    with socket.create_server((address, 0), backlog=1024) as listening:

        def welcome() -> None:
            with suppress(OSError):
                while True:
                    listening.accept()[0].close()

        threading.Thread(target=welcome, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def pair() -> tuple[socket.socket, socket.socket]:
    """A TCP and a UDP socket on one port, which nobody else happens to hold in either."""
    while True:
        listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        beside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listening.setblocking(False)
        beside.setblocking(False)
        try:
            beside.bind(listening.getsockname())
        except OSError:
            listening.close()
            beside.close()
        else:
            return listening, beside


def tcp(name: str, port: int, address: str = "127.0.0.1", more: str = "") -> str:
    """A device of an inventory behind one TCP port."""
    return f"  - {{id: {name}, kind: camera, address: {address}, probes: [{{tcp: {{port: {port}}}}}]{more}}}\n"


def ask(agent: Running, **request: Any) -> dict[str, Any]:
    """One request to the control socket."""
    return call(DataDirectory(agent.folder / "data"), request, 20)


def raw_ask(agent: Running, line: bytes) -> dict[str, Any]:
    """The same with bytes that our own client would never send."""
    with socket.socket(socket.AF_UNIX) as to:
        to.settimeout(20)
        to.connect(os.path.relpath(agent.folder / "data/agent.sock"))
        to.sendall(line + b"\n")
        to.shutdown(socket.SHUT_WR)
        answer: dict[str, Any] = json.loads(b"".join(iter(lambda: to.recv(1 << 16), b"")))
        return answer


def port_of(agent: Running) -> int:
    return int(agent.url.rsplit(":", 1)[1])


def http(agent: Running, request: bytes, seconds: float = 10.0) -> bytes:
    """Everything that the page's server answers to these bytes until it hangs up."""
    with socket.create_connection(("127.0.0.1", port_of(agent)), timeout=seconds) as to:
        to.sendall(request)
        return everything(to, seconds)


def everything(to: socket.socket, seconds: float) -> bytes:
    """What comes until the other end hangs up, or nothing more comes."""
    told, end = b"", time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            to.settimeout(max(0.01, end - time.monotonic()))
            chunk = to.recv(1 << 16)
            if not chunk:
                break
            told += chunk
    except (TimeoutError, ConnectionResetError):
        pass
    return told


def resident(pid: int) -> int:
    """Bytes of memory that a process holds (VmRSS, proc(5))."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) * 1024


def lag_above(agent: Running, bound: str) -> float:
    """Looks that were sent later than `bound` seconds after they were due, as the scheduler's histogram says."""
    name = "campus_agent_scheduler_lag_seconds"
    rows = (line.rsplit(" ", 1) for line in agent.get("/metrics").splitlines() if line.startswith(name))
    page = {sample: float(value) for sample, value in rows}  # one page: between two of them looks are sent
    return page[f"{name}_count"] - page[f'{name}_bucket{{le="{bound}"}}']


def begun(agent: Running) -> dict[str, float]:
    """When the last look at each device called `good-N` began."""
    start = 'campus_probe_last_timestamp_seconds{device="good-'
    rows = (line.rsplit(" ", 1) for line in agent.get("/metrics").splitlines() if line.startswith(start))
    return {device: float(at) for device, at in rows}


class Gaps:
    """The longest time between one look and the next at so many good devices: how long the page and its reader take is
    no part of it. The first look after a start is none of the rhythm, and not counted."""

    def __init__(self, agent: Running, count: int) -> None:
        self._agent, self._count, self.worst = agent, count, 0.0
        self.last = begun(agent)
        self._regular: set[str] = set()

    def note(self) -> None:
        now = begun(self._agent)
        assert len(now) == self._count
        changed = {device for device, at in now.items() if at != self.last[device]}
        self.worst = max([self.worst, *(now[device] - self.last[device] for device in changed & self._regular)])
        self._regular |= changed
        self.last = now
