"""Bytes and strings from devices become clean text here, once. Everything a device says is hostile."""

from __future__ import annotations

import codecs
import unicodedata

LIMIT = 4096
"""Characters kept of any one string a device sends."""

_BIDI = frozenset(map(chr, (*range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C, 0xFEFF)))


def clean(raw: bytes | str, limit: int = LIMIT) -> str:
    """Valid, printable, one-line text of at most `limit` characters.

    UTF-8 first, then GB18030 (what Chinese boxes send), undecodable bytes as U+FFFD. Controls, surrogates, direction
    marks and private-use characters are dropped; white space runs become one space.
    """
    if isinstance(raw, bytes):
        raw = _decode(raw[: limit * 4], whole=len(raw) <= limit * 4)
    if raw.isascii() and raw.isprintable() and len(raw) <= limit:
        return " ".join(raw.split()) if "  " in raw or raw[:1] == " " or raw[-1:] == " " else raw
    kept = "".join(c for c in raw[: limit * 4] if c.isspace() or _keeps(c))
    return " ".join(kept.split())[:limit]


def _decode(raw: bytes, whole: bool) -> str:
    """whole: nothing was cut off, perhaps in the middle of a character."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return codecs.getincrementaldecoder(encoding)().decode(raw, final=whole)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _keeps(char: str) -> bool:
    return char not in _BIDI and unicodedata.category(char) not in ("Cc", "Cs", "Co", "Cn")
