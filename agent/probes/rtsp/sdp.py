"""The session description of a stream (RFC 8866), as far as one looks for video in it. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

CODECS = {"H264": "h264", "H265": "hevc", "HEVC": "hevc"}
"""rtpmap's encoding name -> the decoder's."""
LINES = 1000
SETS = 16
"""Parameter sets taken of a description."""

_MEDIA = re.compile(r"video \d{1,5}(?:/\d{1,5})? RTP/S?AVPF? (\d{1,3})\b", re.ASCII)
_RTPMAP = re.compile(r"rtpmap:(\d{1,3}) ([A-Za-z0-9.-]{1,32})/", re.ASCII)
_SPROP = {"h264": ("sprop-parameter-sets",), "hevc": ("sprop-vps", "sprop-sps", "sprop-pps")}
"""RFC 6184 8.1, RFC 7798 7.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """codec: `h264` or `hevc`.  payload: RTP payload type.  control: of the media.  session_control: of the whole.
    sets: parameter sets (NAL units) that were told beforehand.
    """

    codec: str
    payload: int
    control: str = ""
    session_control: str = ""
    sets: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """video: the first stream that can be read here.  other: names of what else is offered as video."""

    video: Video | None
    other: tuple[str, ...] = ()


def read(body: bytes) -> Offer:
    """What a description offers. Lines that make no sense are left out."""
    session, *medias = _sections(body.decode("utf-8", "replace").splitlines()[:LINES])
    other: list[str] = []
    for media in medias:
        match = _MEDIA.match(media[0])
        if match is None:
            continue
        payload = int(match[1])
        names = {int(found[1]): found[2].upper() for line in media if (found := _RTPMAP.match(line))}
        name = names.get(payload, str(payload))
        if name in CODECS:
            return Offer(video=_video(CODECS[name], payload, media, session), other=tuple(other))
        other.append(name)
    return Offer(video=None, other=tuple(other))


def _sections(lines: Iterable[str]) -> list[list[str]]:
    """Attributes of the session, then for each `m=` that line and its attributes."""
    sections: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("m="):
            sections.append([line[2:]])
        elif line.startswith("a="):
            sections[-1].append(line[2:])
    return sections


def _video(codec: str, payload: int, media: list[str], session: list[str]) -> Video:
    start = f"fmtp:{payload} "
    words = [word for line in media if line.startswith(start) for word in line[len(start) :].split(";")]
    return Video(
        codec=codec,
        payload=payload,
        control=_control(media),
        session_control=_control(session),
        sets=tuple(_sets(words, _SPROP[codec]))[:SETS],
    )


def _control(lines: Iterable[str]) -> str:
    return next((line[8:].strip() for line in lines if line.startswith("control:")), "")


def _sets(words: Iterable[str], names: tuple[str, ...]) -> Iterator[bytes]:
    given = dict(word.strip().partition("=")[::2] for word in words)
    for name in names:
        for text in given.get(name, "").split(","):
            try:
                raw = base64.b64decode(text.strip() + "=" * (-len(text.strip()) % 4))
            except (binascii.Error, ValueError):
                continue
            if raw:
                yield raw
