"""Does a SIP user agent answer? OPTIONS (RFC 3261, 11): amplifiers, speakers, paging gateways, their registrar.

`message` bytes out of values and back · `prober` the look, over UDP, TCP or TLS. Whatever the status is, whoever
answers our own transaction is alive: many a speaker says 404 to a request without a user.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from agent.probes.base import Hooks, Kind, Prober
from agent.probes.conversation import WORST
from agent.units import Bounds, Pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """port: 0 is the transport's own, 5060, with TLS 5061.  user: the user part of the address that is asked."""

    port: Annotated[int, Bounds(0, 65535)] = 0
    transport: Literal["udp", "tcp", "tls"] = "udp"
    user: Annotated[str, Pattern("sip_user", r"[A-Za-z0-9_.!~*'()&=+$?/-]{0,64}")] = ""


def unasked(options: Options) -> frozenset[str]:
    return frozenset() if options.transport == "tls" else frozenset(("certificate",))


def _open(hooks: Hooks) -> Prober:
    from agent.probes.sip.prober import Caller

    return Caller(hooks)


KIND = Kind(name="sip", open=_open, options=Options, port=5060, confirm=2, worst=WORST, unasked=unasked)
