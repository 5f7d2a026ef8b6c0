"""What a camera must not be able to do by RTSP: hold a look, fill memory, send us elsewhere, stop the others."""

from __future__ import annotations

import asyncio
import random
import socket
import time
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agent.model import Secret
from agent.probes import rtsp
from agent.probes.rtsp import sdp
from agent.probes.rtsp.address import Place, control, place
from agent.probes.rtsp.client import Described, Failure, KeyFrame, describe, keyframe
from agent.probes.rtsp.keyframe import Assembler
from agent.probes.rtsp.message import Malformed, head
from agent.probes.rtsp.nal import LARGEST
from agent.probes.rtsp.rtp import parse
from agent.probes.wire import digest

from ..fakes import keyframes
from ..fakes.rtsp_camera import Camera, Request, fragments, honest, reply, rtp, running, units

HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"
LOGIN = rtsp.Credential(username="cam", password=Secret("secret"))


def silent(line: str) -> None:
    pass


def frame(codec: str = "h264") -> bytes:
    return keyframes.key_frame(codec, size=(320, 180))


async def fetch(camera: Camera, seconds: float = 1.0) -> KeyFrame | Failure:
    deadline = asyncio.get_running_loop().time() + seconds
    return await keyframe(HERE, f"rtsp://{HERE}:{camera.port}/main", LOGIN, deadline, silent)


@asynccontextmanager
async def steady(limit: float) -> AsyncIterator[None]:
    """Meanwhile the loop never stands still for longer."""
    gaps = [0.0]

    async def beat() -> None:
        while True:
            begun = time.monotonic()
            await asyncio.sleep(0.005)
            gaps.append(time.monotonic() - begun)

    beating = asyncio.create_task(beat())
    yield
    beating.cancel()
    assert max(gaps) < limit


# -- time and memory


async def test_a_tarpit_has_one_deadline_for_everything() -> None:
    async def drips(request: Request, honest_: bytes) -> None:
        for byte in honest_:
            request.stream.write(bytes((byte,)))
            await asyncio.sleep(0.1)

    async with running(Camera(frames=[frame()], twist=drips)) as camera:
        begun = time.monotonic()
        answer = await fetch(camera, 0.5)
    assert answer == Failure(reason="timeout", rung="rtsp")
    assert time.monotonic() - begun < 0.6


@pytest.mark.parametrize(
    "answer",
    [b"RTSP/1.0 200 OK\r\nX: " + b"a" * 10_000_000, b"RTSP/1.0 200 OK\r\n" + b"X: 1\r\n" * 1_000_000,
     b"RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n" + b"a" * 10_000_000,
     b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 100,
     b"SSH-2.0-dropbear\r\n", b"\r\n" * 3_000_000],
    ids=["long-header", "many-headers", "long-body", "negative", "http", "zeros", "ssh", "empty-lines"],
)  # fmt: skip
async def test_what_is_not_rtsp(answer: bytes) -> None:
    async with running(Camera(twist=lambda request, honest_: answer)) as camera, steady(0.5):
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        assert await fetch(camera) == Failure(reason="not_rtsp", rung="rtsp")
        grown = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
    assert grown < 20_000_000  # the fake's own copy of the ten megabytes is in it


@pytest.mark.parametrize("content", [b"", bytes(12), b"\x80\x60" + bytes(1400)])
async def test_a_flood_of_packets_does_not_stop_the_others(content: bytes) -> None:
    def flood(camera: Camera, whole: bytes) -> list[bytes]:
        return [(b"\x24\x00" + len(content).to_bytes(2) + content) * (9_000_000 // (4 + len(content)))]

    async with running(Camera(frames=[frame()], packets=flood)) as camera, steady(0.2):
        begun = time.monotonic()
        assert await fetch(camera, 3.0) == Failure(reason="no_frame", rung="frame")
        assert time.monotonic() - begun < 3.6


# -- elsewhere


@asynccontextmanager
async def somebody_else(port: int) -> AsyncIterator[list[object]]:
    """Listens on the same port of another host, TCP and UDP, and keeps what comes."""
    came: list[object] = []
    with socket.create_server((ELSEWHERE, port)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((ELSEWHERE, port))
        for sock in (tcp, udp):
            sock.setblocking(False)
        asyncio.get_running_loop().add_reader(tcp, lambda: came.append(tcp.accept()))
        asyncio.get_running_loop().add_reader(udp, lambda: came.append(udp.recvfrom(2000)))
        yield came
        await asyncio.sleep(0.05)
        asyncio.get_running_loop().remove_reader(tcp)
        asyncio.get_running_loop().remove_reader(udp)


@pytest.mark.parametrize("status", [301, 302, 303, 305])
async def test_redirects_are_not_followed(status: int) -> None:
    def away(request: Request, honest_: bytes) -> bytes:
        return reply(request.headers["cseq"], status, [f"Location: rtsp://{ELSEWHERE}:{camera.port}/main"])

    async with running(Camera(twist=away)) as camera, somebody_else(camera.port) as came:
        assert await fetch(camera) == Failure(reason="redirect", rung="stream")
    assert not came


@pytest.mark.parametrize(
    ("old", "new"),
    [("a=control:video", "a=control:rtsp://127.0.0.2:PORT/main/video"), ("a=control:*", "a=control:rtsp://127.0.0.2/x"),
     ("c=IN IP4 0.0.0.0", "c=IN IP4 127.0.0.2"),
     ("Content-Type: application/sdp", "Content-Type: application/sdp\r\nContent-Base: rtsp://127.0.0.2:PORT/main/"),
     ("Transport: RTP/AVP/TCP;", "Transport: RTP/AVP/TCP;destination=127.0.0.2;source=127.0.0.2;"),
     ("Session: 4711", "Location: rtsp://127.0.0.2:PORT/\r\nSession: 4711")],
)  # fmt: skip
async def test_other_hosts_that_are_named_hear_nothing(old: str, new: str) -> None:
    def names(request: Request, honest_: bytes) -> bytes:
        answer, sep, body = honest_.partition(b"\r\n\r\n")
        text = new.replace("PORT", str(camera.port)).encode()
        if old.encode() in body:
            body = body.replace(old.encode(), text)
            answer = answer[: answer.rindex(b":") + 1] + b" " + str(len(body)).encode()
        return answer.replace(old.encode(), text) + sep + body

    async with running(Camera(frames=[frame()], twist=names)) as camera, somebody_else(camera.port) as came:
        assert isinstance(await fetch(camera), KeyFrame)
        assert camera.seen["SETUP"] == 1
    assert not came


async def test_udp_is_not_agreed_to() -> None:
    def udp(request: Request, honest_: bytes) -> bytes:
        return honest_.replace(b"RTP/AVP/TCP;interleaved=0-1", b"RTP/AVP;unicast;server_port=1-2;destination=127.0.0.2")

    async with running(Camera(frames=[frame()], twist=udp)) as camera, somebody_else(camera.port) as came:
        assert await fetch(camera) == Failure(reason="no_stream", rung="frame")
    assert not came


def test_where_a_stream_is() -> None:
    here = Place("10.0.0.1", 8554, "/a%20b?c=d")
    assert place("10.0.0.1", "rtsp://u:p@10.0.0.1:8554/a b?c=d") == (here, "")
    assert place("10.0.0.1", "RTSP://evil:8554/a b?c=d#x") == (here, "evil")
    assert place("10.0.0.1", "http://10.0.0.1/")[0] is None
    assert place("10.0.0.1", "rtsp://10.0.0.1:99999/")[0] is None
    injected = place("10.0.0.1", "rtsp://x/a\r\nX: y")[0]
    assert injected is not None
    assert injected.uri == "rtsp://10.0.0.1/a%0D%0AX:%20y"
    assert place("fe80::1", "rtsp://[fe80::2]:5/x")[0] == Place("fe80::1", 5, "/x")
    assert Place("fe80::1%eth0", 5, "/x").uri == "rtsp://[fe80::1]:5/x"
    assert str(Place("10.0.0.1", 554, "/user=a_password=b_c?pwd=d&x=1")) == (
        "rtsp://10.0.0.1/user=a_password=***_c?pwd=***&x=1"
    )
    base = Place("10.0.0.1", 554, "/main")
    assert control(base, "", "trackID=1") == (Place("10.0.0.1", 554, "/main/trackID=1"), "")
    assert control(base, "rtsp://evil/other/", "rtsp://10.0.0.1/t") == (Place("10.0.0.1", 554, "/t"), "evil")
    assert control(base, "", "*") == (base, "")


# -- ten thousand mutations


def mutated(message: bytes, chance: random.Random) -> bytes:
    """Cut, grown, lengths that lie, bytes turned, lines doubled, noise."""
    body = bytearray(message)
    match chance.randrange(7):
        case 0:
            return bytes(body[: chance.randrange(len(body))])
        case 1:
            for _ in range(chance.randint(1, 12)):
                body[chance.randrange(len(body))] = chance.randrange(256)
        case 2:
            return chance.randbytes(chance.randrange(1, 300))
        case 3:
            return message.replace(b"Content-Length: ", b"Content-Length: %d" % chance.randrange(10**9))
        case 4:
            lines = message.split(b"\r\n")
            chance.shuffle(lines)
            return b"\r\n".join(lines) + b"\r\n\r\n"
        case 5:
            at = chance.randrange(len(body))
            return bytes(body[:at] + body[at : at + 20] * chance.randrange(200) + body[at:])
        case _:
            at = chance.randrange(len(body))
            return bytes(body[:at]) + "\x00🏫\u202eيمين".encode() + bytes(body[at:])
    return bytes(body)


def test_ten_thousand_mutated_messages_read() -> None:
    camera, chance, begun = Camera(frames=[frame()]), random.Random(1), time.process_time()
    whole = reply("1", 401, [f"WWW-Authenticate: {camera.challenge()}"], camera.sdp())
    for _ in range(10_000):
        raw = mutated(whole, chance)
        first, _, body = raw.partition(b"\r\n\r\n")
        try:
            digest.best(head(first).headers.get("www-authenticate", ()))
        except Malformed:
            pass
        sdp.read(body)
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_ten_thousand_mutated_packets_put_together(codec: str) -> None:
    chance, begun = random.Random(2), time.process_time()
    good = [packet[4:] for packet in honest(Camera(codec=codec), frame(codec))]
    assembler = Assembler(codec, ())
    for at in range(10_000):
        packet = parse(mutated(good[at % len(good)], chance) if chance.random() < 0.5 else good[at % len(good)])
        if packet is not None:
            assembler.feed(packet)
    assert time.process_time() - begun < 5


def test_a_frame_that_never_ends_is_dropped() -> None:
    assembler = Assembler("h264", ())
    unit = next(unit for unit in units(frame()) if unit[0] & 31 == 5)
    for at in range(2 * LARGEST // len(unit)):
        packet = parse(rtp(unit, at & 0xFFFF))
        assert packet is not None
        assert assembler.feed(packet) is None
    last = parse(rtp(fragments("h264", unit)[0], 0, marker=True))
    assert last is not None
    assert assembler.feed(last) is None


async def conversations(count: int) -> None:
    """Whole looks at a camera that mutates every answer."""
    chance = random.Random(3)
    camera = Camera(frames=[frame()], twist=lambda request, honest_: mutated(honest_, chance))
    async with running(camera):
        for at in range(count):
            ask = keyframe if at % 2 else describe
            deadline = asyncio.get_running_loop().time() + 0.02
            answer = await ask(HERE, f"rtsp://{HERE}:{camera.port}/", LOGIN, deadline, silent)
            assert isinstance(answer, (Failure, KeyFrame, Described))


async def test_mutated_conversations() -> None:
    async with steady(0.5):
        await conversations(200)


@pytest.mark.soak
async def test_ten_thousand_mutated_conversations() -> None:
    async with steady(1.0):
        await conversations(10_000)
