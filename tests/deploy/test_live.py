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
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.agent.running import running, write
from tests.deploy.given import fetch, free_port, until
from tests.deploy.test_prometheus import DASHBOARDS
from tests.deploy.watch import Watch, watching
from tests.faults_store.given import doors, fill, line, small_disk

CAMERA = "cam-a-2-1"


@contextlib.contextmanager
def practice(folder: Path, story: str = f"+10 power off {CAMERA}\n") -> Iterator[str]:
    """The practice campus, its agent's HOST:PORT; a camera loses its power after ten seconds, or as the story goes."""
    script = folder / "broken.script"
    script.write_text(story, "utf-8")
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


@pytest.mark.soak
def test_the_watchman_is_watched(tmp_path: Path) -> None:
    """Four agents and what befalls them: cut off, without looks, frozen, on a full disk. Each alert names its own."""
    for name in ("blind", "stale", "frozen", "full"):
        (tmp_path / name).mkdir()
    with contextlib.ExitStack() as stack:
        one, two, three = stack.enter_context(doors(3))
        blind = stack.enter_context(practice(tmp_path / "blind", "+30 uplink cut\n+150 uplink join\n"))
        stale = stack.enter_context(running(tmp_path / "stale", line(one.name, one.port)))
        frozen = stack.enter_context(running(tmp_path / "frozen", line(two.name, two.port)))
        disk = stack.enter_context(small_disk(tmp_path / "disk", "12m"))
        (tmp_path / "full" / "data").symlink_to(disk, target_is_directory=True)
        full = stack.enter_context(running(tmp_path / "full", line(three.name, three.port)))
        names = [agent.url.removeprefix("http://") for agent in (stale, frozen, full)]
        watch = stack.enter_context(watching(tmp_path, blind, *names))
        until(lambda: len(watch.query('up{job="campus-agent"} == 1')) == 4, 30, 0.5)

        began = time.monotonic()
        (disk / "reserve").unlink()
        hog = fill(disk)
        three.shut()  # a ticket must be written: what fits into the log as it lies still goes in
        write(tmp_path / "stale", line(one.name, one.port).replace("{port:", "{interval: 1h, port:"))
        stale.hup()
        frozen.process.send_signal(signal.SIGSTOP)
        due = {
            "CampusAgentCannotWrite": (names[2], 120), "CampusAgentDown": (names[1], 180),
            "CampusAgentBlind": (blind, 180), "CampusAgentStale": (names[0], 330),
        }  # fmt: skip
        for alert, (instance, seconds) in due.items():
            found = until(partial(watch.alerts, alert), seconds - (time.monotonic() - began), 0.5)
            print(f"{alert} after {time.monotonic() - began:.0f} s")
            assert [one["labels"]["instance"] for one in found] == [instance]
            if alert == "CampusAgentCannotWrite":
                hog.unlink()
        frozen.process.send_signal(signal.SIGCONT)
        write(tmp_path / "stale", line(one.name, one.port))
        stale.hup()
        mended = time.monotonic()
        for alert in due:
            until(lambda alert=alert: not watch.alerts(alert), 240, 1.0)  # type: ignore[misc]
            print(f"{alert} over {time.monotonic() - mended:.0f} s after the last was mended")
