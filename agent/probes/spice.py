"""Does a SPICE server answer? The link message and its reply (spice-protocol, `spice/protocol.h`), before any ticket.

The server stands on the host of the virtual machines, not on the terminal in the classroom.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from agent.model import Json, Target
from agent.probes.base import Hooks, Kind, Log, Prober
from agent.probes.conversation import WORST, Conversation, Found, WrongAnswer
from agent.probes.wire.stream import dial
from agent.units import Port

_MAGIC = b"REDQ"
_HEADER = struct.Struct("<4sIII")
"""SpiceLinkHeader: magic, major version, minor version, size of what follows."""
_MESSAGE = struct.Struct("<IBBIII")
"""SpiceLinkMess: connection, channel type and id, two counts of capabilities, where they begin."""
_KEY = 162
"""Bytes of the server's public key (SPICE_TICKET_PUBKEY_BYTES)."""
_SHORTEST, _LONGEST = 4 + _KEY + 12, 4096
_MAIN = 1
_ERRORS = (
    "ok", "error", "invalid_magic", "invalid_data", "version_mismatch", "need_secured", "need_unsecured",
    "permission_denied", "bad_connection_id", "channel_not_available",
)  # fmt: skip
"""SpiceLinkErr."""

REQUEST = _HEADER.pack(_MAGIC, 2, 2, _MESSAGE.size) + _MESSAGE.pack(0, _MAIN, 0, 0, 0, _MESSAGE.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """port: TCP."""

    port: Port = 5900


async def _ask(target: Target, address: str, log: Log) -> Found:
    log(f"link message to {address} port {target.options.port}")
    async with dial(address, target.options.port) as stream:
        await stream.send(REQUEST)
        magic, major, minor, size = _HEADER.unpack(await stream.exactly(_HEADER.size))
        if magic != _MAGIC:
            raise WrongAnswer(f"no SPICE: magic {magic.hex()}")
        if size < 4 or size > _LONGEST:
            raise WrongAnswer(f"a link reply of {size} bytes")
        facts = linked(major, minor, await stream.exactly(size))
    log(", ".join(f"{name} {value}" for name, value in facts.items()))
    return Found(facts=facts)


def linked(major: int, minor: int, reply: bytes) -> dict[str, Json]:
    """What a link reply of at least 4 bytes says. A refusal may leave out the key. Raises WrongAnswer."""
    error = int.from_bytes(reply[:4], "little")
    if error == 0 and len(reply) < _SHORTEST:
        raise WrongAnswer(f"a link reply of {len(reply)} bytes, without the server's key")
    facts: dict[str, Json] = {"spice_version": f"{major}.{minor}"}
    if error:
        facts["spice_refused"] = _ERRORS[error] if error < len(_ERRORS) else str(error)
    return facts


def _open(hooks: Hooks) -> Prober:
    return Conversation(hooks, _ask)


KIND = Kind(name="spice", open=_open, options=Options, port=5900, confirm=2, worst=WORST)
