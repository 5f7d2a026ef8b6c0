"""S4, our own doors: callers who speak slowly, endlessly, too much or not at all. Others are answered at once."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agent import control
from agent.web import guard
from tests.agent.running import Running
from tests.hostile.given import SITE, agent_on, ask, door, everything, http, port_of, resident, tcp

pytestmark = pytest.mark.net

GET = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with door() as port:
        files = {"inventory.yaml": SITE + "devices:\n" + tcp("cam", port)}
        with agent_on(tmp_path_factory.mktemp("agent"), files) as running:
            yield running
            assert "Traceback" not in running.log, running.log[-3000:]


def door_of(agent: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port_of(agent)), timeout=30)


@contextmanager
def others_are_served(agent: Running) -> Iterator[None]:
    """While the block runs, somebody else asks for a page four times a second and never waits for more than one."""
    waits: list[float] = []
    over = threading.Event()

    def visit() -> None:
        while not over.wait(0.25):
            begun = time.monotonic()
            agent.get("/")
            waits.append(time.monotonic() - begun)

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        yield
    finally:
        time.sleep(0.5)
        over.set()
        visitor.join(15)
    assert waits and max(waits) < 1.0, sorted(waits)[-5:]
    print(f"{len(waits)} pages, the slowest {max(waits) * 1000:.0f} ms")


def test_slow_and_silent_callers_are_cut_and_keep_nobody_waiting(agent: Running) -> None:
    """One who sends a byte a second, and three hundred who send nothing, at the same time."""
    with others_are_served(agent):
        silent = [door_of(agent) for _ in range(300)]
        slow, begun = door_of(agent), time.monotonic()
        time.sleep(1.0)
        assert sum(map(_is_open, silent)) < guard.CONNECTIONS
        for byte in GET + b"X-Slow: 1\r\n" * 10:
            try:
                slow.send(bytes((byte,)))
            except OSError:
                break
            time.sleep(1.0)
        assert guard.ASKING - 1 < time.monotonic() - begun < guard.ASKING + 4
        assert sum(map(_is_open, silent)) == 0
    for one in (slow, *silent):
        one.close()


def _is_open(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        return one.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        one.setblocking(True)


@pytest.mark.soak
def test_who_is_kept_alive_and_says_nothing_more_is_cut(agent: Running) -> None:
    with door_of(agent) as to:
        to.sendall(GET + b"\r\n")
        begun = time.monotonic()
        told = everything(to, 60)
        assert told.startswith(b"HTTP/1.1 200") and time.monotonic() - begun < guard.IDLE + guard.ASKING + 3


@pytest.mark.parametrize(
    "head",
    [
        b"POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000000\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000000\r\n\r\n",
        b"GET /" + b"a" * 100_000,
        b"GET / HTTP/1.1\r\nX: " + b"a" * 1_000_000,
    ],
    ids=["length", "chunks", "metrics", "target", "header"],
)
def test_an_endless_request_is_cut_soon(agent: Running, head: bytes) -> None:
    memory = resident(agent.process.pid)
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n" if b"chunked" in head else b"x" * 65536
    with others_are_served(agent), door_of(agent) as to:
        begun, sent = time.monotonic(), 0
        to.settimeout(5)
        try:
            to.sendall(head)
            while time.monotonic() - begun < 20 and sent < 200 * 1024 * 1024:
                sent += to.send(chunk)
        except OSError:
            pass
        assert time.monotonic() - begun < 6 and sent < 16 * 1024 * 1024, sent
    assert resident(agent.process.pid) - memory < 16 * 1024 * 1024


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00" * 10_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 500,
        b"\r\n" * 5_000,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        GET + b"\r\n" + GET + b"\r\n" + b"garbage garbage\r\n\r\n",
        GET + b"Transfer-Encoding: chunked\r\n\r\nzzzz\r\n",
        GET + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ],
)
def test_garbage_is_refused_and_dressed(agent: Running, sent: bytes) -> None:
    told = http(agent, sent, 0.4)
    assert told == b"" or told.startswith(b"HTTP/1.1 ")
    for answer in told.split(b"HTTP/1.1 ")[1:]:
        assert answer[:3] in (b"200", b"400", b"404"), answer[:40]
        assert b"content-security-policy" in answer.lower() and b"x-content-type-options" in answer.lower()
    assert agent.get("/-/healthy") == "ok\n"


def test_ten_thousand_pipelined_requests_leave_room(agent: Running) -> None:
    memory = resident(agent.process.pid)
    with others_are_served(agent), door_of(agent) as to:
        to.settimeout(2)
        begun = time.monotonic()
        try:
            while time.monotonic() - begun < 4:
                to.send((GET + b"\r\n") * 500)
        except OSError:
            pass
    assert resident(agent.process.pid) - memory < 16 * 1024 * 1024


def test_one_who_does_not_read_loses_his_answer(agent: Running) -> None:
    with socket.socket() as to:
        to.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        to.connect(("127.0.0.1", port_of(agent)))
        to.sendall((b"GET /static/campus.css HTTP/1.1\r\nHost: x\r\n\r\n") * 60)
        with others_are_served(agent):
            time.sleep(3)


# --- the control socket ---------------------------------------------------------------------------------------


@pytest.mark.soak
def test_a_talk_on_the_socket_ends_in_time(agent: Running) -> None:
    path = os.path.relpath(agent.folder / "data/agent.sock")
    with socket.socket(socket.AF_UNIX) as slow, socket.socket(socket.AF_UNIX) as flood:
        begun = time.monotonic()
        for one in (slow, flood):
            one.connect(path)
        flood.settimeout(5)
        try:
            for _ in range(400):
                flood.send(b"x" * 65536)
        except OSError:
            pass
        assert b"too_long" in everything(flood, 5)
        for byte in b'{"do":':
            slow.send(bytes((byte,)))
            assert ask(agent, do="status")["ready"] is True
            time.sleep(0.2)
        assert b"timeout" in everything(slow, control.DEADLINE + 5)
        assert time.monotonic() - begun < control.DEADLINE + 3
