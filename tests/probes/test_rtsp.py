"""The RTSP ladder against a camera of our own: each rung, the login, what is read of the stream, and the look."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agent.clock import SystemClock
from agent.model import Outcome, Reading, Secret, Target
from agent.probes import PROBES, rtsp
from agent.probes.base import Hooks
from agent.probes.logins import Logins
from agent.probes.rtsp.client import Alive, Described, Failure, KeyFrame, describe, keyframe, options
from agent.probes.rtsp.prober import Watcher

from ..fakes import keyframes
from ..fakes.rtsp_camera import Camera, Request, fragments, interleaved, is_set, reply, rtp, running, units

HERE = "127.0.0.1"
SMALL = (320, 180)
LOGIN = rtsp.Credential(username="cam", password=Secret("secret"))
WRONG = rtsp.Credential(username="cam", password=Secret("wrong"))


def silent(line: str) -> None:
    pass


def frame(codec: str = "h264", spoil: str = "", seed: int = 1) -> bytes:
    return keyframes.key_frame(codec, spoil, size=SMALL, seed=seed)


def soon(seconds: float = 3.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def described(camera: Camera, login: rtsp.Credential | None = LOGIN) -> Described | Failure:
    return await describe(HERE, f"rtsp://{HERE}:{camera.port}/main", login, soon(), silent)


async def fetched(camera: Camera, seconds: float = 3.0) -> KeyFrame | Failure:
    return await keyframe(HERE, f"rtsp://{HERE}:{camera.port}/main", LOGIN, soon(seconds), silent)


def failed(answer: object) -> tuple[str, str]:
    assert isinstance(answer, Failure), answer
    return answer.rung, answer.reason


# -- the rungs


async def test_alive_without_a_login() -> None:
    async with running(Camera()) as camera:
        answer = await options(HERE, camera.port, soon(), silent)
        assert answer == Alive(login=False, server="fake/1.0", methods="OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
        camera.twist = lambda request, honest: reply(request.headers["cseq"], 401)
        assert await options(HERE, camera.port, soon(), silent) == Alive(login=True)
        assert not camera.logins


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("qop", [True, False])
async def test_login_by_digest(algorithm: str, qop: bool) -> None:
    async with running(Camera(frames=[frame()], algorithm=algorithm, qop=qop)) as camera:
        answer = await described(camera)
        assert isinstance(answer, Described)
        assert answer.login
        assert "secret" not in "".join(camera.logins)
        refusal = await described(camera, WRONG)
        assert failed(refusal) == ("login", "auth")
        assert isinstance(refusal, Failure)
        assert refusal.refused
        assert camera.refused == 1, "one wrong password, sent once"


async def test_no_login_where_one_is_wanted() -> None:
    async with running(Camera(frames=[frame()])) as camera:
        assert await described(camera, None) == Failure(reason="auth", rung="login", refused=False)


async def test_a_nonce_that_has_run_out_is_no_refusal() -> None:
    async def aged(request: Request, honest: bytes) -> bytes:
        if "authorization" in request.headers and camera.nonce == "f00d":
            camera.nonce = "beef"
            return reply(request.headers["cseq"], 401, [f"WWW-Authenticate: {camera.challenge()}, stale=true"])
        return honest

    async with running(Camera(frames=[frame()], twist=aged)) as camera:
        assert isinstance(await described(camera), Described)


async def test_a_session_is_given_back_though_the_nonce_has_run_out() -> None:
    given_back = 0

    def aged(request: Request, honest: bytes) -> bytes:
        nonlocal given_back
        if request.method == "TEARDOWN" and camera.nonce == "f00d":
            camera.nonce = "beef"
            return reply(request.headers["cseq"], 401, [f"WWW-Authenticate: {camera.challenge()}, stale=true"])
        given_back += request.method == "TEARDOWN" and b" 200 " in honest
        return honest

    async with running(Camera(frames=[frame()], twist=aged)) as camera:
        assert isinstance(await fetched(camera), KeyFrame)
    assert given_back == 1


@pytest.mark.parametrize(
    ("headers", "reason"),
    [(['WWW-Authenticate: Basic realm="x"'], "plain_login"), ([], "wrong_answer"),
     (['WWW-Authenticate: Digest realm="x", nonce="1", algorithm=TOKEN'], "wrong_answer")],
)  # fmt: skip
async def test_the_password_never_goes_out_in_clear(headers: list[str], reason: str) -> None:
    sent: list[str] = []

    def asks(request: Request, honest: bytes) -> bytes:
        sent.append(repr(request.headers))
        return reply(request.headers["cseq"], 401, headers)

    async with running(Camera(twist=asks)) as camera:
        assert failed(await described(camera)) == ("login", reason)
    assert "uthorization" not in "".join(sent)


@pytest.mark.parametrize(
    ("status", "rung", "reason"),
    [(404, "stream", "no_stream"), (454, "stream", "no_stream"), (453, "stream", "busy"), (403, "login", "auth"),
     (302, "stream", "redirect"), (500, "stream", "no_stream")],
)  # fmt: skip
async def test_status_of_describe(status: int, rung: str, reason: str) -> None:
    async with running(Camera(twist=lambda request, honest: reply(request.headers["cseq"], status))) as camera:
        assert failed(await described(camera)) == (rung, reason)


async def test_no_video_in_the_stream() -> None:
    async with running(Camera(codec="JPEG")) as camera:
        assert failed(await described(camera)) == ("stream", "no_video")


async def test_nobody_there() -> None:
    async with running(Camera()) as camera:
        port = camera.port
    assert failed(await options(HERE, port, soon(), silent)) == ("tcp", "refused")
    answer = await options("192.0.2.1", port, soon(-1), silent)
    assert failed(answer) == ("tcp", "timeout")


# -- the key frame


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("sprop", [True, False])
async def test_key_frame(codec: str, sprop: bool) -> None:
    whole = frame(codec)
    async with running(Camera(codec=codec, frames=[whole], sprop=sprop)) as camera:
        answer = await fetched(camera)
    assert isinstance(answer, KeyFrame), answer
    wanted = [unit for unit in units(whole) if is_set(codec, unit) or unit[0] & 31 == 5 or 16 <= unit[0] >> 1 & 63 < 22]
    assert units(answer.data) == wanted
    assert camera.seen == {"DESCRIBE": 2, "SETUP": 1, "PLAY": 1, "TEARDOWN": 1}


async def test_a_frame_with_a_hole_is_not_taken_and_the_next_one_is() -> None:
    def holed(camera: Camera, whole: bytes) -> list[bytes]:
        parts = fragments("h264", next(unit for unit in units(whole) if unit[0] & 31 == 5), 500)
        first = [rtp(part, at, timestamp=1) for at, part in enumerate(parts) if at != 2]
        again = [rtp(part, at + len(parts), timestamp=2) for at, part in enumerate(parts)]
        return [
            interleaved(packet) for packet in (*first, *again, rtp(b"\x41" + bytes(9), 2 * len(parts), timestamp=3))
        ]

    async with running(Camera(frames=[frame()], packets=holed)) as camera:
        answer = await fetched(camera)
    assert isinstance(answer, KeyFrame), answer
    assert set(units(answer.data)) < set(units(frame()))


def never(camera: Camera, whole: bytes) -> list[bytes]:
    """Pictures that depend on others, without end."""
    return [interleaved(rtp(b"\x41" + bytes(500), at, marker=True, timestamp=at)) for at in range(1000)]


def garbage(camera: Camera, whole: bytes) -> list[bytes]:
    return [interleaved(bytes((at * 7 + place) & 255 for place in range(at % 90))) for at in range(1000)]


def huge(camera: Camera, whole: bytes) -> list[bytes]:
    """One fragment unit of nine megabytes."""
    parts = [b"\x1c\x85", *[b"\x1c\x05"] * 150]
    return [interleaved(rtp(part + bytes(60_000), at)) for at, part in enumerate(parts)]


def tiny(camera: Camera, whole: bytes) -> list[bytes]:
    return [interleaved(b"") * 2_000_000]


@pytest.mark.parametrize("packets", [never, garbage, huge, tiny])
async def test_no_frame(packets: Callable[[Camera, bytes], list[bytes]]) -> None:
    async with running(Camera(frames=[frame()], packets=packets)) as camera:
        assert failed(await fetched(camera, 0.7)) == ("frame", "no_frame")
        assert camera.seen["TEARDOWN"] or packets in (huge, tiny)


async def test_sessions_all_taken() -> None:
    def full(request: Request, honest: bytes) -> bytes:
        return reply(request.headers["cseq"], 453) if request.method == "SETUP" else honest

    async with running(Camera(frames=[frame()], twist=full)) as camera:
        assert failed(await fetched(camera)) == ("frame", "busy")


# -- the look


def target(camera: Camera, **said: object) -> Target:
    settings: dict[str, Any] = {"port": camera.port, "path": "/main", **said}
    return Target(
        device="cam-1", probe="rtsp", protocol="rtsp", address=HERE, interval=60.0, timeout=2.0,
        options=rtsp.Options(**settings), credential=LOGIN,
    )  # fmt: skip


async def look(camera: Camera, one: Target, prober: Watcher) -> Reading:
    return await prober.look(one, silent)


async def test_look_with_a_picture() -> None:
    prober = Watcher(Hooks(clock=SystemClock(), sink=print))
    async with running(Camera(frames=[frame(seed=1), frame(seed=2), frame(spoil=keyframes.COVERED)])) as camera:
        one = target(camera, picture=600.0, width=320)
        readings = [await look(camera, one, prober) for _ in range(4)]
        plain = await look(camera, replace(one, options=replace(one.options, picture=0.0)), prober)
    await prober.close()
    assert [reading.outcome for reading in (*readings, plain)] == [Outcome.OK] * 5
    assert [reading.checks for reading in readings] == [{"picture": ""}, {"picture": ""}, {}, {"picture": ""}]
    assert readings[0].facts["picture_width"] == 320
    assert readings[0].samples["picture_brightness_ratio"] == pytest.approx(0.52, abs=0.02)
    assert plain.checks == {}
    assert plain.facts == {"codec": "h264", "rtsp_login": "accepted", "rung": ""}


async def test_one_refusal_and_the_login_rests() -> None:
    logins = Logins()
    prober = Watcher(Hooks(clock=SystemClock(), sink=print, logins=logins))
    got: list[Reading] = []
    scheduled = Watcher(Hooks(clock=SystemClock(), sink=got.append, logins=logins))
    async with running(Camera(frames=[frame()])) as camera:
        wrong = replace(target(camera), credential=WRONG)
        for _ in range(3):
            scheduled.start([wrong])
            await asyncio.sleep(0.2)
        assert [(reading.reason, reading.facts["rung"]) for reading in got] == [("auth", "login")] * 3
        assert camera.refused == 1
        assert camera.seen["OPTIONS"] == 2, "it is still asked whether it lives"
        await prober.look(wrong, silent)
        assert camera.refused == 2, "a person may ask"
        scheduled.start([target(camera)])
        await asyncio.sleep(0.2)
        assert got[-1].outcome is Outcome.OK, "the secret has changed"
    await prober.close()
    await scheduled.close()


async def test_a_camera_without_a_login_in_the_inventory() -> None:
    prober = Watcher(Hooks(clock=SystemClock(), sink=print))
    async with running(Camera(frames=[frame()])) as camera:
        alive = await prober.look(replace(target(camera, path=""), credential=None), silent)
        closed = await prober.look(replace(target(camera), credential=None), silent)
        camera.user = ""
        opened = await prober.look(replace(target(camera), credential=None), silent)
    await prober.close()
    assert alive.facts["rtsp_server"] == "fake/1.0"
    assert (closed.outcome, closed.facts["rtsp_login"]) == (Outcome.OK, "required")
    assert (opened.outcome, opened.facts["rtsp_login"]) == (Outcome.OK, "open")


async def test_no_frame_is_a_check_of_its_own() -> None:
    prober = Watcher(Hooks(clock=SystemClock(), sink=print))
    async with running(Camera(frames=[frame()], packets=lambda camera, whole: [])) as camera:
        camera.twist = lambda request, honest: None if request.method == "PLAY" else honest
        reading = await prober.look(target(camera, picture=600.0), silent)
    await prober.close()
    assert (reading.outcome, reading.checks) == (Outcome.OK, {"picture": "no_frame"})


def test_it_is_in_the_table() -> None:
    assert PROBES["rtsp"].port == 554
    assert PROBES["rtsp"].anonymous
