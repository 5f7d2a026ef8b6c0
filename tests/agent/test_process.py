"""What the process takes of its system: only the libraries that its inventory needs, all the open files it may have."""

from __future__ import annotations

import re
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.agent.running import Running, running, until

pytestmark = pytest.mark.net

TCP = "  - {id: cam-1, kind: camera, address: 127.0.0.1, probes: [{tcp: {port: 9}}]}\n"
ICMP = "  - {id: cam-1, kind: camera, address: 127.0.0.1, probes: [icmp]}\n"
LIBRARIES = {"icmplib", "gufo", "pysnmp", "zeep", "av", "prometheus_client"}


@pytest.mark.parametrize(("devices", "wanted"), [(TCP, set()), (ICMP, {"icmplib"})], ids=["tcp", "icmp"])
def test_what_no_target_needs_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, devices: str, wanted: set[str]
) -> None:
    """`python -X importtime` tells every import on stderr, which is the log."""
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    with running(tmp_path, devices) as agent:
        found = _after(agent, lambda log: wanted <= _imported(log))
        assert agent.get("/metrics")
        assert _imported(agent.log) & LIBRARIES - {"prometheus_client"} == wanted
    assert found


def test_a_low_limit_of_open_files_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        with running(tmp_path, TCP) as agent:
            limits = Path(f"/proc/{agent.process.pid}/limits").read_text("utf-8")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    found = re.search(r"Max open files +(\d+|unlimited) +(\d+|unlimited)", limits)
    assert found is not None
    assert found[1] == found[2] != "256"


def _imported(log: str) -> set[str]:
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in log.splitlines() if "import time:" in line}


def _after(agent: Running, true: Callable[[str], bool]) -> bool:
    return until(lambda: true(agent.log), 15)
