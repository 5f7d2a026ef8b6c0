"""The heartbeat against the kernel's own answers, and against a far side that lies, loses and floods."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from agent.model import Outcome, Target
from agent.probes import icmp
from agent.probes.icmp.prober import Pinger
from tests.fakes.icmp_peer import Echo, IcmpPeer, answer, configure, here, ipv4, unreachable
from tests.fakes.icmp_peer import icmp as message

from .watching import Watch, lacking, target

_ROOT = Path(__file__).parents[2]


def at(address: str, burst: int = 20, timeout: float = 1.0) -> Target:
    return target("icmp", address, icmp.Options(burst=burst), timeout=timeout)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest_asyncio.fixture
async def pinger(watch: Watch) -> AsyncIterator[Pinger]:
    it = Pinger(watch.hooks())
    yield it
    await it.close()


@pytest.fixture
def namespace() -> Iterator[str]:
    if os.geteuid() != 0:
        lacking("needs root for a network namespace")
    with here() as name:
        yield name


@pytest_asyncio.fixture
async def peer(namespace: str) -> AsyncIterator[IcmpPeer]:
    it = IcmpPeer(namespace)
    yield it
    it.close()


async def test_this_machine_answers_on_both_families(watch: Watch, pinger: Pinger) -> None:
    before = time.time_ns() // 1_000_000
    pinger.start([at("127.0.0.1"), at("127.8.8.8"), at("::1")])
    readings = await watch.until(3)
    if {reading.reason for reading in readings} == {"local_error:EPERM"}:
        lacking("neither raw nor datagram ICMP sockets are allowed")
    assert [(reading.outcome, reading.reason) for reading in readings] == [(Outcome.OK, "")] * 3
    for reading in readings:
        assert 0 < reading.samples["rtt_seconds"] < 2.0
        assert reading.duration == pytest.approx(reading.samples["rtt_seconds"])
        assert reading.samples["loss_ratio"] == 0
        assert before <= reading.at <= before + 1000
    # A machine with much else to do answers itself late, too, but not each time.
    assert min(reading.samples["rtt_seconds"] for reading in readings) < 0.05
    assert not watch.missed


async def test_a_name_is_unknown_until_it_is_resolved(watch: Watch, pinger: Pinger) -> None:
    named = at("localhost")
    pinger.start([named])
    assert [reading.reason for reading in watch.readings] == ["resolve"]
    assert watch.readings[0].outcome is Outcome.UNKNOWN
    await asyncio.sleep(0.1)
    pinger.start([named])
    assert (await watch.until(2))[1].outcome is Outcome.OK


async def test_one_look_tells_what_it_does(pinger: Pinger) -> None:
    lines: list[str] = []
    reading = await pinger.look(at("127.0.0.1"), lines.append)
    assert reading.outcome is Outcome.OK
    assert len(lines) == 3 and "127.0.0.1 answered in" in lines[0]


async def test_a_forgotten_target_still_ends_its_look(watch: Watch, pinger: Pinger) -> None:
    one = at("127.0.0.1")
    pinger.start([one])
    pinger.forget(one)
    assert (await watch.until(1))[0].outcome is Outcome.OK


@pytest.mark.net
async def test_what_this_machine_cannot_send_is_unknown(namespace: str, watch: Watch, pinger: Pinger) -> None:
    configure(
        namespace,
        "route add prohibit 198.18.1.0/24",
        "route add blackhole 198.18.2.0/24",
        "route add unreachable 198.18.3.0/24",
    )
    pinger.start([at("203.0.113.1"), at("198.18.1.1"), at("198.18.2.1"), at("2001:db8::1")])
    told = {reading.target.address: (reading.outcome, reading.reason) for reading in await watch.until(4)}
    assert told == {
        "203.0.113.1": (Outcome.UNKNOWN, "local_error:ENETUNREACH"),
        "198.18.1.1": (Outcome.UNKNOWN, "local_error:EACCES"),
        "198.18.2.1": (Outcome.UNKNOWN, "local_error:EINVAL"),
        "2001:db8::1": (Outcome.UNKNOWN, "local_error:ENETUNREACH"),
    }
    pinger.start([at("198.18.3.1", burst=3)])
    assert (await watch.until(5))[4].reason == "unreachable", "EHOSTUNREACH is the device's failure, after its burst"
    assert watch.missed == ["198.18.3.1"]


@pytest.mark.net
async def test_a_full_neighbour_table_is_this_machine_s_trouble(namespace: str, watch: Watch, pinger: Pinger) -> None:
    configure(
        namespace,
        "link add near type veth peer name far",
        "addr add 198.18.0.1/15 dev near",
        "link set near up",
        "link set far up",
    )
    pinger.start([at(f"198.18.{i // 250 + 4}.{i % 250 + 1}") for i in range(1500)])
    await watch.until(1)
    assert {(reading.outcome, reading.reason) for reading in watch.readings} == {
        (Outcome.UNKNOWN, "local_error:ENOBUFS")
    }


@pytest.mark.net
async def test_a_miss_is_followed_by_a_burst_that_ends_at_the_first_answer(
    peer: IcmpPeer, watch: Watch, pinger: Pinger
) -> None:
    one = at("198.18.0.9")
    pinger.start([one])
    await watch.until(1)
    sent = len(peer.seen)
    peer.behaviour = lambda echo: [answer(echo)] if len(peer.seen) - sent > 4 else []
    pinger.start([one])
    reading = (await watch.until(2))[1]
    assert reading.outcome is Outcome.OK
    assert watch.missed == ["198.18.0.9"]
    assert len(peer.seen) - sent == 5
    assert reading.duration == pytest.approx(0.2 + 3 * 0.15, abs=0.1)
    assert reading.samples["rtt_seconds"] < 0.05, "the burst's answer counts from its own echo"
    assert reading.samples["loss_ratio"] == 0.5, "the heartbeat was lost; the burst is not counted"


@pytest.mark.net
async def test_a_late_answer_to_the_first_echo_ends_the_burst(peer: IcmpPeer, watch: Watch, pinger: Pinger) -> None:
    one = at("198.18.0.9")
    pinger.start([one])
    await watch.until(1)
    first: list[Echo] = []

    def late(echo: Echo) -> list[bytes]:
        first.append(echo)
        return [answer(first[0])] if len(first) == 3 else []

    peer.behaviour = late
    pinger.start([one])
    reading = (await watch.until(2))[1]
    assert reading.outcome is Outcome.OK
    assert reading.samples["rtt_seconds"] == pytest.approx(0.35, abs=0.1)


@pytest.mark.net
async def test_silence_fails_after_the_whole_burst_and_then_after_one_echo(
    peer: IcmpPeer, watch: Watch, pinger: Pinger
) -> None:
    peer.behaviour = lambda echo: []
    one = at("198.18.0.9", timeout=0.3)
    pinger.start([one])
    reading = (await watch.until(1))[0]
    assert (reading.outcome, reading.reason) == (Outcome.FAILED, "timeout")
    assert len(peer.seen) == 21
    assert reading.duration == pytest.approx(0.3 + 19 * 0.15 + 0.3, abs=0.3)
    pinger.start([one])
    assert (await watch.until(2))[1].outcome is Outcome.FAILED
    assert len(peer.seen) == 22, "known to be down: no burst"
    assert watch.missed == ["198.18.0.9"]


@pytest.mark.net
@pytest.mark.parametrize("quoted", [28, 1000])
async def test_unreachable_from_a_router_is_the_reason(
    quoted: int, peer: IcmpPeer, watch: Watch, pinger: Pinger
) -> None:
    peer.behaviour = lambda echo: [unreachable(echo, quoted)]
    one, other = at("198.18.0.9", burst=3, timeout=0.2), at("127.0.0.1")
    pinger.start([one, other])
    readings = {reading.target.address: reading for reading in await watch.until(2)}
    assert (readings["198.18.0.9"].outcome, readings["198.18.0.9"].reason) == (Outcome.FAILED, "unreachable")
    assert readings["127.0.0.1"].outcome is Outcome.OK, "another's error is not laid at its door"


@pytest.mark.net
async def test_strangers_are_counted_and_not_believed(peer: IcmpPeer, watch: Watch, pinger: Pinger) -> None:
    def lies(echo: Echo) -> list[bytes]:
        return [
            answer(echo, payload=bytes(8)),
            answer(echo, sequence=(echo.sequence + 1) & 0xFFFF),
            answer(echo, source=bytes((198, 18, 7, 7))),
            answer(echo, ident=echo.ident ^ 1, payload=b"another!"),
            ipv4(echo.to, echo.source, message(0, 0, bytes(4), b"")),
        ]

    peer.behaviour = lies
    pinger.start([at("198.18.0.9", burst=3, timeout=0.2)])
    assert (await watch.until(1))[0].outcome is Outcome.FAILED
    assert watch.rejected == dict.fromkeys(("stranger", "late", "wrong_address", "other_program", "malformed"), 4)


@pytest.mark.net
async def test_ten_thousand_malformed_replies_change_nothing(peer: IcmpPeer, watch: Watch, pinger: Pinger) -> None:
    chance = random.Random(20260901)
    one = at("198.18.0.9")
    pinger.start([one])
    await watch.until(1)
    peer.behaviour = lambda echo: []
    pinger.start([one])
    await asyncio.sleep(0.01)
    template = answer(peer.seen[-1])
    for batch in range(100):
        for _ in range(100):
            peer.send(_mutated(template, chance))
        pinger.start([])  # a tick: reads what has come
        if batch == 0:
            peer.send(answer(peer.seen[-1]))
        await asyncio.sleep(0)
    assert (await watch.until(2))[1].outcome is Outcome.OK
    peer.behaviour = lambda echo: [answer(echo)]
    pinger.start([one])
    assert (await watch.until(3))[2].outcome is Outcome.OK
    assert sum(watch.rejected.values()) > 100


def _mutated(packet: bytes, chance: random.Random) -> bytes:
    """The reply with its ICMP part cut, grown or changed so that it is no longer ours; mostly with a sound checksum."""
    body = bytearray(packet[20:])
    for _ in range(chance.randint(1, 6)):
        body[chance.randrange(4, len(body))] = chance.randrange(256)
    body[8] ^= 0xFF
    body = (
        body[: chance.randrange(4, len(body))]
        if chance.random() < 0.3
        else body + chance.randbytes(chance.randrange(64))
    )
    whole = message(0, chance.randrange(256), bytes(body[4:8]), bytes(body[8:]))
    if chance.random() < 0.2:
        whole = chance.randbytes(chance.randrange(1, 40))
    return ipv4(packet[12:16], packet[16:20], whole)


@pytest.mark.net
async def test_two_thousand_at_once_are_paced_and_all_heard(peer: IcmpPeer, watch: Watch, pinger: Pinger) -> None:
    pinger.start([at(f"198.18.{i // 250}.{i % 250 + 1}") for i in range(2000)])
    readings = await watch.until(2000)
    assert {reading.outcome for reading in readings} == {Outcome.OK}
    assert len({reading.target.address for reading in readings}) == 2000


_ONE_LOOK = """
import asyncio
from agent.probes import icmp
from agent.probes.icmp.prober import Pinger
from tests.probes.watching import Watch, target

async def main():
    pinger = Pinger(Watch().hooks())
    for address in ("127.0.0.1", "::1"):
        reading = await pinger.look(target("icmp", address, icmp.Options()), lambda line: None)
        print(reading.outcome.value, reading.reason)
    await pinger.close()

asyncio.run(main())
"""


@pytest.mark.net
@pytest.mark.parametrize(
    ("groups", "told"),
    [("0 65535", "ok \nok \n"), ("1 0", "unknown local_error:EACCES\n" * 2)],
    ids=["datagram", "none"],
)
def test_without_the_right_to_raw_sockets(groups: str, told: str, namespace: str) -> None:
    Path("/proc/sys/net/ipv4/ping_group_range").write_text(groups)
    command = ["setpriv", "--bounding-set", "-net_raw", sys.executable, "-c", _ONE_LOOK]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == told
