"""An SNMP agent, version 1 and 2c, that answers from `.snmprec` recordings over UDP: the community names the file.

The recordings are other people's: lines may be unsorted, twice, glued, empty or comments, OIDs may begin with a dot,
values may be text where a number belongs. What cannot be read is left out and counted.
Run as a program it serves a folder: `python -m tests.fakes.replay FOLDER PORT`.
"""

from __future__ import annotations

import asyncio
import bisect
import codecs
import ipaddress
import os
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
_BYTES = {4: ber.OCTETS, 68: 0x44}
_NOTHING = (ber.NULL, 128, 129, 130)
_IP_ADDRESS = 0x40


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
    """Read a recording; the first of two values of a name counts. A line that cannot be read is left out."""
    found = Recording()
    for line in path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines():
        if not line.strip() or line.lstrip().startswith(b"#"):
            continue
        try:
            name, tag, value = line.decode("utf-8", "surrogateescape").split("|", 2)
            at = ber.dotted(name.strip().lstrip("."))
            ber.oid(at)
            found.values.setdefault(at, encoded(tag.strip(), value.rstrip(" \t")))
        except (ValueError, IndexError, OverflowError):
            found.broken += 1
    found.order = sorted(found.values)
    return found


def encoded(tag: str, text: str) -> bytes:
    """One value in BER, as snmpsim reads it. A tag is the sum of the type's BER bits; `x` behind it: hex, `e`: a Python
    string's escapes; `:module` behind that: a variation, of which the value at the start is taken.

    Raises ValueError for what is no value of the type.
    """
    kind, _, variation = tag.partition(":")
    if variation:
        text = _varied(variation, dict(part.partition("=")[::2] for part in text.split(",")), kind)
    number = int(kind.rstrip("xe"))
    if number in _BYTES:
        return ber.tlv(_BYTES[number], _raw(kind, text))
    if number == 2:
        return ber.integer(int(text.strip()))
    if number in _UNSIGNED:
        whole, tag_ = int(text.strip()), _UNSIGNED[number]
        if not 0 <= whole < 2 ** (64 if number == 70 else 32):
            raise ValueError(text)
        return ber.integer(whole, tag_)
    if number == 6:
        return ber.oid(ber.dotted(text.strip().lstrip(".")))
    if number == 64:
        return ber.tlv(_IP_ADDRESS, _raw(kind, text) if kind != "64" else ipaddress.IPv4Address(text.strip()).packed)
    if number in _NOTHING:
        return ber.tlv(number, b"")
    raise ValueError(tag)


def _raw(kind: str, text: str) -> bytes:
    """Bytes of a text; of an odd number of hex digits the last is the upper half of a byte."""
    if kind.endswith("x"):
        digits = text.strip().removeprefix("0x").replace(" ", "")
        return bytes.fromhex(digits + "0" * (len(digits) % 2))
    if kind.endswith("e"):
        return codecs.escape_decode(text.encode("utf-8", "surrogateescape"))[0]
    return text.encode("utf-8", "surrogateescape")


def _varied(module: str, said: dict[str, str], kind: str) -> str:
    """The value with which a variation module of snmpsim begins. Raises ValueError for one that has none."""
    if module == "numeric":
        first = float(said.get("initial", said.get("min", 0)))
        if said.get("function") == "cos":
            first = float(said.get("scale", 1))
        elif "function" not in said and "initial" not in said:
            first = float(said.get("rate", first))
        return str(int(min(max(first + float(said.get("offset", 0)), float(said.get("min", "-inf"))), 2.0**63)))
    value = said.get("hexvalue" if kind.endswith("x") else "value", said.get("value"))
    if value is None or module not in ("writecache", "delay", "notification"):
        raise ValueError(module)
    return value


class Replay(asyncio.DatagramProtocol):
    """Answers every community that has a recording in `folder`; the others hear nothing.

    requests: how many came.  values: how many were sent.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._recording = cache(self._load)
        self._given: dict[bytes, Recording] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self.port = 0
        self.requests = 0
        self.values = 0

    async def open(self, port: int = 0) -> Replay:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", port))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    def serve(self, community: str, recording: Recording) -> None:
        """Answer this community from a recording that stands in no file."""
        self._given[community.encode()] = recording

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = parse(data)
        recording = self._given.get(request.community) or self._recording(request.community)
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
