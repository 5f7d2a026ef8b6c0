"""The ladder of a camera's stream, as one call each: `options`, `describe`, `keyframe`. Every end is a value."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agent.model import Outcome
from agent.probes.base import Log
from agent.probes.errors import classify
from agent.probes.rtsp import sdp
from agent.probes.rtsp.address import Place, control, place
from agent.probes.rtsp.keyframe import Assembler
from agent.probes.rtsp.message import Malformed, Message
from agent.probes.rtsp.rtp import parse
from agent.probes.rtsp.session import Broken, Login, Session
from agent.probes.rtsp.wire import TooMuch, dial
from agent.text import clean

LEAVING = 0.5
"""Seconds for TEARDOWN, beyond the deadline where that is over."""

_SESSION = re.compile(r"[A-Za-z0-9$_.+-]{1,128}", re.ASCII)
"""RFC 2326 15.1, session-id."""
_CHANNEL = re.compile(r"interleaved=(\d{1,3})(?!\d)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The first rung that does not hold, and why. outcome: UNKNOWN where this machine could not look.

    refused: the camera has said no to the login that was given (and not: asked for one where none was given).
    """

    reason: str
    rung: str
    outcome: Outcome = Outcome.FAILED
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """It speaks RTSP. login: it wants one before it says more.  methods: of its `Public` header."""

    login: bool
    server: str = ""
    methods: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """It offers video. login: it wanted one, and took ours.  foreign: another host that it named as its own."""

    video: sdp.Video
    login: bool
    server: str = ""
    foreign: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFrame:
    """data: one picture with its parameter sets, a byte stream (Annex B).  waited: seconds from PLAY to its end.
    received: bytes of the whole conversation.
    """

    described: Described
    data: bytes
    waited: float
    received: int


@dataclass(frozen=True, slots=True)
class _Stream:
    described: Described
    whole: Place
    media: Place


async def options(address: str, port: int, deadline: float, log: Log) -> Alive | Failure:
    """Does it speak RTSP? 200 and 401 say yes, and so does every other status."""
    session = Session(None, log)
    try:
        async with _talk(session, Place(address, port, "/"), deadline):
            answer = await session.once("OPTIONS", Place(address, port, "/"))
            return Alive(login=answer.status == 401, server=session.server, methods=clean(answer.header("public"), 300))
    except Broken as broken:
        return _failure(session, broken, log)


async def describe(address: str, uri: str, login: Login | None, deadline: float, log: Log) -> Described | Failure:
    """Does it let us in, and is there video? uri: of the stream, or its path at port 554."""
    session = Session(login, log)
    try:
        where, foreign = _where(address, uri, log)
        async with _talk(session, where, deadline):
            return (await _describe(session, where, foreign, log)).described
    except Broken as broken:
        return _failure(session, broken, log)


async def keyframe(address: str, uri: str, login: Login | None, deadline: float, log: Log) -> KeyFrame | Failure:
    """One whole key frame, over TCP; the session is given back."""
    session = Session(login, log)
    try:
        where, foreign = _where(address, uri, log)
        async with _talk(session, where, deadline) as received:
            stream = await _describe(session, where, foreign, log)
            channel = await _set_up(session, stream)
            data, waited = await _play(session, stream, channel, log)
            return KeyFrame(described=stream.described, data=data, waited=waited, received=received())
    except Broken as broken:
        return _failure(session, broken, log)


# -- the rungs


def _where(address: str, uri: str, log: Log) -> tuple[Place, str]:
    where, foreign = place(address, uri)
    if where is None:
        log(f"no RTSP address: {clean(uri, 200)}")
        raise Broken("no_stream")
    if foreign:
        log(f"the stream is said to be at {clean(foreign, 100)}; asked for at {address}")
    return where, foreign


async def _describe(session: Session, where: Place, foreign: str, log: Log) -> _Stream:
    answer = await session.ask("DESCRIBE", where, {"Accept": "application/sdp"})
    session.rung = "stream"
    offer = sdp.read(answer.body)
    if offer.video is None:
        log(f"no video that can be read; offered: {', '.join(offer.other) or 'none'}")
        raise Broken("no_video")
    base = answer.header("content-base") or answer.header("content-location")
    whole, other = control(where, base, offer.video.session_control)
    media, third = control(where, base, offer.video.control)
    foreign = foreign or other or third
    described = Described(video=offer.video, login=session.let_in, server=session.server, foreign=clean(foreign, 100))
    log(f"video {offer.video.codec}, {len(offer.video.sets)} parameter sets told")
    return _Stream(described, whole, media)


async def _set_up(session: Session, stream: _Stream) -> int:
    """The channel on which the video will come. Only TCP, in this very connection: nothing is sent elsewhere."""
    session.rung = "frame"
    answer = await session.ask("SETUP", stream.media, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"})
    name = answer.header("session").partition(";")[0].strip()
    transport = answer.header("transport").replace(" ", "")
    if not _SESSION.fullmatch(name) or "/TCP" not in transport.upper():
        raise Broken("no_stream", f"set up as {clean(transport, 200)}")
    session.opened(name, stream.whole)
    channel = _CHANNEL.search(transport)
    return int(channel[1]) if channel else 0


async def _play(session: Session, stream: _Stream, channel: int, log: Log) -> tuple[bytes, float]:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await session.ask("PLAY", stream.whole, {"Range": "npt=0.000-"})
    video = stream.described.video
    assembler = Assembler(video.codec, video.sets)
    while True:
        came = await session.next()
        if isinstance(came, Message) or came[0] != channel:
            continue
        packet = parse(came[1])
        if packet is None or packet.payload_type != video.payload:
            continue
        frame = assembler.feed(packet)
        if frame is not None:
            log(f"key frame of {len(frame)} bytes after {loop.time() - begun:.2f} s")
            return frame, loop.time() - begun


# -- the conversation


@asynccontextmanager
async def _talk(session: Session, where: Place, deadline: float) -> AsyncIterator[Callable[[], int]]:
    """Connected to `where` until the deadline; gives a function that counts bytes read. What goes wrong is Broken."""
    try:
        async with asyncio.timeout_at(deadline), dial(where.host, where.port) as wire:
            session.over(wire)
            try:
                yield lambda: wire.taken
            finally:
                await _leave(session)
    except (Malformed, TooMuch) as wrong:
        rung = session.rung
        raise Broken("no_frame" if rung == "frame" else "not_rtsp", str(wrong)) from None
    except OSError as error:
        outcome, reason = classify(error)
        if session.rung == "frame" and outcome is Outcome.FAILED:
            reason = "no_frame"
        raise Broken(reason, f"{type(error).__name__}: {error}", outcome=outcome) from None


async def _leave(session: Session) -> None:
    """Whether the camera hears it or not: it is the end."""
    try:
        async with asyncio.timeout(LEAVING):
            await session.leave()
    except (OSError, Malformed, TooMuch):
        pass  # The connection is closed now, which ends the session, too (RFC 2326 does not say so, servers do).


def _failure(session: Session, broken: Broken, log: Log) -> Failure:
    log(f"{session.rung}: {broken}")
    return Failure(reason=broken.reason, rung=session.rung, outcome=broken.outcome, refused=broken.refused)
