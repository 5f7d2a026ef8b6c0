"""The Barix look, against an answer as the box gives it and answers that are none."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from agent.model import Outcome, Target
from agent.probes import barix
from agent.probes.barix import Asker, fields
from agent.probes.each import silent

from .peers import datagrams
from .watching import Watch, target

STATUS = b"BufferLevel=14304,SoftErrorCount=2,Reconnects=0,Error=0,Volume=75,UpTime=86413,URL=http://10.1.0.5:8000/a,b?c=d\r\n"


def at(port: int, timeout: float = 2.0) -> Target:
    return target("barix", "127.0.0.1", barix.Options(port=port), timeout=timeout)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest_asyncio.fixture
async def asker(watch: Watch) -> AsyncIterator[Asker]:
    it = Asker(watch.hooks())
    yield it
    await it.close()


async def test_a_status(asker: Asker) -> None:
    asked: list[bytes] = []

    def reply(request: bytes) -> list[bytes]:
        asked.append(request)
        return [STATUS]

    async with datagrams(reply) as port:
        reading = await asker.look(at(port), print)
    assert asked == [b"MTELL\r\n"]
    assert (reading.outcome, reading.reason) == (Outcome.OK, "")
    assert reading.samples == {
        "buffer_level": 14304, "soft_errors": 2, "reconnects": 0, "error_code": 0, "volume": 75,
        "uptime_seconds": 86413,
    }  # fmt: skip
    assert reading.facts == {"barix_url": "http://10.1.0.5:8000/a,b?c=d", "barix_error": "0"}


async def test_a_lost_question_is_repeated(asker: Asker) -> None:
    asked: list[bytes] = []

    def second(request: bytes) -> list[bytes]:
        asked.append(request)
        return [STATUS] if len(asked) == 2 else []

    async with datagrams(second) as port:
        assert (await asker.look(at(port), silent)).outcome is Outcome.OK


async def test_what_is_no_status(asker: Asker, watch: Watch) -> None:
    async with datagrams(lambda request: [b"\xff" * 500, b"x" * 5000, b"a=b", b"URL=x", request]) as port:
        reading = await asker.look(at(port, 0.4), silent)
    assert (reading.outcome, reading.reason) == (Outcome.FAILED, "timeout")
    assert watch.rejected == {"malformed": 5}
    async with datagrams(lambda request: [b"x"] * 150) as port:
        assert (await asker.look(at(port), silent)).reason == "wrong_answer"


def test_fields_that_are_no_numbers_are_no_samples() -> None:
    status = fields(b"BufferLevel=,Volume=loud,UpTime=1e9,Error=\x1b[31mno stream,url=")
    found = barix.found(status)
    assert (found.samples, found.facts) == ({}, {"barix_error": "[31mno stream"})
    assert fields(b"bufferlevel = 7") == {"bufferlevel": "7"}
