"""The HTTP look: one request, with a login a second one, on one connection to one address."""

from __future__ import annotations

import base64
import re
import secrets

from agent import __version__
from agent.model import Json, Target
from agent.probes.base import Hooks, Log
from agent.probes.conversation import Conversation, Found, WrongAnswer
from agent.probes.each import silent
from agent.probes.http import Credential, Options
from agent.probes.http.expect import lacking
from agent.probes.logins import AUTH
from agent.probes.wire import digest
from agent.probes.wire.certificate import not_after
from agent.probes.wire.httpc import Answer, BadAnswer, Line, request
from agent.text import clean

DAYS_LEFT = 14.0
"""A certificate with less than this is told of."""
_DAY_MS = 86_400_000
_TITLE = re.compile(rb"<title(?: [^<>]{0,200})?>([^<]{1,400})</title>", re.IGNORECASE)
_TITLE_WITHIN = 1 << 16


class Reader(Conversation):
    """The prober: `ok` where everything that the options ask for is there."""

    def __init__(self, hooks: Hooks) -> None:
        super().__init__(hooks, self._ask)
        self._hooks = hooks

    async def _ask(self, target: Target, address: str, log: Log) -> Found:
        options: Options = target.options
        port = options.port or (443 if options.tls else 80)
        line = Line(address, port, options.tls, name=target.address)
        begun = self._hooks.clock.mono()
        try:
            answer, reason = await self._exchange(target, line, _host(target.address, port, options.tls), log)
        except BadAnswer as wrong:
            raise WrongAnswer(str(wrong)) from None
        finally:
            line.close()
        took = self._hooks.clock.mono() - begun
        log(f"status {answer.status}, {len(answer.body)} bytes")
        samples = {"status_code": answer.status, "answer_seconds": took, "body_bytes": len(answer.body)}
        facts, checks = _facts(answer), {}
        if options.tls:
            checks = self._certificate(line, samples, facts, log)
        return Found(reason=reason or _judged(answer, options, log), samples=samples, facts=facts, checks=checks)

    async def _exchange(self, target: Target, line: Line, host: str, log: Log) -> tuple[Answer, str]:
        """The answer, and why the login was not taken, or not tried: a refused one rests (`Logins`)."""
        options, login, logins = target.options, target.credential, self._hooks.logins
        log(f"{options.method} {options.path} from {host}{' by TLS' if options.tls else ''}")
        answer = await line.exchange(_request(host, options))
        if answer.status != 401 or login is None:
            return answer, ""
        word = _authorization(answer, options, login, log)
        if not word:
            return answer, AUTH
        now, asked = self._hooks.clock.now(), log is not silent
        async with logins.turn(target.device):
            why = logins.rests(target.device, login.username, login.password, now, asked=asked)
            if why:
                log(f"the login rests: {why}")
                return answer, why
            answer = await line.exchange(_request(host, options, word))
            if answer.status == 401:
                logins.refused(target.device, login.username, login.password, AUTH, now)
                return answer, AUTH
        logins.accepted(target.device, login.username, login.password)
        return answer, ""

    def _certificate(self, line: Line, samples: dict[str, float], facts: dict[str, Json], log: Log) -> dict[str, str]:
        """Days left as a sample, fingerprint and end as facts; what is to be said of it as a check."""
        facts["tls_certificate"] = line.certificate
        ends = not_after(line.shown)
        if ends is None:
            return {}
        days = (ends - self._hooks.clock.now()) / _DAY_MS
        samples["tls_days_left"] = days
        facts["tls_ends"] = ends
        log(f"its certificate ends in {days:.1f} days")
        return {"certificate": "" if days >= DAYS_LEFT else "certificate_ends" if days > 0 else "certificate_ended"}


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
            facts[name] = clean(answer.one(header).encode("latin-1"), 200)
    title = _TITLE.search(answer.body[:_TITLE_WITHIN])
    if title is not None and clean(title[1], 200):
        facts["http_title"] = clean(title[1], 200)
    return facts


def _host(word: str, port: int, tls: bool) -> str:
    """The Host header (RFC 9110, 7.2): the inventory's word for it; the port only where it is not the scheme's own."""
    bare = word.partition("%")[0]
    host = f"[{bare}]" if ":" in bare else bare
    return host if port == (443 if tls else 80) else f"{host}:{port}"
