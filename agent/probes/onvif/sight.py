"""The picture, when it is due: a key frame of the stream, or the snapshot where there is no stream to take it from.

It is a check of its own, since the looks between two pictures cannot tell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from agent.model import Outcome
from agent.probes.logins import AUTH, LOCKED
from agent.probes.onvif import snapshot, stream
from agent.probes.onvif.ladder import STREAM_URI, Ladder
from agent.probes.onvif.snapshot import NO_SNAPSHOT, NoPicture
from agent.probes.picture.viewer import Viewer
from agent.probes.rtsp import PICTURE_SECONDS
from agent.probes.rtsp.client import Failure

_NO_STREAM = frozenset((STREAM_URI, stream.RTSP, stream.STREAM))
"""Rungs that break where a camera has no stream that can be used, and has let us in."""
_SNAPSHOT = "snapshot"
_PAUSE = 1.0
"""Seconds until a busy stream is asked once more: it may still be putting away the session that has just described it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shot:
    """What is to be decoded."""

    codec: str
    data: bytes
    samples: Mapping[str, float]


async def seen(ladder: Ladder, viewer: Viewer, *, whole: bool) -> None:
    """Fetch and judge it, if it is due. whole: all rungs of the ladder hold."""
    target, every = ladder.target, ladder.target.options.picture
    sessions = ladder.logins.session(ladder.host.address)
    ladder.samples |= viewer.last(target.key)
    due = ladder.asked or viewer.due(target.key, every, ladder.clock.mono())
    if not every or not due or sessions.locked() or not _possible(ladder, whole) or ladder.resting:
        return
    async with viewer.turn(target.key, every, ladder.clock.mono()):
        async with sessions:
            shot = await _shot(ladder, whole)
        if shot is not None:
            await _judged(ladder, viewer, shot)


def _possible(ladder: Ladder, whole: bool) -> bool:
    options = ladder.target.options
    return (whole and options.stream) if options.by == "stream" else (whole or ladder.rung in _NO_STREAM)


def _by_snapshot(ladder: Ladder, whole: bool) -> bool:
    options = ladder.target.options
    return options.by == "snapshot" or (options.by == "auto" and not (whole and options.stream))


async def _shot(ladder: Ladder, whole: bool) -> _Shot | None:
    """The picture's data; without, what is known of the reason is told."""
    deadline = asyncio.get_running_loop().time() + PICTURE_SECONDS
    try:
        return await (_snapshot if _by_snapshot(ladder, whole) else _frame)(ladder, deadline)
    except NoPicture as none:
        if none.refused:
            ladder.rest(LOCKED if none.locked else AUTH)
        elif none.reason:
            ladder.checks["picture"] = none.reason
        return None


async def _frame(ladder: Ladder, deadline: float) -> _Shot:
    found = await stream.frame(ladder, deadline)
    if isinstance(found, Failure) and found.reason == "busy":
        await asyncio.sleep(_PAUSE)
        found = await stream.frame(ladder, deadline)
    if isinstance(found, Failure):
        told = found.outcome is Outcome.FAILED and found.reason not in ("busy", LOCKED) and not found.refused
        raise NoPicture(found.reason if told else "")
    samples = {"frame_seconds": found.waited, "frame_bytes": found.received}
    return _Shot(codec=found.described.video.codec, data=found.data, samples=samples)


async def _snapshot(ladder: Ladder, deadline: float) -> _Shot:
    begun = ladder.clock.mono()
    try:
        async with asyncio.timeout_at(deadline):
            data = await _fetched(ladder)
    except TimeoutError:
        raise NoPicture(_told(ladder, NO_SNAPSHOT)) from None
    except NoPicture as none:
        raise NoPicture(_told(ladder, none.reason), refused=none.refused, locked=none.locked) from none
    finally:
        ladder.talk.close()
    return _Shot(codec="mjpeg", data=data, samples={"snapshot_seconds": ladder.clock.mono() - begun})


async def _fetched(ladder: Ladder) -> bytes:
    """The first time alone on this device: whether the snapshot takes the login is not known."""
    if _SNAPSHOT in ladder.known.open:
        return await snapshot.fetch(ladder)
    async with ladder.logins.turn(ladder.target.device):
        if ladder.resting:
            raise NoPicture("")
        data = await snapshot.fetch(ladder)
    ladder.known.open.add(_SNAPSHOT)
    return data


def _told(ladder: Ladder, reason: str) -> str:
    """Who is asked for a snapshot for want of a stream alone need not have one: that is no fault."""
    return reason if ladder.target.options.by == "snapshot" else ""


async def _judged(ladder: Ladder, viewer: Viewer, shot: _Shot) -> None:
    keep = ladder.target.options.pictures == "keep"
    sight = await viewer.see(ladder.target.key, shot.codec, shot.data, ladder.clock.now(), keep=keep)
    ladder.log(f"picture: {sight.checks.get('picture', 'undecided') or 'good'}")
    ladder.checks |= sight.checks
    ladder.samples |= {**shot.samples, **sight.samples}
    ladder.facts |= sight.facts
