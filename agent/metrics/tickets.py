"""The families of tickets: those that run now, and what was counted since ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from agent.alerting import roots, sla
from agent.alerting.tickets import OPEN, Ticket
from agent.metrics.text import Family, Turns, counter, gauge, histogram, labels, portions
from agent.model import Ms
from agent.tallies import Tallies
from agent.view import View

NOW = gauge("campus_tickets", "How many tickets there are now, by severity and open state.")
INFO = gauge("campus_ticket_info", "A ticket that is not filed away; always 1.")
STARTED = gauge("campus_ticket_started_timestamp_seconds", "When the outage began: the first failed look.")
OPENED = gauge("campus_ticket_opened_timestamp_seconds", "When the ticket was opened and its clocks began.")
_DEADLINE = "When the {clock} clock is breached; absent once it has ended, is frozen or has no limit."
DEADLINES = {
    clock: gauge(f"campus_ticket_{clock}_deadline_timestamp_seconds", _DEADLINE.format(clock=clock))
    for clock in ("response", "repair", "feedback")
}
CEILING = gauge("campus_ticket_ceiling_deadline_timestamp_seconds", "The tender's own limits; absent once ended.")

OPENED_TOTAL = counter("campus_tickets_opened_total", "Tickets opened since ever.")
BOOKED = counter("campus_sla_clocks_total", "Results of the clocks booked since ever, voided ones included.")
VOIDED = counter("campus_sla_voided_total", "Booked results that were voided later.")
REOPENED = counter("campus_tickets_reopened_total", "Tickets that ran again after the service had come back.")
TOOK = {
    "response": Family("campus_ticket_response_seconds", "histogram", "From opening to the first taking up."),
    "repair": Family("campus_ticket_repair_seconds", "histogram", "From opening to the restoration that stood."),
}

Lines = dict[str, str]
"""By family name, the samples of one ticket."""


class TicketPages:
    """Writes the families; keeps the lines of a ticket until it changes."""

    def __init__(self, view: View, tallies: Tallies) -> None:
        self._view, self._tallies = view, tallies
        self._kept: dict[str, tuple[Ticket, Lines]] = {}

    async def pieces(self) -> AsyncIterator[str]:
        """The page in pieces, each family whole and in turn."""
        turns = Turns()
        tickets = self._view.tickets()
        yield _census(tickets)
        kept: dict[str, tuple[Ticket, Lines]] = {}
        for some in portions(tickets):
            kept.update((ticket.id, (ticket, self._lines(ticket))) for ticket in some)
            await turns.breathe()
        self._kept = kept
        lines = [own for _, own in kept.values()]
        for family in (INFO, STARTED, OPENED, *DEADLINES.values(), CEILING):
            yield family.head + "".join([own[family.name] for own in lines if family.name in own])
            await turns.breathe()
        for piece in _since_ever(self._tallies):
            yield piece

    def _lines(self, ticket: Ticket) -> Lines:
        known = self._kept.get(ticket.id)
        return known[1] if known and known[0] is ticket else dict(_lines(ticket))


def _census(tickets: list[Ticket]) -> str:
    found = Counter((ticket.severity, ticket.state) for ticket in tickets)
    rows = ((level, state, found[level, state]) for level in sla.RANK for state in OPEN)
    return NOW.head + "".join(
        f"{NOW.name}{{{labels(severity=level, state=state)}}} {count}\n" for level, state, count in rows
    )


def _lines(ticket: Ticket) -> Iterator[tuple[str, str]]:
    times = ticket.times
    root = ticket.root if roots.is_device(ticket.root) else ""
    own = labels(ticket=ticket.id)
    told = labels(ticket=ticket.id, device=root, severity=ticket.severity, state=ticket.state, tier=str(ticket.tier))
    yield INFO.name, f"{INFO.name}{{{told}}} 1\n"
    yield STARTED.name, _moment(STARTED, own, times.started_at)
    yield OPENED.name, _moment(OPENED, own, times.opened_at)
    for clock, family in DEADLINES.items():
        yield family.name, _deadline(family, own, times, clock)
    ceilings = ("response_ceiling", "repair_ceiling")
    yield CEILING.name, "".join(_deadline(CEILING, f'{own},clock="{clock}"', times, clock) for clock in ceilings)


def _deadline(family: Family, own: str, times: sla.Times, clock: str) -> str:
    due = sla.deadline(times, clock)
    return _moment(family, own, due) if due is not None and sla.runs(times, clock) else ""


def _moment(family: Family, own: str, at: Ms) -> str:
    return f"{family.name}{{{own}}} {at // 1000}.{at % 1000:03}\n"


def _since_ever(tallies: Tallies) -> Iterator[str]:
    yield _counted(OPENED_TOTAL, ("severity", "kind"), tallies.opened)
    yield _counted(BOOKED, ("clock", "severity", "result"), tallies.booked)
    yield _counted(VOIDED, ("clock", "severity", "result", "reason"), tallies.voided)
    yield _counted(REOPENED, ("why",), {(why,): count for why, count in tallies.reopened.items()})
    for clock, family in TOOK.items():
        spreads = sorted(tallies.took[clock].items())
        yield family.head + "".join(
            histogram(family.name, labels(severity=level), one.cumulated(), one.total, one.milliseconds / 1000)
            for level, one in spreads
        )


def _counted(family: Family, names: tuple[str, ...], counts: Mapping[Any, int]) -> str:
    rows = sorted(counts.items())
    return family.head + "".join(
        f"{family.name}{{{labels(**dict(zip(names, key, strict=True)))}}} {count}\n" for key, count in rows
    )
