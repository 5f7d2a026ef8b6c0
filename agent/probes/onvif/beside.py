"""What seldom changes, asked for now and then beside the ladder: interfaces, snapshot, recordings. Nothing here breaks
a rung: what the device does not tell is left out.
"""

from __future__ import annotations

from agent.probes.onvif import answers, recordings, soap
from agent.probes.onvif.ladder import Ladder
from agent.probes.onvif.where import shown, snapshot


def due(ladder: Ladder) -> bool:
    """Whether it is time to ask again."""
    last = ladder.known.beside_at
    return last is None or ladder.clock.mono() - last >= ladder.target.options.beside


async def ask(ladder: Ladder) -> None:
    """Ask for all of it; the answers are in `Known` and `ladder.checks`. Raises TimeoutError."""
    known = ladder.known
    known.beside_at = ladder.clock.mono()
    mac = answers.mac(await ladder.tried(soap.DEVICE, "GetNetworkInterfaces", ladder.device))
    if mac:
        known.beside["mac"] = mac
    said = answers.uri(await ladder.tried(known.media, "GetSnapshotUri", ladder.media, ladder.profile))
    found = snapshot(said, ladder.host)
    if found is not None:
        known.beside["snapshot_uri"] = shown(found, known.login.secret)
    if ladder.target.options.records != "no" and soap.namespace(soap.SEARCH) in ladder.services:
        await recordings.ask(ladder)
    else:
        known.samples, known.channels = {}, ()
