"""One conversation with a camera: requests in their order, the login by Digest (RFC 2326, RFC 7616)."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping
from typing import Protocol

from agent.model import Outcome, Secret
from agent.probes.base import Log
from agent.probes.rtsp.address import Place
from agent.probes.rtsp.message import Message, request
from agent.probes.rtsp.wire import Packet, Wire
from agent.probes.wire import digest
from agent.text import clean

TRIES = 3
"""How often one request is sent: bare, with the login, and once more where the server's nonce has run out."""

_REASONS = {401: "auth", 403: "auth", 423: "locked", 453: "busy", 503: "busy"}
"""Status -> reason, beside 3xx (`redirect`) and the rest (`no_stream`). 453: not enough bandwidth, which is what a
camera says whose streams are all taken.
"""


class Login(Protocol):
    """A user of the camera."""

    @property
    def username(self) -> str: ...
    @property
    def password(self) -> Secret: ...


class Broken(Exception):
    """A rung does not hold. refused: the camera has said no to the login."""

    def __init__(
        self, reason: str, text: str = "", *, outcome: Outcome = Outcome.FAILED, refused: bool = False
    ) -> None:
        super().__init__(text or reason)
        self.reason, self.outcome, self.refused = reason, outcome, refused


class Session:
    """Asks one thing after the other. rung: the one that is being tried."""

    def __init__(self, login: Login | None, log: Log) -> None:
        self.rung = "tcp"
        self.server = ""
        self.let_in = False
        self._wire: Wire
        self._id = ""
        self._at: Place | None = None
        self._login, self._log = login, log
        self._cseq, self._uses = 0, 0
        self._challenge: digest.Challenge | None = None
        self._early: deque[Packet] = deque()

    def over(self, wire: Wire) -> None:
        """Connected: from here on it is RTSP's turn."""
        self._wire, self.rung = wire, "rtsp"

    async def ask(self, method: str, at: Place, headers: Mapping[str, str] | None = None) -> Message:
        """The answer, after the login where one is asked for. Raises Broken for all but 2xx."""
        for _ in range(TRIES):
            answer = await self._once(method, at, headers or {})
            if answer.status != 401 or not self._meets(answer):
                break
        if not 200 <= answer.status < 300:
            raise self._broken(answer)
        self.let_in = self.let_in or self._challenge is not None
        return answer

    async def once(self, method: str, at: Place) -> Message:
        """The answer as it comes, without login."""
        return await self._once(method, at, {})

    def opened(self, name: str, at: Place) -> None:
        """SETUP has opened a session; at `at` it is ended."""
        self._id, self._at = name, at

    async def leave(self) -> None:
        """TEARDOWN, and wait for its answer: the camera has few sessions and shall have this one back.

        Once more where the nonce has run out meanwhile; what comes of it is no rung any more.
        """
        if not self._id or self._at is None:
            return
        rung = self.rung
        try:
            await self.ask("TEARDOWN", self._at)
        except Broken as broken:
            self._log(f"TEARDOWN: {broken}")
        finally:
            self.rung = rung

    async def next(self) -> Message | Packet:
        """What comes without being asked for: packets of the stream."""
        return self._early.popleft() if self._early else await self._wire.next()

    async def _once(self, method: str, at: Place, headers: Mapping[str, str]) -> Message:
        self._cseq += 1
        said = {**headers, **self._authorization(method, at), **({"Session": self._id} if self._id else {})}
        await self._wire.send(request(method, at.uri, self._cseq, said))
        answer = await self._answer()
        self.server = self.server or clean(answer.header("server"), 120)
        self._log(f"{method} {at}: {answer.status}")
        return answer

    async def _answer(self) -> Message:
        """The response to the last request; a camera that counts none is believed. The wire's bounds end the wait."""
        while True:
            came = await self._wire.next()
            if not isinstance(came, Message):
                self._early.append(came)
            elif came.status and came.number("cseq") in (self._cseq, None):
                return came

    def _authorization(self, method: str, at: Place) -> dict[str, str]:
        if self._challenge is None or self._login is None:
            return {}
        self._uses += 1
        login = self._login
        answer = self._challenge.answer(method, at.uri, login.username, login.password, self._uses, os.urandom(8).hex())
        return {"Authorization": answer}

    def _meets(self, answer: Message) -> bool:
        """Takes up the challenge of a 401: True where the request may be sent again with it.

        A second one is a refusal, unless it says that the nonce has run out (RFC 7616 3.3, stale).
        """
        self.rung = "login"
        headers = answer.headers.get("www-authenticate", ())
        challenge, known = digest.best(headers), self._challenge
        if self._login is None or (known is not None and not (challenge is not None and challenge.stale)):
            return False
        if challenge is None:
            plain = any(header.lower().startswith("basic") for header in headers)
            self._log("asks for the password in clear, which is not sent" if plain else "asks for an unknown login")
            raise Broken("plain_login" if plain else "wrong_answer")
        self._challenge, self._uses = challenge, 0
        return True

    def _broken(self, answer: Message) -> Broken:
        status = answer.status
        reason = "redirect" if 300 <= status < 400 else _REASONS.get(status, "no_stream")
        if reason in ("auth", "locked"):
            self.rung = "login"
        elif self.rung != "frame":
            self.rung = "stream"
        if reason == "redirect":
            self._log(f"sends us to {clean(answer.header('location').rpartition('@')[2], 200)}, where nobody goes")
        return Broken(reason, refused=reason == "auth" and self._challenge is not None)
