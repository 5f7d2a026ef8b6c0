"""The ladder of a camera: each rung, broken, names its fault; a refused login is the last one."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lxml import etree

from agent.model import Outcome, Reading, Secret, Target
from agent.probes import onvif
from agent.probes.each import silent
from agent.probes.logins import LOCKED_MS, Logins
from agent.probes.onvif import answers, soap
from agent.probes.onvif.prober import Climber
from tests.fakes import onvif_mischief as mischief
from tests.fakes.onvif_camera import Camera, Request, envelope, fault, folder

from .certificates import own
from .watching import Watch, lacking, target

PASSWORD = "correct horse"

pytestmark = pytest.mark.net


@pytest.fixture(scope="module", autouse=True)
def replies() -> None:
    if not folder().is_dir():
        lacking("the recorded ONVIF replies are not here")


@pytest_asyncio.fixture
async def camera() -> AsyncIterator[Camera]:
    it = await Camera(password=PASSWORD).start()
    yield it
    await it.close()


@pytest_asyncio.fixture
async def climber() -> AsyncIterator[Climber]:
    it = Climber(Watch().hooks())
    yield it
    await it.close()


def at(camera: Camera, password: str = PASSWORD, timeout: float = 3.0, **options: object) -> Target:
    options.setdefault("stream", False)
    return target(
        "onvif", "127.0.0.1", onvif.Options(port=camera.port, **options),  # type: ignore[arg-type]
        timeout=timeout, credential=onvif.Credential(username="admin", password=Secret(password)),
    )  # fmt: skip


async def look(climber: Climber, one: Target) -> Reading:
    """As the schedule looks."""
    return await climber.look(one, silent)


def verdict(reading: Reading) -> tuple[str, str]:
    return str(reading.facts.get("rung")), reading.reason


async def test_a_good_camera_says_who_it_is(camera: Camera, climber: Climber) -> None:
    camera.recordings = (40 * 86400.0, 5.0, 3)
    lines: list[str] = []
    reading = await climber.look(at(camera), lines.append)
    assert reading.outcome is Outcome.OK, lines
    assert reading.facts["rung"] == ""
    assert reading.facts["manufacturer"] == "Mockup Manufacturer"
    assert (reading.facts["model"], reading.facts["firmware"]) == ("Mockup Model", "Mockup_15_14_13")
    assert (reading.facts["serial"], reading.facts["hardware"]) == ("00000000", "MOCKUP")
    assert reading.facts["mac"] == "28:57:be:65:7d:d5"
    encoders = reading.facts["encoders"]
    assert isinstance(encoders, list)
    assert encoders[0] == {
        "profile": "main", "codec": "H264", "width": 1920, "height": 1080, "fps": 5, "kbit_s": 1000,
    }  # fmt: skip
    assert reading.facts["stream_uri"] == f"rtsp://127.0.0.1:{camera.port}/h264main"
    assert str(reading.facts["snapshot_uri"]).startswith(f"http://127.0.0.1:{camera.port}/onvif-cgi/jpg/image.cgi?")
    assert abs(reading.samples["clock_drift_seconds"]) < 1.5
    assert reading.samples["recorded_days"] == pytest.approx(40.0, abs=0.01)
    assert reading.checks == {"clock": "", "recording": "", "storage_days": ""}
    assert "CreatePullPointSubscription" not in camera.asked
    assert camera.refused == 0
    assert camera.connections == 1, "one connection carries the whole ladder"


async def test_five_calls_a_ladder_once_it_is_known(camera: Camera, climber: Climber) -> None:
    await look(climber, at(camera))
    camera.asked.clear()
    reading = await look(climber, at(camera))
    assert camera.asked == [
        "GetSystemDateAndTime", "GetDeviceInformation", "GetServices", "GetProfiles", "GetStreamUri",
    ]  # fmt: skip
    assert reading.facts["mac"] == "28:57:be:65:7d:d5", "what is asked seldom is told each time"


async def test_no_camera_at_all(climber: Climber, camera: Camera) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        one = replace(at(camera), options=onvif.Options(port=port))
        assert verdict(await look(climber, one)) == ("connect", "refused")


async def test_something_else_answers(climber: Climber, camera: Camera) -> None:
    camera.mischief["*"] = mischief.body(b"<html>a printer</html>")
    assert verdict(await look(climber, at(camera))) == ("onvif", "not_onvif")
    camera.mischief["*"] = mischief.raw(b"220 ready\r\n\r\n")
    assert verdict(await look(climber, at(camera))) == ("onvif", "wrong_answer")
    camera.mischief["*"] = mischief.raw(b"")
    assert verdict(await look(climber, at(camera))) == ("onvif", "reset")


@pytest.mark.parametrize("operation", ["GetServices", "GetProfiles", "GetStreamUri"])
async def test_each_rung_above_the_login(climber: Climber, camera: Camera, operation: str) -> None:
    rung = {"GetServices": "services", "GetProfiles": "profiles", "GetStreamUri": "stream_uri"}[operation]
    camera.mischief[operation] = mischief.hang
    assert verdict(await look(climber, at(camera, timeout=0.4))) == (rung, "timeout")
    camera.mischief[operation] = mischief.raw(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
    camera.mischief["GetCapabilities"] = mischief.raw(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
    assert verdict(await look(climber, at(camera))) == (rung, "wrong_answer")


async def test_no_profile_and_no_stream(climber: Climber, camera: Camera) -> None:
    empty = envelope('<trt:GetProfilesResponse xmlns:trt="http://www.onvif.org/ver10/media/wsdl"/>')
    camera.replaced["GetProfiles"] = empty
    assert verdict(await look(climber, at(camera))) == ("profiles", "no_profile")
    del camera.replaced["GetProfiles"]
    assert verdict(await look(climber, at(camera, profile="none such"))) == ("profiles", "no_profile")
    camera.replaced["GetStreamUri"] = fault("ter:NoProfile", "no")
    assert verdict(await look(climber, at(camera))) == ("stream_uri", "no_stream")
    camera.replaced["GetStreamUri"] = camera.reply("GetSnapshotUri").replace(b"GetSnapshotUri", b"GetStreamUri")
    assert verdict(await look(climber, at(camera))) == ("stream_uri", "no_stream"), "http is no stream"


async def test_an_older_camera_knows_only_capabilities(climber: Climber, camera: Camera) -> None:
    camera.old = True
    assert (await look(climber, at(camera))).outcome is Outcome.OK
    camera.asked.clear()
    assert (await look(climber, at(camera))).outcome is Outcome.OK
    assert "GetServices" not in camera.asked


# -- the clock


@pytest.mark.parametrize("login", ["token", "digest"])
async def test_a_drifting_clock_is_no_password_fault(climber: Climber, camera: Camera, login: str) -> None:
    camera.drift, camera.login = -8 * 3600.0, login
    reading = await look(climber, at(camera))
    assert (reading.outcome, reading.checks["clock"]) == (Outcome.OK, "clock_drift")
    assert reading.samples["clock_drift_seconds"] == pytest.approx(-8 * 3600, abs=2)
    assert camera.refused == 0


async def test_a_login_refused_under_a_wrong_clock_is_judged_when_the_clock_is_right(
    climber: Climber, camera: Camera
) -> None:
    camera.drift = 3600.0
    for _ in range(3):
        assert verdict(await look(climber, at(camera, "wrong"))) == ("clock", "clock_drift")
    assert camera.refused == 1
    camera.drift = 0.0
    for _ in range(3):
        assert verdict(await look(climber, at(camera, "wrong"))) == ("login", "auth")
    assert camera.refused == 2


@pytest.mark.parametrize("date_header", [False, True])
async def test_a_camera_that_tells_its_time_only_to_users(climber: Climber, camera: Camera, date_header: bool) -> None:
    camera.guards_time, camera.status, camera.date_header = True, 401, date_header
    camera.drift = 120.0 if date_header else 1.0
    reading = await look(climber, at(camera))
    assert reading.outcome is Outcome.OK
    assert reading.checks["clock"] == ("clock_drift" if date_header else "")
    assert camera.refused == 0


async def test_a_clock_that_is_nonsense(climber: Climber, camera: Camera) -> None:
    good = camera.reply("GetSystemDateAndTime")
    for year, month in ((b"0", b"2"), (b"99999", b"2"), (b"2026", b"31"), (b"x", b"2")):
        text = good.replace(b"<tt:Year>2026<", b"<tt:Year>" + year + b"<").replace(b"<tt:Month>", b"<tt:Month>" + month)
        camera.replaced["GetSystemDateAndTime"] = text
        reading = await look(climber, at(camera))
        assert (reading.outcome, "clock" in reading.checks) == (Outcome.OK, False)


# -- the login


@pytest.mark.parametrize(("login", "status"), [("token", 400), ("token", 401), ("token", 200), ("digest", 401)])
async def test_one_refused_login_is_the_last(climber: Climber, camera: Camera, login: str, status: int) -> None:
    camera.login, camera.status = login, status
    for _ in range(5):
        reading = await look(climber, at(camera, "wrong"))
        assert verdict(reading) == ("login", "auth")
        assert reading.checks == {"clock": ""}, "the rungs before the login are still looked at"
    assert camera.refused == 1
    reading = await climber.look(at(camera, "wrong"), print)
    assert (reading.reason, camera.refused) == ("auth", 2), "a person asks: once more"
    assert verdict(await look(climber, at(camera, "wrong"))) == ("login", "auth")
    assert camera.refused == 2
    assert (await look(climber, at(camera))).outcome is Outcome.OK, "the secret has changed"
    assert (await look(climber, at(camera))).outcome is Outcome.OK


async def test_a_refusal_outlives_a_restart(camera: Camera) -> None:
    changes: list[None] = []
    first = Logins(lambda: changes.append(None))
    climber = Climber(replace(Watch().hooks(), logins=first))
    assert verdict(await look(climber, at(camera, "wrong"))) == ("login", "auth")
    await climber.close()
    assert len(changes) == 1
    kept = json.dumps(first.dump())
    assert "wrong" not in kept
    second = Logins()
    second.load(json.loads(kept))
    climber = Climber(replace(Watch().hooks(), logins=second))
    assert verdict(await look(climber, at(camera, "wrong"))) == ("login", "auth")
    assert camera.refused == 1
    assert (await look(climber, at(camera))).outcome is Outcome.OK
    climber.forget(at(camera, "wrong"))
    second.keep([replace(at(camera, "wrong"), interval=600.0)])
    assert verdict(await look(climber, at(camera, "wrong"))) == ("login", "auth")
    assert camera.refused == 1, "another interval is no other password"
    second.keep([at(camera)])
    assert second.dump()["held"] == []
    await climber.close()


async def test_a_locked_camera_is_left_alone_and_not_called_a_wrong_password(climber: Climber, camera: Camera) -> None:
    camera.lockout, camera.refused = 5, 5
    for _ in range(3):
        assert verdict(await look(climber, at(camera))) == ("login", "locked")
    assert camera.asked.count("GetDeviceInformation") == 2, "which login it wants, and the login"


def test_a_lock_is_over_some_time() -> None:
    logins, secret = Logins(), Secret("x")
    logins.refused("cam", "admin", secret, "locked", 1000)
    assert logins.rests("cam", "admin", secret, 2000) == "locked"
    assert logins.rests("cam", "admin", secret, 1000 + LOCKED_MS) == ""
    assert logins.rests("cam", "root", secret, 2000) == ""
    logins.keep([])
    assert logins.rests("cam", "admin", secret, 2000) == ""


async def test_a_renewed_nonce_is_no_refusal(climber: Climber, camera: Camera) -> None:
    camera.login = "digest"
    assert (await look(climber, at(camera))).outcome is Outcome.OK

    renewed: list[str] = []

    async def renew(one: Camera, request: Request, writer: asyncio.StreamWriter) -> bool:
        if not renewed:
            renewed.append(request.operation)
            one.new_nonce()
        return False

    camera.mischief["GetProfiles"] = renew
    assert (await look(climber, at(camera))).outcome is Outcome.OK
    assert renewed == ["GetProfiles"]


async def test_another_camera_at_the_address_gets_no_login(climber: Climber, camera: Camera) -> None:
    assert (await look(climber, at(camera))).outcome is Outcome.OK
    camera.serial = "11111111"
    reading = await look(climber, at(camera))
    assert verdict(reading) == ("login", "identity_changed")
    assert reading.facts["serial_before"] == "00000000"
    camera.asked.clear()
    assert verdict(await look(climber, at(camera))) == ("login", "identity_changed")
    assert camera.asked == ["GetSystemDateAndTime"]
    assert (await climber.look(at(camera), print)).outcome is Outcome.OK, "a person has looked"
    assert (await look(climber, at(camera))).outcome is Outcome.OK


async def test_basic_is_never_answered(climber: Climber, camera: Camera) -> None:
    camera.login = "basic"
    for _ in range(2):
        assert verdict(await look(climber, at(camera))) == ("login", "auth")
    assert camera.refused == 1
    assert not any("authorization" in request.headers for request in camera.heard)
    assert not any(PASSWORD.encode() in request.body for request in camera.heard)


async def test_another_certificate_gets_no_login(climber: Climber, tmp_path: Path) -> None:
    """Any certificate is taken, since cameras sign their own; but not another one than before."""
    camera = await Camera(password=PASSWORD).start(tls=own(tmp_path).server)
    one = at(camera, tls=True)
    first = await look(climber, one)
    assert (first.outcome, first.checks["certificate"]) == (Outcome.OK, ""), "its end is told of, whoever signed it"
    assert first.samples["tls_days_left"] == pytest.approx(365, abs=0.1)
    await camera.close()
    another = await Camera(password=PASSWORD).start(port=camera.port, tls=own(tmp_path).server)
    assert verdict(await look(climber, one)) == ("login", "identity_changed")
    assert another.asked == []
    assert (await climber.look(one, print)).outcome is Outcome.OK, "a person has looked"
    assert (await look(climber, one)).outcome is Outcome.OK
    plain = await look(climber, replace(one, options=replace(one.options, tls=False)))
    assert plain.outcome is Outcome.FAILED
    await another.close()


async def test_the_password_is_never_shown(climber: Climber, camera: Camera) -> None:
    lines: list[str] = []
    uri = f"rtsp://admin:{PASSWORD}@127.0.0.1/user=admin_password={PASSWORD}_channel=1?pwd=x y".replace(" ", "%20")
    camera.replaced["GetStreamUri"] = camera.reply("GetStreamUri").replace(
        f"rtsp://127.0.0.1:{camera.port}/h264main".encode(), uri.encode()
    )
    reading = await climber.look(at(camera), lines.append)
    assert reading.facts["stream_uri"] == "rtsp://127.0.0.1/user=***_password=***_channel=1?pwd=***"
    assert "horse" not in f"{lines}{reading}"


# -- recordings


async def test_alive_and_nothing_recorded(climber: Climber, camera: Camera) -> None:
    camera.recordings = (60 * 86400.0, 21 * 86400.0, 3)
    reading = await look(climber, at(camera))
    assert (reading.outcome, reading.checks["recording"]) == (Outcome.OK, "not_recording")
    assert reading.samples["recorded_days"] == pytest.approx(39.0, abs=0.01)


async def test_an_empty_store(climber: Climber, camera: Camera) -> None:
    camera.recordings = (0.0, 0.0, 0)
    assert "recording" not in (await look(climber, at(camera))).checks, "perhaps the recorder records it"
    strict = at(camera, records="yes", beside=0.0)
    assert (await look(climber, strict)).checks["recording"] == "never_recorded"
    assert "recording" not in (await look(climber, at(camera, records="no", beside=0.0))).checks


async def test_too_few_days_once_the_oldest_is_overwritten(climber: Climber, camera: Camera) -> None:
    one = at(camera, records="yes", beside=0.0)
    camera.recordings = (5 * 86400.0, 5.0, 3)
    assert (await look(climber, one)).checks["storage_days"] == "", "its disk may still be filling"
    camera.recordings = (4 * 86400.0, 5.0, 3)
    assert (await look(climber, one)).checks["storage_days"] == "too_few_days"
    camera.recordings = (31 * 86400.0, 5.0, 3)
    assert (await look(climber, one)).checks["storage_days"] == ""


async def test_what_a_user_may_not_ask_is_asked_once(climber: Climber, camera: Camera) -> None:
    camera.replaced["GetNetworkInterfaces"] = fault("ter:NotAuthorized", "Sender not Authorized")
    for _ in range(3):
        assert (await look(climber, at(camera, beside=0.0))).outcome is Outcome.OK
    assert camera.asked.count("GetNetworkInterfaces") == 1


# -- the judge: zeep reads the same out of the recorded replies


def test_zeep_reads_the_same(camera_replies: Camera) -> None:
    reply = camera_replies.reply
    told, source = answers.device_time(soap.reply("GetSystemDateAndTime", reply("GetSystemDateAndTime")))
    clock = typed("devicemgmt", "GetSystemDateAndTime", reply("GetSystemDateAndTime"))
    day, hour = clock.UTCDateTime.Date, clock.UTCDateTime.Time
    assert told is not None
    moment = datetime.fromtimestamp(told / 1000, UTC)
    assert (moment.year, moment.month, moment.day) == (day.Year, day.Month, day.Day)
    assert (moment.hour, moment.minute, moment.second) == (hour.Hour, hour.Minute, hour.Second)
    assert source == clock.DateTimeType.lower()
    listed = typed("devicemgmt", "GetServices", reply("GetServices"))
    assert answers.services(soap.reply("GetServices", reply("GetServices"))) == {
        one.Namespace: one.XAddr for one in listed
    }
    able = typed("devicemgmt", "GetCapabilities", reply("GetCapabilities"))
    spaces = {name: name for name in soap.SERVICES}
    assert answers.capabilities(soap.reply("GetCapabilities", reply("GetCapabilities")), spaces) == {
        "devicemgmt": able.Device.XAddr, "media": able.Media.XAddr,
    }  # fmt: skip
    found = answers.profiles(soap.reply("GetProfiles", reply("GetProfiles")))
    for mine, theirs in zip(found, typed("media", "GetProfiles", reply("GetProfiles")), strict=True):
        encoder = theirs.VideoEncoderConfiguration
        assert (mine.token, mine.video) == (theirs.token, theirs.VideoSourceConfiguration is not None)
        assert mine.facts.get("codec") == (encoder.Encoding if encoder else None)
        assert mine.facts.get("width") == (encoder.Resolution.Width if encoder else None)
        assert mine.facts.get("kbit_s") == (encoder.RateControl.BitrateLimit if encoder else None)


@pytest.fixture
def camera_replies() -> Camera:
    return Camera(port=80)


def typed(service: str, operation: str, body: bytes) -> Any:
    """A reply as zeep's own types say."""
    binding = next(iter(soap.document(service).bindings.values()))
    return binding.get(operation).process_reply(etree.fromstring(body))
