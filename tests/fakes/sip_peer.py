"""A SIP user agent's answer to a request, written by RFC 3261, 8.2.6; and what a hostile one makes of it."""

from __future__ import annotations

import random
import re

_NAMES = {"via": "Via", "call_id": "Call-ID", "cseq": "CSeq"}


def answer(request: bytes, status: str = "200 OK", *extra: str, **instead: str) -> bytes:
    """The response: Via, From, To, Call-ID, CSeq as they came, unless `instead` says otherwise (`call_id="x"`)."""
    said = dict(line.split(": ", 1) for line in request.decode().split("\r\n\r\n")[0].split("\r\n")[1:])
    kept = {name: said[name] for name in ("Via", "From", "To", "Call-ID", "CSeq")}
    kept |= {_NAMES[name]: value for name, value in instead.items()}
    lines = [f"SIP/2.0 {status}", *(f"{name}: {value}" for name, value in kept.items()), *extra, "Content-Length: 0"]
    return "\r\n".join([*lines, "", ""]).encode()


def branch_of(request: bytes) -> str:
    found = re.search(rb"branch=([^;\r]+)", request)
    assert found is not None
    return found[1].decode()


def mutated(packet: bytes, chance: random.Random) -> bytes:
    """The packet with some of it cut, doubled, turned, swapped, swollen or replaced by noise."""
    body = bytearray(packet)
    at = chance.randrange(len(body))
    match chance.randrange(8):
        case 0:
            del body[at:]
        case 1:
            body[at:at] = body[: chance.randrange(len(body))]
        case 2:
            for _ in range(chance.randint(1, 12)):
                body[chance.randrange(len(body))] = chance.randrange(256)
        case 3:
            body = bytearray(chance.randbytes(chance.randrange(1, 1500)))
        case 4:
            body[at:at] = chance.choice((b"\r\n", b"\r\n\r\n", b"\x00", b":", b";branch=", b"\xff\xfe")) * 40
        case 5:
            body = body.replace(b"\r\n", b"\n", chance.randrange(1, 9))
        case 6:
            body[at:at] = b"X: " + b"a" * chance.randrange(1, 30_000) + b"\r\n"
        case _:
            lines = bytes(body).split(b"\r\n")
            chance.shuffle(lines)
            body = bytearray(b"\r\n".join(lines))
    return bytes(body)
