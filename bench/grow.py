"""Growth: what 1,000, 5,000 and 20,000 devices cost, and a campus of 20,000 with 1,000 switches on one core.

The agent is pinned to one core; responders, scraper and this program sit on the others. The long past is written there
while the first of the sizes, the largest, is measured; it is the past of the large campus.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from bench import cpu, http, lab, lateness, switches, watcher
from bench.cpu import Figure
from bench.lateness import Buckets
from bench.report import Result, Row
from bench.run import Run, scaled

SIZES = (1_000, 5_000, 20_000)
HOSTS, SWITCHES, FIRST = 20_000, 1_000, 0x10000
CHILDREN, PAST = 500, 100_000
SCRAPE, WARM = 15.0, 30.0
"""Seconds between two scrapes; that the large campus is looked at before it is measured."""
CORE = 0
HOW = (
    f"The agent on one core (`taskset`), everything else on the others; `/metrics` read whole every {SCRAPE:g} s. "
    "CPU of a window divided by its length; memory at its end. Lag is `campus_agent_scheduler_lag_seconds` of the "
    "window: the upper bound of the bucket that the 99th percentile lies in, and how many looks were sent more than "
    f"100 ms late while whole pages were read. The cut is a switch and the {CHILDREN} devices below it, all within one "
    "second, on the same campus; its time runs to the ticket in `/metrics`. Growth: cost for each device beside 1,000. "
    f"The start is that of the large campus, from the command to `/-/ready`, with {PAST:,} filed tickets of eight "
    "journal lines in its database. The agent goes before everything else on its core (`nice -20`; with `--shared` "
    "`chrt --fifo 1`), as on a core that it has for itself; what it waited for it all the same is told below."
)


def measure(run: Run) -> Result:
    seen: list[str] = []
    rows: list[Row] = []
    if run.with_agent:
        with _apart():
            with _past_written(run):
                rows += _sizes(run, seen)
            rows += _campus(run, seen)
    return Result(name="Growth", how=HOW, rows=rows, seen=seen)


@contextmanager
def _apart() -> Iterator[None]:
    """This program, and what it starts without a core of its own, leaves the agent's core alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, before - {CORE} or before)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


# --- growth -------------------------------------------------------------------------------------


def _sizes(run: Run, seen: list[str]) -> Iterator[Row]:
    """The largest first: what is written meanwhile can only make it dearer."""
    short = replace(run, windows=1, window=2 * run.window)
    costs = {size: _size(short, size, seen) for size in reversed(SIZES)}
    for fewer, more in pairwise(SIZES):
        cpu_each, held_each = (
            (costs[more][place].value * more - costs[fewer][place].value * fewer) / (more - fewer) for place in (0, 1)
        )
        seen.append(f"each device from {fewer:,} to {more:,}: {cpu_each:.2f} µs/s and {held_each:.2f} kB more")
    for place, (what, unit) in enumerate((("CPU", "µs/s"), ("memory", "kB"))):
        small = costs[SIZES[0]][place]
        for size in SIZES[1:]:
            yield Row(
                measured=f"{what} for each device, {size:,} devices each 10 s", unit=unit, ours=costs[size][place],
                peer=f"agent with {SIZES[0]:,}", theirs=small, bar=1.0,
            )  # fmt: skip


def _size(run: Run, size: int, seen: list[str]) -> tuple[Figure, Figure]:
    """CPU and memory of each device: µs a second, kB. What the agent costs without devices is counted with them."""
    devices = watcher.cameras(size)
    with (
        watcher.watching(run.work / f"agent-{size}", devices, core=CORE, shared=run.shared) as pid,
        http.scraping(watcher.ADDRESS, ["/metrics"], SCRAPE),
    ):
        spent = run.per_unit(f"agent, {size:,} devices", [pid], time.monotonic)
        held = cpu.pss([pid])
    seen.append(f"{size:,} devices: {spent.value * 100:.1f} % of a core, {held / 1e6:.0f} MB")
    each = scaled(spent, 1e6 / size)
    assert each is not None
    return each, Figure.of([held / size / 1e3])


# --- the large campus ---------------------------------------------------------------------------


def _campus(run: Run, seen: list[str]) -> Iterator[Row]:
    devices = [*_family(), *watcher.switches(SWITCHES, FIRST)]
    with ExitStack() as running:
        counts = running.enter_context(switches.answering(run.campus, run.work / "switches.log"))
        began = time.monotonic()
        pid = running.enter_context(watcher.watching(_large(run), devices, core=CORE, shared=run.shared))
        yield _started(run, time.monotonic() - began, pid, seen)
        run.say(f"{HOSTS:,} hosts and {SWITCHES:,} switches: {WARM:g} s to warm up, then {run.watch:g} s")
        time.sleep(WARM)
        echoes, polls = run.campus.echoes(), counts().polls
        waited = cpu.waited(pid)
        spent, held, lags, pages = _watch(pid, run.watch)
        lag = lateness.since(lags[0], lags[-1])
        late = [lateness.beyond(lateness.since(*pair), 0.1) for pair in pairwise(lags)]
        seen.append(f"{cpu.waited(pid) - waited:.1f} s of {run.watch:g} s the agent waited for its core")
        seen.append(
            f"{run.campus.echoes() - echoes:,} echoes and {counts().polls - polls:,} polls in {run.watch:g} s; a page "
            f"of {pages[0] / 1e6:.0f} MB read in {pages[1]:.2f} s at most; lag: {lateness.told(lag)}; looks more than "
            f"100 ms late in {sum(map(bool, late))} of the {len(late)} spells between two pages"
        )
        what = f"{HOSTS:,} hosts each 10 s, {SWITCHES:,} switches of 48 ports each 60 s"
        yield _row(f"CPU, {what}", "% of a core", spent * 100, 70)
        yield _row(f"memory, {what}", "MB", held / 1e6, 600)
        yield _row(f"lag of looks, p99, {what}", "s", lateness.percentile(lag, 0.99), 0.5)
        yield _row("looks more than 100 ms late while whole pages are read", "looks", lateness.beyond(lag, 0.1), 0)
        yield from _cut(run, seen)


def _family() -> list[watcher.Entry]:
    """The hosts, of which the first carries the next `CHILDREN`."""
    hosts = watcher.cameras(HOSTS)
    for child in hosts[1 : CHILDREN + 1]:
        child["parent"] = {"device": hosts[0]["id"]}
    return hosts


def _watch(pid: int, seconds: float) -> tuple[float, int, Sequence[Buckets], tuple[int, float]]:
    """CPU as a share of a core, bytes held, lag as each page tells it, and the largest page with the longest time it
    took."""
    lags, used, began = [lateness.read(http.get(watcher.ADDRESS, "/metrics"))], cpu.seconds([pid]), time.monotonic()
    size, slowest = 0, 0.0
    while (now := time.monotonic()) < began + seconds:
        time.sleep(max(0.0, min(SCRAPE, began + seconds - now)))
        asked = time.monotonic()
        page = http.get(watcher.ADDRESS, "/metrics")
        size, slowest = max(size, len(page)), max(slowest, time.monotonic() - asked)
        lags.append(lateness.read(page))
    spent = (cpu.seconds([pid]) - used) / (time.monotonic() - began)
    return spent, cpu.pss([pid]), lags, (size, slowest)


def _cut(run: Run, seen: list[str]) -> Iterator[Row]:
    """All of a family fall within a second: one ticket, soon, and the others' looks are not kept waiting."""
    before, numbers = lateness.read(http.get(watcher.ADDRESS, "/metrics")), list(range(1, CHILDREN + 2))
    began = time.monotonic()
    run.campus.cut_many([lab.host(number) for number in numbers])
    within, told, page = time.monotonic() - began, None, ""
    while time.monotonic() < began + 40.0:
        page = http.get(watcher.ADDRESS, "/metrics")
        if told is None and "\ncampus_ticket_info{" in page:
            told = time.monotonic() - began
        time.sleep(0.5)
    run.campus.mend_all()
    tickets, lag = page.count("\ncampus_ticket_info{"), lateness.since(before, lateness.read(page))
    seen.append(
        f"{len(numbers)} devices cut within {within:.2f} s: {tickets} ticket(s); lag meanwhile: {lateness.told(lag)}"
    )
    what = f"{len(numbers)} devices cut within one second"
    yield _row(f"cut to ticket, {what}", "s", told if told is not None else float("inf"), 15)
    yield _row(f"tickets beside the one, {what}", "tickets", abs(tickets - 1), 0)
    yield _row(f"lag of looks, p99, {what}", "s", lateness.percentile(lag, 0.99), 0.2)


def _row(measured: str, unit: str, value: float, bar: float) -> Row:
    return Row(measured=measured, unit=unit, ours=Figure.of([value]), bar=bar, absolute=True)


# --- the start ----------------------------------------------------------------------------------


def _large(run: Run) -> Path:
    """The working folder of the large campus."""
    return run.work / "large"


@contextmanager
def _past_written(run: Run) -> Iterator[None]:
    """A long past is written for the large campus meanwhile, behind everything else; complete at the end."""
    data = _large(run) / "data"
    data.mkdir(parents=True)
    command = ["nice", "-n", "19", sys.executable, "-m", "bench.past", str(data / "campus.db"), str(PAST)]
    with lab.running([*command, "--devices", str(HOSTS)], run.work / "past.log") as writer:
        yield
        run.say(f"waits until {PAST:,} past tickets are written")
        if writer.wait(600):
            raise RuntimeError((run.work / "past.log").read_text()[-2000:])


def _started(run: Run, ready: float, pid: int, seen: list[str]) -> Row:
    """From the command to `/-/ready`, all devices in the inventory and the past in the database."""
    size = sum(file.stat().st_size for file in (_large(run) / "data").glob("campus.db*"))
    seen.append(
        f"start beside a database of {size / 1e6:.0f} MB: ready in {ready:.2f} s, {cpu.pss([pid]) / 1e6:.0f} MB"
    )
    return _row(f"start to ready, {HOSTS + SWITCHES:,} devices, {PAST:,} past tickets", "s", ready, 10)
