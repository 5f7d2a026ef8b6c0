"""Who may read: HTTP Basic (RFC 7617) against the bcrypt hashes of the web file, as exporter-toolkit has it."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping

import bcrypt
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from agent.web.shell import refusal

Users = Callable[[], Mapping[str, str]]
"""Name -> bcrypt hash, as the files say now; nobody is asked while it is empty."""

WAITING = 16
"""Passwords in the queue to be compared; the next caller is told to come back. A comparison costs 50 ms of a core."""
DELAY = 1.0
"""Seconds that a wrong password waits for its refusal."""
LONGEST = 512
"""Bytes of a login at most; bcrypt itself looks at 72 of a password."""
REMEMBERED = 256
"""Good logins that need not be compared again."""

_NOBODY = bcrypt.hashpw(secrets.token_bytes(16), bcrypt.gensalt(10))
"""What an unknown name is compared with: it takes as long as a known one."""


class Login:
    """Lets those through who say a name and its password. A plain ASGI layer."""

    def __init__(self, app: ASGIApp, users: Users) -> None:
        self._app, self._users = app, users
        self._key = secrets.token_bytes(32)
        self._good: OrderedDict[bytes, None] = OrderedDict()
        self._waiting = 0
        self._one = asyncio.Semaphore(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        users = self._users()
        if scope["type"] != "http" or not users:
            await self._app(scope, receive, send)
            return
        said = _said(Headers(scope=scope).getlist("authorization"))
        if said is not None and self._remembered(users, *said):
            await self._app(scope, receive, send)
        elif said is not None and self._waiting >= WAITING:
            await refusal(503, "too many logins at once")(scope, receive, send)
        elif said is not None and await self._compared(users, *said):
            await self._app(scope, receive, send)
        else:
            answer = refusal(401, "name and password are needed")
            answer.headers["www-authenticate"] = 'Basic realm="campus-agent", charset="UTF-8"'
            await answer(scope, receive, send)

    def _mark(self, users: Mapping[str, str], name: str, password: bytes) -> bytes:
        """A good login's sign; another hash in the file makes it another."""
        parts = (name.encode(), users.get(name, "").encode(), password)
        return hmac.digest(self._key, b"".join(hashlib.sha256(part).digest() for part in parts), "sha256")

    def _remembered(self, users: Mapping[str, str], name: str, password: bytes) -> bool:
        return self._mark(users, name, password) in self._good

    async def _compared(self, users: Mapping[str, str], name: str, password: bytes) -> bool:
        self._waiting += 1
        try:
            hashed = users[name].encode() if name in users else _NOBODY
            async with self._one:
                good = await asyncio.to_thread(bcrypt.checkpw, password[:72], hashed) and name in users
            if not good:
                await asyncio.sleep(DELAY)
        finally:
            self._waiting -= 1
        if good:
            self._good[self._mark(users, name, password)] = None
            if len(self._good) > REMEMBERED:
                self._good.popitem(last=False)
        return good


def _said(headers: list[str]) -> tuple[str, bytes] | None:
    """Name and password of the one header there may be."""
    if len(headers) != 1 or len(headers[0]) > LONGEST:
        return None
    scheme, _, coded = headers[0].partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(coded.strip(), validate=True).partition(b":")
        said = name.decode("utf-8"), password
    except (binascii.Error, ValueError):
        return None
    return said if colon and b"\0" not in password else None
