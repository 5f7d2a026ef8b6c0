"""Just enough BER (X.690) and SNMP (RFC 3416) for a fake agent; shares no line with the library under test."""

from __future__ import annotations

INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
COUNTER32, GAUGE32, TIMETICKS, COUNTER64 = 0x41, 0x42, 0x43, 0x46
NO_SUCH_OBJECT, END_OF_VIEW = 0x80, 0x82
GET, GETNEXT, RESPONSE, GETBULK = 0xA0, 0xA1, 0xA2, 0xA5

Name = tuple[int, ...]


def tlv(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 128:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def integer(value: int, tag: int = INTEGER) -> bytes:
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(name: Name, tag: int = OID) -> bytes:
    body = bytearray((name[0] * 40 + name[1],))
    for part in name[2:]:
        piece = [part & 0x7F]
        while part := part >> 7:
            piece.append(0x80 | part & 0x7F)
        body += bytes(reversed(piece))
    return tlv(tag, bytes(body))


def read(data: bytes, at: int = 0) -> tuple[int, bytes, int]:
    """Tag, body and the place behind it."""
    tag, size, at = data[at], data[at + 1], at + 2
    if size & 0x80:
        more = size & 0x7F
        size, at = int.from_bytes(data[at : at + more], "big"), at + more
    return tag, data[at : at + size], at + size


def children(body: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(body):
        tag, inner, at = read(body, at)
        found.append((tag, inner))
    return found


def name_of(body: bytes) -> Name:
    parts, value = [body[0] // 40, body[0] % 40], 0
    for byte in body[1:]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            parts.append(value)
            value = 0
    return tuple(parts)


def dotted(text: str) -> Name:
    """Raises ValueError for what is no OID; one with a part below nought cannot be said in BER."""
    name = tuple(int(part) for part in text.split("."))
    if len(name) < 2 or min(name) < 0:
        raise ValueError(text)
    return name
