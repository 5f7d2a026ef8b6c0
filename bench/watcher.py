"""The agent under measurement, started as a person starts it. Its command line stands here and nowhere else."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import lab

ADDRESS = "127.0.0.1:9880"
PAGES = ("/metrics", "/metrics/ports")
_PROGRAM = (sys.executable, "-m", "agent.cli")

Entry = dict[str, Any]


def cameras(count: int) -> list[Entry]:
    """Devices that are looked at by ICMP, each alone in its room."""
    return [_device(f"host-{n:04}", "camera", lab.host(n), n, probes=["icmp"]) for n in range(1, count + 1)]


def address_of(camera: str) -> str:
    """The address of one of the `cameras`, by its id."""
    return lab.host(int(camera.removeprefix("host-")))


def switches(count: int, first: int = 0x10000) -> list[Entry]:
    """Switches that are polled by SNMP and nothing else."""
    return [
        _device(f"switch-{n:03}", "switch", lab.host(first + n), n, probes=["snmp"], credentials="switches")
        for n in range(1, count + 1)
    ]


@contextmanager
def watching(
    work: Path,
    devices: Sequence[Entry],
    icmp: int = 10,
    snmp: int = 60,
    core: int | None = None,
    shared: bool = False,
    more: Mapping[str, Entry] | None = None,
) -> Iterator[int]:
    """The agent runs over these devices, looking every `icmp` and `snmp` seconds; gives its process id.

    core: the only one that it may use. It is then first on it, as on a core that it has for itself; what it still
    waited for it, `cpu.waited` tells.  shared: so much else runs on this machine that only real-time rank makes it so.
    more: further `defaults` and `credentials` of the inventory.
    """
    work.mkdir(parents=True, exist_ok=True)
    (work / "community").write_text("bench\n")
    (work / "community").chmod(0o600)
    (work / "inventory.yaml").write_text(_inventory(devices, icmp, snmp, more or {}))
    pinned = () if core is None else (*_first(shared), "taskset", "--cpu-list", str(core))
    command = [*pinned, *_PROGRAM, "run", "--inventory", str(work / "inventory.yaml"), "--data", str(work / "data")]
    with lab.running([*command, "--listen", ADDRESS], work / "log") as process:
        lab.served(process, ADDRESS, "/-/ready", work / "log")
        yield process.pid


def _first(shared: bool) -> tuple[str, ...]:
    """Words before a command that let it go before everything else on its core. Real-time rank (sched(7)) is only for a
    machine with other work: the agent's own threads no longer interrupt one another by it."""
    return ("chrt", "--fifo", "1") if shared else ("nice", "-n", "-20")


def _inventory(devices: Sequence[Entry], icmp: int, snmp: int, more: Mapping[str, Entry]) -> str:
    """One device a line: JSON is YAML, and a person can still read it."""
    head: dict[str, Any] = {
        "version": 1,
        "site": {"id": "bench", "name": "bench", "timezone": "Asia/Shanghai"},
        "credentials": {"switches": {"snmp": {"version": "2c", "community_file": "community"}}},
        "defaults": {"icmp": {"interval": f"{icmp}s"}, "snmp": {"interval": f"{snmp}s"}},
    }
    for key, said in more.items():
        head[key] = {**head[key], **said}
    lines = [f"{key}: {json.dumps(value)}" for key, value in head.items()]
    return "\n".join([*lines, "devices:", *(f"  - {json.dumps(device)}" for device in devices), ""])


def _device(name: str, kind: str, address: str, number: int, **more: Any) -> Entry:
    location = {"building": f"B{number // 50}", "floor": "1F", "room": f"R{number}"}
    return {"id": name, "kind": kind, "address": address, "location": location, **more}
