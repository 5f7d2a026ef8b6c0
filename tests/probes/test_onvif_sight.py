"""Cameras of Media2 alone; the picture by snapshot; and one refused login for ONVIF, RTSP and the snapshot together."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from agent.model import Outcome, Secret, Target
from agent.probes import onvif, rtsp
from agent.probes.each import silent
from agent.probes.logins import Logins
from agent.probes.onvif.prober import Climber
from agent.probes.picture.decoder import LARGEST
from agent.probes.rtsp.prober import Watcher
from tests.fakes import keyframes, onvif_mischief, rtsp_camera
from tests.fakes.onvif_camera import Camera, Mischief
from tests.fakes.onvif_recorder import Device

from .test_onvif import PASSWORD, at, look, replies, verdict  # noqa: F401  (the fixture that skips without the replies)
from .test_onvif_hostile import spy
from .watching import Watch, target

pytestmark = pytest.mark.net

EVERY = 600.0


@pytest_asyncio.fixture
async def camera() -> AsyncIterator[Device]:
    it = Device(password=PASSWORD, jpeg=keyframes.key_frame("mjpeg", size=(640, 360)))
    await it.start()
    yield it
    await it.close()


@pytest_asyncio.fixture
async def media() -> AsyncIterator[rtsp_camera.Camera]:
    frames = [keyframes.key_frame("h264", size=(320, 180), seed=seed) for seed in (1, 2, 3)]
    async with rtsp_camera.running(rtsp_camera.Camera(user="admin", password=PASSWORD, frames=frames)) as it:
        yield it


@pytest_asyncio.fixture
async def climber() -> AsyncIterator[Climber]:
    it = Climber(Watch().hooks())
    yield it
    await it.close()


# -- Media2


@pytest.mark.parametrize("services", [("media2",), ("media", "media2")])
async def test_profiles_of_media2(camera: Device, climber: Climber, services: tuple[str, ...]) -> None:
    """Where Media1 is absent, or has no profile; afterwards five calls are enough."""
    camera.services, camera.media1_empty = services, True
    reading = await look(climber, at(camera))
    assert reading.outcome is Outcome.OK
    encoders = reading.facts["encoders"]
    assert isinstance(encoders, list)
    assert encoders[-1] == {
        "profile": "main", "codec": "H265", "width": 2560, "height": 1440, "fps": 25, "kbit_s": 2048,
    }  # fmt: skip
    assert reading.facts["stream_uri"] == f"rtsp://127.0.0.1:{camera.port}/main"
    assert reading.facts["snapshot_uri"] == f"http://127.0.0.1:{camera.port}/snapshot.jpg?channel=1"
    camera.asked.clear()
    assert (await look(climber, at(camera))).outcome is Outcome.OK
    assert camera.asked == [
        "GetSystemDateAndTime", "GetDeviceInformation", "GetServices", "GetProfiles", "GetStreamUri",
    ]  # fmt: skip


async def test_requests_of_media2(camera: Device, climber: Climber) -> None:
    camera.services = ("media2",)
    await look(climber, at(camera))
    asked = next(request for request in camera.heard if request.operation == "GetStreamUri")
    assert asked.path == "/onvif/media2"
    assert asked.headers["content-type"].endswith('action="http://www.onvif.org/ver20/media/wsdl/GetStreamUri"')
    assert b"<ns0:Protocol>RTSP</ns0:Protocol><ns0:ProfileToken>main</ns0:ProfileToken>" in asked.body


async def test_media1_is_asked_where_it_has_profiles(camera: Device, climber: Climber) -> None:
    camera.services = ("media2", "media")
    assert (await look(climber, at(camera))).outcome is Outcome.OK
    assert not [request for request in camera.heard if b"ver20/media" in request.body]


async def test_neither_has_a_profile(camera: Device, climber: Climber) -> None:
    camera.media1_empty = True
    for services in ((), ("media",), ("media", "media2")):
        camera.services = services
        camera.replaced = {"GetProfiles": camera._said("media", "GetProfiles", "", "trt")} if services else {}
        assert verdict(await look(climber, at(camera))) == ("profiles", "no_profile")


async def test_the_whole_ladder_of_media2(camera: Device, media: rtsp_camera.Camera, climber: Climber) -> None:
    camera.services, camera.stream_uri = ("media2",), f"rtsp://{onvif_mischief.ELSEWHERE}:{media.port}/main"
    reading = await climber.look(at(camera, stream=True, picture=EVERY), print)
    assert (reading.outcome, reading.checks["picture"]) == (Outcome.OK, "")
    assert camera.snapshot_refused == 0
    assert "GET" not in {request.method for request in camera.heard}, "the stream is the better picture"


async def test_a_stream_that_is_busy_for_a_moment(camera: Device, media: rtsp_camera.Camera, climber: Climber) -> None:
    busy = 1

    def once(request: rtsp_camera.Request, honest: bytes) -> bytes:
        nonlocal busy
        if request.method != "SETUP" or not busy:
            return honest
        busy -= 1
        return rtsp_camera.reply(request.headers["cseq"], 453)

    media.twist = once
    reading = await climber.look(streamed(camera, media), print)
    assert (reading.outcome, reading.checks["picture"]) == (Outcome.OK, "")
    busy = 100
    reading = await climber.look(streamed(camera, media), print)
    assert (reading.outcome, "picture" in reading.checks) == (Outcome.OK, False), "its sessions are all taken"


# -- the snapshot


async def shot(camera: Camera, climber: Climber, **options: Any) -> tuple[str | None, list[str]]:
    """What the check of the picture says (None: nothing), and what the look logged."""
    lines: list[str] = []
    options.setdefault("picture", EVERY)
    reading = await climber.look(at(camera, **options), lines.append)
    return reading.checks.get("picture"), lines


@pytest.mark.parametrize("login", ["token", "digest"])
async def test_a_camera_without_a_stream_shows_its_snapshot(camera: Device, climber: Climber, login: str) -> None:
    camera.login = login
    reading = await climber.look(at(camera, picture=EVERY), print)
    assert (reading.outcome, reading.checks["picture"]) == (Outcome.OK, "")
    assert (reading.facts["picture_width"], reading.facts["picture_height"]) == (640, 360)
    assert camera.snapshot_refused == 0
    assert [request.method for request in camera.heard].count("GET") == 2, "bare, then with the login"
    assert "picture" not in (await look(climber, at(camera, picture=EVERY))).checks, "not due again"


async def test_it_is_judged_as_a_frame_is(camera: Device, climber: Climber) -> None:
    camera.jpeg = keyframes.key_frame("mjpeg", keyframes.BLACK, size=(640, 360), noise=0)
    assert [(await shot(camera, climber))[0] for _ in range(2)] == [None, "picture_black"]
    camera.jpeg = b"\xff\xd8\xff" + bytes(5000)
    assert (await shot(camera, climber))[0] == "undecodable"


async def test_by_choice_though_there_is_a_stream(camera: Device, media: rtsp_camera.Camera, climber: Climber) -> None:
    camera.services, camera.stream_uri = ("media2",), f"rtsp://127.0.0.1:{media.port}/main"
    assert (await shot(camera, climber, stream=True, by="snapshot"))[0] == ""
    assert (media.seen["DESCRIBE"], media.seen["SETUP"]) == (2, 0)
    assert (await shot(camera, climber, stream=False, by="stream"))[0] is None, "nobody wants a stream here"


async def test_a_broken_stream_leaves_the_snapshot(camera: Device, media: rtsp_camera.Camera, climber: Climber) -> None:
    camera.services, camera.stream_uri = ("media2",), f"rtsp://127.0.0.1:{media.port}/main"
    media.twist = lambda request, honest: honest.replace(b"m=video", b"m=audio")
    reading = await climber.look(at(camera, stream=True, picture=EVERY), print)
    assert (reading.outcome, reading.reason, reading.checks["picture"]) == (Outcome.FAILED, "no_video", "")
    camera.stream_uri = "rtsp://127.0.0.1:1/main"
    camera.jpeg = keyframes.key_frame("mjpeg", size=(640, 360), seed=2)
    reading = await climber.look(at(camera, stream=True, picture=EVERY), print)
    assert (verdict(reading), reading.checks["picture"]) == (("rtsp", "refused"), "")


@pytest.mark.parametrize(
    ("status", "told"), [(404, "no_snapshot"), (302, "no_snapshot"), (200, "no_snapshot"), (503, None)]
)
async def test_what_is_no_snapshot(camera: Device, climber: Climber, status: int, told: str | None) -> None:
    camera.snapshot_status, camera.jpeg = status, b"<html>"
    with spy() as dialled:
        assert (await shot(camera, climber, by="snapshot"))[0] == told
        assert (await shot(camera, climber))[0] is None, "for want of a stream: it need not have a snapshot"
    assert {str(one[0]) for one in dialled if isinstance(one, tuple)} == {"127.0.0.1"}


async def test_a_uri_of_another_host_is_asked_for_here(camera: Device, climber: Climber) -> None:
    camera.names = onvif_mischief.ELSEWHERE
    with spy() as dialled:
        assert (await shot(camera, climber))[0] == ""
    assert {str(one[0]) for one in dialled if isinstance(one, tuple)} == {"127.0.0.1"}


async def test_one_that_is_too_large_or_never_ends(camera: Device, climber: Climber) -> None:
    large = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (LARGEST + 1)
    endless = b"HTTP/1.1 200 OK\r\n\r\n\xff\xd8\xff" + bytes(LARGEST + 10)
    camera.snapshot_login = False
    for answer in (large, endless):
        camera.mischief[""] = onvif_mischief.raw(answer)
        assert (await shot(camera, climber, by="snapshot"))[0] == "no_snapshot"
    camera.mischief.clear()
    camera.jpeg = keyframes.key_frame("mjpeg", size=(640, 360)) + bytes(2 << 20)
    assert (await shot(camera, climber))[0] == "", "more than a page may have, no more than a picture"


@pytest.mark.parametrize("act", [onvif_mischief.hang, onvif_mischief.tarpit])
async def test_a_snapshot_in_a_tarpit_ends(
    camera: Device, climber: Climber, monkeypatch: pytest.MonkeyPatch, act: Mischief
) -> None:
    monkeypatch.setattr("agent.probes.onvif.sight.PICTURE_SECONDS", 0.6)
    camera.mischief[""], camera.snapshot_login = act, False
    begun = time.monotonic()
    assert (await shot(camera, climber, by="snapshot"))[0] == "no_snapshot"
    assert time.monotonic() - begun < 2.0


async def test_a_user_without_the_right_to_it_is_no_wrong_password(camera: Device, climber: Climber) -> None:
    camera.snapshot_status = 403
    for _ in range(3):
        assert (await shot(camera, climber))[0] is None
    assert [request.method for request in camera.heard].count("GET") == 2
    assert (await look(climber, at(camera))).outcome is Outcome.OK


# -- one login for all of it


def streamed(camera: Device, media: rtsp_camera.Camera, password: str = PASSWORD, **options: Any) -> Target:
    camera.services, camera.stream_uri = ("media2",), f"rtsp://127.0.0.1:{media.port}/main"
    options.setdefault("picture", EVERY)
    return at(camera, password, stream=True, **options)


def beside(media: rtsp_camera.Camera, password: str = PASSWORD) -> Target:
    """The same camera, watched by the probe of RTSP, too."""
    return target(
        "rtsp", "127.0.0.1", rtsp.Options(port=media.port, path="/main", picture=EVERY), timeout=3.0,
        credential=rtsp.Credential(username="admin", password=Secret(password)),
    )  # fmt: skip


class House:
    """Both probes of a camera, with what it has refused; `restart` begins anew from what was kept."""

    def __init__(self) -> None:
        self.logins = Logins()
        self._open()

    def _open(self) -> None:
        hooks = replace(Watch().hooks(), logins=self.logins)
        self.probers = Climber(hooks), Watcher(hooks)

    async def looks(self, first: Target, second: Target, *, together: bool = False) -> list[str]:
        """Reasons of a look by each."""
        climber, watcher = self.probers
        if together:
            both = await asyncio.gather(look(climber, first), watcher.look(second, silent))
            return [reading.reason for reading in both]
        return [(await look(climber, first)).reason, (await watcher.look(second, silent)).reason]

    async def restart(self) -> None:
        kept = json.loads(json.dumps(self.logins.dump()))
        await self.close()
        self.logins = Logins()
        self.logins.load(kept)
        self._open()

    async def close(self) -> None:
        for prober in self.probers:
            await prober.close()


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    it = House()
    yield it
    await it.close()


def refusals(camera: Device, media: rtsp_camera.Camera) -> int:
    """Logins that the camera counts, whichever door they came by."""
    return camera.refused + camera.snapshot_refused + media.refused


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("who", ["all", "rtsp", "snapshot"])
async def test_one_refusal_in_all_of_a_camera_over_a_restart(
    camera: Device, media: rtsp_camera.Camera, house: House, who: str, together: bool
) -> None:
    wrong = "wrong" if who == "all" else PASSWORD
    if who == "rtsp":
        media.password = "another"
    first, second = streamed(camera, media, wrong), beside(media, wrong)
    if who == "snapshot":
        camera.shuts = True
        first = replace(first, options=replace(first.options, by="snapshot", picture=0.001))
    for _ in range(3):
        await house.looks(first, second, together=together)
    assert refusals(camera, media) == 1
    await house.restart()
    for _ in range(3):
        reasons = await house.looks(first, second, together=together)
        assert reasons == ["auth", "auth"]
    assert refusals(camera, media) == 1, "nothing is forgotten by a restart"
    await house.probers[0].look(first, print)
    assert refusals(camera, media) == 2, "a person asks: once more, by one door"
    await house.looks(first, second, together=together)
    assert refusals(camera, media) == 2


async def test_a_new_secret_is_tried(camera: Device, media: rtsp_camera.Camera, house: House) -> None:
    await house.looks(streamed(camera, media, "wrong"), beside(media, "wrong"))
    assert await house.looks(streamed(camera, media), beside(media)) == ["", ""]
    assert refusals(camera, media) == 1


async def test_never_two_streams_at_once(camera: Device, media: rtsp_camera.Camera, house: House) -> None:
    """Two probes whose pictures are due; each session that is opened is given back, a stalled one too."""
    most = opened = 0

    async def count(request: rtsp_camera.Request, honest: bytes) -> bytes:
        nonlocal most, opened
        opened += {"SETUP": 1, "TEARDOWN": -1}.get(request.method, 0)
        most = max(most, opened)
        if request.method == "PLAY":
            await asyncio.sleep(0.1)
        return honest

    media.twist = count
    one = streamed(camera, media, picture=0.001)
    two = replace(beside(media), options=replace(beside(media).options, picture=0.001))
    for _ in range(6):
        await house.looks(one, two, together=True)
        await asyncio.sleep(0.01)
    assert media.seen["SETUP"] >= 4
    assert (most, opened) == (1, 0)
    assert media.seen["SETUP"] == media.seen["TEARDOWN"]


def test_which_checks_are_never_come_to() -> None:
    def unasked(**options: Any) -> frozenset[str]:
        return onvif.unasked(onvif.Options(tls=True, **options))

    assert unasked() == {"picture"}
    assert unasked(picture=60.0) == unasked(picture=60.0, stream=False) == frozenset()
    assert unasked(picture=60.0, stream=False, by="stream") == {"picture"}
    assert unasked(picture=60.0, records="no") == {"recording", "storage_days"}
