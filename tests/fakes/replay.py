"""An SNMP agent, version 1 and 2c, that answers from `.snmprec` recordings over UDP: the community names the file.

The recordings are other people's: lines may be unsorted, twice, glued, empty or comments, OIDs may begin with a dot,
values may be text where a number belongs. What cannot be read is left out and counted.
Run as a program it serves a folder: `python -m tests.fakes.replay FOLDER PORT`.
"""

from __future__ import annotations

import asyncio
import bisect
import ipaddress
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.fakes import ber
from tests.fakes.ber import Name
from tests.fakes.snmp_agent import Request, parse, reply

SUFFIX = ".snmprec"
MOST_BYTES = 3000
"""Of the bindings of one answer: a GETBULK is cut where the datagram is full (RFC 3416 4.2.3)."""

_UNSIGNED = {65: ber.COUNTER32, 66: ber.GAUGE32, 67: ber.TIMETICKS, 70: ber.COUNTER64}
_IP_ADDRESS, _OPAQUE = 0x40, 0x44


@dataclass(slots=True)
class Recording:
    """Values of one device in the order of their names. broken: lines that could not be read."""

    values: dict[Name, bytes] = field(default_factory=dict)
    order: list[Name] = field(default_factory=list)
    broken: int = 0

    def behind(self, name: Name, count: int) -> list[Name]:
        at = bisect.bisect_right(self.order, name)
        return self.order[at : at + count]


def load(path: Path) -> Recording:
    """Read a recording; the first of two values of a name counts."""
    found = Recording()
    for line in path.read_bytes().splitlines():
        if not line.strip() or line.startswith(b"#"):
            continue
        try:
            name, tag, value = line.decode("utf-8", "surrogateescape").split("|", 2)
            found.values.setdefault(ber.dotted(name.strip().lstrip(".")), _encoded(tag, value))
        except (ValueError, IndexError, OverflowError):
            found.broken += 1
    found.order = sorted(found.values)
    return found


def _encoded(tag: str, text: str) -> bytes:
    """One value in BER. A tag is a number, `x` behind it for hex; `:numeric` makes a number from its parameters."""
    kind, _, variation = tag.partition(":")
    hexed = kind.endswith("x")
    number = int(kind.rstrip("x"))
    raw = bytes.fromhex(text) if hexed else text.encode("utf-8", "surrogateescape")
    if variation:
        text = _parameter(text)
    if number == 2:
        return ber.integer(int(text.strip()))
    if number in _UNSIGNED:
        return ber.integer(int(text.strip()), _UNSIGNED[number])
    if number == 6:
        return ber.oid(ber.dotted(text.strip().lstrip(".")))
    if number == 64:
        return ber.tlv(_IP_ADDRESS, raw if hexed else ipaddress.IPv4Address(text.strip()).packed)
    if number == 5:
        return ber.tlv(ber.NULL, b"")
    return ber.tlv(_OPAQUE if number == 68 else ber.OCTETS, raw)


def _parameter(text: str) -> str:
    """The number that a `numeric` variation of snmpsim starts from."""
    found = re.search(r"(?:scale|rate|initial)=(\d+)", text)
    return found[1] if found else "0"


class Replay(asyncio.DatagramProtocol):
    """Answers every community that has a recording in `folder`; the others hear nothing.

    requests: how many came.  values: how many were sent.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._recording = cache(self._load)
        self._transport: asyncio.DatagramTransport | None = None
        self.port = 0
        self.requests = 0
        self.values = 0

    async def open(self, port: int = 0) -> Replay:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", port))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = parse(data)
        recording = self._recording(request.community)
        if recording is not None and self._transport is not None:
            self.requests += 1
            self._transport.sendto(self._answer(request, recording), addr)

    def _load(self, community: bytes) -> Recording | None:
        path = self._folder / f"{os.fsdecode(community)}{SUFFIX}"
        return load(path) if path.parent == self._folder and path.is_file() else None

    def _answer(self, request: Request, recording: Recording) -> bytes:
        bindings = list(_bindings(request, recording))
        self.values += len(bindings)
        lacking = (ber.NO_SUCH_OBJECT, ber.END_OF_VIEW, ber.COUNTER64)  # what version 1 cannot say
        if request.version == 0 and any(value[0] in lacking for _, value in bindings):
            return reply(request, [(name, ber.tlv(ber.NULL, b"")) for name in request.names], status=2)
        return reply(request, bindings)


def _bindings(request: Request, recording: Recording) -> Iterator[tuple[Name, bytes]]:
    room = MOST_BYTES
    repetitions = request.repetitions if request.kind == ber.GETBULK else 1
    for name in request.names:
        if request.kind == ber.GET:
            yield name, recording.values.get(name, ber.tlv(ber.NO_SUCH_OBJECT, b""))
            continue
        found = recording.behind(name, repetitions)
        for one in found:
            value = recording.values[one]
            room -= len(value) + len(one) + 8
            if room < 0:
                return
            yield one, value
        if len(found) < repetitions:
            yield name, ber.tlv(ber.END_OF_VIEW, b"")


async def _serve(folder: str, port: int) -> None:
    replay = await Replay(Path(folder)).open(port)
    print(replay.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2])))
