"""The pages as a whole: pieces gathered into chunks that are worth a write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from prometheus_client import generate_latest

from agent.metrics import faults, ports
from agent.metrics.devices import DevicePages
from agent.metrics.own import Own, registry
from agent.metrics.survey import surveyed
from agent.metrics.systems import of_systems
from agent.metrics.tickets import TicketPages
from agent.store import Writer
from agent.tallies import Tallies
from agent.view import View

CHUNK = 128 * 1024
"""Characters gathered before they are handed on."""


class Exposition:
    """`/metrics` and `/metrics/ports`, from memory, never from the database."""

    def __init__(self, view: View, tallies: Tallies, own: Own, writer: Writer, reload_good: Callable[[], bool]) -> None:
        self._view = view
        self._devices = DevicePages(view)
        self._tickets = TicketPages(view, tallies)
        self._registry = registry(view, own, writer, reload_good)

    def page(self) -> AsyncIterator[bytes]:
        """`/metrics`: devices, tickets, clocks, the agent itself."""
        return _chunks(self._pieces())

    def ports(self) -> AsyncIterator[bytes]:
        """`/metrics/ports`: what is too much for every scrape."""
        return _chunks(ports.pieces(self._view))

    async def render(self) -> bytes:
        """The whole of `/metrics`."""
        return b"".join([chunk async for chunk in self.page()])

    async def _pieces(self) -> AsyncIterator[str]:
        survey = await surveyed(self._view)
        async for piece in self._devices.pieces(survey):
            yield piece
        async for piece in faults.pieces(self._view, survey):
            yield piece
        yield of_systems(survey)
        async for piece in self._tickets.pieces():
            yield piece
        yield generate_latest(self._registry).decode()


async def _chunks(pieces: AsyncIterator[str]) -> AsyncIterator[bytes]:
    held: list[str] = []
    size = 0
    async for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= CHUNK:
            yield "".join(held).encode("utf-8", "replace")
            held, size = [], 0
    if held:
        yield "".join(held).encode("utf-8", "replace")
