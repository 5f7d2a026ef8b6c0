"""CPU for one poll of a 48-port switch by SNMP: ifTable and ifXTable, into state and metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bench import http, lab, mib, peers, switches, watcher
from bench.cpu import Figure
from bench.report import Result, Row
from bench.run import Run, scaled
from bench.switches import Counts

SWITCHES, PERIOD = 300, 15
FIRST = 0x10000
HOW = (
    f"{SWITCHES} switches, each polled once in {PERIOD} s, so each poll is shown once: the agent's `/metrics` and "
    "`/metrics/ports` are read every 15 s; snmp_exporter (both tables walked, every column shown) is asked for its "
    "page 20 times a second, evenly. CPU of a window divided by the polls in it. "
    "The bar is held against its leanest configuration, without look-ups; upstream's `if_mib` looks three names up."
)


def measure(run: Run) -> Result:
    seen: list[str] = []
    ours, theirs = scaled(_agent(run, seen), 1e3), scaled(_exporter(run, seen), 1e3)
    _exporter(replace(run, windows=1), seen, peers.NAMES)
    measured = f"CPU per poll of a 48-port switch, {mib.VALUES:,} values"
    row = Row(measured=measured, unit="ms", ours=ours, peer="snmp_exporter", theirs=theirs, bar=0.6)
    return Result(name="Switch poll", how=HOW, rows=[row], seen=seen)


def _agent(run: Run, seen: list[str]) -> Figure | None:
    if not run.with_agent:
        return None
    with (
        switches.answering(run.campus, run.work / "switches.log") as counts,
        watcher.watching(run.work / "agent", watcher.switches(SWITCHES, FIRST), snmp=PERIOD) as pid,
        http.scraping(watcher.ADDRESS, watcher.PAGES),
    ):
        return _polls(run, "agent", pid, counts, seen)


def _exporter(run: Run, seen: list[str], names: Sequence[str] = ()) -> Figure | None:
    if not run.has(peers.SNMP):
        return None
    paths = [peers.poll_path(lab.host(FIRST + number)) for number in range(1, SWITCHES + 1)]
    with (
        switches.answering(run.campus, run.work / "switches.log") as counts,
        peers.snmp_exporter(run.work / f"snmp-{len(names)}", names) as pid,
        http.paced(peers.SNMP_ADDRESS, paths, rate=SWITCHES / PERIOD),
    ):
        return _polls(run, f"snmp_exporter with {len(names)} look-ups", pid, counts, seen)


def _polls(run: Run, who: str, pid: int, counts: Callable[[], Counts], seen: list[str]) -> Figure:
    figure = run.per_unit(who, [pid], lambda: counts().polls)
    asked = counts()
    values, requests = (part / max(asked.polls, 1) for part in (asked.values, asked.requests))
    seen.append(f"{who}: {figure.value * 1e3:.1f} ms, {values:,.0f} values in {requests:.0f} requests a poll")
    return figure
