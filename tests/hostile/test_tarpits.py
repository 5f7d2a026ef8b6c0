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

from tests.agent.running import Running, until
from tests.hostile.given import SITE, agent_on, door, lag_above, tcp

pytestmark = pytest.mark.net

TARPITS, OTHERS = 50, 450


@contextmanager
def dripping(count: int) -> Iterator[list[int]]:
    """TCP ports that accept and then send one byte every second, and UDP ports beside them that only listen."""
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        ports, held = [], []
        for _ in range(count):
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
            listening.setblocking(False)
            beside = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            beside.bind(("127.0.0.1", listening.getsockname()[1]))
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


def slowest(agent: Running) -> float:
    """Seconds since the last look at the good device that waits longest, when the page was asked for: how long the page
    and this reader take on a busy machine is no wait of a device."""
    asked, start = time.time(), 'campus_probe_last_timestamp_seconds{device="good-'
    lines = [line for line in agent.get("/metrics").splitlines() if line.startswith(start)]
    assert len(lines) == OTHERS
    return asked - min(float(line.rsplit(" ", 1)[1]) for line in lines)


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
            late, end, worst = lag_above(agent, "1.0"), time.monotonic() + seconds, 0.0
            while time.monotonic() < end:
                worst = max(worst, slowest(agent))
                time.sleep(0.5)
            print(f"longest wait of a good device {worst:.2f} s of 5, {lag_above(agent, '1.0') - late:.0f} looks late")
            assert worst < 5.0 + 1.0 + 2.0  # coarse, with the look's own time-out: what was late is counted below
            assert lag_above(agent, "1.0") == late
            assert agent.get("/metrics").count('campus_probe_success{device="pit-') >= TARPITS


def test_fifty_tarpits(tmp_path: Path) -> None:
    tarpits(tmp_path, 12)


@pytest.mark.soak
def test_fifty_tarpits_for_five_minutes(tmp_path: Path) -> None:
    tarpits(tmp_path, 300)
