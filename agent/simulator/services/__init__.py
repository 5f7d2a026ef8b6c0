"""What the devices speak beside ping and SNMP, each protocol written here anew from its standard.

`voice` one service of one device, as its protocol sees it · `logins` who is let in · `web` HTTP and its pages ·
`onvif`, `soap` cameras and recorders · `rtsp`, `rtp`, `pictures` their streams · `desktops` RDP, VNC, SPICE ·
`calls` SIP and Barix. Connections (`STREAMS`) and datagrams (`DATAGRAMS`) by the service's name.
"""

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
