"""The Unix socket: who calls is what the kernel says; what comes in is hostile; nobody waits for ever."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent import control
from agent.control import Caller, NoAgent, NoAnswer, NotPermitted, call, error_document, serve_control
from agent.store import DataDirectory, Lock


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[Lock]:
    with DataDirectory(tmp_path).lock(since=0) as held:
        yield held


async def answer(request: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """The handler of these tests: does what the request's verb says."""
    verb = request.get("verb")
    if verb == "fail":
        raise KeyError("broken")
    if verb == "odd":
        return {"x": object()}
    if verb == "sleep":
        await asyncio.sleep(60)
    return {"asked": request, "caller": [caller.pid, caller.uid, caller.gid, caller.user]}


@pytest.fixture
async def served(lock: Lock) -> AsyncIterator[DataDirectory]:
    async with serve_control(lock, answer):
        yield lock.directory


async def asked(directory: DataDirectory, request: dict[str, Any], timeout: float = 5.0) -> dict[str, Any]:  # noqa: ASYNC109 - it is `call`'s own
    return await asyncio.to_thread(call, directory, request, timeout)


async def raw(directory: DataDirectory, sent: bytes, *, end: bool = True) -> list[dict[str, Any]]:
    reader, writer = await asyncio.open_unix_connection(str(directory.socket))
    writer.write(sent)
    if end:
        writer.write_eof()
    lines = (await asyncio.wait_for(reader.read(), 10)).splitlines()
    writer.close()
    return [json.loads(line) for line in lines]


async def test_a_request_is_answered_and_the_caller_is_known(served: DataDirectory) -> None:
    found = await asked(served, {"verb": "take", "备注": "到场"})
    assert found["asked"] == {"verb": "take", "备注": "到场"}
    assert found["caller"] == [os.getpid(), os.getuid(), os.getgid(), pwd.getpwuid(os.getuid()).pw_name]


async def test_another_process_is_itself(served: DataDirectory) -> None:
    program = (
        "import sys, os, json; from agent.control import call; from agent.store import DataDirectory;"
        "print(json.dumps([os.getpid(), call(DataDirectory(sys.argv[1]), {'pid': 1})]))"
    )
    command = [sys.executable, "-c", program, str(served.path)]
    run = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True, timeout=30)
    pid, found = json.loads(run.stdout)
    assert found["caller"][0] == pid != os.getpid()


async def test_a_uid_without_a_name_is_its_digits() -> None:
    assert control._user(3_999_999_999) == "3999999999"


async def test_the_socket_is_for_the_owner_and_the_group(served: DataDirectory) -> None:
    mode = served.socket.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660
    assert {path.name for path in served.path.iterdir()} == {"agent.lock", "agent.sock"}


async def test_it_is_given_to_a_group(lock: Lock) -> None:
    async with serve_control(lock, answer, group="root" if os.getuid() == 0 else None) as path:
        assert path.stat().st_gid == (0 if os.getuid() == 0 else os.getgid())
    with pytest.raises(LookupError):
        async with serve_control(lock, answer, group="no-such-group-here"):
            pass


async def test_several_lines_on_one_connection(served: DataDirectory) -> None:
    found = await raw(served, b'{"n": 1}\n{"n": 2}\n{"n": 3}')
    assert [one["asked"]["n"] for one in found] == [1, 2, 3]


@pytest.mark.parametrize(
    "sent", [b"hello\n", b"[1]\n", b"\n", b"\xff\xfe\n", b"[" * 100_000 + b"\n", b'{"a": 1', b"12"]
)
async def test_malformed_lines_are_told_so(served: DataDirectory, sent: bytes) -> None:
    found = await raw(served, sent)
    assert [one["error"]["code"] for one in found] == ["malformed"]
    assert set(found[0]["error"]) == {"code", "message", "hint", "where"}


async def test_a_line_has_a_limit(served: DataDirectory) -> None:
    fits = b'{"a":"' + b"x" * (control.LINE - 9) + b'"}\n'
    assert len(fits) == control.LINE
    assert "asked" in (await raw(served, fits))[0]
    reader, writer = await asyncio.open_unix_connection(str(served.socket))
    writer.write(b"x" * (control.LINE + 2))
    assert json.loads(await asyncio.wait_for(reader.readline(), 5))["error"]["code"] == "too_long"
    writer.close()
    with pytest.raises(ValueError, match="at most"):
        call(served, {"a": "x" * control.LINE})


@pytest.mark.parametrize("verb", ["fail", "odd"])
async def test_a_failing_handler_is_an_internal_error_and_no_more(served: DataDirectory, verb: str) -> None:
    assert (await asked(served, {"verb": verb}))["error"]["code"] == "internal"
    assert "asked" in await asked(served, {"verb": "take"})


async def test_an_answer_longer_than_a_request_may_be(lock: Lock) -> None:
    async def long(request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        return {"text": "字" * 3_000_000}

    async with serve_control(lock, long):
        assert len((await asked(lock.directory, {}))["text"]) == 3_000_000


async def test_the_sixty_fifth_caller_is_told_to_come_back(served: DataDirectory) -> None:
    waiting = [await asyncio.open_unix_connection(str(served.socket)) for _ in range(control.CONNECTIONS)]
    await asyncio.sleep(0.05)
    assert (await asked(served, {}))["error"]["code"] == "busy"
    for _, writer in waiting:
        writer.close()
    await asyncio.sleep(0.05)
    assert "asked" in await asked(served, {})


async def test_a_connection_has_a_deadline(lock: Lock) -> None:
    async with serve_control(lock, answer, deadline=0.1):
        assert (await raw(lock.directory, b"", end=False))[0]["error"]["code"] == "timeout"
        assert (await asked(lock.directory, {"verb": "sleep"}))["error"]["code"] == "timeout"


async def test_a_caller_waits_only_so_long(served: DataDirectory) -> None:
    with pytest.raises(NoAnswer):
        await asked(served, {"verb": "sleep"}, timeout=0.1)


async def test_closing_breaks_off_those_who_wait(lock: Lock) -> None:
    async with serve_control(lock, answer):
        waiting = asyncio.create_task(asked(lock.directory, {"verb": "sleep"}))
        await asyncio.sleep(0.1)
    with pytest.raises(NoAnswer):
        await waiting


async def test_nobody_listens_without_an_agent(lock: Lock) -> None:
    with pytest.raises(NoAgent):
        call(lock.directory, {})
    with pytest.raises(NoAgent):
        call(DataDirectory(lock.directory.path / "nowhere", create=False), {})
    async with serve_control(lock, answer):
        pass
    assert not lock.directory.socket.exists()
    with pytest.raises(NoAgent):
        call(lock.directory, {})


async def test_a_stale_socket_is_replaced(lock: Lock) -> None:
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(lock.directory.socket))
    stale.close()
    with pytest.raises(NoAgent):
        call(lock.directory, {})
    async with serve_control(lock, answer):
        assert "asked" in await asked(lock.directory, {})


async def test_only_who_holds_the_directory_serves(lock: Lock) -> None:
    lock.release()
    with pytest.raises(ValueError, match="not ours"):
        async with serve_control(lock, answer):
            pass


@pytest.mark.parametrize("length", [100, 107, 108, 250])
async def test_long_paths(tmp_path: Path, length: int) -> None:
    folder = tmp_path
    while len(str(folder)) + len("/agent.sock") < length:
        left = length - len(str(folder)) - len("/agent.sock")
        folder = folder / ("d" * max(1, min(100, left - 1)))
    directory = DataDirectory(folder)
    with directory.lock(since=0) as held:
        async with serve_control(held, answer):
            assert "asked" in await asked(directory, {})
    assert not directory.socket.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
async def test_a_user_outside_the_group_is_not_permitted(served: DataDirectory) -> None:
    program = (
        "import os, sys; from agent.control import call, NotPermitted; from agent.store import DataDirectory\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: call(DataDirectory(sys.argv[1], create=False), {})\nexcept NotPermitted: print('no')"
    )
    command = [sys.executable, "-c", program, str(served.path)]
    run = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=30)
    assert run.stdout == b"no\n", run.stderr
    assert issubclass(NotPermitted, control.ControlError)


def test_an_error_document_has_its_four_fields() -> None:
    assert error_document("stale", "m")["error"] == {"code": "stale", "message": "m", "hint": "", "where": None}
