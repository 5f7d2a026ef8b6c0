"""What follows the stream's URI: does RTSP describe it, and, when it is due, is there a picture? Here ONVIF meets RTSP.

The stream is asked for at the polled address; its login is the same, and so is the rule that one refusal is the last.
"""

from __future__ import annotations

import asyncio

from agent.model import Outcome
from agent.probes.logins import AUTH, LOCKED
from agent.probes.onvif.ladder import Broken, Ladder
from agent.probes.picture.viewer import Viewer
from agent.probes.rtsp import PICTURE_SECONDS
from agent.probes.rtsp.client import Described, Failure, KeyFrame, describe, keyframe

_RUNGS = {"tcp": "rtsp", "rtsp": "rtsp", "login": "rtsp_login"}
"""Rungs of RTSP that would be taken for the same ones of ONVIF; the others keep their names."""


async def described(ladder: Ladder, deadline: float) -> None:
    """Does the stream's server answer, let us in, and offer video? Raises Broken."""
    begun = ladder.clock.mono()
    answer = await describe(ladder.host.address, ladder.stream, ladder.target.credential, deadline, ladder.log)
    _judged(ladder, answer)
    if isinstance(answer, Failure):
        raise Broken(answer.reason, _RUNGS.get(answer.rung, answer.rung), answer.outcome)
    ladder.samples["rtsp_seconds"] = ladder.clock.mono() - begun
    ladder.facts["codec"] = answer.video.codec


async def seen(ladder: Ladder, viewer: Viewer) -> None:
    """The picture, if it is due: a check of its own, since the looks between two pictures cannot tell."""
    target, settings, log = ladder.target, ladder.target.options, ladder.log
    sessions = ladder.logins.session(ladder.host.address)
    ladder.samples |= viewer.last(target.key)
    due = ladder.asked or viewer.due(target.key, settings.picture, ladder.clock.mono())
    if not settings.picture or not due or sessions.locked():
        return
    async with viewer.turn(target.key, settings.picture, ladder.clock.mono()):
        async with sessions:
            deadline = asyncio.get_running_loop().time() + PICTURE_SECONDS
            frame = await keyframe(ladder.host.address, ladder.stream, target.credential, deadline, log)
        _judged(ladder, frame)
        if isinstance(frame, Failure):
            if frame.outcome is Outcome.FAILED and frame.reason != "busy":
                ladder.checks["picture"] = frame.reason
            return
        sight = await viewer.see(
            target.key, frame.described.video.codec, frame.data, ladder.clock.now(), keep=settings.pictures == "keep"
        )
    log(f"picture: {sight.checks.get('picture', 'undecided') or 'good'}")
    ladder.checks |= sight.checks
    ladder.samples |= {"frame_seconds": frame.waited, "frame_bytes": frame.received, **sight.samples}
    ladder.facts |= sight.facts


def _judged(ladder: Ladder, answer: Described | KeyFrame | Failure) -> None:
    """A refusal by RTSP counts as one of the device. What ONVIF has accepted needs no word of RTSP's."""
    if isinstance(answer, Failure) and (answer.refused or answer.reason == LOCKED):
        login, why = ladder.known.login, AUTH if answer.refused else LOCKED
        ladder.logins.refused(ladder.target.device, login.username, login.secret, why, ladder.clock.now())
