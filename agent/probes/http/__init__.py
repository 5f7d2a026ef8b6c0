"""Does a web page, a status page or an HTTP API say what it should? One request (RFC 9110), judged by configuration.

`expect` what an answer must hold · `prober` the look · the client is `agent.probes.wire.httpc`. Redirects are not
followed: one is a result like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from agent.model import Secret
from agent.probes.base import Hooks, Kind, Prober
from agent.probes.conversation import WORST
from agent.probes.http.expect import JsonMatch, Search
from agent.units import Bounds, Pattern

Status = Annotated[str, Pattern("http_status", r"[1-5](?:\d\d|xx)")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """port: 0 is 80, with TLS 443.  status: codes that are good (`200`, `2xx`).  text: must stand in the body.
    regex: must be found in it.  json: each must hold, `accounts[0].registered = true`.
    """

    port: Annotated[int, Bounds(0, 65535)] = 0
    tls: bool = False
    path: Annotated[str, Pattern("http_path", r"/[!-~]{0,2000}")] = "/"
    method: Literal["GET", "HEAD"] = "GET"
    status: tuple[Status, ...] = ("2xx", "3xx")
    text: str = ""
    regex: Search | None = None
    json: tuple[JsonMatch, ...] = ()

    def __post_init__(self) -> None:
        if self.method == "HEAD" and (self.text or self.regex or self.json):
            raise ValueError("config.http_head")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecureOptions(Options):
    """Those of `http`, with TLS from the start."""

    tls: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """scheme: how the password is shown; `basic` is shown to nobody without TLS."""

    username: str
    password: Secret
    scheme: Literal["digest", "basic"] = "digest"


def unasked(options: Options) -> frozenset[str]:
    return frozenset() if options.tls else frozenset(("certificate",))


def _open(hooks: Hooks) -> Prober:
    from agent.probes.http.prober import Reader

    return Reader(hooks)


KIND = Kind(
    name="http", open=_open, options=Options, credential=Credential, anonymous=True, port=80, timeout=10.0, confirm=2,
    worst=WORST, unasked=unasked,
)  # fmt: skip
SECURE = Kind(
    name="https", open=_open, options=SecureOptions, credential=Credential, anonymous=True, port=443, timeout=10.0,
    confirm=2, worst=WORST, unasked=unasked,
)  # fmt: skip
