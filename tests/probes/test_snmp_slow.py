"""What only pysnmp can: a context name, small request ids, answers from another address; and strictness without it."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.model import Outcome, Reading, Secret, Target
from agent.probes.base import Hooks
from agent.probes.each import silent
from agent.probes.snmp import Credential, Options
from agent.probes.snmp.prober import Poller
from tests.fakes.mischief import fuzzed
from tests.fakes.snmp_agent import Request, SnmpAgent, interfaces, parse, system

DESCR = "1.3.6.1.2.1.1.1.0"


def target(port: int, options: Options, credential: Credential | None = None, timeout: float = 2.0) -> Target:
    return Target(
        device="odd", probe="snmp", protocol="snmp", address="127.0.0.1", interval=60.0, timeout=timeout,
        options=options, credential=credential or Credential(version="2c", community=Secret("public")),
    )  # fmt: skip


class Picky(SnmpAgent):
    """Keeps the request id in a short: a longer one comes back cut, as real old agents do."""

    def answer(self, request: Request) -> bytes:
        if request.ident > 0x7FFF:
            request = Request(
                **{**{name: getattr(request, name) for name in request.__slots__}, "ident": request.ident & 0x7FFF}
            )
        return super().answer(request)


class Elsewhere(SnmpAgent):
    """Answers from its other address."""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.2", 0))
            sock.sendto(self.answer(parse(data)), addr)


@asynccontextmanager
async def look(
    agent: SnmpAgent, small_ids: bool = False, any_source: bool = False, ports: bool = True
) -> AsyncIterator[tuple[Reading, list[str]]]:
    await agent.open()
    rejected: list[str] = []
    poller = Poller(Hooks(clock=SystemClock(), sink=lambda reading: None, rejected=lambda _, why: rejected.append(why)))
    try:
        one = target(
            agent.port,
            Options(port=agent.port, retries=0, small_ids=small_ids, any_source=any_source, ports=ports),
            timeout=1.0,
        )
        yield await poller.look(one, silent), rejected
    finally:
        await poller.close()
        agent.close()


@pytest.mark.net
@pytest.mark.parametrize("kind", [SnmpAgent, Picky])
async def test_small_ids(kind: type[SnmpAgent]) -> None:
    async with look(kind({**system(), **interfaces(4)}), small_ids=True) as (reading, _):
        assert reading.outcome is Outcome.OK
        assert len(reading.tables["ports"]) == 4
        assert (reading.facts["sys_object_id"], reading.facts["profile"]) == ("1.3.6.1.4.1.25506.1.1", "h3c-comware")


@pytest.mark.net
async def test_without_small_ids_a_picky_agent_is_not_believed() -> None:
    async with look(Picky(system())) as (reading, rejected):
        assert (reading.outcome, reading.reason) == (Outcome.FAILED, "timeout")
        assert "wrong_id" in rejected


@pytest.mark.net
async def test_another_source_is_believed_only_on_request() -> None:
    async with look(Elsewhere(system()), any_source=True, ports=False) as (reading, _):
        assert reading.outcome is Outcome.OK
    async with look(Elsewhere(system()), small_ids=True, ports=False) as (reading, rejected):
        assert (reading.outcome, reading.reason) == (Outcome.FAILED, "timeout")
        assert "source" in rejected
    async with look(Elsewhere(system()), ports=False) as (reading, _):
        assert reading.reason == "timeout"


@pytest.mark.net
async def test_malformed_answers_are_counted_and_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    """Hundreds of them before each true one: no look is lost, and no log is filled."""
    agent = SnmpAgent(system() | interfaces(2))
    agent.mischief = fuzzed(random.Random(5), copies=20)
    async with look(agent, small_ids=True) as (reading, rejected):
        assert (reading.outcome, len(reading.tables["ports"])) == (Outcome.OK, 2)
    assert rejected.count("malformed") > 10
    assert not caplog.records


@pytest.mark.net
async def test_a_context_of_a_real_agent(tmp_path: Path) -> None:
    """snmpd with a proxy under a context name, asked by version 3."""
    if shutil.which("snmpd") is None:
        assert os.environ.get("CI") != "true", "snmpd is not installed"
        pytest.skip("snmpd is not installed")
    behind = await SnmpAgent(system(descr=b"behind the context")).open()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    (tmp_path / "snmpd.conf").write_text(
        f"agentaddress udp:127.0.0.1:{port}\ncreateUser noc SHA auth-pass-12 AES priv-pass-12\n"
        "group all usm noc\nview all included .1\naccess all vlan10 any priv exact all none none\n"
        f"proxy -Cn vlan10 -v2c -c public udp:127.0.0.1:{behind.port} .1.3\n", "utf-8",
    )  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        "snmpd", "-f", "-Lo", "-C", "-c", "snmpd.conf", "-p", "pid", cwd=tmp_path, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL, env={**os.environ, "SNMP_PERSISTENT_DIR": str(tmp_path)},
    )  # fmt: skip
    login = Credential(
        version="3", user="noc", auth="SHA", auth_key=Secret("auth-pass-12"), priv="AES",
        priv_key=Secret("priv-pass-12"),
    )  # fmt: skip
    poller = Poller(Hooks(clock=SystemClock(), sink=lambda reading: None))
    try:
        for _ in range(20):
            reading = await poller.look(target(port, Options(port=port, context="vlan10", ports=False), login), silent)
            if reading.outcome is Outcome.OK:
                break
            await asyncio.sleep(0.2)
        assert reading.facts["sys_descr"] == "behind the context"
        wrong = await poller.look(target(port, Options(port=port, context="vlan11", ports=False), login), silent)
        assert wrong.facts.get("sys_descr") is None
    finally:
        await poller.close()
        process.kill()
        await process.wait()
        behind.close()
