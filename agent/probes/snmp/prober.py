"""The SNMP look: one GET for who the device is, then its ports, then what its profile says of it.

Sessions, the profile and what else was learned live between looks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from gufo.snmp import SnmpAuthError, SnmpError

from agent.model import Json, Ms, Outcome, Reading, Target
from agent.probes.base import Hooks, Log
from agent.probes.each import Each
from agent.probes.snmp import KIND, WALK_SECONDS
from agent.probes.snmp.box import Box
from agent.probes.snmp.checks import Worked, extents, judge, samples_of
from agent.probes.snmp.library import known
from agent.probes.snmp.ports import UP, Port, read_ports
from agent.probes.snmp.rates import rates
from agent.probes.snmp.session import Session
from agent.probes.snmp.system import SystemGroup, Values, clocks, facts
from agent.probes.snmp.uptime import Clocks, rebooted, seconds_up, wrapped
from agent.probes.snmp.walk import Budget

_logger = logging.getLogger(__name__)

_CHOKED = frozenset(("timeout", "too_slow", "too_long", "malformed"))
"""Why the rest of a box is not read in a look in which its ports could not be."""


@dataclass(slots=True)
class _Known:
    """What is kept of a device between looks: the session, what it can bear, what its clocks said, its ports then.

    read: our monotonic seconds when the ports were read.
    """

    target: Target
    address: str
    session: Session
    group: SystemGroup
    bulk: int
    box: Box
    ports: dict[int, Port] = field(default_factory=dict)
    read: float = 0.0
    clocks: Clocks | None = None
    engine_id: str = ""
    worked: Worked = field(default_factory=Worked)

    def fits(self, target: Target) -> bool:
        """Is this target the one that all this was learned of?"""
        mine = self.target
        return target is mine or (target.credential, target.options) == (mine.credential, mine.options)


_MOST_FAILED = 20
"""Columns named in the facts of a look of those that could not be read."""


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
        self._rejected, self._identities = hooks.rejected, hooks.identities
        self._resolver = hooks.resolver
        self._library = known(hooks.profiles)
        for problem in self._library.problems:
            _logger.warning("%s", problem.render("en"))
        self._devices: dict[tuple[str, str], _Known] = {}

    def forget(self, target: Target) -> None:
        """The session goes with the last look that holds it."""
        self._devices.pop(target.key, None)

    async def close(self) -> None:
        await super().close()
        for device in self._devices.values():
            device.session.close()
        self._devices.clear()
        self._resolver.close()

    async def _poll(self, target: Target, log: Log) -> Reading:
        look = _Look(target, self._clock.now(), self._clock.mono())
        address = await self._resolver.address(target.address)
        if address is None:
            return self._ended(look, log, Outcome.UNKNOWN, "resolve")
        if target.credential is None:
            return self._ended(look, log, Outcome.FAILED, "auth")
        device = self._device(target, address)
        try:
            async with device.session as session:
                session.patience(target.timeout, target.options.retries)
                return await self._ask(device, look, log)
        except SnmpAuthError as error:
            log(f"login refused: {error}")
            return self._ended(look, log, Outcome.FAILED, "auth")
        except SnmpError as error:
            log(f"{type(error).__name__}: {error}")
            return self._ended(look, log, Outcome.FAILED, "wrong_answer")

    async def _ask(self, device: _Known, look: _Look, log: Log) -> Reading:
        target, session = look.target, device.session
        log(f"SNMP version {session.version} to {device.address} port {target.options.port}")
        values = await device.group.read(session)
        told = facts(values, session.engine_id)
        log(f"system group: {len(values)} values, {told.get('sys_descr', 'no sysDescr')}")
        samples = _learn(device, values, self._clock.mono(), told)
        self._identities.learn(target.device, f"{target.probe}:engine_id", device.engine_id)
        budget = Budget(until=asyncio.get_running_loop().time() + WALK_SECONDS, bulk=device.bulk)
        tables: dict[str, Any] = {}
        failed: dict[str, str] = {}
        if target.options.ports:
            failed = await self._ports(device, budget, told, tables)
            samples |= {"ports": len(device.ports), "ports_up": sum(p.oper == UP for p in device.ports.values())}
            log(f"ports: {len(device.ports)}" + "".join(f", {table} stopped: {why}" for table, why in failed.items()))
        checks: dict[str, str] = {}
        if target.options.profiles and not _CHOKED.intersection(failed.values()):
            await device.box.look(session, budget, self._library, told, now=look.begun, slow=target.options.slow)
            checks = _told_by(device, samples, told, tables, log)
        device.bulk = budget.bulk
        if failed:
            told["tables_failed"] = dict(failed)
        took = self._clock.mono() - look.begun
        return Reading(target, look.at, took, Outcome.OK, "", samples, told, tables, checks)

    async def _ports(
        self, device: _Known, budget: Budget, told: dict[str, Json], tables: dict[str, Any]
    ) -> dict[str, str]:
        """Read the ports and what they carried since the last look; gives what could not be read."""
        now, before = self._clock.mono(), device.ports
        ports, failed = await read_ports(device.session, budget, len(before), device.box.duplex)
        tables["ports"] = ports
        if found := rates(before, ports, now - device.read, bool(told.get("rebooted"))):
            tables["port_rates"] = found
        device.ports, device.read = ports, now
        return failed

    def _ended(self, look: _Look, log: Log, outcome: Outcome, reason: str) -> Reading:
        log(f"{look.target.address}: {reason}")
        return Reading(look.target, look.at, self._clock.mono() - look.begun, outcome, reason)

    def _session(self, target: Target, address: str) -> Session:
        def rejected(why: str) -> None:
            self._rejected("snmp", why)

        if target.options.odd:
            return _odd(target, address, rejected)
        return Session(address, target.options.port, target.credential, rejected)

    def _device(self, target: Target, address: str) -> _Known:
        device = self._devices.get(target.key)
        if device is not None and device.address == address and device.fits(target):
            return device
        session = self._session(target, address)
        device = _Known(target, address, session, SystemGroup(), target.options.max_repetitions, Box(target.device))
        device.engine_id = self._identities.of(target.device, f"{target.probe}:engine_id")
        self._devices[target.key] = device
        return device


def _told_by(
    device: _Known, samples: dict[str, float], told: dict[str, Json], tables: dict[str, Any], log: Log
) -> dict[str, str]:
    """Put what the box's profile brought into samples, facts and tables; gives the checks."""
    box, days = device.box, device.target.options.days
    assert box.chosen is not None
    log(f"profile {box.chosen.profile.name}: {box.chosen.why}")
    log(", ".join(f"{of}: {len(rows)}" for of, rows in box.rows.items() if rows) or "nothing beside the ports")
    tables.update({of: rows for of, rows in box.rows.items() if rows})
    samples |= samples_of(box.rows)
    told["profile"] = box.chosen.profile.name
    for name in ("vendor", "model", "serial", "firmware"):
        if getattr(box.system, name):
            told[name] = getattr(box.system, name)
    if box.failed:
        told["profile_failed"] = dict(list(box.failed.items())[:_MOST_FAILED])
    samples |= {name: float(count) for name, count in extents(box.rows, days).items() if count}
    return judge(box.rows, days, device.worked)


def _odd(target: Target, address: str, rejected: Callable[[str], None]) -> Session:
    from agent.probes.snmp.slow import SlowSession

    return SlowSession(address, target.options.port, target.credential, target.options, rejected)


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
