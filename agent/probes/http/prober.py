"""The HTTP look: one request, with a login a second one, on one connection to one address."""

from __future__ import annotations

import base64
import re
import secrets

from agent import __version__
from agent.model import Json, Target
from agent.probes.base import Hooks, Log
from agent.probes.conversation import Conversation, Found
from agent.probes.each import silent
from agent.probes.http import Credential, Options
from agent.probes.http.expect import lacking
from agent.probes.logins import AUTH, IDENTITY
from agent.probes.wire import certificate, digest
from agent.probes.wire.httpc import Answer, Line, request
from agent.text import clean

PLAIN = "plain_login"
"""It wants the password in clear, and does not get it."""
_TITLE = re.compile(rb"<title(?: [^<>]{0,200})?>([^<]{1,400})</title>", re.IGNORECASE)
_TITLE_WITHIN = 1 << 16


class Reader(Conversation):
    """The prober: `ok` where everything that the options ask for is there."""

    def __init__(self, hooks: Hooks) -> None:
        super().__init__(hooks, self._ask)
        self._hooks = hooks
        self._certificates: dict[tuple[str, str], str] = {}
        """By target, that of whom our login was taken by: whoever shows another one does not get to see it."""

    def forget(self, target: Target) -> None:
        self._certificates.pop(target.key, None)

    async def _ask(self, target: Target, address: str, log: Log) -> Found:
        options: Options = target.options
        port = options.port or (443 if options.tls else 80)
        line = Line(address, port, options.tls, name=target.address)
        begun = self._hooks.clock.mono()
        try:
            answer, reason = await self._exchange(target, line, _host(target.address, port, options.tls), log)
        finally:
            line.close()
        took = self._hooks.clock.mono() - begun
        log(f"status {answer.status}, {len(answer.body)} bytes")
        samples = {"status_code": answer.status, "answer_seconds": took, "body_bytes": len(answer.body)}
        reason = reason or _judged(answer, options, log)
        if not options.tls:
            return Found(reason=reason, samples=samples, facts=_facts(answer))
        seen = certificate.shown(line.shown, self._hooks.clock.now())
        return Found(
            reason=reason, samples=samples | seen.samples, facts=_facts(answer) | seen.facts, checks=seen.checks
        )

    async def _exchange(self, target: Target, line: Line, host: str, log: Log) -> tuple[Answer, str]:
        """The answer, and why the login was not taken, or not tried: a refused one rests (`Logins`)."""
        options, login, logins = target.options, target.credential, self._hooks.logins
        log(f"{options.method} {options.path} from {host}{' by TLS' if options.tls else ''}")
        answer = await line.exchange(_request(host, options))
        if answer.status != 401 or login is None:
            return answer, ""
        word = _authorization(answer, options, login, log)
        if not word:  # nobody has refused anything: the login was not shown
            plain = any(challenge.lower().startswith("basic") for challenge in answer.all("www-authenticate"))
            return answer, PLAIN if plain else "wrong_answer"
        now, asked = self._hooks.clock.now(), log is not silent
        async with logins.turn(target.device):
            if not asked and line.certificate != self._certificates.get(target.key, line.certificate):
                log("another certificate than before")
                logins.refused(target.device, login.username, login.password, IDENTITY, now)
            why = logins.rests(target.device, login.username, login.password, now, asked=asked)
            if why:
                log(f"the login rests: {why}")
                return answer, why
            answer = await line.exchange(_request(host, options, word))
            if answer.status == 401:
                logins.refused(target.device, login.username, login.password, AUTH, now)
                return answer, AUTH
        logins.accepted(target.device, login.username, login.password)
        self._certificates[target.key] = line.certificate
        return answer, ""


def _request(host: str, options: Options, authorization: str = "") -> bytes:
    headers = {"User-Agent": f"campus-agent/{__version__}", "Accept": "*/*", "Accept-Encoding": "gzip"}
    headers |= {"Authorization": authorization} if authorization else {}
    return request(options.method, options.path, host, headers)


def _authorization(answer: Answer, options: Options, credential: Credential, log: Log) -> str:
    """What the login says to a 401; "" where it says nothing."""
    challenges = answer.all("www-authenticate")
    if credential.scheme == "basic":
        if not options.tls:
            log("basic authentication is not used without TLS")
            return ""
        pair = f"{credential.username}:{credential.password.reveal()}".encode()
        return f"Basic {base64.b64encode(pair).decode('ascii')}"
    challenge = digest.best(challenges)
    if challenge is None:
        log("a login is wanted, and no digest offered that can be met")
        return ""
    count, cnonce = 1, secrets.token_hex(8)
    return challenge.answer(options.method, options.path, credential.username, credential.password, count, cnonce)


def _judged(answer: Answer, options: Options, log: Log) -> str:
    """The reason why the answer is not good, "" where it is."""
    status = str(answer.status)
    if not any(status == one or (one.endswith("xx") and status[0] == one[0]) for one in options.status):
        return "wrong_status"
    lacks = lacking(answer.body, options.text, options.regex, options.json)
    if lacks:
        log(lacks)
    return "wrong_content" if lacks else ""


def _facts(answer: Answer) -> dict[str, Json]:
    facts: dict[str, Json] = {}
    for name, header in (("http_server", "server"), ("http_location", "location")):
        if answer.one(header):
            facts[name] = clean(answer.one(header).encode("utf-8", "surrogateescape"), 200)
    title = _TITLE.search(answer.body[:_TITLE_WITHIN])
    if title is not None and clean(title[1], 200):
        facts["http_title"] = clean(title[1], 200)
    return facts


def _host(word: str, port: int, tls: bool) -> str:
    """The Host header (RFC 9110, 7.2): the inventory's word for it; the port only where it is not the scheme's own."""
    bare = word.partition("%")[0]
    host = f"[{bare}]" if ":" in bare else bare
    return host if port == (443 if tls else 80) else f"{host}:{port}"
