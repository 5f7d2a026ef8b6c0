"""S11: `/probe` and `probe`. Only what the inventory holds, ten looks a minute, never two at one device at once."""

from __future__ import annotations

import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.agent.running import Running
from tests.hostile.given import SITE, agent_on, ask, door, tcp

pytestmark = pytest.mark.net


class Silent:
    """An SNMP port that takes every question and answers none; counts from how many ports it is asked at once."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port = self._socket.getsockname()[1]
        self.came: list[tuple[float, int]] = []
        self._open = True
        self._thread = threading.Thread(target=self._take)
        self._thread.start()

    def _take(self) -> None:
        while self._open:
            try:
                _, who = self._socket.recvfrom(2048)
                self.came.append((time.monotonic(), who[1]))
            except TimeoutError:
                continue

    def close(self) -> None:
        self._open = False
        self._thread.join()
        self._socket.close()


@contextmanager
def silent() -> Iterator[Silent]:
    made = Silent()
    try:
        yield made
    finally:
        made.close()


def status(agent: Running, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(agent.url + path, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def test_only_the_inventory_and_ten_a_minute(tmp_path: Path) -> None:
    with door() as port:
        inventory = SITE + "devices:\n" + tcp("a", port) + tcp("b", port)
        with agent_on(tmp_path, {"inventory.yaml": inventory}) as agent:
            for target in (
                "198.51.100.1",
                "127.0.0.1",
                f"127.0.0.1:{port}",
                "http://127.0.0.1/",
                "a%00",
                "A",
                "",
                "a" * 9999,
            ):
                assert status(agent, f"/probe?target={target}")[0] in (400, 404), target
            with ThreadPoolExecutor(8) as callers:
                answers = list(callers.map(lambda n: status(agent, "/probe?target=a")[0], range(30)))
            assert (answers.count(200), answers.count(429)) == (10, 20)
            assert status(agent, "/probe?target=b")[0] == 200
            code, text = status(agent, "/probe?target=a")
            assert code == 429 and '"code":"too_many_requests"' in text


def test_never_two_looks_at_one_device(tmp_path: Path) -> None:
    """A silent SNMP agent holds each look for seconds; schedule, page and command all want one at once."""
    with silent() as device:
        inventory = (
            SITE + "credentials: {x: {snmp: {version: '2c', community: public}}}\n"
            "defaults: {snmp: {interval: 2s, timeout: 1s, retries: 0}}\ndevices:\n"
            "  - {id: sw, kind: switch, address: 127.0.0.1, credentials: x, probes: "
            f"[{{snmp: {{port: {device.port}}}}}]}}\n"
        )
        with agent_on(tmp_path, {"inventory.yaml": inventory}) as agent:
            with ThreadPoolExecutor(8) as callers:
                pages = [callers.submit(status, agent, "/probe?target=sw") for _ in range(4)]
                commands = [callers.submit(ask, agent, do="probe", device="sw") for _ in range(3)]
                assert {page.result()[0] for page in pages} == {200}
                assert all(command.result()["looks"] for command in commands)
            time.sleep(4.0)
            apart = [after - before for (before, _), (after, _) in zip(device.came, device.came[1:], strict=False)]
            assert min(apart) > 0.9, apart
            # The schedule goes on afterwards.
            count = len(device.came)
            time.sleep(4.5)
            assert len(device.came) > count
