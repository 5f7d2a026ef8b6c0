"""The SNMP look against a fake agent of our own that is honest, poor, slow or hostile."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from agent.model import Outcome, Reading, Secret, Target
from agent.probes import snmp
from agent.probes.snmp.prober import Poller
from tests.fakes import ber, mischief
from tests.fakes.snmp_agent import Mischief, SnmpAgent, interfaces, system

from .watching import Watch, target


def at(agent: SnmpAgent, version: str = "2c", timeout: float = 0.7, address: str = "127.0.0.1") -> Target:
    credential = snmp.Credential(version=version, community=Secret("public"))
    return target("snmp", address, snmp.Options(port=agent.port), credential=credential, timeout=timeout)


def silent(line: str) -> None:
    pass


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest_asyncio.fixture
async def poller(watch: Watch) -> AsyncIterator[Poller]:
    it = Poller(watch.hooks())
    yield it
    await it.close()


@pytest_asyncio.fixture
async def agent() -> AsyncIterator[SnmpAgent]:
    it = await SnmpAgent(system() | interfaces(48)).open()
    yield it
    it.close()


def whole(reading: Reading) -> None:
    """Nothing is missing and nothing is forged."""
    assert (reading.outcome, reading.reason) == (Outcome.OK, "")
    assert reading.facts["sys_name"] == "sw-a-1f"
    assert reading.facts["sys_object_id"] == "1.3.6.1.4.1.25506.1.1"
    assert reading.samples == {"uptime_seconds": 1234.56, "ports": 48, "ports_up": 24}
    port = reading.tables["ports"][7]
    assert (port.name, port.alias, port.mac, port.wide) == ("GE1/0/7", "to room 7", "00:1c:c5:00:00:07", True)
    assert (port.in_octets, port.out_octets) == (2**40 + 706, 2**40 + 710)
    assert (port.admin, port.oper, port.speed_bps, port.in_errors, port.out_discards) == (1, 1, 10**9, 7014, 7019)


async def test_a_switch_of_48_ports(agent: SnmpAgent, poller: Poller, watch: Watch) -> None:
    whole(await poller.look(at(agent), silent))
    first = len(agent.requests)
    whole(await poller.look(at(agent), silent))
    assert len(agent.requests) - first <= 16, "one request a column"
    assert not watch.rejected


async def test_version_1_has_narrow_counters_and_all_or_nothing(agent: SnmpAgent, poller: Poller) -> None:
    reading = await poller.look(at(agent, "1"), silent)
    assert reading.facts["sys_name"] == "sw-a-1f"
    port = reading.tables["ports"][48]
    assert (port.name, port.in_octets, port.wide, port.speed_bps) == ("GE1/0/48", 48010, False, 10**9)


async def test_a_switch_without_ifxtable(poller: Poller) -> None:
    agent = await SnmpAgent(system() | interfaces(3, wide=False)).open()
    port = (await poller.look(at(agent), silent)).tables["ports"][2]
    assert (port.name, port.in_octets, port.wide, port.speed_bps) == ("", 2010, False, 10**9)
    agent.close()


async def test_wide_counters_that_never_count_and_speeds_of_some_ports(poller: Poller) -> None:
    rows = system() | interfaces(3)
    for port in (1, 2, 3):
        rows |= {
            ber.dotted(f"1.3.6.1.2.1.31.1.1.1.{column}.{port}"): ber.integer(0, ber.COUNTER64) for column in (6, 10)
        }
    del rows[ber.dotted("1.3.6.1.2.1.31.1.1.1.15.2")]
    agent = await SnmpAgent(rows).open()
    ports = (await poller.look(at(agent), silent)).tables["ports"]
    assert [(port.in_octets, port.wide) for port in ports.values()] == [(1010, False), (2010, False), (3010, False)]
    assert [port.speed_bps for port in ports.values()] == [10**9] * 3
    agent.close()


async def test_an_agent_with_nothing_to_say_is_alive(poller: Poller) -> None:
    agent = await SnmpAgent({ber.dotted("1.3.6.1.4.1.39165.1.1.0"): ber.tlv(ber.OCTETS, b"DS-2CD")}).open()
    for version in ("1", "2c"):
        reading = await poller.look(at(agent, version), silent)
        assert (reading.outcome, reading.tables) == (Outcome.OK, {"ports": {}})
        assert set(reading.facts) <= {"profile", "vendor", "model"}
    agent.close()


async def test_strings_of_the_device_are_cleaned(poller: Poller) -> None:
    agent = await SnmpAgent(system(descr=b"\xd0\xc2\xbb\xaa\x00\x1b[31m\xe2\x80\xae" * 200)).open()
    descr = str((await poller.look(at(agent), silent)).facts["sys_descr"])
    assert 1000 < len(descr) <= 4096 and descr.isprintable()
    agent.close()


async def test_a_string_of_40_kb_is_left_out(poller: Poller) -> None:
    agent = await SnmpAgent(system(descr=bytes(40_000)) | interfaces(48)).open()
    reading = await poller.look(at(agent), silent)
    assert (reading.outcome, reading.facts["sys_name"], reading.samples["ports"]) == (Outcome.OK, "sw-a-1f", 48)
    assert "sys_descr" not in reading.facts
    agent.close()


async def test_long_names_make_smaller_bulks_at_once(poller: Poller) -> None:
    alias = {(1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 18, port): ber.tlv(ber.OCTETS, b"x" * 200) for port in range(1, 49)}
    agent = await SnmpAgent(system() | interfaces(48) | alias).open()
    reading = await poller.look(at(agent), silent)
    assert (reading.samples["ports"], reading.tables["ports"][48].alias) == (48, "x" * 200)
    assert reading.duration < 0.3 and "tables_failed" not in reading.facts
    agent.close()


async def test_nobody_there(poller: Poller, agent: SnmpAgent) -> None:
    agent.close()
    reading = await poller.look(at(agent), silent)
    assert (reading.outcome, reading.reason) == (Outcome.FAILED, "refused")
    assert reading.duration < 0.2


async def test_a_wrong_community_is_silence(poller: Poller) -> None:
    agent = await SnmpAgent(system(), community=b"other").open()
    reading = await poller.look(at(agent, timeout=0.2), silent)
    assert (reading.outcome, reading.reason) == (Outcome.FAILED, "timeout")
    assert reading.duration == pytest.approx(0.2, abs=0.1)
    assert len(agent.requests) == 3, "sent again twice"
    agent.close()


async def test_without_a_credential_the_login_fails(poller: Poller, agent: SnmpAgent) -> None:
    nobody = target("snmp", "127.0.0.1", snmp.Options(port=agent.port))
    assert (await poller.look(nobody, silent)).reason == "auth"


async def test_a_name_is_resolved_here(poller: Poller, agent: SnmpAgent) -> None:
    whole(await poller.look(at(agent, address="localhost"), silent))


@pytest.mark.parametrize("trick", [mischief.twice, mischief.late(), mischief.wrong_ident])
async def test_answers_to_nothing_we_asked_are_never_used(
    trick: Mischief, agent: SnmpAgent, poller: Poller, watch: Watch
) -> None:
    agent.mischief = trick
    for _ in range(3):
        whole(await poller.look(at(agent), silent))
    assert set(watch.rejected) <= {"wrong_id", "late"}
    if trick is mischief.twice:  # gufo passes over the others without a word: the right answer is behind them already
        assert watch.rejected["late"] > 20


async def test_lost_requests_are_sent_again(agent: SnmpAgent, poller: Poller) -> None:
    agent.mischief = lambda request, answer: [answer] if len(agent.requests) % 3 == 0 else []
    whole(await poller.look(at(agent, timeout=0.05), silent))


async def test_a_smaller_bulk_is_found_and_remembered(agent: SnmpAgent, poller: Poller) -> None:
    agent.mischief = mischief.choking
    whole(await poller.look(at(agent, timeout=0.15), silent))
    agent.requests.clear()
    whole(await poller.look(at(agent, timeout=0.15), silent))
    assert max(request.repetitions for request in agent.requests) <= 10


async def test_too_big_a_get_is_asked_singly(agent: SnmpAgent, poller: Poller) -> None:
    agent.mischief = mischief.too_big
    whole(await poller.look(at(agent), silent))


_ROUND = {"ifTable": "going_round", "ifXTable": "going_round"}


async def test_a_walk_that_never_ends_is_stopped(agent: SnmpAgent, poller: Poller) -> None:
    agent.mischief = mischief.standing_still
    reading = await poller.look(at(agent), silent)
    assert (reading.outcome, reading.facts["tables_failed"]) == (Outcome.OK, _ROUND)
    assert reading.facts["sys_name"] == "sw-a-1f"


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_tables_out_of_order_are_read_to_their_end(version: str, agent: SnmpAgent, poller: Poller) -> None:
    agent.mischief = mischief.upside_down(agent.rows)
    reading = await poller.look(at(agent, version), silent)
    assert "tables_failed" not in reading.facts
    assert sorted(reading.tables["ports"]) == list(range(1, 49))
    assert reading.tables["ports"][7].alias == "to room 7"


@pytest.mark.net
async def test_a_million_rows_are_cut_at_fifty_thousand(agent: SnmpAgent, poller: Poller) -> None:
    agent.mischief = mischief.endless
    reading = await poller.look(at(agent), silent)
    assert (reading.outcome, reading.facts["tables_failed"]) == (Outcome.OK, {"ifTable": "too_long"})
    assert len(agent.requests) <= 50_000 // 50 + 2


async def test_silent_tables_do_not_lose_the_device(agent: SnmpAgent, poller: Poller) -> None:
    agent.mischief = mischief.silent_tables
    reading = await poller.look(at(agent, timeout=0.1), silent)
    assert (reading.outcome, reading.facts["tables_failed"]) == (Outcome.OK, {"ifTable": "timeout"})
    assert reading.facts["sys_name"] == "sw-a-1f"


@pytest.mark.net
async def test_ten_thousand_malformed_replies_change_nothing(agent: SnmpAgent, poller: Poller, watch: Watch) -> None:
    whole(await poller.look(at(agent), silent))
    agent.mischief = mischief.fuzzed(random.Random(20260901), copies=45)
    requests = len(agent.requests)
    while (len(agent.requests) - requests) * 45 < 10_000:
        whole(await poller.look(at(agent), silent))
    assert watch.rejected["malformed"] > 5_000
    agent.mischief = lambda request, answer: [answer]
    whole(await poller.look(at(agent), silent))


async def test_what_the_library_stumbles_over_is_malformed(
    agent: SnmpAgent, poller: Poller, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    """An element that begins where the datagram ends; seen of devices that answer noise."""
    noise = bytes.fromhex("b3f6c3feb21ac1e4764e1572")
    agent.mischief = lambda request, answer: [noise] * 5 + [answer]
    whole(await poller.look(at(agent), silent))
    assert watch.rejected["malformed"] >= 5
    assert not caplog.records
    agent.mischief = lambda request, answer: [noise] * 2000
    reading = await poller.look(at(agent), silent)
    assert (reading.outcome, reading.reason) == (Outcome.FAILED, "wrong_answer")


async def test_only_garbage_is_a_wrong_answer(agent: SnmpAgent, poller: Poller, watch: Watch) -> None:
    agent.mischief = mischief.fuzzed(random.Random(7), copies=50, good=False)
    reading = await poller.look(at(agent, timeout=0.3), silent)
    assert (reading.outcome, reading.reason) == (Outcome.FAILED, "wrong_answer")
    assert reading.duration < 0.6
