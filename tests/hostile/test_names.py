"""R22: the resolver falls silent. Devices by number are looked at as ever, names keep their last good address."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.probes import resolve
from tests.agent.running import Running, until
from tests.hostile.given import CONFIG, POLICY, SITE, ask, door, lag_above, tcp

pytestmark = pytest.mark.net

NAMES = 20


class Dns:
    """A name server on loopback that knows one answer, until it falls silent."""

    def __init__(self, address: str) -> None:
        self.silent = False
        self.asked = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        self._socket.settimeout(0.1)
        self._open = True
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while self._open:
            with contextlib.suppress(TimeoutError):
                question, who = self._socket.recvfrom(512)
                self.asked += 1
                if not self.silent:
                    self._socket.sendto(self._answer(question), who)

    @staticmethod
    def _answer(question: bytes) -> bytes:
        """RFC 1035, 4.1: an A record of 127.0.0.1, nothing for other types."""
        end = question.index(b"\0", 12) + 5
        wants_a = question[end - 4 : end - 2] == b"\0\1"
        record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x7f\0\0\1" if wants_a else b""
        return (
            question[:2] + b"\x81\x80\0\1" + (b"\0\1" if wants_a else b"\0\0") + b"\0\0\0\0" + question[12:end] + record
        )

    def close(self) -> None:
        self._open = False
        self._thread.join()
        self._socket.close()


def own_resolver(folder: Path, server: str, wait: int) -> list[str]:
    """The words that give a program a mount namespace of its own, whose resolv.conf names our server."""
    (folder / "resolv.conf").write_text(f"nameserver {server}\noptions timeout:{wait} attempts:1\n")
    (folder / "nsswitch.conf").write_text("hosts: dns\n")
    binds = "".join(f"mount --bind {folder / name} /etc/{name} && " for name in ("resolv.conf", "nsswitch.conf"))
    return ["unshare", "-m", "sh", "-c", binds + 'exec "$@"', "sh"]


@contextlib.contextmanager
def agent_with(folder: Path, server: str, inventory: str, wait: int = 5) -> Iterator[Running]:
    for name, text in {"config.yaml": CONFIG, "policy.yaml": POLICY, "inventory.yaml": inventory}.items():
        (folder / name).write_text(text, "utf-8")
    agent = Running(folder, before=own_resolver(folder, server, wait))
    try:
        agent.ready()
        yield agent
    finally:
        agent.process.kill()
        agent.process.wait()


@pytest.fixture
def dns() -> Iterator[Dns]:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        assert not os.environ.get("CI"), "needs root and unshare"
        pytest.skip("needs root and unshare")
    server = Dns("127.0.53.53")
    yield server
    server.close()


def up(agent: Running, start: str) -> list[float]:
    """`campus_device_up` of the devices whose id begins so; those that nobody knows of are not among them."""
    lines = [
        line for line in agent.get("/metrics").splitlines() if line.startswith(f'campus_device_up{{device="{start}')
    ]
    return [float(line.rsplit(" ", 1)[1]) for line in lines]


def silent_resolver(folder: Path, dns: Dns, seconds: float) -> Running:
    head = SITE + "defaults: {tcp: {interval: 1s, timeout: 1s}}\ndevices:\n"
    with door() as port:
        numbered = "".join(tcp(f"number-{n}", port) for n in range(NAMES))
        named = "".join(tcp(f"name-{n}", port, f"n{n}.campus.test") for n in range(NAMES))
        with agent_with(folder, "127.0.53.53", head + numbered + named) as agent:
            until(lambda: up(agent, "n") == [1.0] * 2 * NAMES, 20)
            dns.silent = True
            strange = "".join(tcp(f"strange-{n}", port, f"s{n}.campus.test") for n in range(NAMES))
            (folder / "inventory.yaml").write_text(head + numbered + named + strange, "utf-8")
            agent.hup()
            until(lambda: "dns.silent" in agent.log, 25)
            time.sleep(seconds)
            assert up(agent, "n") == [1.0] * 2 * NAMES
            assert up(agent, "strange") == []
            assert agent.log.count("dns.silent") == 1
            assert ask(agent, do="tickets")["total"] == 0
            looks = agent.metric("campus_agent_scheduler_lag_seconds_count") or 0
            print(f"{dns.asked} questions, {lag_above(agent, '0.1'):.0f} of {looks:.0f} looks later than 0.1 s")
            assert lag_above(agent, "0.1") < looks * 0.01
            begun = time.monotonic()
            assert agent.stop() == 0
            assert time.monotonic() - begun < 5.0, "it waited for the resolver"
    return agent


def test_a_silent_resolver(tmp_path: Path, dns: Dns) -> None:
    silent_resolver(tmp_path, dns, seconds=3)


@pytest.mark.soak
def test_a_silent_resolver_until_every_name_is_asked_for_again(tmp_path: Path, dns: Dns) -> None:
    silent_resolver(tmp_path, dns, seconds=resolve.TTL + 20)


@pytest.mark.soak
def test_it_answers_again(tmp_path: Path, dns: Dns) -> None:
    with door() as port:
        dns.silent = True
        inventory = SITE + "defaults: {tcp: {interval: 1s}}\ndevices:\n" + tcp("cam", port, "cam.test")
        with agent_with(tmp_path, "127.0.53.53", inventory, wait=1) as agent:
            until(lambda: "dns.silent" in agent.log, 20)
            dns.silent = False
            until(lambda: up(agent, "cam") == [1.0], resolve.RETRY + 5)
            assert agent.log.count("dns.answers_again") == 1
