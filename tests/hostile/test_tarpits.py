"""S4: fifty of five hundred devices take what is sent and answer with a drip. The others notice nothing."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.agent.running import until
from tests.hostile.given import SITE, Gaps, agent_on, door, lag_above, pair, tcp

pytestmark = pytest.mark.net

TARPITS, OTHERS = 50, 450


@contextmanager
def dripping(count: int) -> Iterator[list[int]]:
    """TCP ports that accept and then send one byte every second, and UDP ports beside them that only listen."""
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        ports, held = [], []
        for _ in range(count):
            listening, beside = pair()
            stack.enter_context(listening)
            stack.enter_context(beside)
            selector.register(listening, selectors.EVENT_READ)
            ports.append(listening.getsockname()[1])
        over = threading.Event()

        def drip() -> None:
            at = time.monotonic()
            while not over.is_set():
                for key, _ in selector.select(0.2):
                    held.append(key.fileobj.accept()[0])  # type: ignore[union-attr]  # only sockets are registered
                if time.monotonic() - at > 1.0:
                    at = time.monotonic()
                    held[:] = [one for one in held if _send(one)]

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield ports
        finally:
            over.set()
            thread.join()
            for one in held:
                one.close()


def _send(one: socket.socket) -> bool:
    try:
        one.send(b"x")
    except OSError:
        one.close()
        return False
    return True


def tarpits(folder: Path, seconds: float) -> None:
    pit = (
        "  - {{id: pit-{n}, kind: switch, address: 127.0.0.1, credentials: x, "
        "probes: [{{tcp: {{port: {p}}}}}, {{snmp: {{port: {p}}}}}]}}\n"
    )
    head = (
        SITE + "credentials: {x: {snmp: {version: '2c', community: public}}}\n"
        "defaults: {tcp: {interval: 5s, timeout: 2s}, snmp: {interval: 5s, timeout: 2s}}\ndevices:\n"
    )
    with door() as port, dripping(TARPITS) as ports:
        pits = "".join(pit.format(n=n, p=p) for n, p in enumerate(ports))
        good = "".join(tcp(f"good-{n}", port) for n in range(OTHERS))
        with agent_on(folder, {"inventory.yaml": head + pits + good}) as agent:
            until(lambda: agent.get("/metrics").count('campus_device_up{device="good-') == OTHERS, 15)
            late, end, gaps = lag_above(agent, "1.0"), time.monotonic() + seconds, Gaps(agent, OTHERS)
            while time.monotonic() < end:
                time.sleep(0.5)
                gaps.note()
            behind = lag_above(agent, "1.0") - late
            print(f"longest wait of a good device {gaps.worst:.2f} s of 5, {behind:.0f} looks late")
            assert 0.0 < gaps.worst < 5.0 + 1.0
            assert time.time() - min(gaps.last.values()) < 3 * 5.0, "none is forgotten"
            assert behind == 0
            assert agent.get("/metrics").count('campus_probe_success{device="pit-') >= TARPITS


def test_fifty_tarpits(tmp_path: Path) -> None:
    tarpits(tmp_path, 12)


@pytest.mark.soak
def test_fifty_tarpits_for_five_minutes(tmp_path: Path) -> None:
    tarpits(tmp_path, 300)
