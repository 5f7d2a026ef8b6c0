"""Messages of RTSP 1.0 as bytes (RFC 2326, 4 to 7). Pure; what a camera sends is hostile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

HEAD = 16 * 1024
"""Bytes of a first line and its headers, at most."""
BODY = 64 * 1024
"""Bytes of a body, at most: an SDP has about one thousand."""
HEADERS = 100

_STATUS = re.compile(rb"RTSP/1\.\d (\d{3})(?: .*)?", re.ASCII)
_REQUEST = re.compile(rb"[A-Z_]{3,20} \S{1,2048} RTSP/1\.\d", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}", re.ASCII)


class Malformed(Exception):
    """What came is not RTSP; the text is for the log of a look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A response, or (`status` 0) a request of the server's. Header names are in small letters."""

    status: int
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first of this name, "" without."""
        return self.headers.get(name, ("",))[0]

    def number(self, name: str) -> int | None:
        """A header that is a number of up to nine digits; None for anything else."""
        text = self.header(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def request(method: str, uri: str, cseq: int, headers: Mapping[str, str]) -> bytes:
    """A request without a body."""
    lines = [f"{method} {uri} RTSP/1.0", f"CSeq: {cseq}", "User-Agent: campus-agent"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def head(raw: bytes) -> Message:
    """First line and headers, the empty line cut off. Raises Malformed."""
    first, *lines = raw.replace(b"\r\n", b"\n").split(b"\n")
    match = _STATUS.fullmatch(first)
    if match is None and not _REQUEST.fullmatch(first):
        raise Malformed(f"not RTSP: {first[:60]!r}")
    if len(lines) > HEADERS:
        raise Malformed(f"{len(lines)} headers")
    return Message(status=int(match[1]) if match else 0, headers=_headers(lines))


def _headers(lines: list[bytes]) -> dict[str, tuple[str, ...]]:
    """Lines without a name are left out, folded ones too (RFC 2326 4.2 has them, no camera)."""
    found: dict[str, tuple[str, ...]] = {}
    for line in lines:
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon and _NAME.fullmatch(name.rstrip()):
            key = name.rstrip().lower()
            found[key] = (*found.get(key, ()), value.strip())
    return found


def length(message: Message) -> int:
    """Bytes of the body that follows. Raises Malformed when that is no number, or too large."""
    if "content-length" not in message.headers:
        return 0
    count = message.number("content-length")
    if count is None or count > BODY:
        raise Malformed(f"a body of {message.header('content-length')[:20]!r} bytes")
    return count
