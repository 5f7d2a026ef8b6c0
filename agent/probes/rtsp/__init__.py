"""RTSP 1.0 (RFC 2326): does the camera answer, does it let us in, is there a stream, and what is on the picture?

`message` what goes over the wire · `address` where a stream is · `sdp` what is offered · `rtp`, `nal` packets of H.264
and H.265 · `keyframe` one whole key frame of them · `wire` the connection, bounded · `session` one conversation ·
`client` the ladder · `prober` the look.

For other probes, all in `client`; each ends before `deadline`, a moment of the event loop's clock (`loop.time() + s`):

    async def options(address, port, deadline, log) -> Alive | Failure              without login; 401 is alive, too
    async def describe(address, uri, login, deadline, log) -> Described | Failure   login None: 401 is Failure("auth")
    async def keyframe(address, uri, login, deadline, log) -> KeyFrame | Failure    DESCRIBE, SETUP, PLAY, TEARDOWN

address: the IP address that is polled, and the only one that a packet goes to.  uri: as the camera gave it (`rtsp://`);
of it the port, path and query are used, and no user name.  login: anything with `username` and `password`
(`Credential`).  `Failure(reason, rung, outcome, refused)`: rung is the first broken one of RUNGS; refused: the camera
said no to this very login (tell `logins`).

Pictures: `hooks.viewer.due(...)` says when; fetch and `hooks.viewer.see(...)` within `hooks.viewer.turn(...)`, the
fetching also within `hooks.logins.session(address)`. A snapshot is seen as codec `mjpeg`. A Failure on the rung `frame`
is the check `picture`, like what `see` finds (`busy`, or one that is not `FAILED`: no check); on a lower rung it is the
look's own reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from agent.model import Secret
from agent.probes.base import Hooks, Kind, Prober
from agent.probes.picture.viewer import PATIENCE
from agent.probes.resolve import LIMIT
from agent.units import Bounds, Duration, Port

RUNGS = ("tcp", "rtsp", "login", "stream", "frame", "picture")
"""The ladder: connect; an answer in RTSP; the login accepted; a stream of video offered; a whole key frame; a picture
that decodes and is alive.
"""

PICTURE_SECONDS = 15.0
"""Longest time for a picture, beyond the target's timeout: a camera may wait for its next key frame."""

Pixels = Annotated[int, Bounds(0, 8192)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """port: TCP.  path: of the stream, with its query (`/Streaming/Channels/102`); empty: the server's OPTIONS alone.
    picture: how often a picture is looked at, 0 never.  pictures: whether the last good and the current small picture
    are kept for the ticket.  width, height: what the picture must measure, in pixels; 0 any.
    """

    port: Port = 554
    path: str = ""
    picture: Duration = 0.0
    pictures: Literal["never", "keep"] = "never"
    width: Pixels = 0
    height: Pixels = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A user of the camera. Sent by Digest alone: never in clear."""

    username: str
    password: Secret


def unasked(options: Options) -> frozenset[str]:
    return frozenset() if options.picture else frozenset(("picture",))


def _open(hooks: Hooks) -> Prober:
    from agent.probes.rtsp.prober import Watcher

    return Watcher(hooks)


KIND = Kind(
    name="rtsp", open=_open, options=Options, credential=Credential, port=554, interval=60.0, timeout=5.0, confirm=2,
    recheck=5.0, worst=LIMIT + PICTURE_SECONDS + PATIENCE + 1.0, anonymous=True, unasked=unasked,
)  # fmt: skip
"""worst: the wait for a name, the picture, the decoder."""
