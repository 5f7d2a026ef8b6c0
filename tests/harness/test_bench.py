"""The bench's own instruments: what a process tree costs, what a switch answers, when a bar is met."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from agent.simulator import ber
from bench import cpu, mib, report, switches
from bench.cpu import Figure

IF_X_TABLE = tuple(map(int, mib.IF_X_TABLE.split(".")))


def test_cpu_counts_a_child_that_lives_and_one_that_was_reaped() -> None:
    before = cpu.seconds([os.getpid()])
    burn = "import time\nwhile time.process_time() < 0.2: pass\n"
    subprocess.run([sys.executable, "-c", burn], check=True)
    with subprocess.Popen([sys.executable, "-c", f"{burn}import time; time.sleep(60)"]) as living:
        try:
            deadline = time.monotonic() + 10
            while cpu.seconds([os.getpid()]) - before < 0.38 and time.monotonic() < deadline:
                time.sleep(0.02)
            assert living.pid in list(cpu.tree(os.getpid()))
            assert cpu.seconds([os.getpid()]) - before >= 0.38
        finally:
            living.kill()


def test_pss_of_a_tree_is_more_than_that_of_its_root() -> None:
    with subprocess.Popen([sys.executable, "-c", "x = bytearray(20_000_000); import time; time.sleep(60)"]) as child:
        try:
            deadline = time.monotonic() + 10
            while cpu.pss([child.pid]) < 20_000_000 and time.monotonic() < deadline:
                time.sleep(0.02)
            assert cpu.pss([os.getpid()]) > cpu.pss([child.pid]) > 20_000_000
        finally:
            child.kill()


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [(4.0, 10.0, "met"), (6.1, 10.0, "MISSED"), (None, 10.0, "not measured"), (4.0, None, "not measured")],
)
def test_a_bar_is_a_share_of_the_peer(ours: float | None, theirs: float | None, verdict: str) -> None:
    figures = [None if value is None else Figure.of([value]) for value in (ours, theirs)]
    row = report.Row(measured="x", unit="ms", ours=figures[0], peer="y", theirs=figures[1], bar=0.6)
    assert row.verdict == verdict


def test_an_absolute_bar_needs_no_peer() -> None:
    row = report.Row(measured="doubled", unit="tickets", ours=Figure.of([0.0]), bar=0, absolute=True)
    assert row.verdict == "met"


def test_a_percentile_is_one_of_the_values() -> None:
    assert Figure.of(range(1, 201), 0.99) == Figure(low=1, value=198, high=200)


def test_a_switch_gives_each_value_once_to_a_walk() -> None:
    agent, walked = switches.Agent(), [IF_X_TABLE]
    while len(set(walked)) == len(walked):
        walked += _names(agent.answer(_bulk(walked[-1], 25)))
    rows = [name for name in dict.fromkeys(walked[1:]) if name[: len(IF_X_TABLE)] == IF_X_TABLE]
    assert rows == sorted(rows)
    assert len(rows) == sum(column.oid.startswith(mib.IF_X_TABLE) for column in mib.COLUMNS) * mib.PORTS
    assert agent.polls == 1
    assert mib.VALUES == 1_536


def _bulk(oid: ber.Oid, repetitions: int) -> bytes:
    """A GETBULK of SNMPv2c, RFC 3416 section 4.2.3."""
    binding = ber.binding(ber.oid_content(oid), ber.NULL_VALUE)
    numbers = b"".join(ber.integer(value) for value in (7, 0, repetitions))
    pdu = ber.tlv(ber.GETBULK, numbers + ber.tlv(ber.SEQUENCE, binding))
    return ber.tlv(ber.SEQUENCE, ber.integer(1) + ber.text("any") + pdu)


def _names(message: bytes) -> list[ber.Oid]:
    """The names in an answer; it is read as a request, whose form is the same."""
    return [ber.oid_from(name) for name in ber.read_request(message).oids]


def test_a_measurement_replaces_its_own_section_alone() -> None:
    row = report.Row(measured="x", unit="ms", ours=Figure.of([1.0]), bar=2, absolute=True)
    both = report.merge("", [report.Result(name=name, how="so", rows=[row]) for name in ("A", "B")], "bench")
    again = report.merge(both, [report.Result(name="A", how="otherwise", rows=[row])], "bench A")
    assert [line for line in again.splitlines() if line.startswith("## ")] == ["## A", "## B"]
    assert (again.count("otherwise"), again.count("`bench A`"), again.count("`bench`")) == (1, 1, 1)
