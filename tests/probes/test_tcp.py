"""TCP connects to real sockets, and the adapter that makes a prober of a coroutine."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from agent.model import Outcome, Reading, Target
from agent.probes import PROBES, tcp
from agent.probes.base import Log
from agent.probes.each import Each
from agent.probes.errors import classify
from agent.probes.resolve import Resolver, numeric

from .watching import Watch, target


def at(port: int, address: str = "127.0.0.1", timeout: float = 0.3) -> Target:
    return target("tcp", address, tcp.Options(port=port), timeout=timeout)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest_asyncio.fixture
async def prober(watch: Watch) -> AsyncIterator[tcp.Connector]:
    it = tcp.Connector(watch.hooks())
    yield it
    await it.close()


async def test_open_closed_and_full(watch: Watch, prober: tcp.Connector) -> None:
    with socket.create_server(("127.0.0.1", 0)) as open_, socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        full_port = full.getsockname()[1]
        held = [socket.create_connection(("127.0.0.1", full_port))]
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            prober.start([at(open_.getsockname()[1]), at(closed.getsockname()[1]), at(full_port)])
            readings = {reading.reason: reading for reading in await watch.until(3)}
        held[0].close()
    assert set(readings) == {"", "refused", "timeout"}
    assert readings[""].outcome is Outcome.OK
    assert 0 < readings[""].samples["connect_seconds"] < 0.1
    assert {readings["refused"].outcome, readings["timeout"].outcome} == {Outcome.FAILED}
    assert readings["timeout"].duration == pytest.approx(0.3, abs=0.1)


async def test_by_ipv6_and_by_name(prober: tcp.Connector) -> None:
    lines: list[str] = []
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as six, socket.create_server(("", 0)) as four:
        assert (await prober.look(at(six.getsockname()[1], "::1"), lines.append)).outcome is Outcome.OK
        assert (await prober.look(at(four.getsockname()[1], "localhost"), lines.append)).outcome is Outcome.OK
    assert any("good after" in line for line in lines)


async def test_a_name_that_is_none(prober: tcp.Connector) -> None:
    reading = await prober.look(at(1, "no such name"), print)
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "resolve")


async def test_a_bug_is_an_unknown_reading_and_a_traceback(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(one: Target, log: Log) -> Reading:
        raise KeyError("x")

    each = Each(watch.hooks(), broken)
    with caplog.at_level(logging.ERROR):
        each.start([at(1)])
        reading = (await watch.until(1))[0]
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "bug:KeyError")
    assert "KeyError: 'x'" in caplog.text


async def test_a_look_that_hangs_is_ended(watch: Watch) -> None:
    async def hanging(one: Target, log: Log) -> Reading:
        await asyncio.Event().wait()
        raise AssertionError

    each = Each(watch.hooks(), hanging, worst=0.1, concurrency=1)
    each.start([at(1, timeout=0.1), at(2, timeout=0.1)])
    assert [reading.reason for reading in await watch.until(2)] == ["timeout", "timeout"]
    each.start([at(3, timeout=60.0)])
    await each.close()
    assert len(watch.readings) == 2, "nothing comes after close"


@pytest.mark.parametrize("number", ["ENETUNREACH", "ENETDOWN", "EPERM", "EACCES", "EINVAL", "ENOBUFS", "EMFILE"])
def test_our_own_trouble_is_unknown(number: str) -> None:
    error = OSError(getattr(errno, number), os.strerror(getattr(errno, number)))
    assert classify(error) == (Outcome.UNKNOWN, f"local_error:{number}")


def test_the_device_s_trouble_is_failed() -> None:
    assert classify(TimeoutError()) == (Outcome.FAILED, "timeout")
    assert classify(OSError(errno.EHOSTUNREACH, "")) == (Outcome.FAILED, "unreachable")
    assert classify(OSError(errno.ECONNREFUSED, "")) == (Outcome.FAILED, "refused")
    assert classify(OSError("of no number")) == (Outcome.UNKNOWN, "local_error:unknown")


async def test_a_last_good_address_is_kept_without_dns() -> None:
    resolver = Resolver()
    assert await resolver.address("localhost") in ("127.0.0.1", "::1")
    assert await resolver.address("198.18.0.1") == "198.18.0.1"
    assert resolver.known("never asked before.invalid") is None
    resolver.close()


def test_spellings_of_an_address() -> None:
    assert numeric("2001:DB8:0::1") == "2001:db8::1"
    assert numeric("fe80::1%eth0") == "fe80::1%eth0"
    assert numeric("sw-a-1f") is None


def test_the_table_of_probes() -> None:
    assert list(PROBES)[:3] == ["icmp", "snmp", "tcp"]
    assert all(kind.name == name for name, kind in PROBES.items())
