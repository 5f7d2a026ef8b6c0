"""SIP messages (RFC 3261): our OPTIONS as bytes, a response out of bytes. Values in, values out; no socket."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent import __version__

HEAD = 16_384
"""Bytes of a response's head at most; what is behind it nobody reads."""
_LINES = 200
_COOKIE = "z9hG4bK"
"""How a branch of RFC 3261 begins (8.1.1.7)."""

_STATUS = re.compile(rb"SIP/2\.0 ([1-6][0-9]{2})(?: ([^\r\n]*))?", re.IGNORECASE)
_NAME = re.compile(rb"[A-Za-z0-9.!%*_+`'~-]{1,64}")
_BRANCH = re.compile(rb";[ \t]*branch[ \t]*=[ \t]*([A-Za-z0-9.!%*_+`'~-]+)", re.IGNORECASE)
_CSEQ = re.compile(rb"([0-9]{1,10})[ \t]+([A-Z]+)")
_COMPACT = {b"i": b"call-id", b"v": b"via", b"l": b"content-length", b"m": b"contact", b"f": b"from", b"t": b"to"}
"""RFC 3261, 7.3.3."""


class Malformed(ValueError):
    """Not a SIP response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What makes a request ours: nobody who has not seen it knows these."""

    ident: str = field(default_factory=lambda: secrets.token_hex(12))
    branch: str = field(default_factory=lambda: _COOKIE + secrets.token_hex(8))
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    sequence: int = field(default_factory=lambda: secrets.randbelow(1 << 31))


@dataclass(frozen=True, slots=True)
class Response:
    """headers: names in lower case, of each the first value as it came."""

    status: int
    phrase: bytes
    headers: Mapping[bytes, bytes]

    def get(self, name: bytes) -> bytes:
        return self.headers.get(name, b"")


def options(call: Call, peer: str, local: str, transport: str, user: str = "") -> bytes:
    """An OPTIONS request. peer, local: `host:port`, hosts of IPv6 in brackets. transport: UDP, TCP or TLS."""
    scheme = "sips" if transport == "TLS" else "sip"
    uri = f"{scheme}:{user}@{peer}" if user else f"{scheme}:{peer}"
    lines = (
        f"OPTIONS {uri} SIP/2.0",
        f"Via: SIP/2.0/{transport} {local};branch={call.branch};rport",
        "Max-Forwards: 70",
        f"From: <{scheme}:campus-agent@{local}>;tag={call.tag}",
        f"To: <{uri}>",
        f"Call-ID: {call.ident}",
        f"CSeq: {call.sequence} OPTIONS",
        f"Contact: <{scheme}:campus-agent@{local}>",
        "Accept: application/sdp",
        f"User-Agent: campus-agent/{__version__}",
        "Content-Length: 0",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii")


def parse(raw: bytes) -> Response:
    """The response in a datagram, or in the head of one from a stream. Raises Malformed."""
    head, end, _ = raw[: HEAD + 4].partition(b"\r\n\r\n")
    if not end:
        raise Malformed("no end of the head")
    first, *lines = _unfolded(head)
    status = _STATUS.fullmatch(first)
    if status is None:
        raise Malformed("no status line")
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" \t").lower()
        if not colon or not _NAME.fullmatch(name):
            raise Malformed("no header")
        headers.setdefault(_COMPACT.get(name, name), value.strip(b" \t"))
    return Response(int(status[1]), status[2] or b"", headers)


def _unfolded(head: bytes) -> list[bytes]:
    """The lines; one that begins with white space belongs to the one before (7.3.1)."""
    lines: list[bytes] = []
    for line in head.split(b"\r\n", _LINES):
        if line[:1] in (b" ", b"\t") and lines:
            lines[-1] += b" " + line.strip(b" \t")
        else:
            lines.append(line)
    if len(lines) > _LINES:
        raise Malformed("too many headers")
    return lines


def answers(response: Response, call: Call) -> bool:
    """Whether it is of our transaction (17.1.3): our branch on top, our Call-ID, our sequence and method."""
    branch = _BRANCH.search(response.get(b"via").partition(b",")[0])
    sequence = _CSEQ.fullmatch(response.get(b"cseq"))
    return (
        branch is not None
        and branch[1] == call.branch.encode()
        and response.get(b"call-id") == call.ident.encode()
        and sequence is not None
        and (int(sequence[1]), sequence[2]) == (call.sequence, b"OPTIONS")
    )


def body_length(response: Response) -> int:
    """Bytes behind the head on a stream (20.14). Raises Malformed."""
    raw = response.get(b"content-length") or b"0"
    if not re.fullmatch(rb"[0-9]{1,7}", raw):
        raise Malformed("no Content-Length")
    return int(raw)
