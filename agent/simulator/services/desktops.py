"""Where a remote desktop is: the first words of RDP ([MS-RDPBCGR]), RFB (RFC 6143) and SPICE (spice-protocol).

Nobody gets further than the first words; a terminal's screen is not played.
"""

from __future__ import annotations

import asyncio
import random
import struct

from agent.simulator.services.voice import Voice

_TPKT = struct.Struct(">BBH")
_NEGOTIATION = struct.Struct("<BBHI")
_CONNECTION_REQUEST, _CONNECTION_CONFIRM = 0xE0, 0xD0
_TLS, _FAILURE_TLS_REQUIRED = 1, 1
_LINK = struct.Struct("<4sIII")
_KEY_BYTES = 162
"""SPICE_TICKET_PUBKEY_BYTES."""
_MOST = 4_096


async def rdp(voice: Voice, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """X.224 connection confirm: TLS where the caller can, otherwise that TLS is required."""
    version, _, length = _TPKT.unpack(await reader.readexactly(4))
    if version != 3 or not 11 <= length <= _MOST:
        raise ValueError("no TPKT")
    body = await reader.readexactly(length - 4)
    if body[1] & 0xF0 != _CONNECTION_REQUEST:
        raise ValueError("no connection request")
    wanted = _NEGOTIATION.unpack(body[-8:])[3] if len(body) >= 15 and body[-8] == 1 else 0
    answer = _NEGOTIATION.pack(2, 0, 8, _TLS) if wanted & _TLS else _NEGOTIATION.pack(3, 0, 8, _FAILURE_TLS_REQUIRED)
    confirm = struct.pack(">BBHHB", 6 + len(answer), _CONNECTION_CONFIRM, 0, 0x1234, 0) + answer
    writer.write(_TPKT.pack(3, 0, 4 + len(confirm)) + confirm)
    await writer.drain()


async def vnc(voice: Voice, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """RFB 3.8 with VNC authentication; a caller of 3.3 is told the one type (RFC 6143, 7.1)."""
    writer.write(b"RFB 003.008\n")
    spoken = await reader.readexactly(12)
    if not spoken.startswith(b"RFB 003."):
        raise ValueError("no RFB")
    writer.write(b"\x00\x00\x00\x02" if spoken[4:11] == b"003.003" else b"\x01\x02")
    await writer.drain()
    await reader.read(_MOST)


async def spice(voice: Voice, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The link reply, with a public key of the right size."""
    magic, _, _, size = _LINK.unpack(await reader.readexactly(_LINK.size))
    if magic != b"REDQ" or not 18 <= size <= _MOST:
        raise ValueError("no SPICE link")
    await reader.readexactly(size)
    key = random.Random(voice.salt).randbytes(_KEY_BYTES)
    reply = struct.pack("<I", 0) + key + struct.pack("<III", 1, 1, 4 + _KEY_BYTES + 12) + struct.pack("<II", 9, 9)
    writer.write(_LINK.pack(b"REDQ", 2, 2, len(reply)) + reply)
    await writer.drain()
