"""Where ONVIF meets RTSP: the rungs beyond the stream's URI, and the picture beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from agent.model import Outcome, Reading, Target
from agent.probes.each import silent
from agent.probes.onvif.prober import Climber
from tests.fakes import keyframes, onvif_mischief, rtsp_camera
from tests.fakes.onvif_camera import Camera

from .test_onvif import PASSWORD, at, replies, verdict  # noqa: F401  (the fixture that skips without the replies)
from .watching import Watch

pytestmark = pytest.mark.net


@pytest_asyncio.fixture
async def media() -> AsyncIterator[rtsp_camera.Camera]:
    frames = [keyframes.key_frame("h264", size=(320, 180), seed=seed) for seed in (1, 2, 3)]
    async with rtsp_camera.running(rtsp_camera.Camera(user="admin", password=PASSWORD, frames=frames)) as it:
        yield it


@pytest_asyncio.fixture
async def camera(media: rtsp_camera.Camera) -> AsyncIterator[Camera]:
    it = await Camera(password=PASSWORD).start()
    own = f"rtsp://127.0.0.1:{it.port}/".encode()
    names = f"rtsp://{onvif_mischief.ELSEWHERE}:{media.port}/".encode()
    it.replaced["GetStreamUri"] = it.reply("GetStreamUri").replace(own, names)
    yield it
    await it.close()


@pytest_asyncio.fixture
async def climber() -> AsyncIterator[Climber]:
    it = Climber(Watch().hooks())
    yield it
    await it.close()


def whole(camera: Camera, picture: float = 0.0) -> Target:
    return at(camera, stream=True, picture=picture)


async def look(climber: Climber, one: Target) -> Reading:
    return await climber.look(one, silent)


async def test_the_whole_ladder(camera: Camera, media: rtsp_camera.Camera, climber: Climber) -> None:
    reading = await look(climber, whole(camera))
    assert (reading.outcome, reading.facts["rung"]) == (Outcome.OK, "")
    assert reading.facts["codec"] == "h264"
    assert reading.facts["names_another_host"] == onvif_mischief.ELSEWHERE
    assert reading.samples["rtsp_seconds"] > 0
    assert media.seen["SETUP"] == 0, "no picture unless it is asked for"


async def test_no_stream_behind_the_uri(camera: Camera, media: rtsp_camera.Camera, climber: Climber) -> None:
    gone = camera.replaced["GetStreamUri"].replace(f":{media.port}/".encode(), b":1/")
    camera.replaced["GetStreamUri"] = gone
    assert verdict(await look(climber, whole(camera))) == ("rtsp", "refused")


async def test_rtsp_says_no_once(camera: Camera, media: rtsp_camera.Camera, climber: Climber) -> None:
    media.password = "another"
    assert verdict(await look(climber, whole(camera))) == ("rtsp_login", "auth")
    for _ in range(3):
        assert verdict(await look(climber, whole(camera))) == ("login", "auth")
    assert (media.refused, camera.refused) == (1, 0)


async def test_no_video(camera: Camera, media: rtsp_camera.Camera, climber: Climber) -> None:
    media.twist = lambda request, honest: honest.replace(b"m=video", b"m=audio")
    assert verdict(await look(climber, whole(camera))) == ("stream", "no_video")


async def test_the_picture_beside_the_ladder(camera: Camera, media: rtsp_camera.Camera, climber: Climber) -> None:
    one = whole(camera, picture=600.0)
    reading = await climber.look(one, print)
    assert (reading.outcome, reading.checks["picture"]) == (Outcome.OK, "")
    assert (reading.facts["picture_width"], reading.facts["picture_height"]) == (320, 180)
    assert media.seen["TEARDOWN"] == 1
    again = await look(climber, replace(one))
    assert "picture" not in again.checks, "not due again"
    assert again.samples["picture_brightness_ratio"] == reading.samples["picture_brightness_ratio"]
    media.twist = lambda request, honest: honest if request.method != "PLAY" else None
    assert (await climber.look(one, print)).checks["picture"] == "no_frame"
    async with climber._logins.session("127.0.0.1"):
        busy = await climber.look(one, print)
        assert (busy.outcome, "picture" in busy.checks) == (Outcome.OK, False), "its only session is taken"
