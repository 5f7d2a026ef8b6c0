"""Does a VNC server answer? The RFB handshake (RFC 6143, 7.1.1 and 7.1.2), up to where one would have to log in.

A server that turns us away with a reason answers, too: TigerVNC and RealVNC shut out for a while whoever comes often
and never logs in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.model import Json, Target
from agent.probes.base import Hooks, Kind, Log, Prober
from agent.probes.conversation import WORST, Conversation, Found, WrongAnswer
from agent.probes.wire.stream import Stream, dial
from agent.text import clean
from agent.units import Port

_VERSION = re.compile(rb"RFB (\d{3})\.(\d{3})\n")
_OURS = (3, 8)
_REASON = 512
"""Bytes of a reason that are read."""
_TYPES = {
    1: "none", 2: "vnc", 5: "ra2", 6: "ra2ne", 16: "tight", 17: "ultra", 18: "tls", 19: "vencrypt", 20: "sasl",
    21: "md5", 22: "xvp", 30: "apple",
}  # fmt: skip
"""RFC 6143, 7.1.2 and the registry it founds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """port: TCP."""

    port: Port = 5900


async def _ask(target: Target, address: str, log: Log) -> Found:
    log(f"connect to {address} port {target.options.port}")
    async with dial(address, target.options.port) as stream:
        greeting = await stream.exactly(12)
        match = _VERSION.fullmatch(greeting)
        if match is None:
            raise WrongAnswer(f"no RFB: {clean(greeting, 40)}")
        version = int(match[1]), int(match[2])
        facts: dict[str, Json] = {"rfb_version": f"{version[0]}.{version[1]}"}
        facts |= await _security(stream, version)
    log(", ".join(f"{name} {value}" for name, value in facts.items()))
    return Found(facts=facts)


async def _security(stream: Stream, version: tuple[int, int]) -> dict[str, Json]:
    """Which ways to log in the server offers, or why it offers none."""
    major, minor = min(version, _OURS)
    if minor not in (3, 7, 8):
        major, minor = 3, 3  # RFC 6143, 7.1.1: what is not of these is spoken to as 3.3.
    await stream.send(b"RFB %03d.%03d\n" % (major, minor))
    if minor == 3:
        types = [int.from_bytes(await stream.exactly(4), "big")]
    else:
        types = list(await stream.exactly((await stream.exactly(1))[0]))
    if types in ([], [0]):
        return {"vnc_refused": await _reason(stream)}
    return {"vnc_security": [_TYPES.get(one, str(one)) for one in types]}


async def _reason(stream: Stream) -> str:
    length = int.from_bytes(await stream.exactly(4), "big")
    return clean(await stream.exactly(min(length, _REASON)), 200)


def _open(hooks: Hooks) -> Prober:
    return Conversation(hooks, _ask)


KIND = Kind(name="vnc", open=_open, options=Options, port=5900, confirm=2, worst=WORST)
