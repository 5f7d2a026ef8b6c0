"""The ONVIF look: one climb, then what is due beside it. What was learned of a device lives between looks."""

from __future__ import annotations

import asyncio

from agent.model import Json, Outcome, Reading, Target
from agent.probes.base import Hooks, Log
from agent.probes.each import Each, silent
from agent.probes.errors import classify
from agent.probes.onvif import KIND, beside, sight, soap, stream
from agent.probes.onvif.call import Conversation, Login, LoginRefused
from agent.probes.onvif.ladder import ONVIF, Broken, Known, Ladder
from agent.probes.onvif.soap import Fault, NoSoap
from agent.probes.onvif.where import Host
from agent.probes.wire.httpc import BadAnswer

_OK = Outcome.OK, ""
_WHO = ("certificate", "serial")


class Climber(Each):
    """The prober. Facts of a reading: `rung`, the name of the first broken one, "" where all hold."""

    def __init__(self, hooks: Hooks) -> None:
        super().__init__(hooks, self._look_at, worst=KIND.worst)
        self._clock = hooks.clock
        self._resolver = hooks.resolver
        self._logins, self._viewer, self._identities = hooks.logins, hooks.viewer, hooks.identities
        self._known: dict[tuple[str, str], Known] = {}
        soap.load()

    def forget(self, target: Target) -> None:
        self._known.pop(target.key, None)
        self._viewer.forget(target.key)

    async def close(self) -> None:
        await super().close()
        await self._viewer.close()
        self._resolver.close()

    async def _look_at(self, target: Target, log: Log) -> Reading:
        at, begun = self._clock.now(), self._clock.mono()
        address = await self._resolver.address(target.address)
        if address is None:
            log(f"{target.address} does not resolve")
            return Reading(target, at, 0.0, Outcome.UNKNOWN, "resolve")
        known, host = self._device(target), _host(target, address)
        log(f"ONVIF at {address} port {target.options.port}, at most {target.timeout:g} s")
        talk = Conversation(host, known.login, log)
        ladder = Ladder(target, host, known, talk, self._logins, self._clock, log, asked=log is not silent)
        deadline = asyncio.get_running_loop().time() + target.timeout
        try:
            outcome, reason = await self._climb(ladder, deadline)
            if outcome is Outcome.OK:
                await self._beside(ladder, deadline)
            talk.close()
            await sight.seen(ladder, self._viewer, whole=outcome is Outcome.OK)
        finally:
            talk.close()
        return self._reading(ladder, (at, begun), outcome, reason)

    async def _climb(self, ladder: Ladder, deadline: float) -> tuple[Outcome, str]:
        try:
            async with asyncio.timeout_at(deadline):
                await ladder.climb()
                if ladder.target.options.stream:
                    await stream.described(ladder, deadline)
        except OSError as error:  # a time-out is one
            ladder.log(f"{type(error).__name__}: {error}")
            return classify(error)
        except BadAnswer as error:
            ladder.log(f"no HTTP that can be believed: {error}")
            return Outcome.FAILED, error.reason
        except (NoSoap, Fault) as error:
            ladder.log(f"no answer of ONVIF: {error}")
            return Outcome.FAILED, "not_onvif" if ladder.rung == ONVIF else "wrong_answer"
        except LoginRefused as error:
            return self._broken(ladder, ladder.refused(error))
        except Broken as broken:
            return self._broken(ladder, broken)
        return _OK

    def _broken(self, ladder: Ladder, broken: Broken) -> tuple[Outcome, str]:
        ladder.rung = broken.rung or ladder.rung
        return broken.outcome, broken.reason

    async def _beside(self, ladder: Ladder, deadline: float) -> None:
        if beside.due(ladder):
            try:
                async with asyncio.timeout_at(deadline):
                    await beside.ask(ladder)
            except TimeoutError:
                ladder.log("no time left for what is asked beside the ladder")

    def _reading(self, ladder: Ladder, begun: tuple[int, float], outcome: Outcome, reason: str) -> Reading:
        at, mono = begun
        good = outcome is Outcome.OK
        facts: dict[str, Json] = {**ladder.facts, "rung": "" if good else ladder.rung}
        samples = dict(ladder.samples)
        tables: dict[str, object] = {}
        if good:
            facts |= ladder.known.beside
            samples |= ladder.known.samples
            tables |= {"channels": ladder.known.channels} if ladder.known.channels else {}
        else:
            ladder.log(f"first broken rung: {ladder.rung}, {reason}")
        self._learn(ladder.target, ladder.known)
        took = self._clock.mono() - mono
        return Reading(ladder.target, at, took, outcome, reason, samples, facts, tables, dict(ladder.checks))

    def _device(self, target: Target) -> Known:
        """What is known of a device, anew where its login has changed; who it is outlives that."""
        login = Login(username=target.credential.username, secret=target.credential.password)
        known = self._known.get(target.key)
        if known is None or known.login != login:
            of = self._identities.of
            certificate, serial = (of(target.device, f"{target.probe}:{what}") for what in _WHO)
            known = self._known[target.key] = Known(login, certificate=certificate, serial=serial)
        return known

    def _learn(self, target: Target, known: Known) -> None:
        for what in _WHO:
            self._identities.learn(target.device, f"{target.probe}:{what}", getattr(known, what))


def _host(target: Target, address: str) -> Host:
    names = frozenset((target.address.lower(), address.partition("%")[0].lower()))
    return Host(address=address, port=target.options.port, tls=target.options.tls, names=names)
