"""What a port carries in a second: the difference of its counters between two looks. Pure.

A counter that went back has wrapped, unless the box restarted or somebody cleared it. A restart is told by sysUpTime;
a clearing shows as a rate beyond what the port can carry, and then there is no rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.probes.snmp.ports import Port

_SLACK = 1.5
"""How much more than its speed a port may seem to carry: looks are not timed to the millisecond."""


@dataclass(frozen=True, slots=True)
class PortRate:
    """Per second; bits for traffic, packets for errors and discards. None where two looks do not tell."""

    in_bps: float | None
    out_bps: float | None
    in_errors: float | None
    out_errors: float | None
    in_discards: float | None
    out_discards: float | None


def rates(before: Mapping[int, Port], now: Mapping[int, Port], seconds: float, restarted: bool) -> dict[int, PortRate]:
    """Rates of the ports that both looks have; none over a restart or where no time has passed."""
    if restarted or seconds <= 0:
        return {}
    found = {}
    for index, port in now.items():
        old = before.get(index)
        if old is not None and old.wide == port.wide:
            found[index] = _rate(old, port, seconds)
    return found


def _rate(old: Port, new: Port, seconds: float) -> PortRate:
    top = 2**64 if new.wide else 2**32
    most = new.speed_bps * _SLACK or float("inf")
    return PortRate(
        _bounded(_per_second(old.in_octets, new.in_octets, top, seconds), most),
        _bounded(_per_second(old.out_octets, new.out_octets, top, seconds), most),
        _per_second(old.in_errors, new.in_errors, 0, seconds),
        _per_second(old.out_errors, new.out_errors, 0, seconds),
        _per_second(old.in_discards, new.in_discards, 0, seconds),
        _per_second(old.out_discards, new.out_discards, 0, seconds),
    )


def _per_second(old: int | None, new: int | None, top: int, seconds: float) -> float | None:
    """top: where the counter starts again; 0 for one that counts what is rare, where going back is a clearing."""
    if old is None or new is None:
        return None
    gone = new - old
    if gone < 0:
        if not top:
            return None
        gone += top
    return gone / seconds


def _bounded(octets: float | None, most: float) -> float | None:
    return None if octets is None or octets * 8 > most else octets * 8
