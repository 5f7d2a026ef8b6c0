"""What a hostile or broken SNMP agent does with an honest answer; each is a `Mischief` of `snmp_agent`."""

from __future__ import annotations

import random

from tests.fakes import ber
from tests.fakes.snmp_agent import Mischief, Request, Rows, reply


def fuzzed(chance: random.Random, copies: int, good: bool = True) -> Mischief:
    """So many mutated copies, then (if `good`) the true answer."""

    def act(request: Request, answer: bytes) -> list[bytes]:
        return [mutated(answer, chance) for _ in range(copies)] + ([answer] if good else [])

    return act


def mutated(packet: bytes, chance: random.Random) -> bytes:
    """A packet that is no longer this answer: cut, grown, lengths that lie, deep nesting, bytes turned, noise."""
    body = bytearray(packet)
    match chance.randrange(7):
        case 0:
            return bytes(body[: chance.randrange(1, len(body))])
        case 1:
            body[1:2] = b"\x84\xff\xff\xff\xff"  # four gigabytes follow, it says
        case 2:
            for _ in range(chance.randint(1, 8)):
                body[chance.randrange(len(body))] = chance.randrange(256)
            body[0] ^= 0x01
        case 3:
            return chance.randbytes(chance.randrange(1, 200))
        case 4:
            return b"\x30\x80" * 700
        case 5:
            at = chance.randrange(2, min(30, len(body)))
            body[at] = 0xFF
            return bytes(body[: chance.randrange(at, len(body))])
        case _:
            return bytes(body) + chance.randbytes(3) if chance.random() < 0.1 else bytes(body[1:])
    return bytes(body)


def wrong_ident(request: Request, answer: bytes) -> list[bytes]:
    """A forged value under another request id comes before the true answer."""
    forged = reply(request, [(name, ber.tlv(ber.OCTETS, b"forged")) for name in request.names], ident=request.ident ^ 1)
    return [forged, answer]


def twice(request: Request, answer: bytes) -> list[bytes]:
    """Every answer is sent twice."""
    return [answer, answer]


def late() -> Mischief:
    """Before each answer comes, once more, the one before it."""
    before: list[bytes] = []

    def act(request: Request, answer: bytes) -> list[bytes]:
        before.append(answer)
        return before[-2:]

    return act


def endless(request: Request, answer: bytes) -> list[bytes]:
    """A column without an end: each row is followed by the next number."""
    if request.kind == ber.GET:
        return [answer]
    column, start = _split(request.names[0])
    count = request.repetitions if request.kind == ber.GETBULK else 1
    return [reply(request, [((*column, start + step + 1), ber.integer(1)) for step in range(count)])]


def standing_still(request: Request, answer: bytes) -> list[bytes]:
    """Every row is row 7."""
    if request.kind == ber.GET:
        return [answer]
    column, _ = _split(request.names[0])
    return [reply(request, [((*column, 7), ber.integer(1))])]


def upside_down(rows: Rows) -> Mischief:
    """Tells the rows of a column of the port tables from the last to the first, each once."""

    def act(request: Request, answer: bytes) -> list[bytes]:
        if request.kind == ber.GET or request.names[0][:7] not in ((1, 3, 6, 1, 2, 1, 2), (1, 3, 6, 1, 2, 1, 31)):
            return [answer]
        column, start = _split(request.names[0])
        names = sorted((name for name in rows if name[: len(column)] == column), reverse=True)
        behind = names[names.index((*column, start)) + 1 :] if start else names
        count = request.repetitions if request.kind == ber.GETBULK else 1
        told = [(name, rows[name]) for name in behind[:count]]
        end = [(request.names[0], ber.tlv(ber.END_OF_VIEW, b""))]
        return [reply(request, told if len(told) == count else told + end)]

    return act


def silent_tables(request: Request, answer: bytes) -> list[bytes]:
    """Who it is it tells, its tables never."""
    return [answer] if request.kind == ber.GET else []


def choking(request: Request, answer: bytes) -> list[bytes]:
    """Answers no GETBULK of more than ten rows."""
    return [] if request.kind == ber.GETBULK and request.repetitions > 10 else [answer]


def too_big(request: Request, answer: bytes) -> list[bytes]:
    """tooBig for every GET of more than one name."""
    many = request.kind == ber.GET and len(request.names) > 1
    return [reply(request, [], status=1) if many else answer]


def _split(name: ber.Name) -> tuple[ber.Name, int]:
    """Column and row: ifEntry's column is ten long, ifXEntry's eleven."""
    length = 11 if name[:7] == (1, 3, 6, 1, 2, 1, 31) else 10
    return name[:length], name[length] if len(name) > length else 0
