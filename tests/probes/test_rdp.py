"""The RDP look: against xrdp, and against confirms of every kind."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from agent.model import Outcome, Reading, Target
from agent.probes import rdp
from agent.probes.base import Prober
from agent.probes.each import silent

from .peers import free_port, listening, needs, running, saying, takes_tcp
from .watching import Watch, target


def at(port: int, timeout: float = 2.0) -> Target:
    return target("rdp", "127.0.0.1", rdp.Options(port=port), timeout=timeout)


@pytest_asyncio.fixture
async def prober() -> AsyncIterator[Prober]:
    it = rdp.KIND.open(Watch().hooks())
    yield it
    await it.close()


@pytest.fixture
def xrdp(tmp_path: Path) -> Iterator[int]:
    needs("xrdp", "xrdp")
    port = free_port()
    shipped = Path("/etc/xrdp/xrdp.ini").read_text()
    own = shipped.replace("\nport=3389\n", f"\nport=tcp://127.0.0.1:{port}\n")
    own = own.replace("\nLogFile=xrdp.log", f"\nLogFile={tmp_path}/log")
    assert str(port) in own
    (tmp_path / "xrdp.ini").write_text(own)
    with running("xrdp", "-n", "-c", str(tmp_path / "xrdp.ini"), ready=takes_tcp(port)):
        yield port


@pytest.mark.net
async def test_xrdp(xrdp: int, prober: Prober) -> None:
    for _ in range(3):
        reading = await prober.look(at(xrdp), print)
        assert (reading.outcome, reading.reason) == (Outcome.OK, "")
        assert reading.facts in ({"rdp_protocol": "tls"}, {"rdp_protocol": "rdp"})


def confirm(*negotiation: int) -> bytes:
    """A connection confirm, with or without (type, flags, length, value)."""
    rest = struct.pack("<BBHI", *negotiation) if negotiation else b""
    return struct.pack(">BBHBBHHB", 3, 0, 11 + len(rest), 6 + len(rest), 0xD0, 0, 0x1234, 0) + rest


async def looked(prober: Prober, said: bytes, within: float = 1.0) -> Reading:
    async with listening(saying(said, after=19)) as port:
        return await prober.look(at(port, within), silent)


@pytest.mark.parametrize(
    ("negotiation", "facts"),
    [
        ((2, 0x1F, 8, 2), {"rdp_protocol": "credssp"}),
        ((2, 0, 8, 1), {"rdp_protocol": "tls"}),
        ((2, 0, 8, 77), {"rdp_protocol": "77"}),
        ((3, 0, 8, 5), {"rdp_refused": "credssp_required"}),
        ((), {"rdp_protocol": "rdp"}),
    ],
)
async def test_confirms(negotiation: tuple[int, ...], facts: dict[str, str], prober: Prober) -> None:
    reading = await looked(prober, confirm(*negotiation))
    assert (reading.outcome, reading.facts) == (Outcome.OK, facts)


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x03\x00\xff\xff" + b"x" * 90,
        b"\x03\x00\x00\x05\x00",
        confirm().replace(b"\xd0", b"\xe0"),
        confirm(2, 0, 9, 1),
        confirm(7, 0, 8, 1),
    ],
)
async def test_what_is_no_confirm(said: bytes, prober: Prober) -> None:
    reading = await looked(prober, said)
    assert (reading.outcome, reading.reason) == (Outcome.FAILED, "wrong_answer")


async def test_a_name_that_is_none(prober: Prober) -> None:
    nowhere = target("rdp", "no such name", rdp.Options(), timeout=1.0)
    reading = await prober.look(nowhere, silent)
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "resolve")


async def test_silence(prober: Prober) -> None:
    reading = await looked(prober, b"\x03\x00", 0.3)
    assert (reading.outcome, reading.reason) == (Outcome.FAILED, "timeout")
    assert (await prober.look(at(free_port()), silent)).reason == "refused"
