"""A camera's RTSP server (RFC 2326) with canned key frames, and the faults that no real one shows on demand.

Its protocol code is its own: nothing here is borrowed from what it tests.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_CHUNK = 1400
_NAL = re.compile(rb"\x00?\x00\x00\x01")

Twist = Callable[["Request", bytes], Awaitable[bytes | None] | bytes | None]
"""Takes a request and the honest answer; gives the bytes to send instead, or None to hang up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    uri: str
    headers: dict[str, str]
    stream: asyncio.StreamWriter


@dataclass(slots=True, kw_only=True)
class Camera:
    """What it is asked to be, and what it has seen.

    frames: key frames (Annex B), one a PLAY in turn.  user, password, algorithm, qop: its login; no user, no login.
    twist: what it does with honest answers.  packets: makes the interleaved packets of a frame, instead of true ones.
    """

    codec: str = "h264"
    frames: list[bytes] = field(default_factory=list)
    user: str = "cam"
    password: str = "secret"
    algorithm: str = "MD5"
    qop: bool = True
    sprop: bool = True
    twist: Twist | None = None
    packets: Callable[[Camera, bytes], list[bytes]] | None = None
    port: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    logins: list[str] = field(default_factory=list)
    open: int = 0
    nonce: str = "f00d"

    def challenge(self) -> str:
        words = [f'realm="camera", nonce="{self.nonce}", algorithm={self.algorithm}']
        return "Digest " + ", ".join(words + (['qop="auth"'] if self.qop else []))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.open += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                answer = await self._twisted(_request(head, writer))
                if answer is None:
                    return
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass  # the stream protocol of Python 3.11 calls a cancelled connection an error
        finally:
            self.open -= 1
            writer.transport.abort()

    async def _twisted(self, request: Request) -> bytes | None:
        self.seen[request.method] += 1
        honest = self.answer(request)
        if self.twist is None:
            return honest
        made = self.twist(request, honest)
        return made if made is None or isinstance(made, bytes) else await made

    def answer(self, request: Request) -> bytes:
        cseq = request.headers.get("cseq", "0")
        if request.method == "OPTIONS":
            return reply(cseq, headers=["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN", "Server: fake/1.0"])
        if self.user and not self._lets_in(request):
            return reply(cseq, 401, [f"WWW-Authenticate: {self.challenge()}"])
        match request.method:
            case "DESCRIBE":
                return reply(cseq, headers=["Content-Type: application/sdp"], body=self.sdp())
            case "SETUP":
                return reply(cseq, headers=["Session: 4711;timeout=60", "Transport: RTP/AVP/TCP;interleaved=0-1"])
            case "PLAY":
                return reply(cseq, headers=["Session: 4711"]) + b"".join(self._packets())
            case "TEARDOWN":
                return reply(cseq)
        return reply(cseq, 501)

    def sdp(self) -> bytes:
        name = {"h264": "H264", "hevc": "H265"}.get(self.codec, self.codec)
        told = self._sprop() if self.sprop and self.frames else ""
        return (
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=fake\r\nt=0 0\r\na=control:*\r\n"
            "m=audio 0 RTP/AVP 8\r\na=control:audio\r\n"
            f"m=video 0 RTP/AVP 96\r\na=rtpmap:96 {name}/90000\r\n{told}a=control:video\r\n"
        ).encode()

    def _sprop(self) -> str:
        sets = [base64.b64encode(unit).decode() for unit in units(self.frames[0]) if is_set(self.codec, unit)]
        if self.codec == "h264":
            return f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={','.join(sets)}\r\n"
        names = ("sprop-vps", "sprop-sps", "sprop-pps")
        return "a=fmtp:96 " + ";".join(f"{name}={text}" for name, text in zip(names, sets, strict=False)) + "\r\n"

    def _packets(self) -> list[bytes]:
        frame = self.frames[(self.seen["PLAY"] - 1) % len(self.frames)] if self.frames else b""
        return self.packets(self, frame) if self.packets is not None else honest(self, frame)

    def _lets_in(self, request: Request) -> bool:
        header = request.headers.get("authorization", "")
        if not header:
            return False
        self.logins.append(header)
        said = dict(re.findall(r'(\w+)="?([^",]*)"?', header))
        good = said.get("response") == self._response(said, request.method)
        self.refused += not good
        return good

    def _response(self, said: dict[str, str], method: str) -> str:
        make = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[self.algorithm]

        def digest(text: str) -> str:
            return make(text.encode()).hexdigest()

        first, second = digest(f"{self.user}:camera:{self.password}"), digest(f"{method}:{said.get('uri')}")
        middle = f"{self.nonce}:{said.get('nc')}:{said.get('cnonce')}:auth" if self.qop else self.nonce
        return digest(f"{first}:{middle}:{second}")


def reply(cseq: str, status: int = 200, headers: list[str] | None = None, body: bytes = b"") -> bytes:
    lines = [f"RTSP/1.0 {status} X", f"CSeq: {cseq}", *(headers or [])]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _request(head: str, stream: asyncio.StreamWriter) -> Request:
    first, *lines = head.split("\r\n")
    method, uri, _ = first.split(" ")
    pairs = (line.partition(": ") for line in lines if line)
    return Request(method=method, uri=uri, headers={name.lower(): value for name, _, value in pairs}, stream=stream)


def units(frame: bytes) -> list[bytes]:
    """NAL units of a byte stream."""
    return [unit for unit in _NAL.split(frame) if unit]


def is_set(codec: str, unit: bytes) -> bool:
    return unit[0] & 31 in (7, 8) if codec == "h264" else unit[0] >> 1 & 63 in (32, 33, 34)


def honest(camera: Camera, frame: bytes) -> list[bytes]:
    """A frame's interleaved packets: sets in one aggregate, small units whole, large ones in fragments."""
    sets = [unit for unit in units(frame) if is_set(camera.codec, unit)]
    payloads = [aggregate(camera.codec, sets)] if sets else []
    for unit in units(frame):
        if not is_set(camera.codec, unit):
            payloads += fragments(camera.codec, unit) if len(unit) > _CHUNK else [unit]
    return [
        interleaved(rtp(payload, number, marker=number == len(payloads) - 1)) for number, payload in enumerate(payloads)
    ]


def aggregate(codec: str, whole: list[bytes]) -> bytes:
    head = b"\x18" if codec == "h264" else b"\x60\x01"
    return head + b"".join(len(unit).to_bytes(2) + unit for unit in whole)


def fragments(codec: str, unit: bytes, size: int = _CHUNK) -> list[bytes]:
    """FU-A of RFC 6184, FU of RFC 7798."""
    header, kind = (1, unit[0] & 31) if codec == "h264" else (2, unit[0] >> 1 & 63)
    first = bytes((unit[0] & 0xE0 | 28,)) if codec == "h264" else bytes((unit[0] & 0x81 | 49 << 1, unit[1]))
    body = unit[header:]
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    ends = [0x80] + [0] * (len(parts) - 2) + [0x40]
    return [first + bytes((end | kind,)) + part for end, part in zip(ends, parts, strict=True)]


def rtp(payload: bytes, number: int, *, marker: bool = False, timestamp: int = 90_000) -> bytes:
    second = 96 | (0x80 if marker else 0)
    return bytes((0x80, second)) + (number & 0xFFFF).to_bytes(2) + timestamp.to_bytes(4) + b"\0\0\0\1" + payload


def interleaved(content: bytes, channel: int = 0) -> bytes:
    return bytes((0x24, channel)) + len(content).to_bytes(2) + content


@asynccontextmanager
async def running(camera: Camera, address: str = "127.0.0.1") -> AsyncIterator[Camera]:
    """The camera, listening; `camera.port` says where."""
    server = await asyncio.start_server(camera.serve, address, camera.port, limit=1 << 20)
    camera.port = server.sockets[0].getsockname()[1]
    try:
        yield camera
    finally:
        server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await server.wait_closed()
