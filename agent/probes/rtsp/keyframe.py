"""One whole key frame out of RTP packets, with the parameter sets that it needs. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from agent.probes.rtsp.nal import GRAMMARS, LARGEST, Unpacker
from agent.probes.rtsp.rtp import Rtp

_START = b"\0\0\0\1"
SETS = 16
SET_BYTES = 4096


class Assembler:
    """Takes packets in their order until `feed` gives the frame as a byte stream (Annex B of H.264 and H.265).

    A frame with a hole in it is thrown away and the next one awaited.
    """

    def __init__(self, codec: str, sets: Iterable[bytes]) -> None:
        self._grammar = GRAMMARS[codec]
        self._unpacker = Unpacker(self._grammar)
        self._sets: dict[bytes, None] = {}
        self._slices: list[bytes] = []
        self._size = 0
        self._sequence: int | None = None
        self._timestamp: int | None = None
        self._holed = False
        for unit in sets:
            self._keep(unit)

    def feed(self, packet: Rtp) -> bytes | None:
        """The key frame, once its last packet has come."""
        gap = self._sequence is not None and packet.sequence != (self._sequence + 1) & 0xFFFF
        self._sequence = packet.sequence
        if packet.timestamp != self._timestamp:
            if self._slices and not gap:
                return self._whole()
            self._timestamp, self._holed = packet.timestamp, False
            self._drop()
        if gap:  # whether it lies in this frame or before it cannot be told
            self._unpacker.lose()
            self._drop()
            self._holed = True
        for unit in self._unpacker.feed(packet.payload):
            self._take(unit)
        return self._whole() if packet.marker else None

    def _take(self, unit: bytes) -> None:
        kind = self._grammar.kind(unit)
        if kind in self._grammar.sets:
            self._keep(unit)
        elif kind in self._grammar.key and not self._holed:
            self._slices.append(unit)
            self._size += len(unit)
            if self._size > LARGEST:
                self._drop()
                self._holed = True

    def _keep(self, unit: bytes) -> None:
        """The newest last, so that of two with the same number the decoder takes that."""
        if len(unit) <= SET_BYTES and unit and self._grammar.kind(unit) in self._grammar.sets:
            self._sets.pop(unit, None)
            self._sets[unit] = None
            if len(self._sets) > SETS:
                del self._sets[next(iter(self._sets))]

    def _whole(self) -> bytes | None:
        if not self._slices:
            return None
        ordered = sorted(self._sets, key=self._grammar.kind)
        return b"".join(_START + unit for unit in (*ordered, *self._slices))

    def _drop(self) -> None:
        self._slices.clear()
        self._size = 0
