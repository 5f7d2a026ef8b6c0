"""Switches of 48 ports on every address of the campus: one process, SNMPv2c, any community, moving counters.

The practice campus gives the codec; this table is its own, for what it must hold and for what it costs.

`python -m bench.switches` on the campus's side. It answers from the address that was asked. On UDP port 9161 it says,
as JSON, how many requests, values and polls it has answered.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.simulator import ber
from agent.simulator.cells import Shape
from bench import lab, mib

STATISTICS_PORT = 9161
_LIMIT = 1400
"""Bytes of bindings in an answer, so that it fits a frame of Ethernet."""
_REFRESH = 10
"""Seconds between two readings of the ports' counters by the switch itself."""
_TAGS = {
    "Integer32": ber.INTEGER, "OctetString": ber.OCTETS, "Counter32": ber.COUNTER32, "Gauge32": ber.GAUGE32,
    "TimeTicks": ber.TIMETICKS, "Counter64": ber.COUNTER64,
}  # fmt: skip
_PKTINFO = struct.Struct("@i4s4s")
_IP_PKTINFO = 8  # linux/in.h; `socket` has no name for it
_SYSTEM = {
    "1.3.6.1.2.1.1.1.0": ber.text("Bench switch, 48 ports"),
    "1.3.6.1.2.1.1.2.0": ber.tlv(ber.OBJECT, ber.oid_content((1, 3, 6, 1, 4, 1, 99999, 1))),
    "1.3.6.1.2.1.1.5.0": ber.text("bench"),
    "1.3.6.1.2.1.2.1.0": ber.integer(mib.PORTS),
}


def oid(text: str) -> ber.Oid:
    return tuple(map(int, text.split(".")))


class Agent:
    """Turns one request into one answer: any community, one table for all addresses, its counters read now and then."""

    def __init__(self) -> None:
        self.requests = self.values = self.polls = 0
        self._began = time.monotonic()
        self.refresh()

    def refresh(self) -> None:
        """Read the ports anew."""
        age = int(time.monotonic() - self._began)
        values = {**_SYSTEM, "1.3.6.1.2.1.1.3.0": ber.integer(age * 100, ber.TIMETICKS), **_ports(age)}
        self._shape = Shape({oid(name): ber.binding(ber.oid_content(oid(name)), raw) for name, raw in values.items()})
        self._last_port = self._at(ber.oid_content(oid(f"{mib.IF_X_TABLE}.6.{mib.PORTS}")))

    def answer(self, message: bytes) -> bytes:
        """Raises BadMessage."""
        request = ber.read_request(message)
        bindings = self._bindings(request)
        self.requests += 1
        self.values += len(bindings)
        self.polls += self._last_port in bindings
        return ber.response(request, bindings)

    def _bindings(self, request: ber.Request) -> list[bytes]:
        if request.kind == ber.GET:
            return [self._at(name) for name in request.oids]
        if request.kind == ber.GETNEXT:
            return [self._after(name) for name in request.oids]
        if request.kind != ber.GETBULK:
            raise ber.BadMessage(f"PDU {request.kind:#x} is none that a bench switch serves")
        return self._bulk(request.oids, min(request.first, len(request.oids)), request.second)

    def _bulk(self, names: Sequence[bytes], non_repeaters: int, repetitions: int) -> list[bytes]:
        """RFC 3416 section 4.2.3, cut to what a frame carries."""
        found = [self._after(name) for name in names[:non_repeaters]]
        room = _LIMIT - sum(map(len, found))
        for step in range(repetitions if len(names) > non_repeaters else 0):
            row = [self._after(name, step) for name in names[non_repeaters:]]
            room -= sum(map(len, row))
            if room < 0:
                break
            found += row
        return found

    def _at(self, name: bytes) -> bytes:
        place = self._shape.at(name)
        return ber.binding(name, ber.NO_SUCH_OBJECT) if place is None else self._binding(place)

    def _after(self, name: bytes, further: int = 0) -> bytes:
        place = self._shape.after(name) + further
        return self._binding(place) if place < len(self._shape) else ber.binding(name, ber.END_OF_MIB_VIEW)

    def _binding(self, place: int) -> bytes:
        cell = self._shape.cells[place]
        assert isinstance(cell, bytes)  # nothing here is live between two refreshes
        return cell


def _ports(age: int) -> Mapping[str, bytes]:
    return {
        f"{column.oid}.{port}": _value(column, port, age) for column in mib.COLUMNS for port in range(1, mib.PORTS + 1)
    }


def _value(column: mib.Column, port: int, age: int) -> bytes:
    value, tag = column.make(port, age), _TAGS[column.syntax]
    return ber.tlv(tag, value) if isinstance(value, bytes) else ber.integer(value, tag)


@dataclass(frozen=True, slots=True)
class Counts:
    """What all switches have answered since they began. A poll: port 48's 64-bit input octets were given."""

    requests: int
    values: int
    polls: int


@contextmanager
def answering(campus: lab.Campus, log: Path) -> Iterator[Callable[[], Counts]]:
    """The switches answer inside the `with`; gives a way to ask for their counts."""
    command = campus.within(sys.executable, "-m", "bench.switches")
    with lab.running(command, log), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.5)

        def counts() -> Counts:
            for _ in range(20):
                asking.sendto(b"?", (lab.host(1), STATISTICS_PORT))
                try:
                    return Counts(*json.loads(asking.recv(256)))
                except TimeoutError:
                    continue
                except ConnectionRefusedError:  # it is still starting
                    time.sleep(0.1)
            raise RuntimeError(f"the switches do not answer ({log})")

        counts()
        yield counts


def serve() -> None:
    snmp, statistics = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    snmp.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
    snmp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    snmp.bind(("0.0.0.0", 161))
    statistics.bind(("0.0.0.0", STATISTICS_PORT))
    agent, refresh = Agent(), time.monotonic() + _REFRESH
    while True:
        ready, _, _ = select.select([snmp, statistics], [], [], 1)
        if time.monotonic() > refresh:
            agent.refresh()
            refresh = time.monotonic() + _REFRESH
        if snmp in ready:
            message, ancillary, _, sender = snmp.recvmsg(65535, 64)
            _, _, to = _PKTINFO.unpack(ancillary[0][2])
            source = (socket.IPPROTO_IP, _IP_PKTINFO, _PKTINFO.pack(0, to, b"\0" * 4))
            snmp.sendmsg([agent.answer(message)], [source], 0, sender)
        if statistics in ready:
            _, sender = statistics.recvfrom(64)
            statistics.sendto(json.dumps([agent.requests, agent.values, agent.polls]).encode(), sender)


if __name__ == "__main__":
    serve()
