"""SNMP messages of RFC 1157 and RFC 3416 as bytes: read a request, write an answer. Pure.

Written apart from the agent's reader on purpose: two readings of the standard check each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Oid = tuple[int, ...]

INTEGER, OCTETS, NULL, OBJECT, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
IP_ADDRESS, COUNTER32, GAUGE32, TIMETICKS, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x46
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = b"\x80\x00", b"\x81\x00", b"\x82\x00"
GET, GETNEXT, RESPONSE, SET, GETBULK = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5
NO_SUCH_NAME, READ_ONLY, NOT_WRITABLE, TOO_BIG = 2, 4, 17, 1
NULL_VALUE = b"\x05\x00"
MAX_BINDINGS = 128


class BadMessage(ValueError):
    """Not a request that this codec understands."""


@dataclass(frozen=True, slots=True)
class Request:
    """`version` 0 is v1, 1 is v2c. `first` and `second` are error-status and -index, or GETBULK's two numbers.

    `oids` are the bound names, still encoded (content only); `request_id` is the whole encoded integer, `bindings` the
    whole encoded list, for an error that must give it back.
    """

    version: int
    community: bytes
    kind: int
    request_id: bytes
    first: int
    second: int
    oids: tuple[bytes, ...]
    bindings: bytes


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    if size < 0x100:
        return bytes((tag, 0x81, size)) + content
    return bytes((tag, 0x82)) + size.to_bytes(2, "big") + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    """Any whole-number type; the least number of octets, two's complement (X.690 8.3)."""
    size = (value.bit_length() if value >= 0 else (~value).bit_length()) // 8 + 1
    return bytes((tag, size)) + value.to_bytes(size, "big", signed=value < 0)


def text(value: str) -> bytes:
    return tlv(OCTETS, value.encode())


def oid_content(oid: Oid) -> bytes:
    """The content octets of an OBJECT IDENTIFIER (X.690 8.19)."""
    out = bytearray()
    for number in (oid[0] * 40 + oid[1], *oid[2:]):
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(number & 0x7F | 0x80)
        out += bytes(reversed(groups))
    return bytes(out)


def oid_from(content: bytes) -> Oid:
    """Raises BadMessage."""
    numbers: list[int] = []
    value = 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if value > 0xFFFFFFFF:
            raise BadMessage("sub-identifier above 32 bits")
        if octet < 0x80:
            numbers.append(value)
            value = 0
    if not numbers or content[-1] >= 0x80:
        raise BadMessage("object identifier cut short")
    top = min(numbers[0] // 40, 2)
    return (top, numbers[0] - top * 40, *numbers[1:])


def binding(name: bytes, value: bytes) -> bytes:
    """A variable binding of an encoded name (content) and a whole encoded value."""
    return tlv(SEQUENCE, tlv(OBJECT, name) + value)


def read_request(datagram: bytes) -> Request:
    """Raises BadMessage for everything that is not a v1 or v2c request."""
    start, end = _head(datagram, 0, SEQUENCE)
    if end != len(datagram):
        raise BadMessage("length does not fit the datagram")
    version, at = _number(datagram, start)
    if version not in (0, 1):
        raise BadMessage("version")
    start, at = _head(datagram, at, OCTETS)
    community = datagram[start:at]
    if at >= len(datagram):
        raise BadMessage("no PDU")
    kind = datagram[at]
    start, end = _head(datagram, at, kind)
    if end != len(datagram):
        raise BadMessage("PDU length")
    _, first_at = _number(datagram, start)
    first, second_at = _number(datagram, first_at)
    second, list_at = _number(datagram, second_at)
    oids = _names(datagram, *_head(datagram, list_at, SEQUENCE))
    return Request(version, community, kind, datagram[start:first_at], first, second, oids, datagram[list_at:])


def _names(data: bytes, at: int, end: int) -> tuple[bytes, ...]:
    names: list[bytes] = []
    while at < end:
        inner, at = _head(data, at, SEQUENCE)
        start, stop = _head(data, inner, OBJECT)
        if stop > at or len(names) == MAX_BINDINGS:
            raise BadMessage("bindings")
        names.append(data[start:stop])
    return tuple(names)


def _head(data: bytes, at: int, tag: int) -> tuple[int, int]:
    """Start and end of the content of the TLV at `at`, which must bear `tag` and lie within the data."""
    if at + 2 > len(data) or data[at] != tag:
        raise BadMessage(f"no tag {tag:#x} at {at}")
    size, at = data[at + 1], at + 2
    if size >= 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4:
            raise BadMessage("length octets")
        size, at = int.from_bytes(data[at : at + count], "big"), at + count
    if at + size > len(data):
        raise BadMessage("cut short")
    return at, at + size


def _number(data: bytes, at: int) -> tuple[int, int]:
    start, end = _head(data, at, INTEGER)
    if not 1 <= end - start <= 5:
        raise BadMessage("integer size")
    return int.from_bytes(data[start:end], "big", signed=True), end


def response(request: Request, bindings: Sequence[bytes]) -> bytes:
    """The whole answer to `request`, without an error."""
    return _message(request, 0, 0, tlv(SEQUENCE, b"".join(bindings)))


def refusal(request: Request, status: int, index: int) -> bytes:
    """An answer with an error-status; `index` counts the bindings from 1."""
    return _message(request, status, index, request.bindings)


def _message(request: Request, status: int, index: int, bindings: bytes) -> bytes:
    body = request.request_id + integer(status) + integer(index) + bindings
    return tlv(SEQUENCE, integer(request.version) + tlv(OCTETS, request.community) + tlv(RESPONSE, body))
