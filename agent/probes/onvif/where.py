"""Every address that a device names (service, stream, snapshot) is brought back to the address that we asked.

A camera behind NAT, with two interfaces, or with a grudge names another host: not one packet goes there (CWE-918).
Pure; what people are shown is without logins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from agent.model import Secret
from agent.text import clean

LONGEST = 1024
_RTSP_PORT = 554
_HIDDEN = re.compile(r"(?i)((?:password|passwd|pass|pwd|psw|auth|token|user(?:name)?)=)[^&_/;?]*")
_PATH_SAFE = "/:@!$&'()*+,;=~-._%?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Where we ask. names: under which it may name itself: what the inventory says, and what that resolves to."""

    address: str
    port: int
    tls: bool = False
    names: frozenset[str] = frozenset()

    def itself(self, name: str) -> bool:
        return name.lower() in self.names or name == self.address

    @property
    def authority(self) -> str:
        """For the Host header and for URIs."""
        return bracketed(self.address, self.port, 443 if self.tls else 80)


def bracketed(address: str, port: int, default: int) -> str:
    """`address[:port]` as URIs write it; an IPv6 address in brackets and without its scope."""
    host = f"[{address.partition('%')[0]}]" if ":" in address else address
    return host if port == default else f"{host}:{port}"


def service(uri: str, host: Host) -> tuple[int, str] | None:
    """Port and path of a service. The device's own port counts only where it names itself, by the same scheme."""
    parts = _split(uri)
    if parts is None or parts.scheme not in ("http", "https"):
        return None
    same = host.itself(parts.hostname or "") and (parts.scheme == "https") == host.tls
    default = 443 if host.tls else 80
    return (parts.port or default) if same else host.port, _path(parts)


def stream(uri: str, host: Host) -> str | None:
    """The stream's URI at the address we asked, without a login; None for what is not RTSP."""
    parts = _split(uri)
    if parts is None or parts.scheme != "rtsp":
        return None
    return f"rtsp://{bracketed(host.address, parts.port or _RTSP_PORT, _RTSP_PORT)}{_path(parts)}"


def snapshot(uri: str, host: Host) -> str | None:
    """The snapshot's URI at the address we asked, without a login."""
    place = service(uri, host)
    if place is None:
        return None
    port, path = place
    scheme, default = ("https", 443) if host.tls else ("http", 80)
    return f"{scheme}://{bracketed(host.address, port, default)}{path}"


def elsewhere(uri: str, host: Host) -> str:
    """The host that a URI names, if it is another one than ours; "" otherwise."""
    parts = _split(uri)
    name = (parts.hostname or "") if parts is not None else ""
    return "" if host.itself(name) else clean(name, 100)


def shown(uri: str, secret: Secret | None = None) -> str:
    """A URI as people may see it: makers put user and password into paths and queries too."""
    text = _HIDDEN.sub(r"\1***", clean(uri, LONGEST))
    word = secret.reveal() if secret is not None else ""
    return text.replace(word, "***").replace(quote(word, safe=""), "***") if len(word) >= 4 else text


def _split(uri: str) -> SplitResult | None:
    if len(uri) > LONGEST:
        return None
    try:
        parts = urlsplit(clean(uri, LONGEST))
        port = parts.port
    except ValueError:
        return None
    return parts if parts.hostname and port != 0 else None


def _path(parts: SplitResult) -> str:
    """Path and query that fit on a request line, whatever the device has put there."""
    path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    return quote("/" + path.lstrip("/"), safe=_PATH_SAFE)
