"""Real ICMP between two network namespaces, where nftables drops a share of the echo requests as they arrive."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.simulator.namespace import Lab
from agent.store import DataDirectory, read_copy

NETWORK = "198.18.0.0/16"
HEAD = "version: 1\nsite: {id: s, name: s, timezone: Asia/Shanghai}\ndevices:\n"
RULES = """table ip loss {{
  chain input {{
    type filter hook input priority 0;
    ip daddr {network} icmp type echo-request counter name "asked"
    ip daddr {network} icmp type echo-request numgen random mod 100 < {percent} counter name "lost" drop
  }}
  counter asked {{ }}
  counter lost {{ }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """asked, lost: echo requests that the far side saw, and dropped.  ratios: what the agent thinks is lost, by device.
    tickets: all that were ever opened."""

    asked: int
    lost: int
    ratios: list[float]
    tickets: list[str]


class Wire:
    """The agent on one side, `devices` addresses on the other, and the loss between them."""

    def __init__(self, lab: Lab, folder: Path, devices: int) -> None:
        self._lab, self._folder = lab, folder
        self._campus("ip", "route", "add", "local", NETWORK, "dev", "lo", "table", "local")
        entries = (f"  - {{id: d-{n}, kind: camera, address: 198.18.{n // 250}.{n % 250 + 1}, probes: [icmp]}}\n"
                   for n in range(devices))  # fmt: skip
        (folder / "inventory.yaml").write_text(HEAD + "".join(entries), "utf-8")

    def _campus(self, *words: str, given: str = "") -> str:
        """Run a program on the far side; what it says."""
        entry = self._lab.entry(words, "campus")
        done = subprocess.run(entry.argv, pass_fds=entry.pass_fds, input=given, capture_output=True, text=True,
                              timeout=20, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def lose(self, percent: int) -> None:
        self._campus("nft", "-f", "-", given=RULES.format(network=NETWORK, percent=percent))

    def counted(self, name: str) -> int:
        told = self._campus("nft", "list", "counter", "ip", "loss", name)
        found = re.search(r"packets (\d+)", told)
        assert found is not None, told
        return int(found[1])

    @contextmanager
    def agent(self) -> Iterator[None]:
        """The real program, inside; ready when the `with` is entered."""
        argv = [sys.executable, "-m", "agent.cli", "run", "--inventory", "inventory.yaml", "--data", "data"]
        log = self._folder / "agent.log"
        with log.open("ab") as out:
            process = self._lab.spawn([*argv, "--listen", "127.0.0.1:0"], "agent", cwd=self._folder, stderr=out)
        try:
            end = time.monotonic() + 20
            while "agent.ready" not in log.read_text("utf-8"):
                assert process.poll() is None and time.monotonic() < end, log.read_text("utf-8")
                time.sleep(0.1)
            yield
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()
            process.wait()

    def devices(self) -> list[dict[str, Any]]:
        argv = [sys.executable, "-m", "agent.cli", "--data", "data", "devices", "--json"]
        done = subprocess.run(argv, cwd=self._folder, capture_output=True, text=True, timeout=30, check=True)
        items: list[dict[str, Any]] = json.loads(done.stdout)["items"]
        return items

    def tickets(self) -> list[str]:
        with read_copy(DataDirectory(self._folder / "data")) as store:
            return [row.number for row in store.tickets(limit=1000).items]


def listen(lab: Lab, folder: Path, *, devices: int, percent: int, seconds: float) -> Heard:
    """Run the agent for so long over so many devices while so many per cent are lost."""
    wire = Wire(lab, folder, devices)
    wire.lose(percent)
    with wire.agent():
        time.sleep(seconds)
        looks = [device["probes"][0] for device in wire.devices() if device["probes"]]
        ratios = [look["samples"]["loss_ratio"] for look in looks if "loss_ratio" in look["samples"]]
        asked, lost = wire.counted("asked"), wire.counted("lost")
    return Heard(asked=asked, lost=lost, ratios=ratios, tickets=wire.tickets())
