"""Cameras that lie: bombs, tarpits, addresses elsewhere, mutated envelopes: bounded, and nobody else is asked."""

from __future__ import annotations

import asyncio
import random
import resource
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import pytest_asyncio

from agent.model import Outcome, Secret
from agent.probes.onvif import answers, recorded, soap
from agent.probes.onvif.prober import Climber
from agent.probes.onvif.soap import Fault, NoSoap
from agent.probes.onvif.where import Host, elsewhere, service, shown, snapshot, stream
from agent.probes.wire import httpc
from agent.probes.wire.httpc import BadAnswer, Line, request
from tests.fakes import onvif_mischief as mischief
from tests.fakes.onvif_camera import Camera, Mischief, Request
from tests.fakes.onvif_recorder import Device, Recorded

from .test_onvif import PASSWORD, at, look, replies, verdict  # noqa: F401  (the fixture that skips without the replies)
from .watching import Watch

pytestmark = pytest.mark.net

REPLIES: dict[str, Callable[[Any], object]] = {
    "GetSystemDateAndTime": answers.device_time, "GetDeviceInformation": answers.information,
    "GetServices": answers.services, "GetProfiles": answers.profiles, "GetStreamUri": answers.uri,
    "GetCapabilities": lambda reply: answers.capabilities(reply, {name: name for name in soap.SERVICES}),
    "GetNetworkInterfaces": answers.mac, "GetSnapshotUri": answers.uri, "GetRecordingSummary": recorded.summary,
    "GetRecordings": lambda reply: recorded.stretches(recorded.listed(reply, 1024)),
    "GetRecordingSearchResults": lambda reply: recorded.stretches(recorded.page(reply, 1024)[0]),
    "GetRecordingInformation": recorded.information, "FindRecordings": answers.text, "EndSearch": answers.text,
}  # fmt: skip
"""Operations, and who reads their replies."""
BOMBS = {
    "xxe": mischief.xxe(), "dtd": mischief.dtd_elsewhere(80), "laughs": mischief.billion_laughs(),
    "utf16": mischief.utf16_bomb(), "utf7": mischief.utf7_bomb(), "quadratic": mischief.quadratic(),
    "deep": mischief.deep(), "deeper": mischief.deep(50_000), "wide": mischief.wide(),
    "long": b"<" + b"a" * 1_000_000 + b">", "empty": b"", "nul": b"\0" * 1000,
}  # fmt: skip

_connects: list[object] = []
_spying = False


def _hook(event: str, args: tuple[object, ...]) -> None:
    if _spying and event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        _connects.append(args[1] if event != "socket.getaddrinfo" else args[0])


@contextmanager
def spy() -> Iterator[list[object]]:
    """Every address that this process dials or asks a resolver for."""
    global _spying
    if not getattr(sys, "_campus_spy", False):
        sys.addaudithook(_hook)
        sys._campus_spy = True  # type: ignore[attr-defined]
    _connects.clear()
    _spying = True
    try:
        yield _connects
    finally:
        _spying = False


@pytest_asyncio.fixture
async def camera() -> AsyncIterator[Camera]:
    it = await Camera().start()
    yield it
    await it.close()


@pytest_asyncio.fixture
async def climber() -> AsyncIterator[Climber]:
    it = Climber(Watch().hooks())
    yield it
    await it.close()


# -- another host


async def test_not_one_packet_for_another_host(camera: Camera, climber: Climber) -> None:
    for names in (mischief.ELSEWHERE, f"{mischief.ELSEWHERE}:9", "169.254.169.254", "evil.example", "[::1]"):
        camera.names = names
        with spy() as dialled:
            reading = await climber.look(at(camera, beside=0.0), print)
        assert reading.outcome is Outcome.OK, "its services are asked for at its own address"
        assert "127.0.0.1" in str(reading.facts["stream_uri"])
        assert "127.0.0.1" in str(reading.facts["snapshot_uri"])
        assert {str(one) for one in dialled} == {f"('127.0.0.1', {camera.port})"}
    for operation in ("GetSystemDateAndTime", "GetProfiles"):
        camera.mischief = {operation: mischief.redirect(f"http://{mischief.ELSEWHERE}/x")}
        with spy() as dialled:
            assert (await look(climber, at(camera))).outcome is Outcome.FAILED
        assert {str(one) for one in dialled} == {f"('127.0.0.1', {camera.port})"}


def test_where_addresses_lead() -> None:
    host = Host(address="192.0.2.7", port=8080, names=frozenset(("cam-7", "192.0.2.7")))
    assert service("http://192.0.2.7:81/onvif/media", host) == (81, "/onvif/media")
    assert service("http://CAM-7/m?x=1", host) == (80, "/m?x=1")
    assert service("http://10.0.0.1:81/onvif/media", host) == (8080, "/onvif/media")
    assert service("https://192.0.2.7/m", host) == (8080, "/m"), "another scheme: the port that is asked"
    assert service("http://192.0.2.7@evil.example/m", host) == (8080, "/m")
    assert service("file:///etc/passwd", host) is None
    assert service("http://192.0.2.7:99999/m", host) is None
    assert service("http://[/m", host) is None
    assert service("http://192.0.2.7/a\r\nHost: evil", host) == (80, "/a%20Host:%20evil")
    assert stream("rtsp://u:p@evil.example:8554/s?a=1&b=2", host) == "rtsp://192.0.2.7:8554/s?a=1&b=2"
    assert stream("rtsp://evil.example//s", host) == "rtsp://192.0.2.7/s"
    assert stream("http://192.0.2.7/s", host) is None
    assert stream("rtsp://" + "a" * 5000, host) is None
    assert stream("rtsp://[fe80::1%25eth0]/s", Host(address="fe80::1%eth0", port=80)) == "rtsp://[fe80::1]/s"
    assert snapshot("http://evil.example/s.jpg", host) == "http://192.0.2.7:8080/s.jpg"
    assert elsewhere("http://evil.example/x", host) == "evil.example"
    assert elsewhere("http://192.0.2.7/x", host) == ""
    assert (
        shown("rtsp://x/a?password=p%40ss&b=1&token=t", Secret("p@ssword")) == "rtsp://x/a?password=***&b=1&token=***"
    )


# -- bombs


@pytest.mark.parametrize("name", BOMBS)
async def test_bombs_are_refused_at_once(name: str) -> None:
    soap.load()
    with spy() as dialled:
        begun = time.process_time()
        with pytest.raises(NoSoap):
            soap.reply("GetDeviceInformation", BOMBS[name])
        assert time.process_time() - begun < 0.05
    assert dialled == []


async def test_bombs_over_the_wire(camera: Camera, climber: Climber) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    acts = {
        "xxe": mischief.body(BOMBS["xxe"]), "gzip": mischief.gzip_bomb(), "chunks": mischief.endless_chunks,
        "header": mischief.endless_header,
        "length": mischief.raw(b"HTTP/1.1 200 X\r\nContent-Length: 99999999\r\n\r\n"),
        "two lengths": mischief.raw(b"HTTP/1.1 200 X\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        "interim": mischief.raw(b"HTTP/1.1 100 X\r\n\r\n" * 1000),
        "cut off": mischief.raw(b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nab"),
    }  # fmt: skip
    for name, act in acts.items():
        camera.mischief["GetProfiles"] = act
        reading = await look(climber, at(camera))
        assert verdict(reading) == ("profiles", "wrong_answer"), name
        assert reading.duration < 2.0, name
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 250, "most of it the fake's own bomb"


@pytest.mark.parametrize("act", [mischief.hang, mischief.tarpit])
async def test_a_tarpit_holds_nobody_else(camera: Camera, climber: Climber, act: Mischief) -> None:
    good = await Camera().start()
    camera.mischief["*"] = act
    stuck = asyncio.create_task(look(climber, at(camera, timeout=1.0)))
    readings = [await look(climber, at(good)) for _ in range(5)]
    assert all(one.outcome is Outcome.OK and one.duration < 0.5 for one in readings)
    ended = await stuck
    assert (ended.reason, ended.facts["rung"]) == ("timeout", "onvif")
    assert ended.duration == pytest.approx(1.0, abs=0.3)
    await good.close()


async def test_more_requests_on_a_line_that_was_closed(camera: Camera) -> None:
    line = Line("127.0.0.1", camera.port)
    sent = request("POST", "/", "x", {}, b"".join(soap.message("devicemgmt", "GetSystemDateAndTime")))
    camera.mischief["*"] = mischief.raw(b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nab")
    assert (await line.exchange(sent)).body == b"ab"
    await asyncio.sleep(0.05)
    assert (await line.exchange(sent)).body == b"ab"
    camera.mischief["*"] = mischief.raw(b"HTTP/1.0 200 X\r\n\r\nto the end")
    answer = await line.exchange(sent)
    assert (answer.body, answer.lasting, line.open) == (b"to the end", False, False)
    line.close()


async def test_chunks_and_trailers(camera: Camera) -> None:
    line = Line("127.0.0.1", camera.port)
    sent = request("GET", "/", "x", {})
    chunked = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"
    camera.mischief["*"] = mischief.raw(chunked + b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n")
    assert (await line.exchange(sent)).body == b"abcde"
    for bad in (b"zz\r\n", b"-1\r\n", b"ffffffff\r\n", b"1\r\na\r\n" * 5000, b"0\r\n" + b"x: y\r\n" * 9000):
        camera.mischief["*"] = mischief.raw(chunked + bad)
        with pytest.raises((BadAnswer, OSError)):
            await line.exchange(sent)
    for path in ("/a b", "/a\r\nX: y", "/\u00e9"):
        with pytest.raises(ValueError, match="request line"):
            request("GET", path, "x", {})


# -- mutated envelopes


def _storm(count: int, seed: int) -> tuple[float, int]:
    """Read so many mutated replies; the longest time of one, seconds of CPU, and how many could still be read."""
    chance, worst, read = random.Random(seed), 0.0, 0
    camera = recorder()
    camera.recordings, camera.searching = (86400.0, 5.0, 3), {"": 0}
    for _ in range(count):
        operation, take = chance.choice(list(REPLIES.items()))
        text = mischief.mutated(camera.reply(operation), chance)[: httpc.BODY_BYTES]
        begun = time.process_time()
        try:
            take(soap.reply(operation, text))
            read += 1
        except (NoSoap, Fault):
            pass
        worst = max(worst, time.process_time() - begun)
    return worst, read


def test_mutated_envelopes() -> None:
    soap.load()
    worst, read = _storm(1_000, 4)
    assert worst < 0.05
    assert 0 < read < 1_000


@pytest.mark.soak
def test_ten_thousand_mutated_envelopes() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    worst, _ = _storm(10_000, 5)
    assert worst < 0.05
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 30


def recorder() -> Device:
    """A device that has answers to all that is asked."""
    kept = [Recorded(token=f"r{number}", name=f"通道 {number}") for number in range(4)]
    return Device(password=PASSWORD, services=("media2", "media", "search", "recording"), kept=kept)


@pytest.mark.parametrize("media", ["media", "media2"])
@pytest.mark.parametrize("count", [60, pytest.param(2_000, marks=pytest.mark.soak)])
async def test_mutated_envelopes_over_the_wire(climber: Climber, count: int, media: str) -> None:
    """Any answer of a look is a reading with a reason; none is our own error."""
    chance, device = random.Random(count), recorder()
    device.services = (media, "search", "recording")
    await device.start()

    async def act(one: Camera, request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(one.http(200, mischief.mutated(one.answer(request).partition(b"\r\n\r\n")[2], chance)))
        return False

    for _ in range(count):
        operation = chance.choice(list(REPLIES))
        device.mischief = {operation: act}
        reading = await climber.look(at(device, beside=0.0, timeout=1.0), print)
        assert not reading.reason.startswith(("bug", "local_error")), (operation, reading.reason)
    await device.close()


@pytest.mark.parametrize("count", [100, pytest.param(2_000, marks=pytest.mark.soak)])
async def test_mutated_http(camera: Camera, climber: Climber, count: int) -> None:
    """The whole answer, its header too."""
    chance = random.Random(count)

    async def act(one: Camera, request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(mischief.mutated(one.answer(request), chance))
        return True

    for _ in range(count):
        camera.mischief = {chance.choice(list(REPLIES)): act}
        reading = await look(climber, at(camera, beside=0.0, timeout=1.0))
        assert not reading.reason.startswith(("bug", "local_error")), reading.reason
        assert reading.duration < 1.5


async def test_names_in_any_encoding_end_up_clean(camera: Camera, climber: Climber) -> None:
    good = camera.reply("GetDeviceInformation")
    for name in (
        "王老师的摄像机".encode("gb18030"),
        "🎥 相机\u202e\u0000".encode(),
        b"\xff\xfe\x00bad",
        b"a&#x1F3A5;b",
    ):
        camera.replaced["GetDeviceInformation"] = good.replace(b"Mockup Model", name)
        reading = await look(climber, at(camera))
        assert reading.outcome is Outcome.OK, name
        model = str(reading.facts["model"])
        assert model
        assert model.isprintable()
        assert "\u202e" not in model


async def test_one_bad_byte_does_not_spoil_the_names_beside_it(camera: Camera, climber: Climber) -> None:
    good = camera.reply("GetDeviceInformation").replace(b"Mockup Model", "教学楼东门".encode())
    camera.replaced["GetDeviceInformation"] = good.replace(b"Mockup_15_14_13", b"V5 \xff\xfe")
    assert (await look(climber, at(camera))).facts["model"] == "教学楼东门"
