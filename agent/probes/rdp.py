"""Does a remote desktop answer? X.224 connection request and confirm ([MS-RDPBCGR] 2.2.1.1, 2.2.1.2; RFC 1006).

Nobody logs in: the look ends where the two sides have agreed on a security protocol. The server's word for "only with
another one" is an answer, too.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from agent.model import Json, Target
from agent.probes.base import Hooks, Kind, Log, Prober
from agent.probes.conversation import WORST, Conversation, Found, WrongAnswer
from agent.probes.wire.stream import dial
from agent.units import Port

_TLS, _HYBRID, _HYBRID_EX = 1, 2, 8
_REQUEST, _RESPONSE, _FAILURE = 1, 2, 3
_CONFIRM = 0xD0
_LONGEST = 512
"""Bytes of a connection confirm; the longest that the protocol knows has 19."""

_PROTOCOLS = {0: "rdp", 1: "tls", 2: "credssp", 4: "rdstls", 8: "credssp-early", 16: "aad"}
"""[MS-RDPBCGR] 2.2.1.2.1, selectedProtocol."""
_FAILURES = {
    1: "tls_required",
    2: "tls_not_allowed",
    3: "no_certificate",
    4: "inconsistent_flags",
    5: "credssp_required",
    6: "tls_user_auth_required",
}
"""[MS-RDPBCGR] 2.2.1.2.2, failureCode."""

REQUEST = struct.pack(
    ">BBHBBHHBBB", 3, 0, 19, 14, 0xE0, 0, 0, 0, _REQUEST, 0
) + struct.pack("<HI", 8, _TLS | _HYBRID | _HYBRID_EX)  # fmt: skip
"""TPKT header, X.224 CR TPDU, RDP_NEG_REQ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """port: TCP."""

    port: Port = 3389


async def _ask(target: Target, address: str, log: Log) -> Found:
    log(f"connection request to {address} port {target.options.port}")
    async with dial(address, target.options.port) as stream:
        await stream.send(REQUEST)
        version, _, length = struct.unpack(">BBH", await stream.exactly(4))
        if version != 3 or not 11 <= length <= _LONGEST:
            raise WrongAnswer(f"no TPKT: version {version}, length {length}")
        facts = confirmed(await stream.exactly(length - 4))
    log(", ".join(f"{name} {value}" for name, value in facts.items()))
    return Found(facts=facts)


def confirmed(body: bytes) -> dict[str, Json]:
    """What a connection confirm (behind its TPKT header, at least 7 bytes) says. Raises WrongAnswer."""
    if body[1] & 0xF0 != _CONFIRM or body[0] != len(body) - 1:
        raise WrongAnswer(f"no connection confirm: code {body[1]:#x}, length {body[0]}")
    if len(body) == 7:
        return {"rdp_protocol": "rdp"}  # A server older than the negotiation.
    if len(body) != 15:
        raise WrongAnswer(f"a negotiation of {len(body) - 7} bytes")
    kind, _, length, value = struct.unpack("<BBHI", body[7:])
    if length != 8 or kind not in (_RESPONSE, _FAILURE):
        raise WrongAnswer(f"a negotiation of type {kind}, length {length}")
    if kind == _FAILURE:
        return {"rdp_refused": _FAILURES.get(value, str(value))}
    return {"rdp_protocol": _PROTOCOLS.get(value, str(value))}


def _open(hooks: Hooks) -> Prober:
    return Conversation(hooks, _ask)


KIND = Kind(name="rdp", open=_open, options=Options, port=3389, confirm=2, worst=WORST)
