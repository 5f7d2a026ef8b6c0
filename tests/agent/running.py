"""A real agent process for tests: its files, its page, its end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

HEAD = "version: 1\nsite: {id: s, name: 学校, timezone: Asia/Shanghai}\ndefaults: {tcp: {interval: 1s}}\n"
QUICK = "version: 1\nconditions: {hold: 1s}\n"


class Running:
    """`campus-agent run` in a folder of its own."""

    def __init__(
        self, folder: Path, *, env: dict[str, str] | None = None, before: Sequence[str] = (), data: str = "data"
    ) -> None:
        """before: words of a command that runs the agent, such as `unshare`.  data: the data directory's name."""
        self.folder = folder
        words = ["run", "--config", "config.yaml", "--data", data, "--listen", "127.0.0.1:0"]
        environment = {**os.environ, "LC_ALL": "en_US.UTF-8", **(env or {})}
        with (folder / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*before, sys.executable, "-m", "agent.cli", *words], cwd=folder, stderr=log, env=environment
            )
        self.url = ""

    @property
    def log(self) -> str:
        return (self.folder / "agent.log").read_text("utf-8")

    def ready(self) -> str:
        """The address of the page, once it is there."""
        found = until(lambda: re.search(r"web.listening url=(\S+)", self.log), 20)
        assert found is not None
        self.url = found[1].rstrip("/")
        until(lambda: "agent.ready" in self.log, 20)
        return self.url

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            body: bytes = answer.read()
            return body.decode()

    def metric(self, name: str) -> float | None:
        """One sample of `/metrics` by its whole name with labels, None when it is not there."""
        for line in self.get("/metrics").splitlines():
            if line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        return None

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another `campus-agent` command on the same data."""
        argv = [sys.executable, "-m", "agent.cli", "--data", "data", "--lang", "en", *words]
        return subprocess.run(argv, cwd=self.folder, capture_output=True, text=True, timeout=30, check=False)

    def hup(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


@contextmanager
def running(folder: Path, devices: str, policy: str = QUICK, more: str = "") -> Iterator[Running]:
    """An agent on these devices, ready; ended in any case.  more: lines of the configuration."""
    write(folder, devices)
    (folder / "policy.yaml").write_text(policy, "utf-8")
    (folder / "config.yaml").write_text(f"version: 1\ninventory: inventory.yaml\npolicy: policy.yaml\n{more}", "utf-8")
    agent = Running(folder)
    try:
        agent.ready()
        yield agent
    finally:
        agent.process.kill()
        agent.process.wait()


def write(folder: Path, devices: str) -> None:
    (folder / "inventory.yaml").write_text(f"{HEAD}devices:\n{devices}", "utf-8")


def until(ask: Callable[[], T], seconds: float) -> T:
    """The first true answer; fails after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)
