"""What is told of the certificate that a device shows: its fingerprint, and its end (RFC 5280, 4.1.2.5), read out of
its DER without trusting a byte of it. Any certificate is taken: devices sign their own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from agent.model import Json, Ms

DAYS_LEFT = 14.0
"""One with less than this is told of."""
_DAY_MS = 86_400_000

_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED = 0x30, 0xA0, 0x17, 0x18


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reading has of a certificate; the fields are those of `Reading`."""

    samples: dict[str, float]
    facts: dict[str, Json]
    checks: dict[str, str]


def fingerprint(der: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(der).hexdigest()


def shown(der: bytes, now: Ms) -> Shown:
    """Its fingerprint and end as facts, the days left as a sample, as a check what is to be said of them."""
    ends = not_after(der)
    if ends is None:
        return Shown({}, {"tls_certificate": fingerprint(der)}, {})
    days = (ends - now) / _DAY_MS
    verdict = "" if days >= DAYS_LEFT else "certificate_ends" if days > 0 else "certificate_ended"
    facts: dict[str, Json] = {"tls_certificate": fingerprint(der), "tls_ends": ends}
    return Shown({"tls_days_left": days}, facts, {"certificate": verdict})


def not_after(der: bytes) -> Ms | None:
    """When it ends; None for what is no certificate."""
    try:
        return _end(der)
    except (ValueError, IndexError):
        return None


def _end(der: bytes) -> Ms:
    """Certificate > tbsCertificate > [version], serial, algorithm, issuer, validity > notBefore, notAfter."""
    body = _value(_value(der, _SEQUENCE)[0], _SEQUENCE)[0]
    if body[0] == _VERSION:
        body = _value(body, _VERSION)[1]
    for _ in range(3):
        body = _value(body, body[0])[1]
    validity = _value(body, _SEQUENCE)[0]
    last = _value(validity, validity[0])[1]
    return _moment(last[0], _value(last, last[0])[0].decode("ascii"))


def _value(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """The value of the element at the beginning, and what is behind it."""
    if der[0] != tag:
        raise ValueError("another element")
    length, begin = der[1], 2
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4:
            raise ValueError("no length")
        length, begin = int.from_bytes(der[2 : 2 + size], "big"), 2 + size
    if begin + length > len(der):
        raise ValueError("cut off")
    return der[begin : begin + length], der[begin + length :]


def _moment(tag: int, text: str) -> Ms:
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED:
        raise ValueError("no time")
    return round(datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp() * 1000)
