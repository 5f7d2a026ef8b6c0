"""Where a stream is: the polled host and nothing else, whatever a camera says. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

LONGEST = 2048
_URI = re.compile(r"rtspu?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_PORT = re.compile(r":(\d{1,5})$", re.ASCII)
_SECRET = re.compile(r"((?:pass(?:word|wd)?|pwd|token|auth)=)[^&_]*", re.IGNORECASE)
_PLAIN = "/?&=;:@!$'()*+,-._~%[]|"


@dataclass(frozen=True, slots=True)
class Place:
    """A stream of the polled host. `host`: IP address.  `path`: with its query, safe on a request line."""

    host: str
    port: int
    path: str

    @property
    def uri(self) -> str:
        """As it stands on a request line. Port 554 is not written: some cameras do not know themselves by it."""
        host = f"[{self.host.partition('%')[0]}]" if ":" in self.host else self.host  # no zone (RFC 6874, 4)
        return f"rtsp://{host}{'' if self.port == 554 else f':{self.port}'}{self.path}"

    def __str__(self) -> str:
        """For people: some makers write the password into the path."""
        return _SECRET.sub(r"\1***", self.uri)


def place(address: str, uri: str, port: int = 554) -> tuple[Place | None, str]:
    """The stream that a URI names, on the polled address; and the other host that it named, "" where it did not.

    Only port, path and query are taken. None: no RTSP URI at all. A path alone stands for one at `port`.
    """
    if uri.startswith("/"):
        return Place(address, port, _safe(uri)), ""
    match = _URI.match(uri)
    if match is None or len(uri) > LONGEST:
        return None, ""
    authority = match[1].rpartition("@")[2]
    number = _PORT.search(authority)
    named = authority[: number.start()] if number else authority
    port = int(number[1]) if number else port
    if not 0 < port < 65536:
        return None, ""
    foreign = named.strip("[]") not in ("", address)
    return Place(address, port, _safe(match[2])), named if foreign else ""


def control(base: Place, content_base: str, attribute: str) -> tuple[Place, str]:
    """What `a=control` means (RFC 2326 C.1.1), on the connection that there is; and another host that was named.

    A relative one goes behind the base with a slash between, as every client does it, not as RFC 3986 would.
    """
    foreign = ""
    if content_base:
        moved, foreign = place(base.host, content_base)
        base = Place(base.host, base.port, moved.path) if moved is not None else base
    if attribute in ("", "*"):
        return base, foreign
    absolute, other = place(base.host, attribute) if not attribute.startswith("/") else (None, "")
    if absolute is not None:
        return Place(base.host, base.port, absolute.path), foreign or other
    joint = "" if base.path.endswith("/") or attribute.startswith("/") else "/"
    return Place(base.host, base.port, base.path + joint + _safe(attribute)), foreign


def _safe(path: str) -> str:
    """Nothing that ends a line or a word of a request."""
    return quote(path[:LONGEST].partition("#")[0], safe=_PLAIN)
