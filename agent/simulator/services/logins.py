"""Who a device lets in: WS-UsernameToken (OASIS WSS UsernameToken Profile 1.0) and Digest (RFC 2617, RFC 7616).

Written apart from the agent's on purpose. A device that has refused too often locks itself, as real ones do.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.sax.saxutils import unescape

LOCK_AFTER = 5
"""Refusals after which nobody is let in for `LOCK_SECONDS`."""
LOCK_SECONDS = 1800.0
NONCE_SECONDS = 300.0
TOKEN_SECONDS = 60.0
"""How far `Created` may lie from the device's own clock."""
_MEMORY = 512
_PAIR = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')


@dataclass(slots=True)
class Guard:
    """The accounts of one device: the nonces it gave out, those it has seen, and whom it refused."""

    realm: str = "Login to the practice campus"
    nonce: str = ""
    nonce_at: float = 0.0
    seen: deque[bytes] = field(default_factory=lambda: deque(maxlen=_MEMORY))
    refused: int = 0
    locked_until: float = 0.0

    def locked(self, mono: float) -> bool:
        return mono < self.locked_until

    def refuse(self, mono: float) -> None:
        """Count one refusal of a login that was offered."""
        self.refused += 1
        if self.refused >= LOCK_AFTER:
            self.refused, self.locked_until = 0, mono + LOCK_SECONDS

    def accept(self) -> None:
        self.refused = 0

    def challenge(self, mono: float, stale: bool = False, qop: bool = True) -> str:
        """A `WWW-Authenticate` value."""
        if not self.fresh(mono):
            self.nonce, self.nonce_at = secrets.token_hex(16), mono
        words = [f'realm="{self.realm}"', f'nonce="{self.nonce}"', *(['qop="auth"'] if qop else [])]
        return "Digest " + ", ".join([*words, f"stale={'true' if stale else 'false'}"])

    def fresh(self, mono: float) -> bool:
        return bool(self.nonce) and mono - self.nonce_at < NONCE_SECONDS

    def digest_is_right(self, method: str, header: str, username: str, password: str) -> bool:
        """Whether an `Authorization: Digest` fits our nonce and this user."""
        said = digest_fields(header)
        if said.get("nonce") != self.nonce or said.get("username") != username or said.get("realm") != self.realm:
            return False
        first = _md5(f"{username}:{self.realm}:{password}")
        second = _md5(f"{method}:{said.get('uri', '')}")
        middle = [said.get("nc", ""), said.get("cnonce", ""), said["qop"]] if said.get("qop") else []
        wanted = _md5(":".join([first, self.nonce, *middle, second]))
        return hmac.compare_digest(wanted, said.get("response", ""))

    def token_is_right(self, body: bytes, username: str, password: str, now: datetime) -> bool:
        """Whether the UsernameToken of a SOAP message has the right digest, is of now and was not used before."""
        said = {name: _element(body, name) for name in ("Username", "Password", "Nonce", "Created")}
        try:
            nonce = base64.b64decode(said["Nonce"], validate=True)
            offered = base64.b64decode(said["Password"], validate=True)
            created = datetime.fromisoformat(said["Created"].replace("Z", "+00:00"))
        except (binascii.Error, ValueError):
            return False
        created = created if created.tzinfo is not None else created.replace(tzinfo=UTC)
        if not nonce or nonce in self.seen or abs((now - created).total_seconds()) > TOKEN_SECONDS:
            return False
        self.seen.append(nonce)
        digest = hashlib.sha1(nonce + said["Created"].encode() + password.encode()).digest()
        return said["Username"] == username and hmac.compare_digest(digest, offered)


def digest_fields(header: str) -> dict[str, str]:
    """The pairs of an `Authorization` header; empty for another scheme."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "digest":
        return {}
    return {name.lower(): quoted or plain for name, quoted, plain in _PAIR.findall(rest[:4096])}


def _element(body: bytes, name: str) -> str:
    """The text of the first element of that name, whatever its prefix."""
    found = re.search(rb"<(?:[\w-]+:)?%s(?:\s[^>]*)?>([^<]{0,512})<" % name.encode(), body)
    return unescape(found[1].decode("utf-8", "replace")).strip() if found else ""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
