"""The RTSP look: the ladder up to the stream each time, the picture when it is due. One login refused, and it rests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.model import Json, Ms, Outcome, Reading, Target
from agent.probes.base import Hooks, Log
from agent.probes.each import Each, silent
from agent.probes.logins import AUTH, LOCKED
from agent.probes.rtsp import KIND, PICTURE_SECONDS
from agent.probes.rtsp.address import Place
from agent.probes.rtsp.client import Described, Failure, KeyFrame, describe, keyframe, options


@dataclass(frozen=True, slots=True)
class _Look:
    """The look under way. person: somebody asked for it."""

    target: Target
    address: str
    at: Ms
    begun: float
    log: Log

    @property
    def person(self) -> bool:
        return self.log is not silent

    @property
    def uri(self) -> str:
        """Of the stream, on the target's own port."""
        path = self.target.options.path
        return Place(self.address, self.target.options.port, path if path.startswith("/") else f"/{path}").uri

    def deadline(self, more: float = 0.0) -> float:
        return asyncio.get_running_loop().time() + self.target.timeout + more


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a look brought, beside its time."""

    failure: Failure | None = None
    samples: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Json] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)


class Watcher(Each):
    """The prober."""

    def __init__(self, hooks: Hooks) -> None:
        super().__init__(hooks, self._watch, worst=KIND.worst)
        self._clock, self._resolver = hooks.clock, hooks.resolver
        self._logins, self._viewer = hooks.logins, hooks.viewer
        self._let_in: dict[tuple[str, str], object] = {}

    def forget(self, target: Target) -> None:
        self._viewer.forget(target.key)
        self._let_in.pop(target.key, None)

    async def close(self) -> None:
        await super().close()
        await self._viewer.close()
        self._resolver.close()

    async def _watch(self, target: Target, log: Log) -> Reading:
        at = self._clock.now()
        address = await self._resolver.address(target.address)
        if address is None:
            log(f"{target.address} does not resolve")
            return Reading(target, at, 0.0, Outcome.UNKNOWN, "resolve")
        look = _Look(target, address, at, self._clock.mono(), log)
        found = await (self._stream(look) if target.options.path else self._alive(look))
        failure = found.failure
        return Reading(
            target, at, self._clock.mono() - look.begun,
            outcome=failure.outcome if failure else Outcome.OK,
            reason=failure.reason if failure else "",
            samples=found.samples,
            facts={**found.facts, "rung": failure.rung if failure else ""},
            checks=found.checks,
        )  # fmt: skip

    async def _alive(self, look: _Look) -> _Found:
        """Without a login: does it speak RTSP?"""
        answer = await options(look.address, look.target.options.port, look.deadline(), look.log)
        if isinstance(answer, Failure):
            return _Found(failure=answer)
        facts = _told({"rtsp_server": answer.server, "rtsp_methods": answer.methods})
        return _Found(samples=self._answered(look), facts=facts)

    async def _stream(self, look: _Look) -> _Found:
        """The ladder with the login, where it may be tried; a refused one is not tried a second time.

        Nobody else tries one on this device meanwhile. A picture takes long: unless a person asks, it can wait until
        the login is known.
        """
        if self._known(look):
            return await (self._picture(look) if self._due(look) else self._describe(look))
        async with self._logins.turn(look.target.device):
            why = self._rests(look)
            if why:
                return await self._resting(look, why)
            return await (self._picture(look) if look.person and self._due(look) else self._describe(look))

    async def _resting(self, look: _Look, why: str) -> _Found:
        look.log(f"the login rests: {why}")
        found = await self._alive(look)
        return found if found.failure else _Found(failure=Failure(reason=why, rung="login"), facts=found.facts)

    async def _describe(self, look: _Look) -> _Found:
        answer = await describe(look.address, look.uri, look.target.credential, look.deadline(), look.log)
        self._judged(look, answer)
        if isinstance(answer, Failure):
            return _unasked(look, answer, self._answered(look))
        samples = {**self._viewer.last(look.target.key), **self._answered(look)}
        return _Found(samples=samples, facts=_described(answer))

    async def _picture(self, look: _Look) -> _Found:
        target, settings = look.target, look.target.options
        async with self._viewer.turn(target.key, settings.picture, self._clock.mono()):
            async with self._logins.session(look.address):
                deadline = look.deadline(PICTURE_SECONDS)
                frame = await keyframe(look.address, look.uri, target.credential, deadline, look.log)
            self._judged(look, frame)
            if isinstance(frame, Failure):
                return _unseen(look, frame)
            sight = await self._viewer.see(
                target.key, frame.described.video.codec, frame.data, look.at,
                expected=(settings.width, settings.height), keep=settings.pictures == "keep",
            )  # fmt: skip
        look.log(f"picture: {sight.checks.get('picture', 'undecided') or 'good'}")
        samples = {"frame_seconds": frame.waited, "frame_bytes": frame.received, **sight.samples}
        return _Found(samples=samples, facts={**_described(frame.described), **sight.facts}, checks=sight.checks)

    # -- what is known

    def _due(self, look: _Look) -> bool:
        """A person's look takes the picture at once, but never beside another session."""
        target, every = look.target, look.target.options.picture
        if self._logins.session(look.address).locked():
            return False
        return bool(every) and (look.person or self._viewer.due(target.key, every, self._clock.mono()))

    def _known(self, look: _Look) -> bool:
        """Nothing to be refused, or let in before by this very login and not refused since."""
        login = look.target.credential
        return login is None or (self._let_in.get(look.target.key) == login and not self._rests(look))

    def _rests(self, look: _Look) -> str:
        login, target = look.target.credential, look.target
        if login is None:
            return ""
        return self._logins.rests(target.device, login.username, login.password, look.at, asked=look.person)

    def _judged(self, look: _Look, answer: Described | KeyFrame | Failure) -> None:
        """Tells `logins` what became of ours."""
        target, login = look.target, look.target.credential
        if login is None:
            return
        if isinstance(answer, Failure):
            if answer.refused or answer.reason == LOCKED:
                self._let_in.pop(target.key, None)
                why = AUTH if answer.refused else LOCKED
                self._logins.refused(target.device, login.username, login.password, why, look.at)
            return
        self._let_in[target.key] = login
        if (answer.described if isinstance(answer, KeyFrame) else answer).login:
            self._logins.accepted(target.device, login.username, login.password)

    def _answered(self, look: _Look) -> dict[str, float]:
        return {"rtsp_seconds": self._clock.mono() - look.begun}


def _unasked(look: _Look, failure: Failure, samples: Mapping[str, float]) -> _Found:
    """A camera that wants a login where none is configured is alive; that much was asked."""
    if look.target.credential is None and failure.reason == "auth":
        return _Found(samples=samples, facts={"rtsp_login": "required"})
    return _Found(failure=failure)


def _unseen(look: _Look, failure: Failure) -> _Found:
    """No frame is a check of its own: the looks between two pictures cannot tell whether it has come back.

    A camera whose sessions are all taken, and a machine that could not look, say nothing.
    """
    if failure.rung != "frame":
        return _unasked(look, failure, {})
    said = failure.outcome is Outcome.FAILED and failure.reason != "busy"
    return _Found(checks={"picture": failure.reason} if said else {})


def _described(described: Described) -> dict[str, Json]:
    login = "accepted" if described.login else "open"
    return _told(
        {"rtsp_server": described.server, "codec": described.video.codec, "rtsp_login": login,
         "stream_host": described.foreign}
    )  # fmt: skip


def _told(facts: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in facts.items() if value}
