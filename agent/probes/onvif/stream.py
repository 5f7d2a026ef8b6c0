"""What follows the stream's URI: does RTSP describe it, and let us in? Here ONVIF meets RTSP.

The stream is asked for at the polled address; its login is the same, and so is the rule that one refusal is the last.
"""

from __future__ import annotations

from agent.probes.logins import AUTH, LOCKED
from agent.probes.onvif.ladder import LOGIN, Broken, Ladder
from agent.probes.rtsp.client import Described, Failure, KeyFrame, describe, keyframe

RTSP, RTSP_LOGIN, STREAM = "rtsp", "rtsp_login", "stream"
_RUNGS = {"tcp": RTSP, "rtsp": RTSP, "login": RTSP_LOGIN}
"""Rungs of RTSP that would be taken for the same ones of ONVIF; the others keep their names."""


async def described(ladder: Ladder, deadline: float) -> None:
    """Does the stream's server answer, let us in, and offer video? Raises Broken."""
    ladder.rung = RTSP
    if RTSP in ladder.known.open:
        await _described(ladder, deadline)
        return
    async with ladder.logins.turn(ladder.target.device):
        why = "" if ladder.asked else ladder.resting
        if why:
            raise Broken(why, LOGIN)
        await _described(ladder, deadline)


async def _described(ladder: Ladder, deadline: float) -> None:
    begun = ladder.clock.mono()
    answer = await describe(ladder.host.address, ladder.stream, ladder.target.credential, deadline, ladder.log)
    judged(ladder, answer)
    if isinstance(answer, Failure):
        raise Broken(answer.reason, _RUNGS.get(answer.rung, answer.rung), answer.outcome)
    ladder.known.open.add(RTSP)
    ladder.samples["rtsp_seconds"] = ladder.clock.mono() - begun
    ladder.facts["codec"] = answer.video.codec


async def frame(ladder: Ladder, deadline: float) -> KeyFrame | Failure:
    """One key frame of it. Only within the device's session."""
    found = await keyframe(ladder.host.address, ladder.stream, ladder.target.credential, deadline, ladder.log)
    judged(ladder, found)
    return found


def judged(ladder: Ladder, answer: Described | KeyFrame | Failure) -> None:
    """A refusal by RTSP counts as one of the device. What ONVIF has accepted needs no word of RTSP's."""
    if isinstance(answer, Failure) and (answer.refused or answer.reason == LOCKED):
        ladder.rest(AUTH if answer.refused else LOCKED)
