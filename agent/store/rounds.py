"""The store's rounds: once a minute the reserve is seen to and, when it is due and quiet, the day's copy is made.

A database on a server has neither: its disk and its copies are the server's (`pg_dump`).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from agent.clock import Clock
from agent.store.copies import Stopped, due, make_copy
from agent.store.directory import DataDirectory
from agent.store.errors import StoreError
from agent.store.reserve import Reserve

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds. settle: from the start to the first copy; every: a round; again: after a copy that failed."""

    settle: float = 300.0
    every: float = 60.0
    again: float = 3600.0


class Rounds:
    """zone: the site's, by whose days the copies are named.  quiet: whether the writer has nothing to do.
    copies: whether there is a file of ours to copy.

    failed: why the last copy was not made, "" after one that was.
    """

    def __init__(
        self,
        directory: DataDirectory,
        reserve: Reserve | None,
        clock: Clock,
        zone: Callable[[], tzinfo],
        quiet: Callable[[], bool],
        pace: Pace | None = None,
        copies: bool = True,
    ) -> None:
        self._directory, self._reserve, self._clock, self._zone, self._quiet = directory, reserve, clock, zone, quiet
        self._pace = pace or Pace()
        self._not_before = clock.mono() + self._pace.settle
        self._stopping, self._copies = threading.Event(), copies
        self.failed = ""

    @property
    def roomy(self) -> bool:
        """Whether the reserve is there; False after a full disk, until there is room for it again."""
        return self._reserve is None or self._reserve.held

    @asynccontextmanager
    async def walked(self) -> AsyncIterator[None]:
        """The rounds go on until left; a copy under way is given up."""
        await asyncio.to_thread(self._take_reserve)
        task = asyncio.create_task(self._walk(), name="store-rounds")
        try:
            yield
        finally:
            self._stopping.set()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _walk(self) -> None:
        while True:
            await asyncio.sleep(self._pace.every)
            if not self.roomy and self._quiet() and await asyncio.to_thread(self._take_reserve):
                _log.warning("store.reserve_taken_again")
            if self._due():
                await self._copy(self._today())

    def _take_reserve(self) -> bool:
        return self._reserve is None or self._reserve.take()

    def _today(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now() / 1000, UTC).astimezone(self._zone())

    def _due(self) -> bool:
        ready = self._copies and self._clock.mono() >= self._not_before and self._quiet()
        return ready and due(self._today(), self._directory.newest_copy())

    async def _copy(self, day: datetime) -> None:
        try:
            made = await asyncio.to_thread(make_copy, self._directory, day.date(), self._stopping.is_set)
        except (StoreError, OSError) as error:
            self.failed = str(error)
            self._not_before = self._clock.mono() + self._pace.again
            _log.error("store.copy_failed error=%s", error)
        except Stopped:
            pass
        else:
            self.failed = ""
            _log.info(
                "store.copied file=%s bytes=%d chains=%d seconds=%.1f", made.path, made.size, made.chains, made.seconds
            )
