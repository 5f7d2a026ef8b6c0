"""RTP packets (RFC 3550, 5.1). Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_FIXED = struct.Struct(">BBHI4x")


@dataclass(frozen=True, slots=True)
class Rtp:
    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    payload: bytes


def parse(packet: bytes) -> Rtp | None:
    """A packet; None for what is none (lengths that lie, another version)."""
    if len(packet) < _FIXED.size:
        return None
    first, second, sequence, timestamp = _FIXED.unpack_from(packet)
    if first >> 6 != 2:
        return None
    start, end = _FIXED.size + 4 * (first & 15), len(packet)
    if first & 0x10:
        if end < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4])
    if first & 0x20:
        end -= packet[-1]
    if start > end:
        return None
    return Rtp(second & 127, bool(second & 128), sequence, timestamp, packet[start:end])
