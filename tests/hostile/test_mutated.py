"""Thousands of answers that are nearly right, over the wire, for each protocol that is small enough to be told here.

BER, SOAP, RTSP, SIP and traps have ten thousand of their own beside their other tests.
"""

from __future__ import annotations

import asyncio
import gzip
import random
import struct
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from agent.discovery.onvif import LONGEST, parse_match
from agent.model import Target
from agent.probes import PROBES
from agent.probes.each import silent
from agent.probes.http.expect import JsonMatch
from tests.fakes.sip_peer import answer, mutated
from tests.hostile.corpus import is_control
from tests.hostile.test_every_probe import MOST_STALL, Reply, Talk, stalls, standing
from tests.probes.watching import Watch

SHORT, LONG = 400, 3_000
MOST_MEMORY = 8_000_000


@dataclass(frozen=True, slots=True)
class Peer:
    """What a good far side says first, and what to our request.  options: of the look."""

    says: Callable[[bytes], bytes]
    first: bytes = b""
    reads: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)


BODY = gzip.compress(b'{"accounts": [{"registered": true}], "temperature": 41.5}')
PAGE = (
    b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    + f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\n\r\n"
)  # fmt: skip
CONFIRM = struct.pack(">BBHBBHHB", 3, 0, 19, 14, 0xD0, 0, 0x1234, 0) + struct.pack("<BBHI", 2, 0x1F, 8, 2)
LINK = b"REDQ" + struct.pack("<IIII", 2, 2, 178, 0) + b"k" * 162 + struct.pack("<III", 0, 0, 178)
STATUS = b"BufferLevel=14304,SoftErrorCount=2,Reconnects=0,Error=0,Volume=75,UpTime=86413,URL=http://10.1.0.5:8000/a"

PEERS: Mapping[str, Peer] = {
    "barix": Peer(lambda request: STATUS),
    "http": Peer(lambda request: PAGE, options={"json": (JsonMatch.parse("accounts[*].registered = true"),)}),
    "rdp": Peer(lambda request: CONFIRM, reads=19),
    "sip": Peer(lambda request: answer(request, "200 OK", "Server: x", "Allow: A, B"), options={"transport": "tcp"}),
    "spice": Peer(lambda request: LINK, reads=34),
    "vnc": Peer(lambda request: b"\x03\x01\x02\x10", first=b"RFB 003.008\n", reads=12),
}


def _talk(peer: Peer, chance: random.Random) -> Talk:
    """Mutates one of the two things it says, then hangs up."""

    async def talk(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        at_first = bool(peer.first) and chance.random() < 0.5
        outgoing.write(mutated(peer.first, chance) if at_first else peer.first)
        with suppress(asyncio.IncompleteReadError, TimeoutError):
            async with asyncio.timeout(0.05):  # who is not understood hangs up: waiting is what a tarpit does
                request = await incoming.readexactly(peer.reads)
                if peer.reads == 1:
                    request += await incoming.readuntil(b"\r\n\r\n")
            outgoing.write(peer.says(request) if at_first else mutated(peer.says(request), chance))
            await outgoing.drain()

    return talk


@asynccontextmanager
async def serving(name: str, chance: random.Random) -> AsyncIterator[int]:
    peer = PEERS[name]
    reply: Reply = lambda request, _: [mutated(peer.says(request), chance), peer.says(request)]  # noqa: E731
    async with standing(_talk(peer, chance), reply) as port:
        yield port


def clean(value: object) -> bool:
    """Nothing in a fact steers a terminal."""
    if isinstance(value, list):
        return all(map(clean, value))
    return not isinstance(value, str) or not any(map(is_control, value))


@pytest.mark.parametrize("count", [SHORT, pytest.param(LONG, marks=pytest.mark.soak)])
@pytest.mark.parametrize("name", PEERS)
async def test_answers_that_are_nearly_right(name: str, count: int) -> None:
    """Each look ends with a reading that is no error of ours, at once; the loop goes on meanwhile."""
    kind, watch, late, worst = PROBES[name], Watch(), [0.0], 0.0
    prober = kind.open(watch.hooks())
    seen = {"ok": 0, "failed": 0}
    async with serving(name, random.Random(count)) as port:
        target = Target(
            device="box", probe=name, protocol=name, address="127.0.0.1", interval=10.0, timeout=1.0,
            options=kind.options(port=port, **PEERS[name].options),
        )  # fmt: skip
        watching = asyncio.create_task(stalls(late))
        tracemalloc.start()
        for _ in range(count):
            begun = time.perf_counter()
            reading = await prober.look(target, silent)
            worst = max(worst, time.perf_counter() - begun)
            assert not reading.reason.startswith(("bug", "local_error")), reading
            assert all(map(clean, reading.facts.values())), reading.facts
            seen[reading.outcome.value] += 1
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        watching.cancel()
        await prober.close()
    print(f"{name}: {seen}, longest look {worst:.3f} s, loop late {max(late):.3f} s, {peak / 1e6:.1f} MB")
    assert min(seen.values()) > 0 or name == "barix", "some are right, and most are not"
    assert worst < 1.5
    assert max(late) < MOST_STALL
    assert peak < MOST_MEMORY


MATCH = """<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"
xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><SOAP-ENV:Body><d:ProbeMatches><d:ProbeMatch>
<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>onvif://www.onvif.org/name/东门%20摄像机
onvif://www.onvif.org/hardware/DS-2CD onvif://www.onvif.org/MAC/00:0c:29:ab:cd:ef</d:Scopes>
<d:XAddrs>http://192.0.2.7/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body>
</SOAP-ENV:Envelope>""".encode()


def test_ten_thousand_announcements() -> None:
    """WS-Discovery: what anybody on the network may send to the discovery's own socket."""
    chance, slowest, read = random.Random(9), 0.0, 0
    assert parse_match(MATCH) is not None
    for _ in range(10_000):
        said, begun = mutated(MATCH, chance), time.perf_counter()
        found = parse_match(said)
        slowest = max(slowest, time.perf_counter() - begun)
        if found is not None:
            read += 1
            assert all(map(clean, (found.name, found.hardware, found.location, *found.types, *found.xaddrs)))
    assert 1_000 < read < 10_000
    assert slowest < 0.2


@pytest.mark.parametrize(
    "piece", [b"a\n", b"&#97;", b"<a/>", b"onvif://www.onvif.org/name/", b"<d:Scopes>", b"%41", b"<"]
)
def test_an_announcement_of_nothing_but_one_thing(piece: bytes) -> None:
    whole = MATCH.replace(b"onvif://www.onvif.org/hardware", piece * ((LONGEST - len(MATCH)) // len(piece)))
    begun = time.perf_counter()
    parse_match(whole[:LONGEST])
    assert time.perf_counter() - begun < 0.2
