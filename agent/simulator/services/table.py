"""Who speaks what: conversations and answers by the name of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from agent.simulator.services import calls, desktops, rtsp, web
from agent.simulator.services.voice import Voice

Talk = Callable[[Voice, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""A conversation, to its end. Raises OSError, EOFError, ValueError for a caller that talks nonsense or hangs up."""
Answer = Callable[[Voice, bytes], bytes | None]
"""What goes back for one datagram; None is silence."""

STREAMS: Mapping[str, Talk] = {
    "onvif": web.talk,
    "http": web.talk,
    "rtsp": rtsp.talk,
    "rdp": desktops.rdp,
    "vnc": desktops.vnc,
    "spice": desktops.spice,
}
DATAGRAMS: Mapping[str, Answer] = {"sip": calls.sip, "barix": calls.barix}
