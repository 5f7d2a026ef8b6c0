"""How long a device is up, and whether it restarted: a clock that went back may only have wrapped. Pure.

sysUpTime and hrSystemUptime are TimeTicks, 1/100 s in 32 bits: they start again at nought after 497 days.
snmpEngineTime counts seconds for 68 years, snmpEngineBoots the restarts of the SNMP engine (RFC 3411).
"""

from __future__ import annotations

from dataclasses import dataclass

WRAP = 2**32 / 100
"""Seconds after which TimeTicks start again."""
_SLACK = 90.0
"""Seconds by which a device's clock and ours may differ between two looks, beside one part in a hundred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """What a device said at one look. mono: our monotonic seconds then; the others in seconds, None when not told.

    agent: sysUpTime.  host: hrSystemUptime.  engine: snmpEngineTime.  boots: snmpEngineBoots.  wraps: how often
    `host` (else `agent`) has wrapped while we watched.
    """

    mono: float
    agent: float | None = None
    host: float | None = None
    engine: float | None = None
    boots: int | None = None
    wraps: int = 0

    @property
    def shown(self) -> float | None:
        """The 32-bit clock that tells most about the box: the host's where there is one."""
        return self.agent if self.host is None else self.host


def wrapped(before: Clocks, now: Clocks) -> bool:
    """Did the 32-bit clock only wrap between these looks?"""
    if before.shown is None or now.shown is None or (before.host is None) != (now.host is None):
        return False
    elapsed = now.mono - before.mono
    expected = before.shown + elapsed
    return expected > WRAP - _SLACK and abs(expected - WRAP - now.shown) <= _SLACK + elapsed / 100


def rebooted(before: Clocks, now: Clocks) -> bool:
    """Did the box restart between these looks?

    The host's own clock decides where there is one (restarting an SNMP daemon is no reboot); else the count of boots;
    else a clock that went back without having wrapped.
    """
    if before.host is not None and now.host is not None:
        return now.host < before.host and not wrapped(before, now)
    if before.boots is not None and now.boots is not None:
        return now.boots != before.boots
    if before.agent is None or now.agent is None:
        return False
    return now.agent < before.agent and not wrapped(before, now)


def seconds_up(now: Clocks) -> float | None:
    """Seconds since the start, beyond 497 days where the engine's clock or our own watching tells."""
    shown = now.shown
    if shown is None:
        return now.engine
    if now.host is None and now.engine is not None and now.engine > WRAP - _SLACK and _same(now.engine, shown):
        return now.engine
    return shown + now.wraps * WRAP


def _same(engine: float, shown: float) -> bool:
    """Do the engine's seconds and the 32-bit clock tell of one start, wraps aside?"""
    return abs((engine - shown + WRAP / 2) % WRAP - WRAP / 2) <= _SLACK
