"""Pictures go when their time is over, whether or not another one comes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress

from agent.clock import Clock
from agent.probes.picture.keep import Album

EVERY = 3600.0
"""Seconds between two rounds."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def tended(
    album: Album, clock: Clock, keeping: Callable[[], Collection[str]], every: float = EVERY
) -> AsyncIterator[None]:
    """At once, and then now and then until left, throw away what is too old or not allowed any more.

    keeping: devices of which pictures may be kept.
    """
    task = asyncio.create_task(_walk(album, clock, keeping, every), name="picture-rounds")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _walk(album: Album, clock: Clock, keeping: Callable[[], Collection[str]], every: float) -> None:
    while True:
        try:
            await asyncio.to_thread(album.purge, clock.now(), keeping())
        except OSError as error:
            _log.warning("picture.not_purged error=%s", error)
        await asyncio.sleep(every)
