"""The small pictures of a camera that its page and its ticket show, where policy lets them be kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.model import Device
from agent.probes.picture.keep import Album, Kept, Still
from agent.probes.picture.rights import allowed
from agent.view import View

GOOD, CURRENT = "good", "current"


class Pictures:
    """Serves them, and tells a page which there are. album: None keeps none."""

    def __init__(self, view: View, album: Album | None) -> None:
        self._view, self._album = view, album

    def routes(self) -> list[Route]:
        return [Route("/devices/{id}/picture/{which}", self._picture)]

    async def of(self, device: Device | None) -> list[tuple[str, Still]]:
        """What may be shown of a device: its last good picture, and the current one where that is another."""
        return list(_told(await self._kept(device)))

    async def _kept(self, device: Device | None) -> Kept:
        if device is None or self._album is None or not allowed(device):
            return Kept()
        return await asyncio.to_thread(self._album.get, device.id, self._view.now)

    async def _picture(self, request: Request) -> Response:
        kept = dict(_told(await self._kept(self._view.find(request.path_params["id"]))))
        still = kept.get(request.path_params["which"])
        if still is None:
            raise HTTPException(404)
        return Response(still.jpeg, media_type="image/jpeg")


def _told(kept: Kept) -> Iterator[tuple[str, Still]]:
    if kept.good is not None:
        yield GOOD, kept.good
    if kept.current is not None and kept.current != kept.good:
        yield CURRENT, kept.current
