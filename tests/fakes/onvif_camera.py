"""An ONVIF camera on a real socket: replies of a real encoder, a real check of the login, faults on demand.

The replies are read where they lie, in the shared folder; what that encoder did not record (recordings, an absent
namespace in its snapshot) is written here. It shares no code with the agent.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import os
import re
import secrets
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Self

SOAP = "http://www.w3.org/2003/05/soap-envelope"
REAL_HOST = b"192.168.68.111"
"""Where the recorded encoder thinks that it is."""
_PREFIXES = ("", "device.", "media.")
"""Of the files, before the operation's name."""
_OPERATION = re.compile(rb"<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)")
_TIME = re.compile(rb"<tt:Time>.*?</tt:Date>", re.DOTALL)

Mischief = Callable[["Camera", "Request", asyncio.StreamWriter], Awaitable[bool]]
"""What a camera does instead of answering; True when it has done it, and the connection ends."""


def folder() -> Path:
    """The recorded replies."""
    shared = Path(os.environ.get("CAMPUS_SHARED", Path(__file__).parents[3] / "shared"))
    return shared / "data" / "onvif-responses"


@cache
def recorded(operation: str) -> bytes:
    """One recorded reply; the snapshot's lacks a namespace that it uses."""
    names = [folder() / f"{prefix}{operation}.xml" for prefix in _PREFIXES]
    text = next((name for name in names if name.is_file()), names[0]).read_bytes()
    if b"xmlns:SOAP-ENV" not in text and b"SOAP-ENV:Envelope" in text:
        text = text.replace(b"<SOAP-ENV:Envelope", f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP}"'.encode(), 1)
    return text


@dataclass(frozen=True, slots=True)
class Request:
    """operation: the name of the SOAP body's only element."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    operation: str


@dataclass(slots=True)
class Camera:
    """login: `token` (WS-UsernameToken), `digest` (HTTP), `basic` (which nobody passes), `none`.

    status: HTTP status of a refusal by SOAP.  drift: seconds its clock is ahead.  window: seconds that `Created` may be
    off its clock.  guards_time: it wants a login for GetSystemDateAndTime too.  names: the host in its addresses, ""
    for where it is.  lockout: refusals after which nobody may try.  old: it knows no GetServices.  replaced: replies of
    its own.  mischief: by operation, `*` for all.  It keeps what it was asked, and counts the logins it has refused.
    """

    username: str = "admin"
    password: str = "correct horse"
    login: str = "token"
    status: int = 400
    drift: float = 0.0
    window: float = 5.0
    guards_time: bool = False
    names: str = ""
    serial: str = "00000000"
    lockout: int = 0
    old: bool = False
    replaced: dict[str, bytes] = field(default_factory=dict)
    recordings: tuple[float, float, int] | None = None
    """Ages of the oldest and the newest recording, seconds, and how many."""
    mischief: dict[str, Mischief] = field(default_factory=dict)
    date_header: bool = False
    asked: list[str] = field(default_factory=list)
    heard: list[Request] = field(default_factory=list)
    refused: int = 0
    connections: int = 0
    port: int = 0
    _nonces: set[str] = field(default_factory=set)
    _nonce: str = field(default_factory=lambda: secrets.token_hex(8))
    _server: asyncio.Server | None = None

    async def start(self, address: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> Self:
        self._server = await asyncio.start_server(self._serve, address, port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.drift)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while (request := await _read(reader)) is not None:
                self.asked.append(request.operation)
                self.heard.append(request)
                act = self.mischief.get(request.operation) or self.mischief.get("*")
                if act is not None and await act(self, request, writer):
                    break
                writer.write(self.answer(request))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    # -- answers

    def answer(self, request: Request) -> bytes:
        open_to_all = request.operation == "GetSystemDateAndTime" and not self.guards_time
        if not open_to_all and self.login != "none":
            why = self._refuse(request)
            if why is not None:
                return why
        if self.old and request.operation == "GetServices":
            return self.http(400, fault("ter:ActionNotSupported", "no such action"))
        try:
            return self.http(200, self.reply(request.operation))
        except OSError:
            return self.http(400, fault("ter:ActionNotSupported", "not recorded"))

    def reply(self, operation: str) -> bytes:
        """The envelope that answers an operation."""
        if operation in self.replaced:
            return self.replaced[operation]
        if operation == "GetRecordingSummary":
            return self._summary()
        text = recorded(operation)
        if operation == "GetSystemDateAndTime":
            text = _TIME.sub(self.now().strftime(_MOMENT).encode(), text, count=1)
        if operation == "GetDeviceInformation":
            text = text.replace(b"00000000", self.serial.encode())
        if operation == "GetServices" and self.recordings is not None:
            text = text.replace(b"</tds:GetServicesResponse>", _SEARCH + b"</tds:GetServicesResponse>")
        return text.replace(REAL_HOST, (self.names or f"127.0.0.1:{self.port}").encode())

    def _summary(self) -> bytes:
        if self.recordings is None:
            return fault("ter:ActionNotSupported", "no recordings")
        oldest, newest, count = self.recordings
        since, until = (self.now() - timedelta(seconds=age) for age in (oldest, newest))
        return envelope(
            '<tse:GetRecordingSummaryResponse xmlns:tse="http://www.onvif.org/ver10/search/wsdl"><tse:Summary '
            f'xmlns:tt="http://www.onvif.org/ver10/schema"><tt:DataFrom>{since:%Y-%m-%dT%H:%M:%SZ}</tt:DataFrom>'
            f"<tt:DataUntil>{until:%Y-%m-%dT%H:%M:%SZ}</tt:DataUntil><tt:NumberRecordings>{count}"
            "</tt:NumberRecordings></tse:Summary></tse:GetRecordingSummaryResponse>"
        )

    def http(self, status: int, body: bytes, *headers: str) -> bytes:
        date = [f"Date: {self.now():%a, %d %b %Y %H:%M:%S GMT}"] if self.date_header else []
        lines = [f"HTTP/1.1 {status} X", "Content-Type: application/soap+xml", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, *date, *headers, "", ""]).encode() + body

    # -- the login

    def _refuse(self, request: Request) -> bytes | None:
        """None where the login is right; else the answer that says no."""
        offered = "authorization" in request.headers or b"UsernameToken" in request.body
        if self.lockout and self.refused >= self.lockout:
            return self.http(401, fault("ter:NotAuthorized", "the account is locked, try again in 30 minutes"))
        if self.login == "digest" and self._digest_is_right(request):
            return None
        if self.login == "token" and self._token_is_right(request.body):
            return None
        self.refused += offered
        if self.login == "basic":
            return self.http(401, b"<html>Unauthorized</html>", 'WWW-Authenticate: Basic realm="cam"')
        if self.login == "digest":
            challenge = f'WWW-Authenticate: Digest realm="cam", qop="auth", nonce="{self._nonce}", algorithm=MD5'
            return self.http(401, b"<html>Unauthorized</html>", challenge, 'WWW-Authenticate: Basic realm="cam"')
        return self.http(self.status, fault("ter:NotAuthorized", "Sender not Authorized"))

    def _token_is_right(self, body: bytes) -> bool:
        said = {name: _text(body, name) for name in ("Username", "Password", "Nonce", "Created")}
        try:
            nonce = base64.b64decode(said["Nonce"], validate=True)
            created = datetime.strptime(said["Created"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        except ValueError:
            return False
        digest = hashlib.sha1(nonce + said["Created"].encode() + self.password.encode()).digest()
        if not nonce or said["Nonce"] in self._nonces or abs((created - self.now()).total_seconds()) > self.window:
            return False
        self._nonces.add(said["Nonce"])
        return said["Username"] == self.username and base64.b64decode(said["Password"]) == digest

    def _digest_is_right(self, request: Request) -> bool:
        said = dict(re.findall(r'(\w+)="?([^",]*)"?', request.headers.get("authorization", "")))
        if said.get("nonce") != self._nonce:
            return False
        first = _md5(f"{self.username}:cam:{self.password}")
        second = _md5(f"{request.method}:{request.path}")
        right = _md5(f"{first}:{self._nonce}:{said.get('nc')}:{said.get('cnonce')}:auth:{second}")
        return said.get("response") == right and said.get("uri") == request.path

    def new_nonce(self) -> None:
        """The nonce in use is worth nothing from now on."""
        self._nonce = secrets.token_hex(8)


_MOMENT = (
    "<tt:Time><tt:Hour>%H</tt:Hour><tt:Minute>%M</tt:Minute><tt:Second>%S</tt:Second></tt:Time>"
    "<tt:Date><tt:Year>%Y</tt:Year><tt:Month>%m</tt:Month><tt:Day>%d</tt:Day></tt:Date>"
)
_SEARCH = (
    b"<tds:Service><tds:Namespace>http://www.onvif.org/ver10/search/wsdl</tds:Namespace><tds:XAddr>http://"
    + REAL_HOST
    + b"/onvif/search</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>42</tt:Minor></tds:Version></tds:Service>"
)


def envelope(body: str) -> bytes:
    return f'<?xml version="1.0"?><s:Envelope xmlns:s="{SOAP}"><s:Body>{body}</s:Body></s:Envelope>'.encode()


def fault(code: str, text: str) -> bytes:
    """A fault of SOAP 1.2 as ONVIF wants it."""
    return envelope(
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value xmlns:ter="
        f'"http://www.onvif.org/ver10/error">{code}</s:Value></s:Subcode></s:Code>'
        f'<s:Reason><s:Text xml:lang="en">{text}</s:Text></s:Reason></s:Fault>'
    )


async def _read(reader: asyncio.StreamReader) -> Request | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    found = _OPERATION.search(body)
    return Request(method, path, headers, body, found[1].decode() if found else "")


def _text(body: bytes, name: str) -> str:
    found = re.search(rb"<(?:[\w-]+:)?" + name.encode() + rb"(?: [^>]*)?>([^<]*)<", body)
    return found[1].decode() if found else ""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


async def _serve_many(count: int) -> None:
    """So many cameras; one line with their ports, then on until standard input ends."""
    cameras = [await Camera().start() for _ in range(count)]
    print(*(camera.port for camera in cameras), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, input)


def main() -> None:
    """`python -m tests.fakes.onvif_camera COUNT`: cameras in a process of their own, for measurements."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("count", type=int)
    try:
        asyncio.run(_serve_many(parser.parse_args().count))
    except EOFError:
        pass


if __name__ == "__main__":
    main()
