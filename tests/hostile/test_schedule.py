"""A hostile device of each kind for each protocol, all in one running agent: the schedule of the others moves by less
than a second, memory stays where it was, and every hostile look ends with a word.
"""

from __future__ import annotations

import asyncio
import gzip
import random
import time
from pathlib import Path

import pytest

from tests.agent.running import until
from tests.fakes import onvif_mischief as mischief
from tests.hostile.given import SITE, Gaps, agent_on, begun, door, lag_above, resident, tcp
from tests.hostile.stage import Stage, stage
from tests.hostile.test_every_probe import ASKED, SERVERS
from tests.probes.peers import Talk

pytestmark = pytest.mark.net

OTHERS = 120
MOST_GROWTH = 120_000_000
"""Bytes by which the agent's memory may grow from the first hostile look on; libraries are in it that it then loads."""
LOGINS = """credentials:
  x:
    snmp: {version: 2c, community: public}
    onvif: {username: admin, password: geheim}
    rtsp: {username: admin, password: geheim}
    http: {username: admin, password: geheim}
    https: {username: admin, password: geheim}
"""


def answering(*pieces: bytes, forever: bytes = b"") -> Talk:
    """Says this to the first request, and then the rest without an end."""

    async def talk(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        await incoming.readuntil(b"\r\n\r\n")
        for piece in pieces:
            outgoing.write(piece)
            await outgoing.drain()
        while forever:
            outgoing.write(forever)
            await outgoing.drain()

    return talk


def http(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 X", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


CHUNKED = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(bytes(20_000_000), 9)
SPEAKING: dict[str, tuple[tuple[str, ...], Talk]] = {
    "gzip": (("http", "onvif"), answering(http(BOMB, "Content-Encoding: gzip"))),
    "deflate": (("http", "onvif"), answering(http(b"\x78\x9c" + b"\xed\xc1" * 9000, "Content-Encoding: deflate"))),
    "brotli": (("http", "onvif"), answering(http(b"\x5b\xff\xff\xaf" * 9000, "Content-Encoding: br"))),
    "chunks": (("http", "onvif"), answering(CHUNKED, forever=b"400\r\n" + bytes(1024) + b"\r\n")),
    "tiny-chunks": (("http", "onvif"), answering(CHUNKED, forever=b"1\r\nx\r\n" * 5000)),
    "headers": (("http", "onvif"), answering(b"HTTP/1.1 200 X\r\n", forever=b"X-Y: z\r\n" * 5000)),
    "one-header": (("http", "onvif"), answering(b"HTTP/1.1 200 X\r\nX: ", forever=b"y" * 65536)),
    "body": (("http", "onvif"), answering(b"HTTP/1.1 200 X\r\n\r\n", forever=b"y" * 65536)),
    "interim": (("http", "onvif"), answering(forever=b"HTTP/1.1 100 X\r\n\r\n" * 1000)),
    "xxe": (("onvif",), answering(http(mischief.xxe()))),
    "laughs": (("onvif",), answering(http(mischief.billion_laughs()))),
    "quadratic": (("onvif",), answering(http(mischief.quadratic()))),
    "deep": (("onvif",), answering(http(mischief.deep(50_000)))),
    "wide": (("onvif",), answering(http(mischief.wide()))),
    "headers-rtsp": (("rtsp",), answering(b"RTSP/1.0 200 OK\r\n", forever=b"X-Y: z\r\n" * 5000)),
    "flood": (("rtsp",), answering(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", forever=(b"$\0\0\x0c" + bytes(12)) * 4000)),
    "body-rtsp": (("rtsp",), answering(b"RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n", forever=bytes(65536))),
    "headers-sip": (("sip",), answering(b"SIP/2.0 200 OK\r\n", forever=b"X-Y: z\r\n" * 5000)),
    "others-sip": (("sip",), answering(forever=b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n" * 2000)),
}  # fmt: skip
"""What speaks its protocol at first: who says it, and what."""


async def slowly(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
    """A byte a second of something that looks right."""
    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 600:
        outgoing.write(bytes((byte,)))
        await outgoing.drain()
        await asyncio.sleep(1.0)


def devices(on: Stage) -> list[str]:
    """The lines of the inventory."""
    made: list[str] = []

    def add(name: str, probe: str, port: int, more: str = "") -> None:
        options = f"port: {port}{', transport: tcp' if probe == 'sip' and more else ''}"
        options += ", small_ids: true" if name == "odd" else ""  # through the other library
        if probe == "rtsp":
            options += ", path: /main"
        made.append(
            f"  - {{id: bad-{probe}-{name}, kind: camera, address: 127.0.0.1, credentials: x, "
            f"probes: [{{{probe}: {{{options}}}}}]}}\n"
        )

    chance = random.Random(3)
    for name, (talk, reply) in SERVERS.items():
        port = on.both(talk, lambda request, reply=reply: reply(request, chance))  # type: ignore[misc]
        for probe in ASKED:
            add(name, probe, port)
        if name == "garbage":
            add("odd", "snmp", port)
    crawl = on.tcp(slowly)
    for probe in ASKED:
        add("crawl", probe, crawl, "tcp")
    for name, (probes, talk) in SPEAKING.items():
        port = on.tcp(talk)
        for probe in probes:
            add(name, probe, port, "tcp")
    return made


def everything_at_once(folder: Path, seconds: float) -> None:
    defaults = "".join(f"  {name}: {{interval: 4s, timeout: 2s}}\n" for name in (*ASKED,))
    with stage() as on, door() as port:
        bad = devices(on)
        good = "".join(tcp(f"good-{n}", port) for n in range(OTHERS))
        inventory = SITE + LOGINS + "defaults:\n" + defaults + "devices:\n" + "".join(bad) + good
        with agent_on(folder, {"inventory.yaml": inventory}, {"RUST_BACKTRACE": "0"}) as agent:
            until(lambda: len(begun(agent)) == OTHERS, 20)
            until(lambda: agent.get("/metrics").count('campus_probe_success{device="bad-') == len(bad), 30)
            late, before = lag_above(agent, "1.0"), resident(agent.process.pid)
            end, gaps = time.monotonic() + seconds, Gaps(agent, OTHERS)
            while time.monotonic() < end:
                time.sleep(0.5)
                gaps.note()
            grown, behind = resident(agent.process.pid) - before, lag_above(agent, "1.0") - late
            counts = f"{len(bad)} hostile devices, {OTHERS} others"
            print(f"{counts}: longest wait {gaps.worst:.2f} s of 4, {behind:.0f} looks late, {grown / 1e6:+.0f} MB")
            assert 0.0 < gaps.worst < 4.0 + 1.0
            assert behind == 0
            assert grown < MOST_GROWTH
            page = agent.get("/metrics")
            assert (
                page.count('campus_device_up{device="good-')
                == page.count('campus_probe_success{device="good-')
                == OTHERS
            )
            assert page.count('campus_probe_success{device="bad-') == len(bad)
            assert "Traceback" not in agent.log and "Exception" not in agent.log
            said = agent.get("/api/v1/devices?limit=1000")
            assert '"bug:' not in said and '"local_error' not in said


def test_hostile_devices_of_every_protocol(tmp_path: Path) -> None:
    everything_at_once(tmp_path, 9)


@pytest.mark.soak
def test_hostile_devices_of_every_protocol_for_minutes(tmp_path: Path) -> None:
    everything_at_once(tmp_path, 120)
