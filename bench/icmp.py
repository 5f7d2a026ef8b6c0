"""CPU for one ICMP echo: 5,000 hosts, each once in 10 seconds, evenly spread."""

from __future__ import annotations

import time
from itertools import pairwise

from bench import http, lab, peers, watcher
from bench.cpu import Figure
from bench.report import Result, Row
from bench.run import Run, scaled

HOSTS, PERIOD = 5_000, 10
HOW = (
    "CPU of a window divided by the echo requests that the far kernel counted in it. The agent runs its whole path: "
    "engine, store, `/metrics` read every 15 s. fping: `-l -p 10000 -i 2`. blackbox_exporter: one GET of its ICMP "
    "module every 2 ms on 20 kept connections, each answer a page."
)


def measure(run: Run) -> Result:
    targets = [lab.host(number) for number in range(1, HOSTS + 1)]
    seen: list[str] = []
    rows = (_agent(run, seen), _fping(run, seen, targets), _blackbox(run, seen, targets))
    ours, fping, blackbox = (scaled(figure, 1e6) for figure in rows)
    what = "CPU per ICMP echo, 5,000 hosts each 10 s"
    return Result(
        name="ICMP",
        how=HOW,
        rows=[
            Row(measured=what, unit="µs", ours=ours, peer="fping", theirs=fping, bar=1.0),
            Row(measured=what, unit="µs", ours=ours, peer="blackbox_exporter", theirs=blackbox, bar=1 / 15),
        ],
        seen=seen,
    )


def _agent(run: Run, seen: list[str]) -> Figure | None:
    if not run.with_agent:
        return None
    with (
        watcher.watching(run.work / "agent", watcher.cameras(HOSTS), icmp=PERIOD) as pid,
        http.scraping(watcher.ADDRESS, ["/metrics"]),
    ):
        return _echoes(run, seen, "agent", pid)


def _fping(run: Run, seen: list[str], targets: list[str]) -> Figure | None:
    if not run.has(peers.FPING):
        return None
    with peers.fping(run.work / "fping", targets, PERIOD) as pid:
        return _echoes(run, seen, "fping", pid)


def _blackbox(run: Run, seen: list[str], targets: list[str]) -> Figure | None:
    if not run.has(peers.BLACKBOX):
        return None
    paths = [peers.probe_path(target) for target in targets]
    with (
        peers.blackbox(run.work / "blackbox") as pid,
        http.paced(peers.BLACKBOX_ADDRESS, paths, rate=HOSTS / PERIOD),
    ):
        return _echoes(run, seen, "blackbox_exporter", pid)


def _echoes(run: Run, seen: list[str], who: str, pid: int) -> Figure:
    """CPU for each echo, and how evenly the echoes of one period come."""
    figure = run.per_unit(who, [pid], run.campus.echoes)
    counts = [run.campus.echoes()]
    for _ in range(2 * PERIOD):
        time.sleep(0.5)
        counts.append(run.campus.echoes())
    halves = [after - before for before, after in pairwise(counts)]
    seen.append(f"{who}: {sum(halves):,} echoes in {PERIOD} s, {min(halves)} to {max(halves)} in each half second")
    return figure
