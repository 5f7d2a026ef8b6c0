"""One for the house: whose picture is due, how many are fetched at once, and what a picture says."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from agent.model import Json, Ms
from agent.probes.picture.decoder import COLUMNS
from agent.probes.picture.helper import Decoder, NoDecoder
from agent.probes.picture.judge import Limits, Seen, judge
from agent.probes.picture.keep import Album
from agent.probes.picture.measure import measure

AT_ONCE = 4
"""Pictures fetched at once, of all cameras; decoded is one at a time. A camera takes 0.1 to 3 s to its next key frame:
300 of them every 10 minutes would not get through a door for one.
"""
AGAIN = 120.0
"""Seconds to the next picture where the last one was suspicious."""
PATIENCE = 10.0
"""Seconds for a picture to be decoded, its turn included; what is not done by then says nothing of the camera."""
SMALL = 320
"""Pixels of a kept picture's width."""

Key = tuple[str, str]
"""Device and probe."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a picture says. checks: `picture`, a reason or "" where it is good; empty where it decides nothing."""

    checks: Mapping[str, str] = field(default_factory=dict)
    samples: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Json] = field(default_factory=dict)


class Viewer:
    """Remembers of each camera what its pictures were like. Nothing here runs or is imported before the first one."""

    def __init__(
        self, *, limits: Limits | None = None, album: Album | None = None, at_once: int = AT_ONCE,
        decoder: Decoder | None = None,
    ) -> None:  # fmt: skip
        """album: where pictures are kept whose probe says so; None keeps none."""
        self._limits, self._album = limits or Limits(), album
        self._slots = asyncio.Semaphore(at_once)
        self._decoder = decoder or Decoder()
        self._seen: dict[Key, Seen] = {}
        self._last: dict[Key, Mapping[str, float]] = {}
        self._next: dict[Key, float] = {}
        self._begun: dict[Key, float] = {}

    def due(self, key: Key, every: float, mono: float) -> bool:
        """Is it this camera's time, and is there room? The first times lie spread over `every` seconds, by name.

        mono: seconds of the agent's clock (`Clock.mono`), here and in `turn`.
        """
        if not every:
            return False
        first = mono + zlib.crc32("/".join(key).encode()) / 2**32 * every
        return mono >= self._next.setdefault(key, first) and not self._slots.locked()

    @asynccontextmanager
    async def turn(self, key: Key, every: float, mono: float) -> AsyncIterator[None]:
        """Around fetching and seeing a picture; the next one is due in `every` seconds, however this one ends."""
        async with self._slots:
            self._next[key], self._begun[key] = mono + every, mono
            yield

    async def see(
        self, key: Key, codec: str, data: bytes, now: Ms, *, expected: tuple[int, int] = (0, 0), keep: bool = False
    ) -> Sight:
        """Decode and judge a key frame (`h264`, `hevc`) or a JPEG file (`mjpeg`). Only within `turn`.

        expected: width and height it must have, 0 any.  keep: the small picture goes to the album.
        """
        keep = keep and self._album is not None
        try:
            async with asyncio.timeout(PATIENCE):
                picture = await self._decoder.decode(codec, data, SMALL if keep else 0)
        except (NoDecoder, TimeoutError):
            return Sight()
        if picture is None:
            return Sight(checks={"picture": "undecodable"})
        size = (picture.width, picture.height)
        measures = measure(picture.luma, COLUMNS, size, picture.colour)
        verdict, self._seen[key] = judge(self._seen.get(key, Seen()), measures, now, expected, self._limits)
        if verdict.again and key in self._begun:  # it may have been forgotten meanwhile
            self._next[key] = min(self._next[key], self._begun[key] + AGAIN)
        if keep:
            await self._keep(key[0], now, picture.small, good=verdict.reason == "")
        self._last[key] = {
            "picture_brightness_ratio": measures.brightness,
            "picture_contrast_ratio": measures.contrast,
            "picture_sharpness_ratio": measures.sharpness,
        }
        return Sight(
            checks={} if verdict.reason is None else {"picture": verdict.reason},
            samples=self._last[key],
            facts={"picture_width": picture.width, "picture_height": picture.height},
        )

    def last(self, key: Key) -> Mapping[str, float]:
        """What the last picture measured, for the looks between two; empty before the first."""
        return self._last.get(key, {})

    def forget(self, key: Key) -> None:
        """The camera has left the inventory or changed."""
        self._last.pop(key, None)
        self._seen.pop(key, None)
        self._next.pop(key, None)
        self._begun.pop(key, None)

    async def close(self) -> None:
        await self._decoder.close()

    async def _keep(self, device: str, now: Ms, jpeg: bytes, *, good: bool) -> None:
        assert self._album is not None
        try:
            await asyncio.to_thread(self._album.put, device, now, jpeg, good=good)
        except OSError as error:
            _log.warning("picture.not_kept device=%s error=%s", device, error)
