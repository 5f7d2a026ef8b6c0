"""Counts since ever of what tickets went through: opened, booked, voided, reopened, and how long they took.

Loaded at start from the store's totals, then moved by every committed step; both ways lead to the same figures.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Protocol

from agent.alerting import sla
from agent.alerting.sla import Booking, Limits, Times
from agent.alerting.state import Delta
from agent.alerting.tickets import Ticket
from agent.store.rows import Histogram

REOPENINGS = {"relapsed": "relapse", "refused": "refusal", "reopened": "reopen"}
"""Journal event, and the `why` it is counted under."""

MEASURED = ("response", "repair")
"""Clocks with a histogram."""

_BESIDE = {"response": (300.0, 600.0, 900.0), "repair": (900.0, 1800.0, 3600.0, 7200.0, 172800.0)}
"""Bounds beside the contract's own limits, seconds."""


class Totals(Protocol):
    """What the store is asked at start."""

    def booking_totals(self) -> dict[tuple[str, str, str], int]: ...
    def voided_totals(self) -> dict[tuple[str, str, str, str], int]: ...
    def opened_totals(self) -> dict[tuple[str, str], int]: ...
    def reopened_totals(self) -> dict[str, int]: ...
    def booked_histograms(self, clock: str, bounds: Sequence[float]) -> dict[str, Histogram]: ...


class Spread:
    """One histogram. counts[i]: how many lie in (bounds[i-1], bounds[i]], the last one above all; the sum is exact."""

    __slots__ = ("bounds", "counts", "milliseconds")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.milliseconds = 0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.milliseconds += round(seconds * 1000)

    def take(self, stored: Histogram) -> None:
        """Begin with what the store has counted (cumulatively) over the same bounds."""
        below = [0, *stored.counts]
        self.counts = [many - few for few, many in zip(below, (*stored.counts, stored.total), strict=True)]
        self.milliseconds = round(stored.sum * 1000)

    def cumulated(self) -> Iterator[tuple[float, int]]:
        """(bound, how many at or below it)."""
        count = 0
        for bound, more in zip(self.bounds, self.counts, strict=False):
            count += more
            yield bound, count

    @property
    def total(self) -> int:
        return sum(self.counts)


class Tallies:
    """The counts. Only the monitor's committed steps move them; the metrics read."""

    def __init__(self, limits: Limits | None = None) -> None:
        """limits: the contract's own numbers, which become bounds of the histograms."""
        limits = limits or Limits()
        self.opened: Counter[tuple[str, str]] = Counter()
        self.booked: Counter[tuple[str, str, str]] = Counter()
        self.voided: Counter[tuple[str, str, str, str]] = Counter()
        self.reopened: Counter[str] = Counter()
        self.bounds = {clock: _bounds(limits, clock) for clock in MEASURED}
        self.took: dict[str, dict[str, Spread]] = {clock: {} for clock in MEASURED}
        self._start_at_nought(limits)

    def fits(self, limits: Limits) -> bool:
        """Whether the histograms' bounds are still the contract's; others begin with the next start, when all that the
        journal holds is counted into them."""
        return all(bounds == _bounds(limits, clock) for clock, bounds in self.bounds.items())

    def _start_at_nought(self, limits: Limits) -> None:
        """What is certain to come is there from the beginning, so that the first one is an increase and no surprise."""
        levels = [level for level in sla.RANK if level != "latent"]
        with_clock = {"response": tuple(limits.response), "repair": tuple(limits.repair)}
        for clock in sla.CLOCKS:
            results = ("met", "breached", "waived") if clock in sla.RESPONSE else ("met", "breached")
            for level in with_clock.get(clock, levels):
                self.booked.update({(clock, level, result): 0 for result in results})
        self.opened.update({(level, kind): 0 for level in sla.RANK for kind in ("emergency", "repair")})
        self.reopened.update(dict.fromkeys(REOPENINGS.values(), 0))
        for clock in MEASURED:
            for level in levels:
                self._spread(clock, level)

    def load(self, store: Totals) -> None:
        """Take up what the store has counted so far. Once, before the first `observe`."""
        self.opened.update(store.opened_totals())
        self.booked.update(store.booking_totals())
        self.voided.update(store.voided_totals())
        self.reopened.update({REOPENINGS[event]: count for event, count in store.reopened_totals().items()})
        for clock in MEASURED:
            for severity, stored in store.booked_histograms(clock, self.bounds[clock]).items():
                self._spread(clock, severity).take(stored)

    def observe(self, ticket: Ticket, before: Ticket | None, delta: Delta) -> None:
        """Count what one committed step did to one ticket: `before` it, and as it stands now."""
        for event in delta.events:
            if event.ticket == ticket.id and event.event in REOPENINGS:
                self.reopened[REOPENINGS[event.event]] += 1
            elif event.ticket == ticket.id and event.event == "opened":
                self.opened[event.args["level"], event.args.get("kind", "repair")] += 1
        old = before.times if before else None
        for was, row in _ledger(old, ticket.times):
            self._book(was, row)

    def _book(self, was: Booking | None, row: Booking) -> None:
        if was is None:
            self.booked[row.clock, row.level, row.result] += 1
        if row.reason and not (was and was.reason):
            self.voided[row.clock, row.level, row.result, row.reason] += 1
        if row.clock in MEASURED and row.took is not None and (was is None or was.took is None):
            self._spread(row.clock, row.level).add(row.took)

    def _spread(self, clock: str, severity: str) -> Spread:
        spreads = self.took[clock]
        if severity not in spreads:
            spreads[severity] = Spread(self.bounds[clock])
        return spreads[severity]


def _bounds(limits: Limits, clock: str) -> tuple[float, ...]:
    table = limits.response if clock == "response" else limits.repair
    ceiling = limits.response_ceiling if clock == "response" else limits.repair_ceiling
    return tuple(sorted({*_BESIDE[clock], *map(float, table.values()), float(ceiling)}))


def _ledger(old: Times | None, new: Times) -> Iterator[tuple[Booking | None, Booking]]:
    """Each line of the ticket's ledger with what it was before, None for a new one. Lines are never taken out."""
    before = old.bookings if old else ()
    for place, row in enumerate(new.bookings):
        yield before[place] if place < len(before) else None, row
