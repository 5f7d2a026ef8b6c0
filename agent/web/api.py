"""The documents of `/api/v1`, for reading."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent import documents
from agent.alerting.events import Event
from agent.alerting.tickets import Ticket, replay
from agent.locale import catalogue
from agent.metrics import Survey
from agent.view import View
from agent.web.shell import Document, refusal
from agent.web.words import tongue

Journal = Callable[[str], Awaitable[tuple[Event, ...]]]
"""The committed journal of a ticket; empty for a number that was never given."""

PAGE, MOST = 100, 1000
"""Items of a list unless asked otherwise, and at most."""
NUMBER = re.compile(r"T\d{8}-\d{4,9}", re.ASCII)


class Api:
    """survey: how the devices stand, not older than a moment."""

    def __init__(self, view: View, journal: Journal, survey: Callable[[], Awaitable[Survey]]) -> None:
        self._view, self._journal, self._survey = view, journal, survey

    def routes(self) -> list[Route]:
        return [
            Route("/api/v1/devices", self._devices),
            Route("/api/v1/devices/{id}", self._device),
            Route("/api/v1/tickets", self._tickets),
            Route("/api/v1/tickets/{id}", self._ticket),
        ]

    async def _devices(self, request: Request) -> Response:
        asked = request.query_params
        rows = list((await self._survey()).rows())
        for name in ("kind", "role", "vendor"):
            if name in asked:
                rows = [row for row in rows if getattr(row[0], name) == asked[name]]
        if "building" in asked:
            rows = [row for row in rows if row[0].location.building == asked["building"]]
        if "state" in asked:
            rows = [row for row in rows if row[1].state == asked["state"]]
        start, end = _window(request)
        numbers = self._view.tickets_by_device()
        some = [self._view.device_document(device, numbers.get(device.id, ())) for device, _ in rows[start:end]]
        return Document(documents.listing(some, len(rows), str(end) if end < len(rows) else None))

    async def _device(self, request: Request) -> Response:
        device = self._view.find(request.path_params["id"])
        if device is None or device.kind == "reference":
            return refusal(404, "no such device", where="id")
        numbers = self._view.tickets_by_device().get(device.id, ())
        return Document(self._view.device_document(device, numbers, tables=True))

    async def _tickets(self, request: Request) -> Response:
        """The open tickets, newest first."""
        asked = request.query_params
        tickets = self._view.tickets()
        for name in ("state", "severity"):
            if name in asked:
                tickets = [ticket for ticket in tickets if getattr(ticket, name) == asked[name]]
        if "device" in asked:
            tickets = [ticket for ticket in tickets if asked["device"] in ticket.members]
        start, end = _window(request)
        say = catalogue(tongue(request)[0])
        some = [self._view.ticket_document(ticket, say) for ticket in tickets[start:end]]
        return Document(documents.listing(some, len(tickets), str(end) if end < len(tickets) else None))

    async def _ticket(self, request: Request) -> Response:
        ticket, journal = await told(self._journal, request.path_params["id"])
        if ticket is None:
            return refusal(404, "no such ticket", where="id")
        say = catalogue(tongue(request)[0])
        return Document(self._view.ticket_document(ticket, say, journal))


async def told(journal: Journal, number: str) -> tuple[Ticket | None, tuple[Event, ...]]:
    """A ticket as its committed journal tells it, open or ended; None for a number that was never given."""
    events = await journal(number) if NUMBER.fullmatch(number) else ()
    return replay(events), events


def _window(request: Request) -> tuple[int, int]:
    """Where a list begins (`cursor`) and ends (`limit`); what is no number is taken for the beginning."""
    cursor, limit = request.query_params.get("cursor", ""), request.query_params.get("limit", "")
    start = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 10 else 0
    size = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 10 else PAGE
    return start, start + max(1, min(size, MOST))
