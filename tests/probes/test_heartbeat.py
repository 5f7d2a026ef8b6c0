"""What is learned of one target: waits, jitter, loss; and the packet itself."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model import Outcome
from agent.probes import icmp
from agent.probes.icmp.heartbeat import Heartbeat
from agent.probes.icmp.packet import ECHO, Template, payload_start
from tests.fakes.icmp_peer import checksum

from .watching import target


def beat(interval: float = 10.0) -> Heartbeat:
    return Heartbeat(target("icmp", "192.0.2.1", icmp.Options(), interval=interval), print, print)


@given(st.integers(0, 65535), st.binary(min_size=8, max_size=8), st.integers(0, 65535))
def test_the_prepared_checksum_is_that_of_rfc_1071(ident: int, cookie: bytes, sequence: int) -> None:
    packet = Template(ECHO, ident, cookie).packet(sequence)
    assert checksum(packet) == 0
    assert struct.unpack("!BBxxHH", packet[:8]) == (8, 0, ident, sequence)
    assert packet[8:] == cookie


@pytest.mark.parametrize(("data", "start"), [(b"", -1), (b"\x45" + bytes(19), 20), (b"\x46", 24), (b"\x60", -1)])
def test_the_header_before_the_message(data: bytes, start: int) -> None:
    assert payload_start(data, True) == start
    assert payload_start(data, False) == 0


def test_an_echo_is_waited_for_as_long_as_the_device_usually_takes() -> None:
    it = beat()
    assert it.wait() == 1.0, "no round trip known yet"
    it.answered(0.001)
    assert it.wait() == 0.2
    for _ in range(100):
        it.answered(0.05)
    assert it.wait() == pytest.approx(0.4, rel=0.01)
    for _ in range(100):
        it.answered(0.9)
    assert it.wait() == 1.0
    it.answered(0.001)
    it.known_down = True
    assert it.wait() == 1.0


def test_jitter_as_in_rfc_3550() -> None:
    it = beat()
    for rtt in (0.010, 0.026, 0.010):
        it.answered(rtt)
    first = 0.016 / 16
    assert it.jitter == pytest.approx(first + (0.016 - first) / 16)


def test_loss_is_counted_over_five_minutes_of_heartbeats() -> None:
    it = beat(interval=60.0)
    for lost in (True, False):
        it.beat(lost)
    assert it.samples()["loss_ratio"] == 0.5
    for _ in range(3):
        it.beat(False)
    assert it.samples()["loss_ratio"] == 0.2
    it.beat(False)
    assert it.samples() == {"loss_ratio": 0.0}, "five heartbeats a minute apart: the lost one has left"


def test_echoes_of_a_look_are_known_by_number_across_the_wrap() -> None:
    it = beat()
    it.sequence = 65534
    it.begin(0, 0.0)
    it.sent, it.sent_more = 111, [222, 333]
    assert [it.sent_at(number) for number in (65535, 0, 1, 2, 65534)] == [111, 222, 333, 0, 0]
    assert it.reading(1.0, Outcome.FAILED, "timeout").samples == {"loss_ratio": 0.0}
