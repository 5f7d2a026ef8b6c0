"""What amplifiers answer to one datagram: SIP OPTIONS (RFC 3261) and Barix's `MTELL`."""

from __future__ import annotations

import re
import zlib

from agent.simulator.services.voice import Voice

_START = re.compile(rb"([A-Z]{3,20}) \S{1,512} SIP/2\.0")
_COPIED = (b"via", b"from", b"call-id", b"cseq")
_SHORT = {b"v": b"via", b"f": b"from", b"t": b"to", b"i": b"call-id"}
_ALLOW = b"INVITE, ACK, CANCEL, OPTIONS, BYE"
_MOST = 8_192


def sip(voice: Voice, datagram: bytes) -> bytes | None:
    """200 to OPTIONS, 405 to the rest, with the headers that RFC 3261 8.2.6 has copied; None for what is no request."""
    head, end, _ = datagram[:_MOST].partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    match = _START.fullmatch(first)
    if match is None or not end or match[1] == b"ACK":
        return None
    named = [(_name(line), line) for line in lines]
    copied = [line for name, line in named if name in _COPIED]
    to = next((line for name, line in named if name == b"to"), b"To: <sip:unknown>")
    tag = b"" if b"tag=" in to else b";tag=%08x" % zlib.crc32(datagram)
    status = b"200 OK" if match[1] == b"OPTIONS" else b"405 Method Not Allowed"
    maker = (voice.box.model or "amplifier").encode("ascii", "replace")
    answer = [
        b"SIP/2.0 " + status, *copied, to + tag, b"Allow: " + _ALLOW, b"Accept: application/sdp",
        b"User-Agent: " + maker, b"Content-Length: 0", b"", b"",
    ]  # fmt: skip
    return b"\r\n".join(answer)


def _name(line: bytes) -> bytes:
    name = line.partition(b":")[0].strip().lower()
    return _SHORT.get(name, name)


def barix(voice: Voice, datagram: bytes) -> bytes | None:
    """The status line of a Barix decoder."""
    if datagram.strip() != b"MTELL":
        return None
    up = int(voice.campus.uptime(voice.box.id, voice.mono))
    playing = voice.setting("registered", "yes") == "yes"
    level = 2_048 + voice.salt % 512 if playing else 0
    fields = (
        f"BufferLevel={level}", "SoftErrorCount=0", f"Reconnects={voice.salt % 3}", f"Error={0 if playing else 7}",
        "Volume=70", f"UpTime={up}", "URL=rtp://239.255.10.1:5004",
    )  # fmt: skip
    return (",".join(fields) + "\r\n").encode()
