"""The SIP look: against sipp and baresip, and against answers that are not ours."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agent.model import Outcome, Reading, Target
from agent.probes import sip
from agent.probes.each import silent
from agent.probes.sip.message import Call, Malformed, answers, options, parse
from agent.probes.sip.prober import Caller
from tests.fakes.icmp_peer import configure, here
from tests.fakes.sip_peer import answer, branch_of, mutated

from .certificates import own
from .peers import datagrams, free_port, holds_udp, listening, needs, running
from .watching import Watch, lacking, target

SCENARIO = """<?xml version="1.0" encoding="ISO-8859-1"?>
<scenario name="options">
  <recv request="OPTIONS"/>
  <send><![CDATA[

    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:];tag=[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Server: IP-Amplifier 120W
    Allow: INVITE, ACK, BYE, OPTIONS
    Content-Length: 0

  ]]></send>
</scenario>
"""


def at(port: int, timeout: float = 2.0, address: str = "127.0.0.1", **options: Any) -> Target:
    return target("sip", address, sip.Options(port=port, **options), timeout=timeout)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest_asyncio.fixture
async def caller(watch: Watch) -> AsyncIterator[Caller]:
    it = Caller(watch.hooks())
    yield it
    await it.close()


# -- real peers


@pytest.fixture
def sipp(tmp_path: Path) -> Iterator[int]:
    needs("sipp", "sip-tester")
    (tmp_path / "uas.xml").write_text(SCENARIO)
    port = free_port(socket.SOCK_DGRAM)
    argv = ("sipp", "-sf", "uas.xml", "-i", "127.0.0.1", "-p", str(port), "-nostdin", "-cp", str(free_port()))
    with running(*argv, ready=holds_udp(port), cwd=tmp_path, env={"TERM": "dumb", "PATH": "/usr/bin"}):
        yield port


@pytest.mark.net
async def test_sipp(sipp: int, caller: Caller) -> None:
    reading = await caller.look(at(sipp), print)
    assert (reading.outcome, reading.reason) == (Outcome.OK, "")
    assert reading.facts == {
        "sip_server": "IP-Amplifier 120W", "sip_allow": ["INVITE", "ACK", "BYE", "OPTIONS"],
    }  # fmt: skip
    assert reading.samples["status_code"] == 200
    assert reading.samples["requests"] == 1
    assert 0 < reading.samples["answer_seconds"] < 0.5


@pytest.mark.soak
async def test_baresip(tmp_path: Path, caller: Caller) -> None:
    """A real user agent. It does not bind to the loopback, so it stands in a namespace with a cable."""
    needs("baresip", "baresip-core")
    if os.geteuid() != 0:
        lacking("needs root for a network namespace")
    (tmp_path / "config").write_text(
        "sip_listen 198.18.0.9:5060\nmodule_path /usr/lib/baresip/modules\nmodule_app account.so\nmodule_app menu.so\n"
    )
    (tmp_path / "accounts").write_text("<sip:speaker@198.18.0.9>;regint=0\n")
    with here() as namespace:
        configure(namespace, "link add v0 type veth peer name v1", "addr add 198.18.0.9/24 dev v0", "link set v0 up",
                  "link set v1 up")  # fmt: skip
        with running("baresip", "-f", str(tmp_path), ready=holds_udp(5060)):
            nobody = await caller.look(at(5060, address="198.18.0.9"), print)
            speaker = await caller.look(at(5060, address="198.18.0.9", user="speaker"), print)
            stream = await caller.look(at(5060, address="198.18.0.9", transport="tcp"), print)
    assert [one.outcome for one in (nobody, speaker, stream)] == [Outcome.OK] * 3
    assert str(nobody.facts["sip_server"]).startswith("baresip")
    assert nobody.samples["status_code"] == 404


# -- what counts as alive


async def looked(caller: Caller, *shapes: Callable[[bytes], bytes], within: float = 2.0) -> Reading:
    """A look at a peer that answers with `shapes`, each a function of the request."""
    async with datagrams(lambda request: [shape(request) for shape in shapes]) as port:
        return await caller.look(at(port, within), silent)


@pytest.mark.parametrize("status", ["404 Not Found", "486 Busy Here", "100 Trying", "401 Unauthorized", "603 Decline"])
async def test_any_status_is_alive(status: str, caller: Caller) -> None:
    reading = await looked(caller, lambda request: answer(request, status, "Server: baresip"))
    assert (reading.outcome, reading.samples["status_code"]) == (Outcome.OK, int(status[:3]))
    assert reading.facts["sip_server"] == "baresip"


async def test_short_forms_and_folded_lines(caller: Caller) -> None:
    def shape(request: bytes) -> bytes:
        text = answer(request, "200 OK", "User-Agent:   2N\r\n\t IP Speaker", "allow: INVITE ,, OPTIONS").decode()
        return text.replace("Via:", "v :").replace("Call-ID:", "i:").replace("Content-Length:", "l:").encode()

    reading = await looked(caller, shape)
    assert reading.facts == {"sip_user_agent": "2N IP Speaker", "sip_allow": ["INVITE", "OPTIONS"]}


async def test_an_answer_to_somebody_else_is_not_believed(watch: Watch, caller: Caller) -> None:
    reading = await looked(
        caller,
        lambda request: answer(request, call_id="another"),
        lambda request: answer(request, cseq="1 OPTIONS"),
        lambda request: answer(request, cseq=parse_cseq(request) + " INVITE"),
        lambda request: answer(request, via=f"SIP/2.0/UDP 10.0.0.1;branch={branch_of(request)}x"),
        lambda request: b"OPTIONS sip:x SIP/2.0\r\n\r\n",
        lambda request: b"\xff" * 900,
        within=0.4,
    )
    assert (reading.outcome, reading.reason) == (Outcome.FAILED, "timeout")
    assert watch.rejected == {"wrong_id": 4, "malformed": 2}


def parse_cseq(request: bytes) -> str:
    return request.split(b"CSeq: ")[1].split(b" ")[0].decode()


async def test_the_true_answer_behind_a_forged_one(watch: Watch, caller: Caller) -> None:
    reading = await looked(caller, lambda request: answer(request, "200 OK", "Server: forged", call_id="x"), answer)
    assert (reading.outcome, reading.facts, watch.rejected["wrong_id"]) == (Outcome.OK, {}, 1)


async def test_a_lost_request_is_repeated(caller: Caller) -> None:
    seen: list[bytes] = []

    def third(request: bytes) -> list[bytes]:
        seen.append(request)
        return [answer(request)] if len(seen) == 2 else []

    async with datagrams(third) as port:
        reading = await caller.look(at(port), silent)
    assert (reading.outcome, reading.samples["requests"]) == (Outcome.OK, 2)
    assert seen[0] == seen[1], "a repetition is the same transaction"
    assert 0.45 < reading.samples["answer_seconds"] < 1.0


async def test_nobody_there_is_refused_and_silence_a_timeout(caller: Caller) -> None:
    closed = await caller.look(at(free_port(socket.SOCK_DGRAM)), silent)
    assert (closed.outcome, closed.reason) == (Outcome.FAILED, "refused")
    assert closed.duration < 0.5
    async with datagrams(lambda request: []) as port:
        mute = await caller.look(at(port, 0.7), silent)
    assert (mute.outcome, mute.reason) == (Outcome.FAILED, "timeout")
    assert mute.duration == pytest.approx(0.7, abs=0.2)


async def test_strangers_are_not_heard(caller: Caller) -> None:
    """The right answer, from another port of the same host."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))

        def reply(request: bytes) -> list[bytes]:
            via = request.split(b"Via: SIP/2.0/UDP ")[1].split(b";")[0].decode()
            host, port = via.rsplit(":", 1)
            stranger.sendto(answer(request), (host, int(port)))
            return []

        async with datagrams(reply) as port:
            assert (await caller.look(at(port, 0.4), silent)).reason == "timeout"


# -- streams


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_by_stream(transport: str, caller: Caller, watch: Watch, tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        assert f"SIP/2.0/{transport.upper()} 127.0.0.1:".encode() in request
        other = answer(request, call_id="x").replace(b"Content-Length: 0\r\n\r\n", b"Content-Length: 4\r\n\r\nbody")
        writer.write(b"\r\n\r\n" + other + b"garbage\r\n\r\n" + answer(request, "200 OK", "Server: s"))
        await reader.read()

    context = own(tmp_path, days=9).server if transport == "tls" else None
    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reading = await caller.look(at(port, transport=transport), print)
    assert (reading.outcome, reading.reason, reading.facts["sip_server"]) == (Outcome.OK, "", "s")
    assert reading.checks == ({"certificate": "certificate_ends"} if transport == "tls" else {})
    assert ("tls_days_left" in reading.samples) is ("tls_certificate" in reading.facts) is (transport == "tls")
    assert watch.rejected == {"wrong_id": 1, "malformed": 2}


async def test_a_stream_without_an_end(caller: Caller) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"X: y\r\n" * 2000)
            await writer.drain()

    async with listening(talk) as port:
        reading = await caller.look(at(port, transport="tcp"), silent)
    assert (reading.reason, reading.outcome) == ("wrong_answer", Outcome.FAILED)


async def test_no_tls_there(caller: Caller) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SIP/2.0 400 Bad\r\n\r\n")

    async with listening(talk) as port:
        assert (await caller.look(at(port, transport="tls"), silent)).reason == "no_tls"


# -- hostile


def test_ten_thousand_mutations_are_parsed_or_refused() -> None:
    chance, call = random.Random(4), Call()
    good = answer(options(call, "198.18.0.9:5060", "198.18.0.1:5060", "UDP"), "200 OK", "Server: x", "Allow: A, B")
    assert answers(parse(good), call)
    tracemalloc.start()
    begun, refused, slowest = time.perf_counter(), 0, 0.0
    for _ in range(10_000):
        packet, one = mutated(good, chance), time.perf_counter()
        try:
            parse(packet)
        except Malformed:
            refused += 1
        slowest = max(slowest, time.perf_counter() - one)
    took, (_, peak) = time.perf_counter() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 3_000 < refused < 10_000
    assert (took < 5.0, slowest < 0.2, peak < 2_000_000) == (True, True, True), (took, slowest, peak)


async def test_a_flood_ends_the_look(caller: Caller, watch: Watch) -> None:
    chance = random.Random(5)

    def flood(request: bytes) -> list[bytes]:
        return [mutated(answer(request, call_id="x"), chance) for _ in range(1500)]

    async with datagrams(flood) as port:
        reading = await caller.look(at(port, 1.0), silent)
    assert reading.reason in ("wrong_answer", "timeout")
    assert watch.rejected.total() <= 1000


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"SIP/2.0 200 OK\r\n",
        b"SIP/2.0 999 OK\r\n\r\n",
        b"SIP/2.0 200 OK\r\nno colon\r\n\r\n",
        b"SIP/2.0 200 OK\r\n: x\r\n\r\n",
        b"SIP/2.0 200 OK\r\n" + b"a: b\r\n" * 201 + b"\r\n",
        b"SIP/2.0 200 OK\r\na: " + b"b" * 20_000 + b"\r\n\r\n",
        b" SIP/2.0 200 OK\r\n\r\n",
    ],
)
def test_not_a_response(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse(raw)


def test_addresses_of_version_6() -> None:
    from agent.probes.sip.prober import _host

    assert _host("fe80::1%eth0", 5060) == "[fe80::1]:5060"
    assert _host("198.18.0.9", 5061) == "198.18.0.9:5061"
