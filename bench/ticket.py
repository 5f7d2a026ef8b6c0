"""From a cut cable to the ticket that says so: 1,000 hosts, 200 cuts, one after another, no host twice.

The agent and the peer watch the same hosts at the same time, so both are told of the same cuts.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from bench import http, lab, peers, watcher
from bench.cpu import Figure
from bench.report import Result, Row
from bench.run import Run

HOSTS, LOOK, SEED = 1_000, 0.5, 198_18
AGENT, RULE = "agent", "Prometheus rule"
HOW = (
    "A cut is a route into nothing on the far side, at a random moment, about two a second, and stays. The time runs "
    "from there until a ticket of that device stands in `/metrics`, read every 0.5 s. Beside it, of the same cuts at "
    "the same time: Prometheus scraping blackbox_exporter (each host every 10 s, time-out 2 s) with a rule `for: 20s` "
    "evaluated every 5 s, until the alert fires; Alertmanager's grouping (30 s by default) would come on top."
)
_TICKET = re.compile(r"^campus_ticket_info\{([^}]*)\}", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')

Look = Callable[[], Mapping[str, int]]
"""How many tickets or alerts stand now, by address."""


@dataclass(slots=True)
class Watch:
    """What one side has said of the cuts. Times are monotonic seconds; `cut` is the same map for every side."""

    look: Look
    cut: Mapping[str, float]
    told: dict[str, float] = field(default_factory=dict)
    most: Counter[str] = field(default_factory=Counter)

    def note(self) -> None:
        standing, now = self.look(), time.monotonic()
        for address, count in standing.items():
            self.told.setdefault(address, now)
            self.most[address] = max(self.most[address], count)

    @property
    def delays(self) -> list[float]:
        return [now - self.cut[address] for address, now in self.told.items() if address in self.cut]

    @property
    def wrong(self) -> int:
        """Tickets beyond the first of a cut host, and tickets of hosts never cut."""
        return sum(count - (address in self.cut) for address, count in self.most.items())


def measure(run: Run) -> Result:
    sides = _sides(run)
    ours, theirs = sides.get(AGENT), sides.get(RULE)
    figure = Figure.of(ours.delays, 0.99) if ours else None
    what = f"{HOSTS:,} hosts, {run.cuts} cuts"
    missing = float(len(ours.cut) - len(ours.delays)) if ours else 0.0
    doubled = Figure.of([ours.wrong + missing]) if ours else None
    seen = [f"{who}: {_told(watch)}" for who, watch in sides.items()]
    return Result(
        name="Ticket",
        how=HOW,
        rows=[
            Row(measured=f"cut to ticket, p99, {what}", unit="s", ours=figure, bar=15.0,
                absolute=True, peer=RULE, theirs=Figure.of(theirs.delays, 0.99) if theirs else None),
            Row(measured=f"tickets doubled, missing or of hosts never cut, {what}", unit="tickets", ours=doubled, bar=0,
                absolute=True),
        ],
        seen=seen,
    )  # fmt: skip


def _told(watch: Watch) -> str:
    middle = Figure.of(watch.delays)
    return (
        f"{len(watch.delays)} of {len(watch.cut)} told, after {middle.low:.1f} to {middle.high:.1f} s, median "
        f"{middle.value:.1f} s; {watch.wrong} doubled or of hosts never cut"
    )


def _sides(run: Run) -> Mapping[str, Watch]:
    """Each side that is measured, by its name, with what it said of the cuts."""
    cut: dict[str, float] = {}
    sides: dict[str, Watch] = {}
    with ExitStack() as running:
        if run.with_agent:
            running.enter_context(watcher.watching(run.work / "agent", watcher.cameras(HOSTS)))
            sides[AGENT] = Watch(look=_tickets, cut=cut)
        if run.has(peers.PROMETHEUS, peers.BLACKBOX):
            hosts = [lab.host(number) for number in range(1, HOSTS + 1)]
            running.enter_context(peers.blackbox(run.work / "blackbox"))
            running.enter_context(peers.prometheus(run.work / "prometheus", hosts, []))
            sides[RULE] = Watch(look=lambda: dict.fromkeys(peers.firing(), 1), cut=cut)
        _cuts(run, cut, tuple(sides.values()))
    return sides


def _tickets() -> Mapping[str, int]:
    """Every ticket in `/metrics`, by the address of its device."""
    numbers: set[tuple[str, str]] = set()
    for labels in _TICKET.findall(http.get(watcher.ADDRESS, "/metrics")):
        row = dict(_LABEL.findall(labels))
        numbers.add((row["device"], row["ticket"]))
    return Counter(watcher.address_of(device) for device, _ in numbers)


def _cuts(run: Run, cut: dict[str, float], watches: Sequence[Watch]) -> None:
    """Cut hosts at random moments, look every half second, and go on looking until each is told or a minute is over."""
    run.say(f"{run.warm:g} s to warm up, then {run.cuts} cuts")
    time.sleep(run.warm)
    chance = random.Random(SEED)
    waiting = [lab.host(number) for number in chance.sample(range(1, HOSTS + 1), run.cuts)]
    next_cut, end = time.monotonic(), float("inf")
    while (now := time.monotonic()) < end and (waiting or any(len(one.delays) < run.cuts for one in watches)):
        for one in watches:
            one.note()
        while waiting and next_cut < time.monotonic() + LOOK:
            time.sleep(max(0.0, next_cut - time.monotonic()))
            address = waiting.pop()
            cut[address] = time.monotonic()
            run.campus.cut(address)
            next_cut += chance.uniform(0.25, 0.75)
            end = time.monotonic() + 60
        time.sleep(max(0.0, now + LOOK - time.monotonic()))
    time.sleep(15.0)  # a second ticket would come late
    for one in watches:
        one.note()
    run.campus.mend_all()
