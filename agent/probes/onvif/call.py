"""One device's conversation during one ladder: requests to its services, and its login, offered one way and once.

A device that is asked without a login says which one it wants: HTTP digest if it offers that, else WS-UsernameToken.
Basic is never answered. So a wrong secret costs one attempt of those that the device counts, not two.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from typing import Any

from agent.model import Ms, Secret
from agent.probes.base import Log
from agent.probes.onvif import soap, token
from agent.probes.onvif.soap import Fault, NoSoap
from agent.probes.onvif.where import Host, elsewhere
from agent.probes.wire import digest
from agent.probes.wire.httpc import Answer, Line, request

_REFUSALS = frozenset(
    ("notauthorized", "failedauthentication", "invalidsecurity", "invalidsecuritytoken", "failedcheck",
     "unauthorized", "messageexpired")
)  # fmt: skip
_REFUSAL_WORDS = ("not authorized", "unauthorized", "not authorised", "authority failure", "authentication fail")
_LOCK_WORDS = ("locked", "lockstatus", "已锁定", "锁定")


class LoginRefused(Exception):
    """The device wants a login, or does not take this one. locked: it says that nobody may try for a while."""

    def __init__(self, what: str, locked: bool = False) -> None:
        super().__init__(what)
        self.locked = locked


class Scheme(Enum):
    """How a device takes logins."""

    UNKNOWN = ""
    TOKEN = "WS-UsernameToken"
    DIGEST = "HTTP digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who we are to a device."""

    username: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service is, at the host that is asked."""

    port: int
    path: str


class Conversation:
    """`ask` raises OSError, httpc.BadAnswer, NoSoap, Fault, LoginRefused; the caller holds the deadline."""

    def __init__(self, host: Host, login: Login, log: Log) -> None:
        self._host, self._login, self._log = host, login, log
        self._lines: dict[int, Line] = {}
        self._challenge: digest.Challenge | None = None
        self._count = 0
        self.scheme = Scheme.UNKNOWN
        self.date = ""
        """The `Date` header of the last answer."""

    async def connect(self) -> Line:
        """The line to the device service."""
        line = self._line(self._host.port)
        await line.connect()
        return line

    def close(self) -> None:
        for line in self._lines.values():
            line.close()

    async def anonymous(self, service: str, operation: str, place: Place) -> Any:
        """What a device says to whom it does not know."""
        answer = await self._post(place, service, operation, b"".join(soap.message(service, operation)))
        return self._read(operation, answer)

    async def learn_scheme(self, place: Place) -> None:
        """Ask for the device's name without a login, to see which login it wants."""
        service, operation = soap.DEVICE, "GetDeviceInformation"
        answer = await self._post(place, service, operation, b"".join(soap.message(service, operation)))
        self._challenge = digest.best(answer.all("www-authenticate")) if answer.status == 401 else None
        self._count = 0
        self.scheme = Scheme.DIGEST if self._challenge is not None else Scheme.TOKEN
        self._log(f"login by {self.scheme.value}" + (", though none is asked for" if answer.status == 200 else ""))

    async def ask(self, service: str, operation: str, place: Place, created: Ms, profile: str = "") -> Any:
        """One call as the user. created: the time now by the device's clock."""
        head, rest = soap.message(service, operation, profile)
        if self.scheme is Scheme.DIGEST:
            answer = await self._digested(place, service, operation, head + rest)
        else:
            header = token.header(self._login.username, self._login.secret, created)
            answer = await self._post(place, service, operation, head + header + rest)
        return self._read(operation, answer)

    async def fetch(self, place: Place, most: int) -> Answer:
        """What a GET brings, as the user where HTTP digest asks for one. most: bytes. Raises what `ask` raises."""
        answer, tried = await self._get(place, most), False
        for _ in range(2):
            challenge = digest.best(answer.all("www-authenticate")) if answer.status == 401 else None
            if challenge is None or (tried and not challenge.stale):
                break
            login, cnonce, tried = self._login, os.urandom(8).hex(), True
            said = challenge.answer("GET", place.path, login.username, login.secret, 1, cnonce)
            answer = await self._get(place, most, {"Authorization": said})
        if answer.status == 401 and tried:
            raise LoginRefused("HTTP 401", _locks(answer.body[:4096].decode("utf-8", "replace")))
        return answer

    async def _get(self, place: Place, most: int, headers: dict[str, str] | None = None) -> Answer:
        try:
            sent = request("GET", place.path, self._host.authority, {"User-Agent": "campus-agent", **(headers or {})})
        except ValueError as error:
            raise NoSoap(f"a path or a login that does not fit into HTTP: {error}") from error
        answer = await self._line(place.port).exchange(sent, most)
        self._log(f"GET: HTTP {answer.status}, {len(answer.body)} bytes")
        return answer

    async def _digested(self, place: Place, service: str, operation: str, body: bytes) -> Answer:
        """With the nonce we have; once more where the device has a new one. Its answer to a fresh nonce is final."""
        if self._challenge is None:
            answer = await self._post(place, service, operation, body)
            self._challenge, self._count = digest.best(answer.all("www-authenticate")), 0
            if answer.status != 401 or self._challenge is None:
                return answer
        answer = await self._post(place, service, operation, body, self._authorization(place))
        renewed = digest.best(answer.all("www-authenticate")) if answer.status == 401 else None
        if renewed is None or not (renewed.stale or self._count > 1) or renewed.nonce == self._challenge.nonce:
            return answer
        self._challenge, self._count = renewed, 0
        return await self._post(place, service, operation, body, self._authorization(place))

    def _authorization(self, place: Place) -> dict[str, str]:
        assert self._challenge is not None
        self._count += 1
        login, cnonce = self._login, os.urandom(8).hex()
        said = self._challenge.answer("POST", place.path, login.username, login.secret, self._count, cnonce)
        return {"Authorization": said}

    async def _post(
        self, place: Place, service: str, operation: str, body: bytes, headers: dict[str, str] | None = None
    ) -> Answer:
        kind = f'application/soap+xml; charset=utf-8; action="{soap.action(service, operation)}"'
        said = {"Content-Type": kind, "Accept-Encoding": "gzip", "User-Agent": "campus-agent", **(headers or {})}
        try:
            sent = request("POST", place.path, self._host.authority, said, body)
        except ValueError as error:
            raise NoSoap(f"a path or a login that does not fit into HTTP: {error}") from error
        answer = await self._line(place.port).exchange(sent)
        self.date = answer.one("date")
        self._log(f"{operation}: HTTP {answer.status}, {len(answer.body)} bytes")
        return answer

    def _read(self, operation: str, answer: Answer) -> Any:
        if 300 <= answer.status < 400:
            where = elsewhere(answer.one("location"), self._host)
            raise NoSoap(f"a redirect{f' to {where}' if where else ''}, not followed")
        try:
            return soap.reply(operation, answer.body)
        except Fault as fault:
            if answer.status in (401, 403) or _refuses(fault):
                raise LoginRefused(str(fault), _locks(fault.text)) from fault
            raise
        except NoSoap as error:
            if answer.status in (401, 403):
                words = answer.body[:4096].decode("utf-8", "replace")
                raise LoginRefused(f"HTTP {answer.status}", _locks(words)) from error
            raise NoSoap(f"HTTP {answer.status}, {error}") from error

    def _line(self, port: int) -> Line:
        if port not in self._lines:
            self._lines[port] = Line(self._host.address, port, self._host.tls)
        return self._lines[port]


def _refuses(fault: Fault) -> bool:
    text = fault.text.lower()
    return any(code.lower() in _REFUSALS for code in fault.codes) or any(word in text for word in _REFUSAL_WORDS)


def _locks(text: str) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in _LOCK_WORDS)
