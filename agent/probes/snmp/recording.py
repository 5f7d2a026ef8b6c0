"""A box written down for a test: every value it has, in the lines of snmpsim's `.snmprec`, with nobody's data in them.

Names, addresses, MACs, serial numbers, contact, location and the community are replaced, each by the same word wherever
it stands, in values and in indexes, and by one of the same length, so that lengths told in an index stay true. What
tells of people and programs rather than of the box (processes, sockets, users of SNMP) is not read at all.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gufo.snmp import SnmpError, ValueType

from agent.probes.snmp.session import Session
from agent.probes.snmp.walk import MOST_VALUES, Budget, Tree, WalkError, subtree, why_not

SECONDS = 600.0
"""Longest time for a recording."""

ROOTS = (
    *(f"1.3.6.1.2.1.{number}" for number in (1, 2, 4, 10, 16, 17, 26, 31, 33, 43, 47, 69, 99, 105)),
    *(f"1.3.6.1.2.1.25.{number}" for number in (1, 2, 3)), "1.3.6.1.4.1", "1.0.8802.1.1", "1.3.111.2.802.1.1",
)  # fmt: skip
"""What is read: the standard tables of a network device and everything of its maker."""

_NAMES = (
    "1.3.6.1.2.1.1.4.", "1.3.6.1.2.1.1.5.", "1.3.6.1.2.1.1.6.", "1.3.6.1.2.1.31.1.1.1.18.",
    "1.3.6.1.2.1.47.1.1.1.1.11.", "1.3.6.1.2.1.47.1.1.1.1.14.", "1.3.6.1.2.1.47.1.1.1.1.15.",
    "1.0.8802.1.1.2.1.3.3.", "1.0.8802.1.1.2.1.4.1.1.9.", "1.3.111.2.802.1.1.13.1.4.1.1.10.",
    "1.3.6.1.2.1.17.7.1.4.3.1.1.", "1.3.6.1.4.1.9.9.23.1.2.1.1.6.",
)  # fmt: skip
"""Columns of names: contact, name, location, aliases, serial and asset numbers, neighbours, VLANs."""

_MACS = ("1.3.6.1.2.1.2.2.1.6.", "1.3.6.1.2.1.4.22.1.2.", "1.3.6.1.2.1.4.35.1.4.", "1.3.6.1.2.1.17.1.1.")
"""Columns of MACs; elsewhere six bytes are one when no text has such bytes."""

_ADDRESS_INDEX = ("1.3.6.1.2.1.4.20.1.", "1.3.6.1.2.1.4.22.1.", "1.3.6.1.2.1.4.34.1.", "1.3.6.1.2.1.4.35.1.")
"""Columns whose index ends with an address of version 4, at least most times."""

_MAC_INDEX = ("1.3.6.1.2.1.17.4.3.1.", "1.3.6.1.2.1.17.7.1.2.2.1.", "1.3.6.1.2.1.17.7.1.3.1.1.")
"""Columns whose index ends with a MAC."""

_MAC_TEXT = re.compile(r"\b[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}\b")
_DOTTED_MAC = re.compile(r"\b[0-9A-Fa-f]{4}([.-])[0-9A-Fa-f]{4}\1[0-9A-Fa-f]{4}\b")
_IP_TEXT = re.compile(r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b")
_SHORTEST = 4
"""Letters of the shortest name that is also looked for within other texts."""


async def record(session: Session, known: Iterable[str] = (), *, bulk: int = 50) -> tuple[list[str], dict[str, str]]:
    """The lines of the recording, and what could not be read to its end. known: words of the box to replace, such as
    its serial number and the community. The session is entered; raises what the first request raises."""
    budget = Budget(until=asyncio.get_running_loop().time() + SECONDS, bulk=bulk, rows=MOST_VALUES)
    values: dict[str, ValueType] = {}
    failed: dict[str, str] = {}
    for root in ROOTS:
        found: Tree = {}
        try:
            await subtree(session, root, budget, found)
        except (WalkError, TimeoutError, SnmpError, ValueError) as error:
            if not values and not isinstance(error, WalkError):
                raise
            failed[root] = why_not(error)
        values |= {f"{root}.{index}": value for index, value in found.items()}
    return list(anonymised(values, known)), failed


def anonymised(values: Mapping[str, ValueType], known: Iterable[str] = ()) -> Iterator[str]:
    """The lines in the order of their OIDs."""
    mask = Mask()
    mask.learn(values, known)
    rows = {mask.oid(oid): mask.value(oid, value) for oid, value in values.items()}
    for oid in sorted(rows, key=lambda oid: tuple(map(int, oid.split(".")))):
        yield f"{oid}|{_tagged(rows[oid])}"


@dataclass(slots=True)
class Mask:
    """What stands for what."""

    names: dict[str, str] = field(default_factory=dict)
    macs: dict[bytes, bytes] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    _pattern: re.Pattern[str] | None = None

    def learn(self, values: Mapping[str, ValueType], known: Iterable[str]) -> None:
        """Find every name, MAC and address of the box."""
        for word in known:
            self._name(word)
        for oid, value in values.items():
            if isinstance(value, bytes):
                if len(value) == 6 and (oid.startswith(_MACS) or any(byte < 32 or byte > 126 for byte in value)):
                    self.mac(value)
                elif oid.startswith(_NAMES):
                    self._name(value.decode("utf-8", "replace"))
            elif isinstance(value, str) and _is_address(value):
                self.address(value)
            if oid.startswith(_MAC_INDEX) and _are_bytes(last := oid.split(".")[-6:]):
                self.mac(bytes(map(int, last)))
            elif oid.startswith(_ADDRESS_INDEX) and _are_bytes(last := oid.split(".")[-4:]):
                self.address(".".join(last))
        words = sorted((name for name in self.names if len(name) >= _SHORTEST), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, words))) if words else None

    def _name(self, word: str) -> None:
        shown = word.strip("\0 ")
        if shown and shown not in self.names:
            self.names[shown] = f"x{len(self.names):03d}".ljust(len(shown), "x")[: max(len(shown), 1)]

    def mac(self, raw: bytes) -> bytes:
        """Locally administered; group addresses and nought stay what they are."""
        if len(raw) != 6 or raw[0] & 1 or not any(raw):
            return raw
        return self.macs.setdefault(raw, b"\x02\x00" + (len(self.macs) + 1).to_bytes(4, "big"))

    def address(self, shown: str) -> str:
        """In 198.18.0.0/15 (RFC 2544); masks, loopback and nought stay what they are."""
        try:
            found = ipaddress.IPv4Address(shown)
        except ValueError:
            return shown
        if found.is_loopback or found.is_unspecified or found.is_multicast or found.packed[0] == 255:
            return shown
        fresh = str(ipaddress.IPv4Address("198.18.0.1") + len(self.addresses) % 2**17)
        return self.addresses.setdefault(shown, fresh)

    def value(self, oid: str, value: ValueType) -> ValueType:
        """What stands for a value."""
        if isinstance(value, str):
            return self.address(value) if _is_address(value) else self.oid(value)
        if not isinstance(value, bytes):
            return value
        if value in self.macs:
            return self.macs[value]
        try:
            return self.text(value.decode("utf-8"), whole=oid.startswith(_NAMES)).encode("utf-8")
        except UnicodeDecodeError:
            return b"x" * len(value) if oid.startswith(_NAMES) else value

    def text(self, shown: str, *, whole: bool) -> str:
        """A text with its names, addresses and MACs replaced. whole: it is a name as such."""
        stripped = shown.strip("\0 ")
        if whole and stripped in self.names:
            return shown.replace(stripped, self.names[stripped])
        if self._pattern is not None:
            shown = self._pattern.sub(lambda match: self.names[match[0]], shown)
        shown = _IP_TEXT.sub(lambda match: self.address(match[0]), shown)
        for pattern in (_MAC_TEXT, _DOTTED_MAC):
            shown = pattern.sub(self._mac_text, shown)
        return shown

    def _mac_text(self, match: re.Match[str]) -> str:
        fresh = iter(self.mac(bytes.fromhex(re.sub(r"[^0-9A-Fa-f]", "", match[0]))).hex())
        return "".join(next(fresh) if char.isalnum() else char for char in match[0])

    def oid(self, oid: str) -> str:
        """An OID with the MACs, addresses and names of its index replaced."""
        parts = oid.split(".")
        at = 8
        while at < len(parts):
            at += self._part(parts, at)
        return ".".join(parts)

    def _part(self, parts: list[str], at: int) -> int:
        """Replace what begins at `at`; gives how many parts it was long."""
        six, four = parts[at : at + 6], parts[at : at + 4]
        if len(six) == 6 and _are_bytes(six) and (mac := bytes(map(int, six))) in self.macs:
            parts[at : at + 6] = map(str, self.macs[mac])
            return 6
        if len(four) == 4 and ".".join(four) in self.addresses:
            parts[at : at + 4] = self.addresses[".".join(four)].split(".")
            return 4
        size = int(parts[at]) if len(parts[at]) < 4 else 0
        spelled = parts[at + 1 : at + 1 + size]
        if size >= _SHORTEST and len(spelled) == size and _are_bytes(spelled):
            word = bytes(map(int, spelled)).decode("latin-1")
            if word in self.names:
                parts[at + 1 : at + 1 + size] = map(str, self.names[word].encode("latin-1", "replace"))
                return size + 1
        return 1


def _are_bytes(parts: list[str]) -> bool:
    return all(len(part) <= 3 and int(part) <= 255 for part in parts)


def _is_address(shown: str) -> bool:
    """gufo gives an IpAddress and an OID as text alike; no OID of four parts begins beyond 2."""
    parts = shown.split(".")
    return len(parts) == 4 and _are_bytes(parts) and not shown.startswith(("1.3.", "1.0.", "2."))


def _tagged(value: ValueType) -> str:
    """Type and value of a line. gufo does not tell the type: a number is the least that holds it."""
    if isinstance(value, bytes):
        plain = all(32 <= byte < 127 for byte in value) and b"|" not in value
        return f"4|{value.decode('ascii')}" if plain else f"4x|{value.hex()}"
    if isinstance(value, str):
        return f"64|{value}" if _is_address(value) else f"6|{value}"
    if isinstance(value, int):
        return f"{2 if -(2**31) <= value < 2**31 else 66 if 0 <= value < 2**32 else 70}|{value}"
    return f"4|{value}" if value is not None else "5|"
