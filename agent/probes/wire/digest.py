"""Digest access authentication (RFC 7616, RFC 2617), for HTTP and for RTSP. The password never leaves in clear.

Basic is not answered here, nor anywhere without TLS.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent.model import Secret

_PAIR = re.compile(r'([A-Za-z][A-Za-z0-9-]{0,31})\s*=\s*(?:"((?:[^"\\]|\\.){0,512})"|([^\s,"]{0,512}))')
_PART = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^",])+')
_SCHEME = re.compile(r"\s*[A-Za-z][A-Za-z0-9-]*(?: +[A-Za-z]|\s*$)")
_LONGEST = 4096
_LOST = re.compile(r"[\x00-\x1f\x7f\ufffd]")
"""What would break out of a header, and bytes that somebody has replaced."""
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}
_BEST = ("SHA-256", "MD5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a `WWW-Authenticate: Digest` asks for. algorithm: `MD5` or `SHA-256`.  qop: `auth`, or "" for RFC 2069."""

    realm: str
    nonce: str
    opaque: str = ""
    algorithm: str = "MD5"
    session: bool = False
    qop: str = ""
    stale: bool = False

    def answer(self, method: str, uri: str, username: str, secret: Secret, count: int, cnonce: str) -> str:
        """The value of the `Authorization` header. count: how often this nonce has been used, this time included."""

        def digest(text: str) -> str:
            return hashlib.new(_HASHES[self.algorithm], text.encode("utf-8", "surrogateescape")).hexdigest()

        first = digest(f"{username}:{self.realm}:{secret.reveal()}")
        if self.session:
            first = digest(f"{first}:{self.nonce}:{cnonce}")
        second, times = digest(f"{method}:{uri}"), f"{count:08x}"
        middle = f"{self.nonce}:{times}:{cnonce}:{self.qop}" if self.qop else self.nonce
        said = {"username": username, "realm": self.realm, "nonce": self.nonce, "uri": uri}
        said["response"] = digest(f"{first}:{middle}:{second}")
        said |= {"opaque": self.opaque} if self.opaque else {}
        words = [f'{name}="{_escaped(value)}"' for name, value in said.items()]
        words.append(f"algorithm={self.algorithm}{'-sess' if self.session else ''}")
        if self.qop:
            words += [f"qop={self.qop}", f"nc={times}", f'cnonce="{cnonce}"']
        return "Digest " + ", ".join(words)


def best(headers: Iterable[str]) -> Challenge | None:
    """The strongest Digest challenge among `WWW-Authenticate` headers; None where there is none that can be met."""
    each = (one for header in headers for one in _apart(header[:_LONGEST]))
    found = [challenge for one in each if (challenge := read(one)) is not None]
    found.sort(key=lambda challenge: _BEST.index(challenge.algorithm))
    return found[0] if found else None


def _apart(header: str) -> Iterator[str]:
    """The challenges of one header, which may hold several (RFC 9110, 11.6.1)."""
    current = ""
    for part in _PART.findall(header):
        if _SCHEME.match(part):
            yield current
            current = part
        else:
            current += f",{part}"
    yield current


def read(header: str) -> Challenge | None:
    """One challenge; None for another scheme, or one that asks for what is unknown here.

    A realm in any encoding is met as long as its bytes are still there (PEP 383): they are part of what is hashed.
    """
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "digest" or _LOST.search(header):
        return None
    said = {key.lower(): quoted.replace("\\", "") or plain for key, quoted, plain in _PAIR.findall(rest[:_LONGEST])}
    algorithm = said.get("algorithm", "MD5").upper()
    session = algorithm.endswith("-SESS")
    algorithm = algorithm.removesuffix("-SESS")
    offered = [word.strip().lower() for word in said.get("qop", "").split(",") if word.strip()]
    if algorithm not in _HASHES or "nonce" not in said or (offered and "auth" not in offered):
        return None
    return Challenge(
        realm=said.get("realm", ""), nonce=said["nonce"], opaque=said.get("opaque", ""), algorithm=algorithm,
        session=session, qop="auth" if offered else "", stale=said.get("stale", "").lower() == "true",
    )  # fmt: skip


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
