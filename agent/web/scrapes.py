"""What Prometheus and a load balancer ask for: `/metrics`, `/metrics/ports`, `/probe`, `/-/healthy`, `/-/ready`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from agent.metrics import Exposition, probe_page
from agent.metrics.text import CONTENT_TYPE
from agent.model import Outcome, Reading
from agent.view import View
from agent.web.shell import Streamed, refusal

Look = Callable[[str, str | None], Awaitable[Reading | None]]
"""One look now: device id, probe name (None: its leading one); None for what is not probed."""
Ready = Callable[[], tuple[bool, str]]

LOOKS = 16
"""Looks under way at once on behalf of `/probe`."""
LOOK_SECONDS = 30.0
SPARED, AT_ONCE = 6.0, 10
"""Seconds a target is spared for each look that `/probe` had at it, and how many looks may come before that counts: ten
a minute. By target and not by caller, because one Prometheus that asks for five hundred devices is one caller, and what
is to be spared is the device."""


class Scrapes:
    """The answers. Everything comes from memory but a look that `/probe` asks for."""

    def __init__(self, view: View, exposition: Exposition, look: Look, ready: Ready) -> None:
        self._view, self._exposition, self._look, self._ready = view, exposition, look, ready
        self._looks = asyncio.Semaphore(LOOKS)
        self._spared_until: dict[str, float] = {}

    def routes(self) -> list[Route]:
        return [
            Route("/metrics", self._metrics),
            Route("/metrics/ports", self._ports),
            Route("/probe", self._probe),
            Route("/-/healthy", self._healthy),
            Route("/-/ready", self._is_ready),
        ]

    async def _metrics(self, request: Request) -> Response:
        # Never compressed: even at level 1 it would add a third to the CPU of a scrape, and Prometheus is near.
        return Streamed(self._exposition.page(), CONTENT_TYPE)

    async def _ports(self, request: Request) -> Response:
        return Streamed(self._exposition.ports(), CONTENT_TYPE)

    async def _healthy(self, request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _is_ready(self, request: Request) -> Response:
        good, why = self._ready()
        return PlainTextResponse("ready\n" if good else f"not ready: {why}\n", 200 if good else 503)

    async def _probe(self, request: Request) -> Response:
        """One look at a device of the inventory; `probe` or `module` names which of its probes."""
        asked = request.query_params
        device, probe = asked.get("target", "")[:80], (asked.get("probe") or asked.get("module") or "")[:80]
        if not device:
            return refusal(400, "target is missing", "/probe?target=ID&probe=NAME", "target")
        frame = self._view.monitor.frame
        if self._view.find(device) is None or device not in frame.leading:
            return refusal(404, "no such device, or nothing looks at it", where="target")
        if probe and probe not in frame.probes[device]:
            return refusal(404, "the device has no such probe", ", ".join(frame.probes[device]), "probe")
        if wait := self._must_wait(device):
            return refusal(429, "looked at too often", f"again in {wait:.0f} s; ten looks a minute", "target")
        return await self._looked(device, probe or None)

    def _must_wait(self, device: str) -> float:
        """Seconds until this device may be looked at again on behalf of `/probe`; 0 for now, which then counts (GCRA,
        ITU-T I.371)."""
        now = asyncio.get_running_loop().time()
        if len(self._spared_until) > len(self._view.monitor.frame.devices):
            self._spared_until = {name: until for name, until in self._spared_until.items() if until > now}
        until = max(now, self._spared_until.get(device, now))
        early = until - now - SPARED * (AT_ONCE - 1)
        if early > 0:
            return early + 0.5
        self._spared_until[device] = until + SPARED
        return 0.0

    async def _looked(self, device: str, probe: str | None) -> Response:
        try:
            async with asyncio.timeout(LOOK_SECONDS), self._looks:
                reading = await self._look(device, probe)
        except TimeoutError:
            return refusal(503, "the look did not end in time")
        if reading is None or reading.outcome is Outcome.UNKNOWN:
            return refusal(503, "the agent cannot look", reading.reason if reading else "")
        return PlainTextResponse(probe_page(reading), media_type=CONTENT_TYPE)
