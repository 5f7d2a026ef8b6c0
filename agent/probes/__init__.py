"""Look. One file a protocol; `PROBES` is the table that the rest of the house knows them by.

To add a probe: write `agent/probes/NAME.py` (or a folder of that name) with a `KIND`, add its line below,
add `tests/probes/test_NAME.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from agent.probes import barix, http, icmp, onvif, rdp, rtsp, sip, snmp, spice, tcp, vnc
from agent.probes.base import Kind

PROBES: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        icmp.KIND,
        snmp.KIND,
        tcp.KIND,
        onvif.KIND,
        rtsp.KIND,
        http.KIND,
        http.SECURE,
        sip.KIND,
        barix.KIND,
        rdp.KIND,
        vnc.KIND,
        spice.KIND,
    )
}
