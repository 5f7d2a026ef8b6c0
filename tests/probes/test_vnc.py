"""The VNC look: against TigerVNC, which shuts out whoever comes often, and against greetings of every kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from agent.model import Outcome, Reading, Target
from agent.probes import vnc
from agent.probes.base import Prober
from agent.probes.each import silent

from .peers import Talk, free_port, listening, needs, running, takes_tcp
from .watching import Watch, target


def at(port: int, timeout: float = 2.0) -> Target:
    return target("vnc", "127.0.0.1", vnc.Options(port=port), timeout=timeout)


@pytest_asyncio.fixture
async def prober() -> AsyncIterator[Prober]:
    it = vnc.KIND.open(Watch().hooks())
    yield it
    await it.close()


@pytest.fixture
def tigervnc() -> Iterator[int]:
    needs("Xtigervnc", "tigervnc-standalone-server")
    port = free_port()
    argv = ("Xtigervnc", f":{port}", "-rfbport", str(port), "-SecurityTypes", "VncAuth,TLSVnc", "-PasswordFile",
            "/dev/null", "-localhost", "-nolisten", "tcp", "-nolisten", "unix")  # fmt: skip
    with running(*argv, ready=takes_tcp(port)):
        yield port


@pytest.mark.net
async def test_tigervnc(tigervnc: int, prober: Prober) -> None:
    readings = [await prober.look(at(tigervnc), print) for _ in range(10)]
    assert {reading.outcome for reading in readings} == {Outcome.OK}
    assert readings[0].facts == {"rfb_version": "3.8", "vnc_security": ["vencrypt", "vnc"]}
    assert readings[-1].facts["vnc_refused"], "it counts us, who never log in, among those who guess"


def server(greeting: bytes, then: bytes) -> tuple[list[bytes], Talk]:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        heard.append(await reader.readexactly(12))
        writer.write(then)
        await reader.read()

    return heard, talk


async def looked(prober: Prober, greeting: bytes, then: bytes = b"") -> tuple[Reading, list[bytes]]:
    heard, talk = server(greeting, then)
    async with listening(talk) as port:
        return await prober.look(at(port, 0.5), silent), heard


async def test_versions(prober: Prober) -> None:
    old, said = await looked(prober, b"RFB 003.003\n", b"\0\0\0\x02")
    assert (old.facts, said) == ({"rfb_version": "3.3", "vnc_security": ["vnc"]}, [b"RFB 003.003\n"])
    apple, said = await looked(prober, b"RFB 003.889\n", b"\x02\x1e\x63")
    assert (apple.facts["vnc_security"], said) == (["apple", "99"], [b"RFB 003.008\n"])
    strange, said = await looked(prober, b"RFB 003.005\n", b"\0\0\0\x01")
    assert (strange.facts["vnc_security"], said) == (["none"], [b"RFB 003.003\n"])


async def test_turned_away(prober: Prober) -> None:
    reading, _ = await looked(prober, b"RFB 003.008\n", b"\0" + b"\0\0\0\x08too many")
    assert (reading.outcome, reading.facts["vnc_refused"]) == (Outcome.OK, "too many")
    long, _ = await looked(prober, b"RFB 003.003\n", b"\0\0\0\0" + b"\xff\xff\xff\xff" + b"y" * 70_000)
    assert long.facts["vnc_refused"] == "y" * 200


@pytest.mark.parametrize("greeting", [b"SSH-2.0-x\r\n12345", b"RFB 3.8\nxxxxx", b"RFB", b"\0" * 12])
async def test_no_rfb(greeting: bytes, prober: Prober) -> None:
    reading, _ = await looked(prober, greeting)
    assert (reading.outcome, reading.reason) in ((Outcome.FAILED, "wrong_answer"), (Outcome.FAILED, "timeout"))
