"""NAL units out of RTP payloads: H.264 (RFC 6184) and H.265 (RFC 7798). Pure.

Of H.264 the non-interleaved mode: single units, STAP-A, FU-A. Of H.265 without DONL (sprop-max-don-diff 0): single
units, AP, FU. That is what cameras send.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LARGEST = 4 << 20
"""Bytes of a unit, at most: a key frame of 8 megapixels has about one million."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """A codec's numbers. header: bytes before a unit's payload.  aggregate, fragment: types of packets.  sets: types
    of parameter sets.  key: types of slices of a picture that depends on no other.
    """

    header: int
    aggregate: int
    fragment: int
    sets: frozenset[int]
    key: frozenset[int]

    def kind(self, unit: bytes) -> int:
        """nal_unit_type."""
        return unit[0] & 31 if self.header == 1 else unit[0] >> 1 & 63


GRAMMARS = {
    "h264": Grammar(1, 24, 28, frozenset((7, 8)), frozenset((5,))),
    "hevc": Grammar(2, 48, 49, frozenset((32, 33, 34)), frozenset(range(16, 22))),
}
"""Keys of H.265: the intra random access pictures (BLA, IDR, CRA), nal_unit_type 16 to 21."""


class Unpacker:
    """Payloads in, whole units out. A fragment is put together until it is whole, lost or too large."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._part: bytearray | None = None

    def lose(self) -> None:
        """A packet is missing: what is half there is worth nothing."""
        self._part = None

    def feed(self, payload: bytes) -> list[bytes]:
        """Units that this payload ends. Nothing for what makes no sense."""
        grammar = self._grammar
        if len(payload) <= grammar.header:
            return []
        kind = grammar.kind(payload)
        if kind == grammar.fragment:
            return self._fragment(payload)
        self._part = None
        if kind == grammar.aggregate:
            return list(_split(payload[grammar.header :], grammar.header))
        return [payload] if kind < grammar.aggregate else []

    def _fragment(self, payload: bytes) -> list[bytes]:
        """RFC 6184 5.8, RFC 7798 4.4.3: start bit, end bit, type."""
        size = self._grammar.header
        control = payload[size]
        if control & 0x80:
            self._part = bytearray(_unit_header(payload, control, size))
        if self._part is None:
            return []
        self._part += payload[size + 1 :]
        if len(self._part) > LARGEST:
            self._part = None
            return []
        if not control & 0x40:
            return []
        whole, self._part = bytes(self._part), None
        return [whole] if len(whole) > size else []


def _unit_header(payload: bytes, control: int, size: int) -> bytes:
    if size == 1:
        return bytes((payload[0] & 0xE0 | control & 31,))
    return bytes((payload[0] & 0x81 | (control & 63) << 1, payload[1]))


def _split(body: bytes, header: int) -> Iterator[bytes]:
    """Units of an aggregation packet, each behind its length."""
    at = 0
    while at + 2 <= len(body):
        end = at + 2 + int.from_bytes(body[at : at + 2])
        if end > len(body):
            return
        if end - at - 2 > header:
            yield body[at + 2 : end]
        at = end
