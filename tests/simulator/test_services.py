"""What the devices of the campus say on their ports, asked by hand: their logins, their limits, and nonsense."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.clock import SystemClock
from agent.simulator.campus import Campus, Refused
from agent.simulator.plan import Box, Plan, Service
from agent.simulator.services import pictures, soap
from agent.simulator.services.calls import barix, sip
from agent.simulator.services.logins import LOCK_AFTER, LOCK_SECONDS, Guard
from agent.simulator.services.onvif import answer, snapshot
from agent.simulator.services.recordings import SEARCHES
from agent.simulator.services.rtp import payloads_of
from agent.simulator.services.table import STREAMS
from agent.simulator.services.voice import Voice
from agent.simulator.settings import seconds
from tests.simulator.given import throw

USER, PASSWORD = "admin", "secret <&>"


def camera(service: str, **more: Any) -> Voice:
    one = Service(name=service, port=80, username=USER, password=PASSWORD, path="/live")
    box = Box(id="cam", kind="camera", address="127.0.0.1", vendor="Hikvision", model="X", services=(one,))
    box = replace(box, **more)
    clock = SystemClock()
    return Voice(Campus(plan=Plan(boxes=(box,)), began=clock.mono()), box, one, clock, Guard())


# -- ONVIF


def token(password: str = PASSWORD, created: str = "", nonce: bytes = b"0123456789") -> str:
    created = created or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()
    return (
        f"<s:Header><w:Security><w:UsernameToken><w:Username>{USER}</w:Username><w:Password Type='x'>{digest}"
        f"</w:Password><w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce><u:Created>{created}</u:Created>"
        "</w:UsernameToken></w:Security></s:Header>"
    )


def ask(
    voice: Voice, operation: str, header: str = "", *, inner: str = "", space: str = "y", **headers: str
) -> tuple[int, str]:
    asked = f"<x:{operation} xmlns:x='{space}'>{inner}</x:{operation}>"
    body = f"<s:Envelope>{header}<s:Body>{asked}</s:Body></s:Envelope>".encode()
    reply = answer(voice, headers, body)
    return reply.status, reply.body.decode() + " ".join(reply.headers)


def test_time_is_told_to_everybody_and_nothing_else() -> None:
    voice = camera("onvif")
    assert ask(voice, "GetSystemDateAndTime")[0] == 200
    status, text = ask(voice, "GetDeviceInformation")
    assert status == 400 and "ter:NotAuthorized" in text
    status, text = ask(voice, "GetDeviceInformation", token())
    assert status == 200 and "<tds:Manufacturer>HIKVISION" in text


def test_a_token_holds_once_for_a_minute_and_for_this_password() -> None:
    voice = camera("onvif")
    header = token()
    assert [ask(voice, "GetProfiles", header)[0] for _ in range(2)] == [200, 400]
    assert ask(voice, "GetProfiles", token(password="wrong", nonce=b"a"))[0] == 400
    assert ask(voice, "GetProfiles", token(created="2020-01-01T00:00:00Z", nonce=b"b"))[0] == 400
    throw(voice.campus, "set cam password other")
    assert ask(voice, "GetProfiles", token(nonce=b"c"))[0] == 400
    assert ask(voice, "GetProfiles", token(password="other", nonce=b"d"))[0] == 200


def test_a_clock_that_runs_ahead_judges_by_itself() -> None:
    voice = camera("onvif")
    throw(voice.campus, "set cam clock +15m")
    assert ask(voice, "GetProfiles", token(nonce=b"now"))[0] == 400
    ahead = f"{voice.now():%Y-%m-%dT%H:%M:%SZ}"
    assert ask(voice, "GetProfiles", token(created=ahead, nonce=b"its"))[0] == 200


def test_it_locks_after_many_wrong_logins() -> None:
    voice = camera("onvif")
    for turn in range(LOCK_AFTER):
        ask(voice, "GetProfiles", token(password="wrong", nonce=str(turn).encode()))
    status, text = ask(voice, "GetProfiles", token(nonce=b"right"))
    assert status == 401 and "locked" in text
    assert voice.guard.locked(voice.mono) and not voice.guard.locked(voice.mono + LOCK_SECONDS + 1)


def test_digest_of_http() -> None:
    voice = camera("onvif", vendor="Dahua")
    status, text = ask(voice, "GetProfiles")
    nonce = re.search(r'nonce="(\w+)"', text)
    assert status == 401 and nonce is not None
    header = digest("POST", "/onvif/device_service", nonce[1], voice.guard.realm)
    assert ask(voice, "GetProfiles", authorization=header)[0] == 200
    assert ask(voice, "GetProfiles", authorization=header.replace(USER, "guest"))[0] == 401


def digest(method: str, uri: str, nonce: str, realm: str, password: str = PASSWORD) -> str:
    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    response = md5(f"{md5(f'{USER}:{realm}:{password}')}:{nonce}:{md5(f'{method}:{uri}')}")
    return f'Digest username="{USER}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}"'


def recorder(cameras: int = 40) -> Voice:
    """Of so many cameras."""
    one = Service(name="onvif", port=80, username=USER, password=PASSWORD)
    box = Box(id="nvr", kind="recorder", address="127.0.0.1", vendor="Hikvision", services=(one,))
    seen = (Box(id=f"cam-{number}", name=f"摄像机 {number}", kind="camera") for number in range(1, cameras + 1))
    clock = SystemClock()
    return Voice(Campus(plan=Plan(boxes=(box, *seen)), began=clock.mono()), box, one, clock, Guard())


def test_a_recorder_tells_of_each_channel() -> None:
    voice = recorder()
    throw(voice.campus, "set cam-2 recording off", now=voice.mono - 7200)
    throw(voice.campus, "set cam-3 recording never")
    text = ask(voice, "FindRecordings", token(nonce=b"1"))[1]
    search = re.search(r"<tse:SearchToken>(\w+)<", text)
    assert search is not None
    inner = f"<x:SearchToken>{search[1]}</x:SearchToken><x:MaxResults>1000</x:MaxResults>"
    pages = [ask(voice, "GetRecordingSearchResults", token(nonce=b"2%d" % at), inner=inner)[1] for at in range(2)]
    assert [len(re.findall("<tt:RecordingInformation>", page)) for page in pages] == [32, 8]
    assert ["Completed" in page for page in pages] == [False, True]
    assert re.findall("<tt:RecordingStatus>(\\w+)<", pages[0])[:4] == ["Recording", "Stopped", "Stopped", "Recording"]
    assert pages[0].count("<tt:LatestRecording>") == 31
    assert ask(voice, "EndSearch", token(nonce=b"3"), inner=inner)[0] == 200
    assert ask(voice, "EndSearch", token(nonce=b"4"), inner=inner)[0] == 400
    assert ask(voice, "GetRecordings", token(nonce=b"5"))[1].count("<trc:RecordingItem>") == 40
    inner = "<x:RecordingToken>recording-cam-2</x:RecordingToken>"
    assert "摄像机 2" in ask(voice, "GetRecordingInformation", token(nonce=b"6"), inner=inner)[1]


def test_who_never_ends_a_search_has_none_soon() -> None:
    voice = recorder()
    asked = [ask(voice, "FindRecordings", token(nonce=b"%d" % turn))[0] for turn in range(SEARCHES + 1)]
    assert asked == [*[200] * SEARCHES, 400]


def test_newer_cameras_speak_media2_alone() -> None:
    voice, space = camera("onvif", tags=("h265",)), "http://www.onvif.org/ver{}/media/wsdl"
    listed = ask(voice, "GetServices", token(nonce=b"1"))[1]
    assert (
        space.format(20) in listed.partition("<s:Body>")[2] and space.format(10) not in listed.partition("<s:Body>")[2]
    )
    status, text = ask(voice, "GetProfiles", token(nonce=b"2"), space=space.format(20))
    assert status == 200 and "<tr2:VideoEncoder " in text and "<tt:Encoding>H265<" in text
    assert ask(voice, "GetProfiles", token(nonce=b"3"), space=space.format(10))[0] == 400
    assert ask(camera("onvif"), "GetProfiles", token(nonce=b"4"), space=space.format(20))[0] == 400


def test_a_snapshot_is_the_picture_and_wants_a_digest() -> None:
    voice = camera("onvif")
    refused = snapshot(voice, {})
    nonce = re.search(r'nonce="(\w+)"', refused.headers[0])
    assert refused.status == 401 and nonce is not None
    right = {"authorization": digest("GET", "/onvif/snapshot", nonce[1], voice.guard.realm)}
    shown = [snapshot(voice, right).body for _ in range(2)]
    assert shown[0].startswith(b"\xff\xd8") and shown[0] != shown[1]
    throw(voice.campus, "set cam picture black")
    assert snapshot(voice, right).body == pictures.still("black", 1)
    wrong = {"authorization": digest("GET", "/onvif/snapshot", nonce[1], voice.guard.realm, password="wrong")}
    assert [snapshot(voice, wrong).status for _ in range(LOCK_AFTER)] == [401] * LOCK_AFTER
    assert snapshot(voice, right).status == 401 and voice.guard.locked(voice.mono)


def test_a_recorder_that_stops_says_when() -> None:
    voice = recorder(2)
    throw(voice.campus, "set nvr recording off", now=voice.mono - 7200)
    text = ask(voice, "GetRecordingSummary", token())[1]
    until = re.search(r"<tt:DataUntil>([^<]*)Z<", text)
    assert until is not None
    assert 7190 < (datetime.now(UTC) - datetime.fromisoformat(until[1] + "+00:00")).total_seconds() < 7210
    assert ask(camera("onvif"), "GetRecordingSummary", token(nonce=b"c"))[0] == 400, "a camera records nothing"


@given(st.binary(max_size=400))
@settings(max_examples=100)
def test_no_body_breaks_the_service(body: bytes) -> None:
    assert answer(camera("onvif"), {}, body).status in (400, 401)
    assert soap.operation(body) in ("", *re.findall(r"\w+", body.decode("latin-1")))


# -- RTSP


@asynccontextmanager
async def spoken(voice: Voice) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to the service, served as the campus does."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await STREAMS[voice.service.name](voice, reader, writer)
        except (OSError, EOFError, ValueError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()


class Viewer:
    """Asks for a stream by hand."""

    def __init__(self, voice: Voice, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.voice, self._reader, self._writer, self._nonce = voice, reader, writer, ""

    async def ask(self, method: str, *headers: str, password: str = PASSWORD) -> tuple[int, str]:
        uri = "rtsp://127.0.0.1/live"
        words = [f"{method} {uri} RTSP/1.0", "CSeq: 1", *headers]
        if self._nonce:
            words.append(f"Authorization: {digest(method, uri, self._nonce, self.voice.guard.realm, password)}")
        self._writer.write("\r\n".join([*words, "", ""]).encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        size = re.search(r"Content-Length: (\d+)", head)
        body = await self._reader.readexactly(int(size[1])) if size else b""
        nonce = re.search(r'nonce="(\w+)"', head)
        self._nonce = nonce[1] if nonce else self._nonce
        return int(head.split()[1]), head + body.decode()

    async def packet(self) -> bytes:
        head = await self._reader.readexactly(4)
        assert head[0] == 0x24
        return await self._reader.readexactly(int.from_bytes(head[2:], "big"))


TCP = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"


@pytest.mark.parametrize("codec", ["h264", "h265"])
async def test_a_stream_is_described_played_and_ended(codec: str) -> None:
    voice = camera("rtsp", tags=("h265",) if codec == "h265" else ())
    async with spoken(voice) as (reader, writer):
        viewer = Viewer(voice, reader, writer)
        assert (await viewer.ask("OPTIONS"))[0] == 200
        assert (await viewer.ask("DESCRIBE"))[0] == 401
        status, text = await viewer.ask("DESCRIBE")
        assert status == 200 and f"{codec.upper()}/90000" in text and "sprop" in text
        assert (await viewer.ask("SETUP", "Transport: RTP/AVP;unicast;client_port=5000-5001"))[0] == 461
        assert (await viewer.ask("SETUP", TCP))[0] == 200
        assert (await viewer.ask("PLAY"))[0] == 200
        packets = [await viewer.packet()]
        while not packets[-1][1] & 0x80:
            packets.append(await viewer.packet())
        numbers = [int.from_bytes(packet[2:4], "big") for packet in packets]
        assert [(number - numbers[0]) & 0xFFFF for number in numbers] == list(range(len(packets)))
        assert (await viewer.ask("TEARDOWN"))[0] == 200 and not voice.sessions


async def test_a_camera_has_two_streams_and_no_more() -> None:
    voice = camera("rtsp")
    voice.sessions.update(("one", "two"))
    async with spoken(voice) as (reader, writer):
        viewer = Viewer(voice, reader, writer)
        await viewer.ask("DESCRIBE")
        assert (await viewer.ask("SETUP", TCP))[0] == 453
        assert (await viewer.ask("PLAY"))[0] == 454
        assert (await viewer.ask("DESCRIBE", password="wrong"))[0] == 401


def test_fragments_make_the_unit_again() -> None:
    for codec, header, unit in (("H264", 1, b"\x65" + bytes(5000)), ("H265", 2, b"\x26\x01" + bytes(5000))):
        parts = list(payloads_of(codec, unit))
        assert len(parts) == 4 and all(len(part) <= 1_403 for part in parts)
        assert b"".join(part[header + 1 :] for part in parts) == unit[header:]
        assert [part[header] & 0xC0 for part in parts] == [0x80, 0, 0, 0x40]


# -- pictures


@pytest.mark.parametrize("picture", ["good", "frozen", "black", "covered", "night"])
@pytest.mark.parametrize(("codec", "name"), [("H264", "h264"), ("H265", "hevc")])
def test_the_shipped_pictures_are_key_frames_of_1080p(picture: str, codec: str, name: str) -> None:
    context = av.CodecContext.create(name, "r")
    assert isinstance(context, av.VideoCodecContext)
    raw = b"".join(b"\0\0\0\1" + unit for unit in pictures.frame(picture, codec, 1))
    (frame,) = [*context.decode(av.Packet(raw)), *context.decode(None)]
    assert isinstance(frame, av.VideoFrame) and (frame.width, frame.height, frame.key_frame) == (1920, 1080, True)


def test_they_are_small_and_only_a_frozen_one_stands_still() -> None:
    sizes = [len(file.read_bytes()) for file in (files("agent.simulator") / "frames").iterdir()]
    assert sum(sizes) < 100_000
    assert len({pictures.frame("good", "H264", look) for look in range(3)}) == 3
    assert len({pictures.frame("frozen", "H264", look) for look in range(3)}) == 1


# -- the others


OPTIONS = (
    b"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx\r\nf: <sip:a@b>;tag=1\r\n"
    b"To: <sip:127.0.0.1>\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


def test_sip_copies_what_must_be_copied() -> None:
    reply = sip(camera("sip"), OPTIONS)
    assert reply is not None and reply.startswith(b"SIP/2.0 200 OK\r\n")
    assert all(line in reply for line in (b"branch=z9hG4bKx", b"f: <sip:a@b>;tag=1", b"Call-ID: c", b"CSeq: 7 OPTIONS"))
    assert re.search(rb"To: <sip:127.0.0.1>;tag=\w+", reply)
    invite = sip(camera("sip"), OPTIONS.replace(b"OPTIONS", b"INVITE"))
    assert invite is not None and b" 405 " in invite.split(b"\r\n")[0]


def test_a_barix_that_plays_nothing() -> None:
    voice = camera("barix")
    assert b"Error=0" in (barix(voice, b"MTELL\r\n") or b"")
    throw(voice.campus, "set cam registered no")
    assert b"BufferLevel=0,SoftErrorCount=0" in (barix(voice, b"MTELL\r\n") or b"")
    assert barix(voice, b"PTELL\r\n") is None


@given(st.binary(max_size=300))
def test_no_datagram_breaks_them(datagram: bytes) -> None:
    assert sip(camera("sip"), datagram) is None or datagram[:1].isalpha()
    assert barix(camera("barix"), datagram) is None or datagram.strip() == b"MTELL"


async def test_rdp_wants_tls() -> None:
    async with spoken(camera("rdp")) as (reader, writer):
        writer.write(struct.pack(">BBHBBHHB", 3, 0, 19, 14, 0xE0, 0, 0, 0) + struct.pack("<BBHI", 1, 0, 8, 0))
        assert (await reader.readexactly(19))[11:] == struct.pack("<BBHI", 3, 0, 8, 1)


@pytest.mark.parametrize("service", sorted(STREAMS))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.binary(min_size=1, max_size=200))
async def test_nonsense_is_hung_up_on(service: str, noise: bytes) -> None:
    async with spoken(camera(service)) as (reader, writer):
        writer.write(noise)
        writer.write_eof()
        async with asyncio.timeout(2):
            await reader.read()


@pytest.mark.parametrize(("value", "ahead"), [("+15m", 900), ("-1h", -3600), ("0", 0), ("+3 h", 10_800), ("90", 90)])
def test_clocks(value: str, ahead: float) -> None:
    assert seconds(value) == ahead


@pytest.mark.parametrize("line", ["set cam picture pink", "set cam colour red", "set cam clock noon"])
def test_what_cannot_be_set(line: str) -> None:
    with pytest.raises(Refused) as caught:
        throw(camera("onvif").campus, line)
    assert caught.value.key == "no_setting"
