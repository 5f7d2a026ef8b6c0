"""RTSP 1.0 of the cameras (RFC 2326): one stream over the connection itself, behind Digest, for two viewers at most."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.simulator.services import pictures, rtp
from agent.simulator.services.media import codec
from agent.simulator.services.voice import Voice

SESSIONS = 2
"""Streams that a camera gives at once, as many real ones do."""
FRAME_SECONDS = 1.0
"""Between two key frames."""
FIRST_SECONDS = 0.2
"""From PLAY to the first one."""
_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
_REQUEST = re.compile(r"([A-Z_]{3,20}) (\S{1,2048}) RTSP/1\.0")
_PHRASES = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed",
    453: "Not Enough Bandwidth", 454: "Session Not Found", 461: "Unsupported Transport",
}  # fmt: skip
_INTERLEAVED = re.compile(r"interleaved=(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Request:
    """Names of headers are in lower case."""

    method: str
    uri: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class Conversation:
    """One connection: its session, and the task that sends pictures."""

    voice: Voice
    writer: asyncio.StreamWriter
    session: str = ""
    channel: int = 0
    playing: asyncio.Task[None] | None = field(default=None)

    def answer(self, request: Request) -> bytes:
        """What goes back; a PLAY has begun to send when it does."""
        if request.method == "OPTIONS":
            return self._say(request, 200, f"Public: {_METHODS}")
        refused = self._refused(request)
        if refused:
            return refused
        act = {"DESCRIBE": self._describe, "SETUP": self._set_up, "PLAY": self._play, "TEARDOWN": self._tear_down,
               "GET_PARAMETER": self._alive}.get(request.method)  # fmt: skip
        return self._say(request, 405) if act is None else act(request)

    def close(self) -> None:
        self.voice.sessions.discard(self.session)
        if self.playing is not None:
            self.playing.cancel()

    def _refused(self, request: Request) -> bytes:
        """The 401, or nothing where the caller may ask."""
        voice, guard = self.voice, self.voice.guard
        user, header = voice.service.username, request.headers.get("authorization", "")
        if not user:
            return b""
        stale = bool(header) and not guard.fresh(voice.mono)
        if header and not stale and not guard.locked(voice.mono):
            if guard.digest_is_right(request.method, header, user, voice.password):
                guard.accept()
                return b""
            guard.refuse(voice.mono)
        return self._say(request, 401, f"WWW-Authenticate: {guard.challenge(voice.mono, stale, qop=False)}")

    def _describe(self, request: Request) -> bytes:
        wanted = request.uri.partition("://")[2].partition("/")[2].partition("?")[0]
        path = self.voice.service.path.lstrip("/").partition("?")[0]
        if path and wanted.rstrip("/") != path:
            return self._say(request, 404)
        body = rtp.description(codec(self.voice), self.voice.box.address, self._units())
        base = f"Content-Base: {request.uri.rstrip('/')}/"
        return self._say(request, 200, base, "Content-Type: application/sdp", body=body)

    def _set_up(self, request: Request) -> bytes:
        transport = request.headers.get("transport", "")
        if "RTP/AVP/TCP" not in transport:
            return self._say(request, 461)
        if not self.session:
            if len(self.voice.sessions) >= SESSIONS:
                return self._say(request, 453)
            self.session = secrets.token_hex(4)
            self.voice.sessions.add(self.session)
        asked = _INTERLEAVED.search(transport)
        self.channel = int(asked[1]) & 0xFF if asked else 0
        way = f'Transport: RTP/AVP/TCP;unicast;interleaved={self.channel}-{self.channel + 1};mode="play"'
        return self._say(request, 200, f"Session: {self.session};timeout=60", way)

    def _play(self, request: Request) -> bytes:
        if not self.session:
            return self._say(request, 454)
        if self.playing is None:
            self.playing = asyncio.create_task(self._send())
        return self._say(request, 200, f"Session: {self.session}", "Range: npt=0.000-")

    def _tear_down(self, request: Request) -> bytes:
        self.close()
        return self._say(request, 200)

    def _alive(self, request: Request) -> bytes:
        return self._say(request, 200, *([f"Session: {self.session}"] if self.session else []))

    async def _send(self) -> None:
        """A key frame now and then, until the viewer has gone."""
        sender = rtp.Sender(codec(self.voice), secrets.randbits(32), self.channel, secrets.randbits(16))
        pause = FIRST_SECONDS
        while not self.writer.is_closing():
            await asyncio.sleep(pause)
            self.voice.looks += 1
            self.writer.write(sender.frame(self._units()))
            pause = FRAME_SECONDS

    def _units(self) -> tuple[bytes, ...]:
        voice = self.voice
        return pictures.frame(voice.setting("picture", "good"), codec(voice), voice.looks, voice.campus.plan.frames)

    def _say(self, request: Request, status: int, *headers: str, body: bytes = b"") -> bytes:
        lines = [f"RTSP/1.0 {status} {_PHRASES[status]}", f"CSeq: {request.headers.get('cseq', '0')}", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + body


async def talk(voice: Voice, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Requests until the caller hangs up."""
    conversation = Conversation(voice, writer)
    try:
        while True:
            writer.write(conversation.answer(await _read(reader)))
            await writer.drain()
    finally:
        conversation.close()


async def _read(reader: asyncio.StreamReader) -> Request:
    """The next request; receiver reports that the viewer interleaves are passed over. Raises ValueError, EOFError."""
    while (first := await reader.readexactly(1)) == b"$":
        size = int.from_bytes((await reader.readexactly(3))[1:], "big")
        await reader.readexactly(size)
    try:
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.LimitOverrunError as error:
        raise ValueError("a head without an end") from error
    line, *rest = head.strip("\r\n").split("\r\n")
    match = _REQUEST.fullmatch(line)
    if match is None:
        raise ValueError("no RTSP")
    pairs = (one.partition(":") for one in rest)
    headers = {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}
    if headers.get("content-length", "0") != "0":
        raise ValueError("a body that nobody asked for")
    return Request(match[1], match[2], headers)
