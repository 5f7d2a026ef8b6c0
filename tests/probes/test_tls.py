"""TLS with whoever answers: old boxes, hostile ones, and what is told of a certificate."""

from __future__ import annotations

import base64
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from agent.model import Outcome, Target
from agent.probes import http
from agent.probes.http.prober import Reader
from agent.probes.wire.certificate import not_after

from .certificates import old_box, own
from .watching import Watch, target

ALL = "DEFAULT:@SECLEVEL=0"


def at(port: int) -> Target:
    return target("https", "127.0.0.1", http.SecureOptions(port=port), timeout=2.0)


@pytest_asyncio.fixture
async def reader() -> AsyncIterator[Reader]:
    it = Reader(Watch().hooks())
    yield it
    await it.close()


@pytest.mark.net
@pytest.mark.parametrize(
    "options",
    [("-tls1", "-cipher", ALL), ("-tls1_1", "-cipher", ALL), ("-tls1", "-cipher", "AES128-SHA:@SECLEVEL=0"),
     ("-tls1_2", "-cipher", ALL, "-no_etm"), ("-tls1_3", "-cipher", ALL)],
)  # fmt: skip
async def test_old_boxes_are_looked_at(options: tuple[str, ...], reader: Reader, tmp_path: Path) -> None:
    """OpenSSL's own defaults turn their TLS, their keys and their hashes away."""
    with old_box(tmp_path, *options) as port:
        reading = await reader.look(at(port), print)
    assert (reading.outcome, reading.reason, reading.samples["status_code"]) == (Outcome.OK, "", 200)
    assert reading.checks == {"certificate": "certificate_ends"}


def _group(bits: int) -> str:
    """Parameters of Diffie-Hellman (PKCS #3) with an odd number of so many bits."""

    def tlv(tag: int, value: bytes) -> bytes:
        return bytes((tag, 0x82)) + len(value).to_bytes(2) + value

    prime = b"\0" + ((1 << (bits - 1)) | random.Random(1).getrandbits(bits - 1) | 1).to_bytes(bits // 8)
    der = tlv(0x30, tlv(2, prime) + tlv(2, b"\2"))
    return f"-----BEGIN DH PARAMETERS-----\n{base64.encodebytes(der).decode()}-----END DH PARAMETERS-----\n"


@pytest.mark.net
async def test_nobody_makes_us_reckon(reader: Reader, tmp_path: Path) -> None:
    """A key exchange in a group of 10,000 bits took a second, and nobody else was looked at meanwhile."""
    (tmp_path / "group.pem").write_text(_group(10_000))
    options = ("-tls1_2", "-dhparam", str(tmp_path / "group.pem"), "-cipher", "DHE-RSA-AES128-SHA:@SECLEVEL=0")
    with old_box(tmp_path, *options) as port:
        begun = time.process_time()
        reading = await reader.look(at(port), print)
        assert time.process_time() - begun < 0.2
    assert (reading.outcome, reading.reason) == (Outcome.FAILED, "no_tls")


@pytest.mark.net
async def test_tls_that_nobody_speaks_is_called_so(reader: Reader, tmp_path: Path) -> None:
    """A box that can do nothing but pre-shared keys."""
    lines: list[str] = []
    with old_box(tmp_path, "-psk", "00", "-nocert", "-tls1_2", "-cipher", "PSK-AES128-CBC-SHA") as port:
        reading = await reader.look(at(port), lines.append)
    assert (reading.outcome, reading.reason) == (Outcome.FAILED, "no_tls")
    assert any("HANDSHAKE_FAILURE" in line for line in lines), lines


def test_when_a_certificate_ends(tmp_path: Path) -> None:
    der = own(tmp_path, days=30).der
    ends = not_after(der)
    assert ends is not None and ends / 1000 - time.time() == pytest.approx(30 * 86_400, abs=120)
    assert sum(not_after(der[:cut]) is not None for cut in range(len(der))) == 0
    for at_ in range(min(200, len(der))):
        not_after(der[:at_] + bytes([der[at_] ^ 0xFF]) + der[at_ + 1 :])
    assert not_after(b"") is None
