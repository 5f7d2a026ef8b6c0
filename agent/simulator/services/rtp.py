"""RTP packets of one key frame, interleaved into RTSP: RFC 3550, RFC 6184 (H.264), RFC 7798 (H.265), RFC 2326 10.12."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

PAYLOAD_TYPE = 96
CHUNK = 1_400
"""Octets of payload in a packet, so that it fits an Ethernet frame."""
_FU_A, _FU = 28, 49


@dataclass(slots=True)
class Sender:
    """One stream of packets. `ssrc`: its source; sequence and timestamp go on from frame to frame."""

    codec: str
    ssrc: int
    channel: int
    sequence: int = 0
    timestamp: int = 90_000

    def frame(self, units: Sequence[bytes]) -> bytes:
        """All packets of one picture as they go over the connection."""
        payloads = [payload for unit in units for payload in payloads_of(self.codec, unit)]
        packets = [self._packet(payload, at == len(payloads) - 1) for at, payload in enumerate(payloads)]
        self.timestamp = (self.timestamp + 90_000) & 0xFFFFFFFF
        return b"".join(packets)

    def _packet(self, payload: bytes, last: bool) -> bytes:
        second = PAYLOAD_TYPE | (0x80 if last else 0)
        numbers = self.sequence.to_bytes(2, "big") + self.timestamp.to_bytes(4, "big") + self.ssrc.to_bytes(4, "big")
        self.sequence = (self.sequence + 1) & 0xFFFF
        packet = bytes((0x80, second)) + numbers + payload
        return bytes((0x24, self.channel)) + len(packet).to_bytes(2, "big") + packet


def payloads_of(codec: str, unit: bytes) -> Iterator[bytes]:
    """A unit that fits goes as it is, a longer one in fragments: FU-A of H.264, FU of H.265."""
    if len(unit) <= CHUNK:
        yield unit
        return
    if codec == "H264":
        header, kind, front = 1, unit[0] & 0x1F, bytes((unit[0] & 0xE0 | _FU_A,))
    else:
        header, kind, front = 2, unit[0] >> 1 & 0x3F, bytes((unit[0] & 0x81 | _FU << 1, unit[1]))
    body = unit[header:]
    for at in range(0, len(body), CHUNK):
        mark = (0x80 if at == 0 else 0) | (0x40 if at + CHUNK >= len(body) else 0)
        yield front + bytes((mark | kind,)) + body[at : at + CHUNK]


def description(codec: str, address: str, units: Sequence[bytes]) -> bytes:
    """The SDP (RFC 8866) of one video track, its parameter sets told beforehand."""
    lines = (
        "v=0", f"o=- 1 1 IN IP4 {address}", "s=Media Presentation", f"c=IN IP4 {address}", "t=0 0", "a=control:*",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}", f"a=rtpmap:{PAYLOAD_TYPE} {codec}/90000",
        f"a=fmtp:{PAYLOAD_TYPE} {_format(codec, units)}", "a=control:trackID=1", "a=recvonly",
    )  # fmt: skip
    return ("\r\n".join(lines) + "\r\n").encode()


def _format(codec: str, units: Sequence[bytes]) -> str:
    """RFC 6184 8.1, RFC 7798 7.1."""
    if codec == "H264":
        sets = [unit for unit in units if unit[0] & 0x1F in (7, 8)]
        profile = next((unit[1:4].hex().upper() for unit in sets if unit[0] & 0x1F == 7), "640028")
        return f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={','.join(map(_base64, sets))}"
    named = {32: "sprop-vps", 33: "sprop-sps", 34: "sprop-pps"}
    kinds = {unit[0] >> 1 & 0x3F: unit for unit in units}
    return ";".join(f"{name}={_base64(kinds[kind])}" for kind, name in named.items() if kind in kinds)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
