"""The whole of it: the shipped campus speaks, each rung of the camera's ladder breaks, and the real agent names it.

The faults and what is expected of them are those of the shipped `ladder.script`; short intervals make it quick.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from agent.cli.demo_plan import on_loopback, plan_of
from agent.inventory import load_inventory
from agent.simulator.child import python
from agent.simulator.expect import Expect, holds, seen
from agent.simulator.namespace import Lab, NoLab
from agent.simulator.plan import to_json
from agent.simulator.script import Fault, Step, parse, parse_now

pytestmark = pytest.mark.net
SHIPPED = Path(str(files("agent") / "inventory.yaml"))
QUICK = {
    "onvif: {interval: 20s, picture: 30s": "onvif: {interval: 3s, timeout: 2s, picture: 2s",
    "beside: 60s}": "beside: 2s}",
    "idle: 60s, beside: 15s": "idle: 3s, beside: 2s",
    "snmp: {interval: 60s}": "snmp: {interval: 4s, timeout: 2s}",
    "icmp: {interval: 10s}": "icmp: {interval: 2s}",
    "tcp: {interval: 30s}": "tcp: {interval: 2s}",
    "{snmp: {interval: 20s}}": "snmp",
    "sip: {interval: 30s}": "sip: {interval: 3s}",
    "http: {interval: 30s}": "http: {interval: 3s}",
    "barix: {interval: 30s}": "barix: {interval: 3s, timeout: 2s}",
    "rdp: {interval: 60s}": "rdp: {interval: 3s, timeout: 2s}",
    "vnc: {interval: 60s}": "vnc: {interval: 3s}",
    "spice: {interval: 30s}": "spice: {interval: 3s}",
}
"""What the shipped inventory says of time, and what it says here."""
NAMED_SECONDS = 90.0
OTHERS = (
    ("set ups mains off", "expect look device=ups probe=snmp reason=ups_trouble"),
    ("set sw-b-3f fan bad", "expect look device=sw-b-3f probe=snmp reason=fan_failed"),
    ("set sw-s-2 psu bad", "expect look device=sw-s-2 probe=snmp reason=psu_failed"),
    ("service stop ap-b-1 capwap", "expect look device=ap-b-1 probe=controller reason=ap_offline"),
    ("set amp-a-1 registered no", "expect look device=amp-a-1 probe=http reason=wrong_content"),
    ("service stop amp-a-2 sip", "expect look device=amp-a-2 probe=sip reason=refused"),
    ("service hang amp-b barix", "expect look device=amp-b probe=barix reason=timeout"),
    ("service stop cloud-server spice", "expect look device=cloud-server probe=spice reason=refused"),
    ("set cloud-server disk bad", "expect look device=cloud-server probe=http reason=wrong_content"),
    ("service hang pc-301-03 rdp", "expect look device=pc-301-03 probe=rdp reason=timeout"),
    ("service stop pc-301-12 vnc", "expect look device=pc-301-12 probe=vnc reason=refused"),
)
"""Faults of the other kinds of device, and what the agent has to find of each."""


def script() -> tuple[Step, ...]:
    return parse((files("agent.simulator") / "scripts" / "ladder.script").read_text("utf-8"), "ladder")


@dataclass(slots=True)
class Show:
    """A campus process, an agent process, and the agent's page."""

    campus: subprocess.Popen[str]
    url: str

    def throw(self, line: str) -> None:
        assert self.campus.stdin is not None
        print(line, file=self.campus.stdin, flush=True)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}", timeout=5) as answer:
            return json.load(answer)

    def as_expected(self, expect: Expect) -> bool:
        if expect.reason:
            return seen(expect, self.get(f"devices/{expect.device}"))
        return holds(expect, self.get("tickets")["items"])

    def until(self, ask: Callable[[], bool], what: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not ask():
            assert time.monotonic() < end, what
            time.sleep(0.25)


def quick(folder: Path, lab: Lab | None) -> Path:
    text = SHIPPED.read_text("utf-8")
    for shipped, here in QUICK.items():
        assert shipped in text, shipped
        text = text.replace(shipped, here)
    path = folder / "inventory.yaml"
    path.write_text(text if lab else on_loopback(text, 1161, low_ports=False), "utf-8")
    return path


def process(argv: list[str], lab: Lab | None, where: Any, fds: tuple[int, ...], **more: Any) -> subprocess.Popen[Any]:
    if lab is not None:
        return lab.spawn(argv, where, fds, **more)
    return subprocess.Popen(argv, pass_fds=fds, **more)


@contextmanager
def playing(folder: Path, lab: Lab | None) -> Iterator[Show]:
    """The campus and the agent, both ended at the end."""
    path = quick(folder, lab)
    loaded = load_inventory(path)
    assert loaded.value is not None, loaded.render()
    (folder / "plan.json").write_text(to_json(plan_of(loaded.value, loopback=lab is None)), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as web, ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("wb"))
        campus = stack.enter_context(
            process(python("agent.simulator", str(folder / "plan.json")), lab, "campus", (),
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )  # fmt: skip
        stack.callback(campus.kill)
        assert campus.stdout is not None and re.search(r"\d", campus.stdout.readline())
        words = ("--inventory", str(path), "--data", str(folder / "d"), "--listen", "127.0.0.1:0", "--lang", "en")
        argv = python("agent.cli.demo", "--fd", str(web.fileno()), *words)
        agent = stack.enter_context(process(argv, lab, "agent", (web.fileno(),), stdout=log, stderr=log))
        stack.callback(agent.kill)
        yield Show(campus, f"http://127.0.0.1:{web.getsockname()[1]}")


def all_well(show: Show) -> bool:
    """Every camera has been looked at and found good, its picture too where one is taken."""
    try:
        devices = [show.get(f"devices/{name}") for name in ("cam-a-2-3", "cam-b-1", "cam-b-2", "cam-s-1", "recorder")]
    except OSError:
        return False
    probes = [probe for device in devices for probe in device["probes"] if probe["name"] == "onvif"]
    return all(probe["outcome"] == "ok" for probe in probes) and not show.get("tickets")["items"]


@pytest.mark.parametrize("namespace", [True, False], ids=["namespace", "loopback"])
def test_each_rung_is_named(tmp_path: Path, namespace: bool) -> None:
    try:
        lab = Lab.open() if namespace else None
    except NoLab as error:
        pytest.skip(f"no network namespace here ({error}); the loopback form runs")
    steps = script()
    broken = next(step.at for step in steps if isinstance(step.do, Expect))
    with ExitStack() as stack:
        if lab is not None:
            stack.enter_context(lab)
        show = stack.enter_context(playing(tmp_path, lab))
        show.until(lambda: all_well(show), "the campus does not come up well", 40)
        for step in steps:
            if isinstance(step.do, Fault) and step.at < broken:
                show.throw(step.text.partition(" ")[2])
        for fault, _ in OTHERS:
            show.throw(fault)
        end = time.monotonic() + NAMED_SECONDS
        wanted = [step.do for step in steps if isinstance(step.do, Expect)]
        wanted += [deed for _, line in OTHERS if isinstance(deed := parse_now(line, "others"), Expect)]
        for expect in wanted:
            show.until(partial(show.as_expected, expect), str(expect), max(0.5, end - time.monotonic()))
