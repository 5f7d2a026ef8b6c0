"""The SPICE look: against a server of our own by the header files' layout; against QEMU's in `make soak`."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from agent.model import Outcome, Reading, Target
from agent.probes import spice
from agent.probes.base import Prober
from agent.probes.each import silent

from .peers import free_port, listening, needs, running, saying, takes_tcp
from .watching import Watch, target

REQUEST = 16 + 18
"""Bytes of our header and link message."""


def at(port: int, timeout: float = 1.0) -> Target:
    return target("spice", "127.0.0.1", spice.Options(port=port), timeout=timeout)


@pytest_asyncio.fixture
async def prober() -> AsyncIterator[Prober]:
    it = spice.KIND.open(Watch().hooks())
    yield it
    await it.close()


@pytest.fixture
def qemu() -> Iterator[int]:
    needs("qemu-system-x86_64", "qemu-system-x86")
    port = free_port()
    argv = ("qemu-system-x86_64", "-machine", "pc,accel=tcg", "-m", "32", "-nodefaults", "-S", "-vga", "qxl", "-spice",
            f"port={port},addr=127.0.0.1,disable-ticketing=on", "-display", "none")  # fmt: skip
    with running(*argv, ready=takes_tcp(port)):
        yield port


@pytest.mark.soak
async def test_qemu(qemu: int, prober: Prober) -> None:
    for _ in range(5):
        reading = await prober.look(at(qemu, 5.0), print)
        assert (reading.outcome, reading.facts) == (Outcome.OK, {"spice_version": "2.2"})


def reply(error: int = 0, magic: bytes = b"REDQ", rest: bytes = b"k" * 162 + struct.pack("<III", 1, 0, 178)) -> bytes:
    body = struct.pack("<I", error) + rest
    return magic + struct.pack("<III", 2, 2, len(body)) + body


async def looked(prober: Prober, said: bytes) -> Reading:
    async with listening(saying(said, after=REQUEST)) as port:
        return await prober.look(at(port), silent)


async def test_linked(prober: Prober) -> None:
    reading = await looked(prober, reply(rest=b"k" * 162 + struct.pack("<IIII", 1, 0, 178, 13)))
    assert (reading.outcome, reading.facts) == (Outcome.OK, {"spice_version": "2.2"})


async def test_refused_with_a_word(prober: Prober) -> None:
    for error, word in ((5, "need_secured"), (7, "permission_denied"), (99, "99")):
        reading = await looked(prober, reply(error, rest=b""))
        assert (reading.outcome, reading.facts["spice_refused"]) == (Outcome.OK, word)


@pytest.mark.parametrize(
    "said",
    [
        reply(magic=b"RFB "),
        reply(rest=b"short"),
        b"REDQ" + struct.pack("<III", 2, 2, 1 << 31),
        b"REDQ" + struct.pack("<III", 2, 2, 0),
    ],
)
async def test_no_link_reply(said: bytes, prober: Prober) -> None:
    reading = await looked(prober, said)
    assert (reading.outcome, reading.reason) == (Outcome.FAILED, "wrong_answer")
