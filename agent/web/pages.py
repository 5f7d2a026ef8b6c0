"""The pages for people: what is down and which clocks run, a device, a ticket, lists of both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from agent import __version__
from agent.alerting import sla
from agent.alerting.standing import STATES
from agent.alerting.tickets import BROKEN, Ticket
from agent.metrics import Survey, surveyed
from agent.model import Device, Ms
from agent.plain import journal as journals
from agent.plain.advice import of_title
from agent.plain.facts import rung_of
from agent.plain.ports import brief
from agent.plain.reader import short
from agent.systems import systems
from agent.view import View
from agent.web import sight
from agent.web.api import Journal, told
from agent.web.closeup import closeup, what_to_do
from agent.web.pictures import Pictures
from agent.web.words import Words, countdown, words_of

FRESH = 1.0
"""Seconds for which one survey, and one front page in one language, serves everybody who asks."""
REFRESH = 5
"""Seconds between two looks of an open page; without JavaScript three times as many."""
LINES = 100
"""Devices or tickets on a page of a list."""
EVENTS = 200
CELLS = 256
"""Ports of a device that its page draws."""


class Surveys:
    """How the devices stand, asked again when it is older than a moment."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._lock = asyncio.Lock()
        self._taken = -FRESH
        self._survey: Survey | None = None

    async def latest(self) -> Survey:
        clock = asyncio.get_running_loop().time
        async with self._lock:
            if self._survey is None or clock() - self._taken >= FRESH:
                self._survey = await surveyed(self._view)
                self._taken = clock()
            return self._survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a banner warns of beside blindness."""

    writable: Callable[[], bool]
    full: Callable[[], bool]
    roomy: Callable[[], bool]
    reload_good: Callable[[], bool]


class Pages:
    """Renders them. site: the name of the campus."""

    def __init__(
        self, view: View, surveys: Surveys, journal: Journal, health: Health, site: Callable[[], str],
        pictures: Pictures,
    ) -> None:  # fmt: skip
        self._view, self._surveys, self._journal, self._health, self._site = view, surveys, journal, health, site
        self._pictures = pictures
        loader = PackageLoader("agent.web", "templates")
        self._templates = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
        self._templates.filters |= {"short": short, "countdown": countdown, "rung": rung_of, "brief": brief}
        self._templates.globals |= {
            "version": __version__,
            "refresh": REFRESH,
            "states": sight.WORST_FIRST,
            "who": journals.who,
            "cells": CELLS,
        }
        self._front: dict[tuple[str, bool], tuple[Survey, str]] = {}

    def routes(self) -> list[Route]:
        return [
            Route("/", self._overview),
            Route("/devices", self._devices),
            Route("/devices/{id}", self._device),
            Route("/tickets", self._tickets),
            Route("/tickets/{id}", self._ticket),
        ]

    # -- the frame of every page

    def words(self, request: Request) -> Words:
        return words_of(request, self._view.monitor.frame.zone)

    def render(self, name: str, words: Words, path: str, at: Ms, **values: Any) -> str:
        """One page. path: where it is found, for the switch of language."""
        return self._templates.get_template(name).render(
            t=words, lang=words.lang, path=path, at=at, now=self._view.now, site=self._site(),
            troubles=list(self._troubles()), **values,
        )  # fmt: skip

    def error(self, request: Request, status: int, message: str) -> Response:
        words = self.words(request)
        page = self.render("error.html", words, "/", self._view.now, status=status, message=message)
        return html(page, status)

    def _troubles(self) -> Iterator[tuple[str, Ms | None]]:
        blind = self._view.monitor.memory.blind_since
        if blind is not None:
            yield "blind", blind
        if not self._view.monitor.memory.sure:
            yield "clock", None
        end = self._view.calendar_ends()
        if end is not None:
            yield "calendar", end
        if self._health.full():
            yield "full", None
        elif not self._health.writable():
            yield "store", None
        elif not self._health.roomy():
            yield "disk", None
        if not self._health.reload_good():
            yield "reload", None

    # -- the pages

    async def _overview(self, request: Request) -> Response:
        survey, words = await self._surveys.latest(), self.words(request)
        kept = self._front.get((words.lang, words.asked))
        if kept is None or kept[0] is not survey:
            page = self.render(
                "overview.html",
                words,
                "/",
                survey.at,
                o=sight.overview(self._view, survey),
                systems=list(systems(survey.rows())),
            )
            kept = self._front[words.lang, words.asked] = (survey, page)
        return html(kept[1])

    async def _devices(self, request: Request) -> Response:
        survey, words, asked = await self._surveys.latest(), self.words(request), request.query_params
        chosen = {name: asked[name][:80] for name in ("state", "kind", "building") if asked.get(name)}
        rows = _worst_first(survey, chosen)
        start, page = _page(request)
        values = {"rows": rows[start : start + LINES], "total": len(rows), "page": page, "chosen": chosen}
        more = {"last": max(0, (len(rows) - 1) // LINES), "counts": survey.counts(), "since": self._view.since}
        return html(self.render("devices.html", words, "/devices", survey.at, **values, **more))

    async def _device(self, request: Request) -> Response:
        device, words = self._view.find(request.path_params["id"]), self.words(request)
        if device is None or device.kind == "reference":
            return self.error(request, 404, words("no_device"))
        path = f"/devices/{device.id}"
        values = {**closeup(self._view, device, words), "pictures": await self._pictures.of(device)}
        return html(self.render("device.html", words, path, self._view.now, device=device, **values))

    async def _tickets(self, request: Request) -> Response:
        survey, words = await self._surveys.latest(), self.words(request)
        standings = {device.id: standing for device, standing in survey.rows()}
        tickets = self._view.tickets()
        start, page = _page(request)
        some = tickets[start : start + LINES]
        cards = [sight.card(self._view, ticket, standings, survey.at) for ticket in some]
        values = {"cards": cards, "total": len(tickets), "page": page, "last": max(0, (len(tickets) - 1) // LINES)}
        return html(self.render("tickets.html", words, "/tickets", survey.at, **values))

    async def _ticket(self, request: Request) -> Response:
        words = self.words(request)
        ticket, journal = await told(self._journal, request.path_params["id"])
        if ticket is None:
            return self.error(request, 404, words("no_ticket"))
        now = self._view.now
        members = [device for name in ticket.members[:500] if (device := self._view.find(name)) is not None]
        standings = {device.id: self._view.standing(device, now) for device in members}
        values = {
            "card": sight.card(self._view, ticket, standings, now),
            "faces": list(sight.faces(ticket, sla.CLOCKS, now)),
            "members": [(device, standings[device.id].state) for device in members[: sight.NAMES * 2]],
            "more": max(0, len(ticket.members) - sight.NAMES * 2),
            "journal": [(event, journals.told(words, event.args)) for event in journal[-EVENTS:]],
            "earlier": max(0, len(journal) - EVENTS),
            "broken": ticket.state in BROKEN,
            **self._cause(words, ticket),
            "pictures": await self._pictures.of(self._view.find(ticket.root)),
        }
        return html(self.render("ticket.html", words, f"/tickets/{ticket.id}", now, **values))

    def _cause(self, words: Words, ticket: Ticket) -> Mapping[str, Any]:
        """Why the root is not well while the outage runs, where it hangs, and what to do."""
        root = self._view.find(ticket.root)
        worst = sight.worst_condition(self._view, root) if root and ticket.state in BROKEN else None
        parent = self._view.find(root.parent.device) if root and root.parent else None
        port = brief(root.parent.port) if root and root.parent else ""
        if ticket.state not in BROKEN:
            told = ""
        else:
            told = what_to_do(self._view, root, words) if root else of_title(words, *ticket.title)
        return {"worst": worst, "parent": parent, "port": port, "advice": told}


def html(page: str, status: int = 200) -> HTMLResponse:
    """The page as bytes that no string can break."""
    return HTMLResponse(page.encode("utf-8", "replace"), status)


def _worst_first(survey: Survey, chosen: Mapping[str, str]) -> list[tuple[Device, str]]:
    """The devices that fit, each with its state; within a state in the order of the inventory."""
    state, kind, building = (chosen.get(name) for name in ("state", "kind", "building"))
    found: dict[str, list[Device]] = {one: [] for one in sight.WORST_FIRST if state in (None, one)}
    for device, standing in survey.rows():
        wanted = kind in (None, device.kind) and building in (None, device.location.building)
        if wanted and standing.state in found:
            found[standing.state].append(device)
    return [(device, one) for one, devices in found.items() for device in devices]


def _page(request: Request) -> tuple[int, int]:
    """Where the asked page of a list begins, and its number from 0."""
    asked = request.query_params.get("page", "")
    page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0
    return page * LINES, page


assert set(sight.WORST_FIRST) == set(STATES)
