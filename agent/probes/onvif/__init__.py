"""ONVIF cameras and recorders: a ladder whose first broken rung names the fault.

`prober` the look · `ladder` its rungs in order · `stream` those beyond the stream's URI · `sight` the picture, and
`snapshot` the one that the camera takes itself · `beside` what is asked now and then beside the rungs · `recordings`
what is recorded of each channel, `recorded` its values (pure) · `call` one device's conversation and its logins ·
`soap` messages by the WSDLs of onvif-zeep, hardened, `byhand` those it lacks · `token` WS-UsernameToken · `answers`
what is taken out of replies · `where` every address a device names, brought back to the one we asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from agent.model import Secret
from agent.probes.base import Hooks, Kind, Prober
from agent.probes.resolve import LIMIT
from agent.probes.rtsp import PICTURE_SECONDS
from agent.units import Bounds, Duration, Port


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """port, path, tls: where the device service is; `tls` takes any certificate, but not another one later.
    clock: how far the device's clock may be from ours.  profile: token of the media profile whose stream is asked for,
    else the device's first.  beside: seconds between two questions for what seldom changes (interfaces, snapshot,
    recordings).  records: `yes`, this is where the channel is recorded: no recording at all, or fewer than `days` days
    of it, is a fault; `auto`: a recording that stopped is one, and too few days on what records several channels; `no`:
    it is not asked.  spare: names of channels of which nothing is to be recorded.  idle: seconds without a recording
    after which it has stopped.  stream: ask RTSP to describe the stream.  picture: how often a picture is looked at, 0
    never.  by: where it comes from; `auto`: the stream, or the snapshot where there is none that can be used.
    pictures: whether the last good and the current small picture are kept for the ticket.
    """

    port: Port = 80
    path: str = "/onvif/device_service"
    tls: bool = False
    clock: Duration = 60.0
    profile: str = ""
    beside: Annotated[Duration, Bounds(0.0, 86400.0)] = 600.0
    records: Literal["auto", "yes", "no"] = "auto"
    spare: tuple[str, ...] = ()
    idle: Duration = 3600.0
    days: Annotated[float, Bounds(0.0, 3650.0)] = 30.0
    stream: bool = True
    picture: Duration = 0.0
    by: Literal["auto", "stream", "snapshot"] = "auto"
    pictures: Literal["never", "keep"] = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A user of the device; an ordinary one (level User) can see all that is asked for."""

    username: str
    password: Secret


def unasked(options: Options) -> frozenset[str]:
    possible = options.picture and (options.stream or options.by != "stream")
    picture = frozenset() if possible else frozenset(("picture",))
    tls = frozenset() if options.tls else frozenset(("certificate",))
    return picture | tls | (frozenset(("recording", "storage_days")) if options.records == "no" else frozenset())


def _open(hooks: Hooks) -> Prober:
    from agent.probes.onvif.prober import Climber

    return Climber(hooks)


KIND = Kind(
    name="onvif", open=_open, options=Options, credential=Credential, port=80, interval=60.0, timeout=8.0, confirm=2,
    recheck=10.0, worst=LIMIT + PICTURE_SECONDS + 5.0, unasked=unasked,
)  # fmt: skip
"""timeout: of the whole ladder, whatever the device does.  worst: the wait for a name, the picture, the decoder."""
