"""A fake SNMP agent, version 1 and 2c, on a real UDP socket; `mischief` rewrites what it sends.

Run as a program it serves a 48-port switch: `python -m tests.fakes.snmp_agent PORT [PORTS]`.
"""

from __future__ import annotations

import asyncio
import bisect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.fakes import ber
from tests.fakes.ber import Name

Rows = dict[Name, bytes]


@dataclass(frozen=True, slots=True)
class Request:
    version: int
    community: bytes
    kind: int
    ident: int
    repetitions: int
    names: tuple[Name, ...]


Mischief = Callable[[Request, bytes], list[bytes]]


def honest(request: Request, answer: bytes) -> list[bytes]:
    return [answer]


def parse(datagram: bytes) -> Request:
    version, community, pdu = ber.children(ber.read(datagram)[1])
    ident, _, repetitions, bindings = ber.children(pdu[1])
    names = tuple(ber.name_of(ber.children(binding)[0][1]) for _, binding in ber.children(bindings[1]))
    number = int.from_bytes(ident[1], "big", signed=True)
    return Request(version[1][-1], community[1], pdu[0], number, int.from_bytes(repetitions[1], "big"), names)


def reply(request: Request, bindings: list[tuple[Name, bytes]], status: int = 0, ident: int | None = None) -> bytes:
    """A response with these bindings."""
    listed = b"".join(ber.tlv(ber.SEQUENCE, ber.oid(name) + value) for name, value in bindings)
    number = request.ident if ident is None else ident
    pdu = ber.integer(number) + ber.integer(status) + ber.integer(1 if status else 0) + ber.tlv(ber.SEQUENCE, listed)
    whole = ber.integer(request.version) + ber.tlv(ber.OCTETS, request.community) + ber.tlv(ber.RESPONSE, pdu)
    return ber.tlv(ber.SEQUENCE, whole)


class SnmpAgent(asyncio.DatagramProtocol):
    """Answers from `rows`. `most`: bindings in one answer. `requests`: what came, for tests to look at."""

    def __init__(self, rows: Rows, *, community: bytes = b"public", most: int = 1000) -> None:
        self.rows = rows
        self.mischief: Mischief = honest
        self.requests: list[Request] = []
        self.most = most
        self._community = community
        self._order: list[Name] = []
        self._transport: asyncio.DatagramTransport | None = None
        self.port = 0

    async def open(self, port: int = 0) -> SnmpAgent:
        loop = asyncio.get_running_loop()
        self._order = sorted(self.rows)
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", port))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = parse(data)
        self.requests.append(request)
        if request.community != self._community:
            return
        assert self._transport is not None
        for answer in self.mischief(request, self.answer(request)):
            self._transport.sendto(answer, addr)

    def answer(self, request: Request) -> bytes:
        """What an honest agent says."""
        bindings, status = list(self._bindings(request)), 0
        if request.version == 0 and any(value[0] in (ber.NO_SUCH_OBJECT, ber.END_OF_VIEW) for _, value in bindings):
            bindings, status = [(name, ber.tlv(ber.NULL, b"")) for name in request.names], 2
        return reply(request, bindings[: self.most], status)

    def _bindings(self, request: Request) -> Iterator[tuple[Name, bytes]]:
        for name in request.names:
            if request.kind == ber.GET:
                yield name, self.rows.get(name, ber.tlv(ber.NO_SUCH_OBJECT, b""))
                continue
            at = bisect.bisect_right(self._order, name)
            wanted = request.repetitions if request.kind == ber.GETBULK else 1
            for found in self._order[at : at + wanted]:
                yield found, self.rows[found]
            if at + wanted > len(self._order):
                yield name, ber.tlv(ber.END_OF_VIEW, b"")


def system(descr: bytes = b"a fake switch", uptime: int = 123_456) -> Rows:
    """The system group."""
    base = (1, 3, 6, 1, 2, 1, 1)
    return {
        (*base, 1, 0): ber.tlv(ber.OCTETS, descr),
        (*base, 2, 0): ber.oid(ber.dotted("1.3.6.1.4.1.25506.1.1")),
        (*base, 3, 0): ber.integer(uptime, ber.TIMETICKS),
        (*base, 4, 0): ber.tlv(ber.OCTETS, b"noc"),
        (*base, 5, 0): ber.tlv(ber.OCTETS, b"sw-a-1f"),
        (*base, 6, 0): ber.tlv(ber.OCTETS, b"A 1F"),
    }


def interfaces(count: int, wide: bool = True) -> Rows:
    """ifTable and ifXTable of so many ports, every second one up; without ifXTable if not `wide`."""
    rows: Rows = {}
    for index in range(1, count + 1):
        rows |= _if_row(index)
        if wide:
            rows |= _ifx_row(index)
    return rows


def _if_row(index: int) -> Rows:
    descr, mac = b"GigabitEthernet1/0/%d Interface" % index, bytes((0, 0x1C, 0xC5, 0, 0, index & 255))
    oper = 1 if index % 2 else 2
    values = {
        1: ber.integer(index), 2: ber.tlv(ber.OCTETS, descr), 3: ber.integer(6), 4: ber.integer(1500),
        5: ber.integer(1_000_000_000, ber.GAUGE32), 6: ber.tlv(ber.OCTETS, mac), 7: ber.integer(1),
        8: ber.integer(oper), 9: ber.integer(1234, ber.TIMETICKS),
    }  # fmt: skip
    values |= {column: ber.integer(index * 1000 + column, ber.COUNTER32) for column in range(10, 21)}
    return {(1, 3, 6, 1, 2, 1, 2, 2, 1, column, index): value for column, value in values.items()}


def _ifx_row(index: int) -> Rows:
    values = {1: ber.tlv(ber.OCTETS, b"GE1/0/%d" % index), 18: ber.tlv(ber.OCTETS, b"to room %d" % index)}
    values |= {column: ber.integer(2**40 + index * 100 + column, ber.COUNTER64) for column in range(6, 14)}
    values[15] = ber.integer(1000, ber.GAUGE32)
    return {(1, 3, 6, 1, 2, 1, 31, 1, 1, 1, column, index): value for column, value in values.items()}


async def _serve(port: int, ports: int) -> None:
    agent = await SnmpAgent(system() | interfaces(ports)).open(port)
    print(agent.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 48))
