"""What the pages show, as values without words: which outages run, what has no ticket, how the buildings look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from agent.alerting import sla
from agent.alerting.conditions import Condition
from agent.alerting.standing import Standing
from agent.alerting.tickets import BROKEN, Ticket
from agent.metrics import Survey
from agent.model import Device, Ms, Reading
from agent.view import View

WORST_FIRST = ("down", "degraded", "shadowed", "unknown", "maintenance", "off_schedule", "up")
"""The order in which states are shown, and which one a cell takes that stands for several devices."""
NOT_WELL = frozenset(("down", "degraded", "shadowed"))

CELLS = 1200
"""Cells of the whole picture at most; with more devices a cell stands for several."""
BUILDINGS = 40
CARDS = 30
"""Tickets of one list on the front page."""
NAMES = 20
"""Devices named under one ticket, and devices without a ticket named at all."""
SOON = 0.25
"""With less than this share of a clock left it is pressing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A clock as people read it. urgency: ok, soon, late, ended. share: of its time gone, 0 to 100."""

    name: str
    urgency: str
    due: Ms | None
    remaining: float
    elapsed: float
    share: int
    result: str | None
    running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One ticket. members: those that are not well now, the root first; `hidden` more are not named."""

    ticket: Ticket
    root: Device | None
    state: str
    faces: tuple[Face, ...]
    members: tuple[tuple[Device, str], ...]
    hidden: int
    ailing: int
    flaps: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Loose:
    """A device that is down or degraded without a ticket, and why (`Condition.held`)."""

    device: Device
    state: str
    reason: str
    held: str
    since: Ms | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The devices of one kind in one building. cells: the state each one shows, worst first."""

    kind: str
    counts: dict[str, int]
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    name: str
    total: int
    ailing: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The front page. `each`: how many devices a cell of the picture stands for."""

    at: Ms
    counts: dict[str, int]
    total: int
    each: int
    buildings: tuple[Building, ...]
    more_buildings: int
    running: tuple[Card, ...]
    more_running: int
    waiting: tuple[Card, ...]
    more_waiting: int
    loose: tuple[Loose, ...]
    more_loose: int
    outages: int


def overview(view: View, survey: Survey) -> Overview:
    """The front page from one survey."""
    standings = {device.id: standing for device, standing in survey.rows()}
    tickets = view.tickets()
    running = sorted((t for t in tickets if t.state in BROKEN), key=lambda t: _urgency(t, survey.at))
    waiting = sorted((t for t in tickets if t.state not in BROKEN), key=lambda t: _urgency(t, survey.at))
    loose = list(_loose(view, survey, tickets))
    each = max(1, ceil(len(survey.devices) / CELLS))
    buildings = tuple(_buildings(survey, each))
    return Overview(
        at=survey.at,
        counts=survey.counts(),
        total=len(survey.devices),
        each=each,
        buildings=buildings[:BUILDINGS],
        more_buildings=max(0, len(buildings) - BUILDINGS),
        running=tuple(card(view, ticket, standings, survey.at) for ticket in running[:CARDS]),
        more_running=max(0, len(running) - CARDS),
        waiting=tuple(card(view, ticket, standings, survey.at) for ticket in waiting[:CARDS]),
        more_waiting=max(0, len(waiting) - CARDS),
        loose=tuple(loose[:NAMES]),
        more_loose=max(0, len(loose) - NAMES),
        outages=len(running),
    )


# --- tickets ------------------------------------------------------------------------------------------------


def _urgency(ticket: Ticket, now: Ms) -> tuple[int, Ms, str]:
    """Worst level first, in a level the nearest deadline first."""
    clocks = (sla.clock(ticket.times, name, now) for name in sla.CLOCKS)
    dues = [clock.deadline for clock in clocks if clock.deadline is not None]
    return (-sla.RANK[ticket.severity], min(dues, default=1 << 62), ticket.id)


def card(view: View, ticket: Ticket, standings: dict[str, Standing], now: Ms) -> Card:
    """A ticket as a card. standings: of every device; of those not in it nobody knows."""
    ailing = [member for member in ticket.members if _ails(standings.get(member))]
    named = [device for member in ailing[:NAMES] if (device := view.find(member)) is not None]
    root = standings.get(ticket.root)
    return Card(
        ticket=ticket,
        root=view.find(ticket.root),
        state=root.state if root else "unknown",
        faces=tuple(faces(ticket, ("response", "repair", "feedback"), now)),
        members=tuple((device, standings[device.id].state) for device in named),
        hidden=len(ailing) - len(named),
        ailing=len(ailing),
        flaps=view.flaps(ticket),
    )


def _ails(standing: Standing | None) -> bool:
    return standing is not None and standing.state in NOT_WELL


def faces(ticket: Ticket, names: Iterable[str], now: Ms) -> Iterator[Face]:
    """The clocks that have something to say."""
    for name in names:
        clock = sla.clock(ticket.times, name, now)
        if clock.deadline is not None or clock.result is not None or clock.ended_at is not None:
            yield _face(clock)


def _face(clock: sla.SlaClock) -> Face:
    left = clock.remaining
    whole = clock.elapsed + (left or 0.0)
    share = 100 if left is None or whole <= 0 else min(100, max(0, round(100 * clock.elapsed / whole)))
    urgency = "ended" if left is None else "late" if left < 0 else "soon" if left < SOON * whole else "ok"
    return Face(
        name=clock.name, urgency=urgency, due=clock.deadline, remaining=left or 0.0, elapsed=clock.elapsed,
        share=share, result=clock.result, running=clock.running,
    )  # fmt: skip


# --- devices ------------------------------------------------------------------------------------------------


def _loose(view: View, survey: Survey, tickets: list[Ticket]) -> Iterator[Loose]:
    carried = {member for ticket in tickets if ticket.state in BROKEN for member in ticket.members}
    for device, standing in survey.rows():
        if standing.state in ("down", "degraded") and device.id not in carried:
            worst = worst_condition(view, device)
            yield Loose(
                device=device,
                state=standing.state,
                reason=worst.reason if worst else "",
                held=worst.held.split(":")[0] if worst else "",
                since=view.since(device.id),
            )


def worst_condition(view: View, device: Device) -> Condition | None:
    """The firing condition that matters most: that of the leading probe, else the oldest."""
    memory, leading = view.monitor.memory, view.monitor.frame.leading.get(device.id)
    firing = [memory.conditions[key] for key in memory.by_device.get(device.id, ()) if memory.conditions[key].fires]
    return min(firing, key=lambda condition: (condition.probe != leading, condition.since), default=None)


def checks(view: View, device: Device, probe: str, look: Reading) -> dict[str, str]:
    """What the look judged, and what an earlier one found that this one did not look at again."""
    memory = view.monitor.memory
    firing = [memory.conditions[key] for key in memory.by_device.get(device.id, ()) if memory.conditions[key].fires]
    begins = f"{probe}:"
    standing = {one.probe.removeprefix(begins): one.reason for one in firing if one.probe.startswith(begins)}
    return {**standing, **look.checks}


def _buildings(survey: Survey, each: int) -> Iterator[Building]:
    """In the order of the inventory, so that everything stays where the eye has learned to find it."""
    places: dict[str, dict[str, list[str]]] = {}
    for device, standing in survey.rows():
        places.setdefault(device.location.building, {}).setdefault(device.kind, []).append(standing.state)
    for name, kinds in places.items():
        rows = tuple(_row(kind, states, each) for kind, states in kinds.items())
        total, ailing = sum(map(len, kinds.values())), sum(row.counts.get(s, 0) for row in rows for s in NOT_WELL)
        yield Building(name=name, total=total, ailing=ailing, rows=rows)


def _row(kind: str, states: Sequence[str], each: int) -> Row:
    ordered = sorted(states, key=WORST_FIRST.index)
    counts = {state: ordered.count(state) for state in dict.fromkeys(ordered)}
    return Row(kind=kind, counts=counts, cells=tuple(ordered[::each]))
