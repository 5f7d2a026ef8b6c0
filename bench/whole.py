"""The whole agent beside Prometheus with both exporters: 1,000 hosts each 10 s, 50 switches each 60 s."""

from __future__ import annotations

import time
from dataclasses import replace

from bench import cpu, http, lab, peers, switches, watcher
from bench.cpu import Figure
from bench.report import Result, Row
from bench.run import Run, scaled

HOSTS, SWITCHES, FIRST = 1_000, 50, 0x10000
HOW = (
    "CPU of a window divided by its length; memory at the end. The agent's `/metrics` and `/metrics/ports` are read "
    "every 15 s. The other side is Prometheus (one rule, `for: 20s`, evaluated every 5 s), blackbox_exporter and "
    "snmp_exporter, added up, with the same 1,000 and 50 targets at the same intervals."
)

Cost = tuple[Figure, Figure]
"""CPU as a share of a core, memory in bytes."""


def measure(run: Run) -> Result:
    ours, theirs = _agent(run), _prometheus(run)
    what = "1,000 hosts each 10 s and 50 switches each 60 s"
    peer = "Prometheus and both exporters"
    return Result(
        name="Whole agent",
        how=HOW,
        rows=[
            Row(measured=f"CPU, {what}", unit="% of a core", ours=scaled(ours and ours[0], 100), peer=peer,
                theirs=scaled(theirs and theirs[0], 100), bar=1 / 3),
            Row(measured=f"memory, {what}", unit="MB", ours=scaled(ours and ours[1], 1e-6), peer=peer,
                theirs=scaled(theirs and theirs[1], 1e-6), bar=0.4),
        ],
    )  # fmt: skip


def _agent(run: Run) -> Cost | None:
    if not run.with_agent:
        return None
    devices = [*watcher.cameras(HOSTS), *watcher.switches(SWITCHES, FIRST)]
    with (
        switches.answering(run.campus, run.work / "switches.log"),
        watcher.watching(run.work / "agent", devices, icmp=10, snmp=60) as pid,
        http.scraping(watcher.ADDRESS, watcher.PAGES),
    ):
        return _cost(run, "agent", [pid])


def _prometheus(run: Run) -> Cost | None:
    if not run.has(peers.PROMETHEUS, peers.BLACKBOX, peers.SNMP):
        return None
    hosts = [lab.host(number) for number in range(1, HOSTS + 1)]
    polled = [lab.host(FIRST + number) for number in range(1, SWITCHES + 1)]
    with (
        switches.answering(run.campus, run.work / "switches.log"),
        peers.blackbox(run.work / "blackbox") as first,
        peers.snmp_exporter(run.work / "snmp") as second,
        peers.prometheus(run.work / "prometheus", hosts, polled) as third,
    ):
        return _cost(run, "Prometheus and both exporters", [first, second, third])


def _cost(run: Run, who: str, roots: list[int]) -> Cost:
    """The switches are asked once a minute, so a window is a minute."""
    run = replace(run, windows=max(1, run.windows // 2), window=60.0, warm=30.0)
    spent = run.per_unit(who, roots, time.monotonic)
    return spent, Figure.of([cpu.pss(roots)])
