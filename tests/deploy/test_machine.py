"""The unit and the kernel's settings, judged by systemd itself and by the agent's own doctor."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from agent.doctor import machine, network
from agent.doctor.finding import Finding
from tests.deploy.given import DEPLOY, UNIT, unit_lines
from tests.simulator import needs

EXPOSURE = 2.5
SYSCTL = DEPLOY / "sysctl" / "60-campus-agent.conf"


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    needs.program("systemd-analyze")
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.net
def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/campus-agent/current/bin/campus-agent", "/bin/true"), "utf-8")
    done = analyze("verify", "--man=no", str(unit))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.net
def test_the_sandbox_is_tight() -> None:
    done = analyze("security", "--offline=true", "--no-pager", str(UNIT))
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= EXPOSURE


def test_one_capability_and_a_user_of_its_own() -> None:
    said = dict(unit_lines())
    assert said["AmbientCapabilities"] == said["CapabilityBoundingSet"] == "CAP_NET_RAW"
    assert said["User"] == said["Group"] == "campus-agent"
    assert said["LoadCredential"] == "secrets:/etc/campus-agent/secrets"


def test_a_frozen_loop_is_back_within_90_seconds() -> None:
    said = dict(unit_lines())
    spans = [int(said[key].removesuffix("s")) for key in ("WatchdogSec", "TimeoutAbortSec", "RestartSec")]
    assert said["Type"] == "notify" and said["Restart"] == "on-failure"
    assert sum(spans) + 5 <= 90


def settings() -> dict[str, int]:
    lines = SYSCTL.read_text("utf-8").splitlines()
    pairs = (line.split("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): int(value) for name, value in pairs}


@pytest.mark.parametrize("devices", [500, 4000])
def test_the_doctor_is_content_with_these_settings(devices: int) -> None:
    said = settings()
    findings: list[Finding] = [
        network.neighbours(said["net.ipv4.neigh.default.gc_thresh3"], devices),
        machine.receive_buffer(said["net.core.rmem_max"], devices, forced=False),
        machine.open_files(int(dict(unit_lines())["LimitNOFILE"]), devices * 2),
    ]
    assert {finding.level for finding in findings} == {"ok"}
    for family in ("ipv4", "ipv6"):
        first, second, third = (said[f"net.{family}.neigh.default.gc_thresh{step}"] for step in (1, 2, 3))
        assert first < second < third
