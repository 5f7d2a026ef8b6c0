"""The SNMP look: one GET for who the device is, then its ports. Sessions and what was learned live between looks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from gufo.snmp import SnmpAuthError, SnmpError

from agent.model import Json, Ms, Outcome, Reading, Target
from agent.probes.base import Hooks, Log
from agent.probes.each import Each
from agent.probes.snmp import KIND, WALK_SECONDS
from agent.probes.snmp.ports import UP, read_ports
from agent.probes.snmp.session import Session
from agent.probes.snmp.system import SystemGroup, Values, clocks, facts
from agent.probes.snmp.uptime import Clocks, rebooted, seconds_up, wrapped
from agent.probes.snmp.walk import Budget


@dataclass(slots=True)
class _Known:
    """What is kept of a device between looks: the session, what it can bear, what its clocks said."""

    target: Target
    address: str
    session: Session
    group: SystemGroup
    bulk: int
    ports: int = 0
    clocks: Clocks | None = None
    engine_id: str = ""

    def fits(self, target: Target) -> bool:
        """Is this target the one that all this was learned of?"""
        mine = self.target
        return target is mine or (target.credential, target.options) == (mine.credential, mine.options)


@dataclass(frozen=True, slots=True)
class _Look:
    """The look under way: of whom, begun when (wall ms, monotonic seconds)."""

    target: Target
    at: Ms
    begun: float


class Poller(Each):
    """The prober."""

    def __init__(self, hooks: Hooks) -> None:
        super().__init__(hooks, self._poll, worst=KIND.worst)
        self._clock = hooks.clock
        self._rejected = hooks.rejected
        self._resolver = hooks.resolver
        self._devices: dict[tuple[str, str], _Known] = {}

    def forget(self, target: Target) -> None:
        """The session goes with the last look that holds it."""
        self._devices.pop(target.key, None)

    async def close(self) -> None:
        await super().close()
        for known in self._devices.values():
            known.session.close()
        self._devices.clear()
        self._resolver.close()

    async def _poll(self, target: Target, log: Log) -> Reading:
        look = _Look(target, self._clock.now(), self._clock.mono())
        address = await self._resolver.address(target.address)
        if address is None:
            return self._ended(look, log, Outcome.UNKNOWN, "resolve")
        if target.credential is None:
            return self._ended(look, log, Outcome.FAILED, "auth")
        known = self._device(target, address)
        try:
            async with known.session as session:
                session.patience(target.timeout, target.options.retries)
                return await self._ask(known, look, log)
        except SnmpAuthError as error:
            log(f"login refused: {error}")
            return self._ended(look, log, Outcome.FAILED, "auth")
        except SnmpError as error:
            log(f"{type(error).__name__}: {error}")
            return self._ended(look, log, Outcome.FAILED, "wrong_answer")

    async def _ask(self, known: _Known, look: _Look, log: Log) -> Reading:
        target, session = look.target, known.session
        log(f"SNMP version {session.version} to {known.address} port {target.options.port}")
        values = await known.group.read(session)
        told = facts(values, session.engine_id)
        log(f"system group: {len(values)} values, {told.get('sys_descr', 'no sysDescr')}")
        samples = _learn(known, values, self._clock.mono(), told)
        tables: dict[str, Any] = {}
        if target.options.ports:
            budget = Budget(until=asyncio.get_running_loop().time() + WALK_SECONDS, bulk=known.bulk)
            ports, failed = await read_ports(session, budget, known.ports)
            known.bulk, known.ports = budget.bulk, len(ports)
            log(f"ports: {len(ports)}" + "".join(f", {table} stopped: {why}" for table, why in failed.items()))
            tables = {"ports": ports}
            samples |= {"ports": len(ports), "ports_up": sum(port.oper == UP for port in ports.values())}
            if failed:
                told["tables_failed"] = dict(failed)
        took = self._clock.mono() - look.begun
        return Reading(target, look.at, took, Outcome.OK, "", samples, told, tables)

    def _ended(self, look: _Look, log: Log, outcome: Outcome, reason: str) -> Reading:
        log(f"{look.target.address}: {reason}")
        return Reading(look.target, look.at, self._clock.mono() - look.begun, outcome, reason)

    def _device(self, target: Target, address: str) -> _Known:
        known = self._devices.get(target.key)
        if known is not None and known.address == address and known.fits(target):
            return known
        session = Session(address, target.options.port, target.credential, lambda why: self._rejected("snmp", why))
        known = _Known(target, address, session, SystemGroup(), target.options.max_repetitions)
        self._devices[target.key] = known
        return known


def _learn(known: _Known, values: Values, mono: float, told: dict[str, Json]) -> dict[str, float]:
    """Compare the clocks and the engine with the last look's; adds `rebooted` and `identity_changed` to the facts."""
    now, before = clocks(values, mono), known.clocks
    if before is not None:
        now = replace(now, wraps=before.wraps + wrapped(before, now))
        if rebooted(before, now):
            told["rebooted"] = True
            now = replace(now, wraps=0)
            known.bulk = known.target.options.max_repetitions
    known.clocks = now
    engine_id = str(told.get("engine_id", ""))
    if known.engine_id and engine_id and engine_id != known.engine_id:
        told["identity_changed"] = True
        told["engine_id_before"] = known.engine_id
    known.engine_id = engine_id or known.engine_id
    up = seconds_up(now)
    return {} if up is None else {"uptime_seconds": up}
