"""What ships, at work: a campus breaks, and the alert arrives at Alertmanager in both languages; every dashboard shows
something."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.agent.running import running
from tests.deploy.given import fetch, free_port, until
from tests.deploy.test_prometheus import DASHBOARDS
from tests.deploy.watch import Watch, watching

CAMERA = "cam-a-2-1"


@contextlib.contextmanager
def practice(folder: Path) -> Iterator[str]:
    """The practice campus, its agent's HOST:PORT; a camera loses its power after ten seconds."""
    script = folder / "broken.script"
    script.write_text(f"+10 power off {CAMERA}\n", "utf-8")
    where = f"127.0.0.1:{free_port()}"
    argv = [sys.executable, "-m", "agent.cli", "demo", "--listen", where, "--script", str(script),
            "--data", str(folder / "data"), "--lang", "en"]  # fmt: skip
    with (folder / "demo.log").open("wb") as log:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        until(lambda: fetch(f"http://{where}/-/ready"), 60)
        yield where
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def expressions() -> Iterator[tuple[str, str, bool]]:
    """(where, expression as Grafana would send it, whether it may be empty) of every panel."""
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text("utf-8"))["panels"]:
            may_be_empty = re.search(r"\b[Ee]mpty\b", panel["description"]) is not None
            for target in panel["targets"]:
                expr = target["expr"].replace("$instance", ".+").replace("$__rate_interval", "1m")
                yield f"{path.stem}: {panel['title']}", expr, may_be_empty


def unshown(watch: Watch) -> list[str]:
    return [f"{where}: {expr}" for where, expr, empty in expressions() if not watch.query(expr) and not empty]


@pytest.mark.net
def test_a_camera_loses_its_power(tmp_path: Path) -> None:
    with practice(tmp_path) as agent, watching(tmp_path, agent) as watch:
        arrived = until(lambda: [a for a in watch.alerts("CampusFault") if a["labels"]["device"] == CAMERA], 90, 0.5)
        labels, words = arrived[0]["labels"], arrived[0]["annotations"]
        assert labels["grade"] == "一般" and labels["severity"] == "warning"
        assert words["summary"].startswith(f"一般故障：{labels['name']}（T")
        assert words["summary_en"].startswith(f"general fault: {labels['name']} (T")
        assert watch.query("ticket:campus_clock_used:ratio")
        taken = subprocess.run(
            [sys.executable, "-m", "agent.cli", "--data", str(tmp_path / "data"), "ticket", "take", labels["ticket"]],
            capture_output=True, text=True, timeout=30, check=False, env={**os.environ, "LANG": "en_US.UTF-8"},
        )  # fmt: skip
        assert taken.returncode == 0, taken.stderr
        until(lambda: watch.query('clock:campus_sla_met:ratio{clock="response"} == 1'), 30, 0.5)
        until(lambda: not unshown(watch), 30, 2.0)


@pytest.mark.soak
def test_the_clock_warns_and_alarms(tmp_path: Path) -> None:
    """A minute to respond: the alarm steps arrive one after another, and one at a time."""
    policy = (
        "version: 1\nconditions: {hold: 1s}\ncontract: {response: {major: 1m, serious: 1m, general: 1m, other: 1m}}\n"
    )
    nobody = (
        f"  - {{id: cam, name: 东门, kind: camera, address: 127.0.0.1, probes: [{{tcp: {{port: {free_port()}}}}}]}}\n"
    )
    with running(tmp_path, nobody, policy) as agent, watching(tmp_path, agent.url.removeprefix("http://")) as watch:
        seen = []
        for step in ("CampusResponseThirdUsed", "CampusResponseTwoThirdsUsed", "CampusResponseBreached"):
            alert = until(partial(watch.alerts, step), 60, 0.5)[0]
            seen.append((alert["labels"]["clock"], alert["labels"]["severity"]))
        assert seen == [("response", "info"), ("response", "warning"), ("response", "critical")]
        agent.process.kill()
        until(lambda: watch.alerts("CampusAgentDown"), 60 + 30, 0.5)
