"""Traps of net-snmp's own sender: what is heard, what is refused, and that a flood stays cheap."""

from __future__ import annotations

import asyncio
import random
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from os import environ
from pathlib import Path

import pytest

from agent.model import Secret, Target
from agent.probes.snmp import Credential, Options
from agent.traps.hearing import Hearing
from agent.traps.sieve import APART, BURST, Sieve
from tests.agent.running import HEAD, QUICK, Running, until
from tests.fakes.snmp_agent import SnmpAgent, system

LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
V3 = Credential(
    version="3", user="noc", auth="SHA", auth_key=Secret("auth-pass-12"), priv="AES", priv_key=Secret("priv-pass-12")
)
USM = ["-v3", "-u", "noc", "-l", "authPriv", "-a", "SHA", "-A", "auth-pass-12", "-x", "AES", "-X", "priv-pass-12"]
ENGINE = "80001f888056565656"


def target(device: str, credential: Credential, address: str = "127.0.0.1") -> Target:
    return Target(
        device=device, probe="snmp", protocol="snmp", address=address, interval=60.0, timeout=5.0, options=Options(),
        credential=credential,
    )  # fmt: skip


class Ear:
    """A hearing on loopback whose clock is the test's."""

    def __init__(self, *targets: Target) -> None:
        self.looks: list[str] = []
        self.mono, self.pace = 0.0, 0.0
        self.hearing = Hearing("127.0.0.1", 0, targets, lambda device: ENGINE, self._now, self.looks.append)

    def _now(self) -> float:
        self.mono += self.pace
        return self.mono

    async def send_v1(self, generic: int, specific: int, *args: str) -> int:
        where = f"127.0.0.1:{self.hearing.port}"
        words = ("-v1", *args, where, "1.3.6.1.4.1.25506", "127.0.0.1", str(generic), str(specific), "1")
        return await self._run(*words)

    async def send(self, *args: str) -> int:
        return await self._run(*args, f"127.0.0.1:{self.hearing.port}", "", LINK_DOWN)

    async def _run(self, *words: str) -> int:
        """net-snmp's exit code; by then the loop has taken what came."""
        process = await asyncio.create_subprocess_exec("snmptrap", *words, stderr=subprocess.DEVNULL)
        code = await process.wait()
        await asyncio.sleep(0.1)
        return code

    async def taken(self, count: int) -> None:
        """Until so many datagrams have been judged."""
        async with asyncio.timeout(30):
            while sum(self.hearing.counts[word] for word in ("passed", "held")) < count:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.001)

    def throw(self, data: bytes) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(data, ("127.0.0.1", self.hearing.port))


@pytest.fixture
def ear(request: pytest.FixtureRequest) -> Iterator[type[Ear]]:
    if shutil.which("snmptrap") is None:
        assert environ.get("CI") != "true", "snmp is not installed"
        pytest.skip("snmptrap (package snmp) is not installed")
    yield Ear


def community(text: str) -> Credential:
    return Credential(version="2c", community=Secret(text))


@pytest.mark.net
async def test_a_trap_and_an_inform_make_the_agent_look(ear: type[Ear]) -> None:
    one = ear(target("sw-1", community("ro-1")))
    assert await one.send("-v2c", "-c", "ro-1") == 0
    assert one.looks == ["sw-1"]
    assert await one.send("-Ci", "-v2c", "-c", "ro-1") == 0, "an inform is answered"
    assert one.looks == ["sw-1"], "not twice within ten seconds"
    one.mono += APART
    assert await one.send("-v2c", "-c", "ro-1") == 0
    assert one.looks == ["sw-1", "sw-1"]
    one.hearing.close()


@pytest.mark.net
async def test_a_trap_of_version_1_is_called_by_its_name(ear: type[Ear], caplog: pytest.LogCaptureFixture) -> None:
    """linkDown is generic trap 2 there (RFC 1157 4.1.6); a maker's own is a number below its enterprise (RFC 3584)."""
    caplog.set_level("INFO", "agent.traps")
    one = ear(target("sw-1", community("ro-1")))
    for generic, specific in ((2, 0), (6, 7)):
        one.mono += APART
        assert await one.send_v1(generic, specific, "-c", "ro-1") == 0
    assert one.looks == ["sw-1", "sw-1"]
    assert [record.getMessage() for record in caplog.records] == [
        "trap.heard device=sw-1 trap=linkDown", "trap.heard device=sw-1 trap=1.3.6.1.4.1.25506.0.7",
    ]  # fmt: skip
    await one.send_v1(2, 0, "-c", "guess")
    assert (len(one.looks), one.hearing.counts["refused"]) == (2, 1)
    one.hearing.close()


@pytest.mark.net
async def test_version_3_by_our_engine_and_by_theirs(ear: type[Ear]) -> None:
    one = ear(target("core", V3))
    assert await one.send("-Ci", *USM) == 0, "an inform: our engine"
    assert one.looks == ["core"]
    one.mono += APART
    await one.send(*USM, "-e", f"0x{ENGINE}")
    assert one.looks == ["core", "core"], "a trap: the sender's engine, as polling found it"
    one.mono += APART
    await one.send(*USM[:-1], "wrong-pass-1", "-e", f"0x{ENGINE}")
    assert len(one.looks) == 2
    one.hearing.close()


@pytest.mark.net
async def test_keys_of_version_3_that_changed_are_taken_and_the_old_ones_refused(ear: type[Ear]) -> None:
    one = ear(target("core", V3))
    assert await one.send("-Ci", *USM) == 0
    await one.send(*USM, "-e", f"0x{ENGINE}")
    one.hearing.teach([target("core", replace(V3, auth_key=Secret("other-auth-1")))])
    other = [word if word != "auth-pass-12" else "other-auth-1" for word in USM]
    for old, new in (((*USM, "-e", f"0x{ENGINE}"), (*other, "-e", f"0x{ENGINE}")), (("-Ci", *USM), ("-Ci", *other))):
        one.mono += APART
        one.looks.clear()
        await one.send(*old)
        assert one.looks == []
        one.mono += APART
        await one.send(*new)
        assert one.looks == ["core"]
    one.hearing.close()


@pytest.mark.net
async def test_strangers_and_wrong_logins_buy_nothing(ear: type[Ear]) -> None:
    one = ear(target("sw-1", community("ro-1")))
    await one.send("-v2c", "-c", "guess")
    assert (one.looks, one.hearing.counts.get("refused")) == ([], 1)
    other = ear(target("sw-1", community("ro-1"), address="198.18.0.9"))
    await other.send("-v2c", "-c", "ro-1")
    assert (other.looks, other.hearing.counts["stranger"]) == ([], 1)
    one.hearing.close()
    other.hearing.close()


@pytest.mark.net
async def test_a_community_that_left_is_refused_from_then_on(ear: type[Ear]) -> None:
    one = ear(target("sw-1", community("old")))
    one.hearing.teach([target("sw-1", community("new"))])
    await one.send("-v2c", "-c", "old")
    assert one.looks == []
    await one.send("-v2c", "-c", "new")
    assert one.looks == ["sw-1"]
    one.hearing.close()


@pytest.mark.net
async def test_malformed_traps_change_nothing(ear: type[Ear]) -> None:
    """10,000 mutations of a real trap, as fast as they come; the next good one is heard."""
    one = ear(target("sw-1", community("ro-1")))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        where = f"127.0.0.1:{sock.getsockname()[1]}"
        sender = await asyncio.create_subprocess_exec("snmptrap", "-v2c", "-c", "ro-1", where, "", LINK_DOWN)
        await sender.wait()
        good = sock.recv(9000)
    dice = random.Random(7)
    one.pace = APART / BURST  # just so slow that each is read
    for number in range(10_000):
        data = bytearray(good)
        for _ in range(dice.randrange(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        one.throw(bytes(data[: dice.randrange(len(data))] if number % 5 == 0 else data))
        if number % 50 == 49:
            await one.taken(number + 1)
    counts = one.hearing.counts
    assert counts["malformed"] + counts["refused"] > 5_000
    one.pace = 0.0
    one.mono += 2 * APART
    before = len(one.looks)
    await one.send("-v2c", "-c", "ro-1")
    assert len(one.looks) == before + 1
    one.hearing.close()


def test_a_flood_is_judged_before_it_is_read() -> None:
    """100,000 forged datagrams of a second: four are read, one look a device."""
    sieve = Sieve({"198.18.1.1": ("sw-1",)})
    words = [sieve.take("198.18.1.1" if number % 2 else "203.0.113.9", number / 100_000) for number in range(100_000)]
    assert words.count("passed") == BURST
    assert words.count("stranger") == 50_000
    assert sieve.may_look("198.18.1.1", 0.0)
    assert not sieve.may_look("198.18.1.1", APART - 0.1)
    assert sieve.may_look("198.18.1.1", APART)


SWITCH = """  - id: sw-1
    kind: switch
    address: {address: 127.0.0.1, ports: {snmp: PORT}}
    credentials: all
    probes: [{snmp: {interval: 1h, ports: false}}]
"""


@pytest.mark.net
async def test_a_running_agent_looks_and_opens_nothing(ear: type[Ear], tmp_path: Path) -> None:
    """A link-down of a switch that answers: looked at within a second, no ticket; a stranger is only counted."""
    switch = await SnmpAgent(system()).open()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    (tmp_path / "ro").write_text("public", "utf-8")
    (tmp_path / "ro").chmod(0o600)
    logins = "credentials: {all: {snmp: {version: 2c, community_file: ro}}}\n"
    (tmp_path / "policy.yaml").write_text(QUICK, "utf-8")
    (tmp_path / "inventory.yaml").write_text(
        f"{HEAD}{logins}devices:\n{SWITCH.replace('PORT', str(switch.port))}", "utf-8"
    )
    (tmp_path / "config.yaml").write_text(
        f"version: 1\ninventory: inventory.yaml\ntraps: {{listen: '127.0.0.1:{port}'}}\n", "utf-8"
    )
    agent = Running(tmp_path)
    try:
        await asyncio.to_thread(agent.ready)
        stamp = 'campus_probe_last_timestamp_seconds{device="sw-1",probe="snmp"}'
        first = await asyncio.to_thread(until, lambda: agent.metric(stamp), 30)
        for trap in ("public", "wrong"):
            sender = await asyncio.create_subprocess_exec(
                "snmptrap", "-v2c", "-c", trap, f"127.0.0.1:{port}", "", LINK_DOWN
            )
            await sender.wait()
        await asyncio.to_thread(until, lambda: (agent.metric(stamp) or 0) > (first or 0), 5)
        assert await asyncio.to_thread(agent.metric, 'campus_agent_traps_total{result="refused"}') == 1
        assert '"total":0' in (await asyncio.to_thread(agent.get, "/api/v1/tickets")).replace(" ", "")
        assert "trap.heard device=sw-1 trap=linkDown" in agent.log
    finally:
        agent.process.kill()
        agent.process.wait()
        switch.close()
