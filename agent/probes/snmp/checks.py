"""What a look at a box judges beside that it answered: fans, supplies, temperature, optics, PoE, CPU, disks.

Pure but for `Worked`, the memory that is handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.probes.snmp.rows import Rows, State

REASONS = {
    "fan": "fan_failed", "psu": "psu_failed", "temperature": "too_hot", "optics": "optics_bad", "poe": "poe_fault",
    "stack": "stack_broken", "cpu": "cpu_busy", "memory": "memory_full", "disk": "disk_failed", "ups": "ups_trouble",
    "battery": "battery_bad",
    "recording": "not_recording", "storage_days": "too_few_days",
}  # fmt: skip
"""The reason of each check where it is bad."""

CPU_BUSY = 95.0
"""Percent of every processor of the box from which on it is too busy."""
POE_FULL = 0.98
"""Share of its budget from which on a power source can feed no further device."""

_WORSE: Mapping[State | None, int] = {"ok": 0, "unknown": 0, None: 0, "warning": 1, "critical": 2}


DAYS = 30.0
"""Days that a recorder must keep (severity.md V5)."""


@dataclass(slots=True)
class Worked:
    """What is remembered of a box: parts (by OID) that have been seen good, and checks that have been called bad.

    A second supply that was never plugged in reads as failed on some boxes. Such a part is judged only once it has been
    good; until then its check is left out, as not looked at, unless it is this agent that called it bad: neither is a
    ticket opened for what was never there, nor one closed because the agent was started anew.
    """

    parts: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)


def judge(rows: Mapping[str, Rows], days: float = DAYS, worked: Worked | None = None) -> dict[str, str]:
    """Reason keys by check, "" where it is good; what the box tells nothing about is left out. days: see `Options`."""
    bad = _sensors(rows.get("sensors", ()), worked or Worked())
    for name, found in (
        ("cpu", _cpu(rows)),
        ("poe", _poe(rows)),
        ("disk", _disks(rows)),
        ("recording", _recording(rows)),
        ("storage_days", _kept(rows, days)),
    ):
        if found is not None:
            bad[name] = bad.get(name, False) or found
    return {name: REASONS[name] if is_bad else "" for name, is_bad in bad.items()}


def _sensors(sensors: Rows, worked: Worked) -> dict[str, bool]:
    bad: dict[str, bool] = {}
    doubtful: set[str] = set()
    for sensor in sensors:
        if sensor.check and sensor.state is not None:
            is_bad = _WORSE[sensor.state] >= max(1, _WORSE[sensor.alarm])
            if sensor.proven and not is_bad:
                worked.parts.add(sensor.oid)
            elif sensor.proven and sensor.oid not in worked.parts:
                doubtful.add(sensor.check)
                continue
            bad[sensor.check] = bad.get(sensor.check, False) or is_bad
    worked.bad |= {name for name, is_bad in bad.items() if is_bad}
    return {name: is_bad for name, is_bad in bad.items() if is_bad or name not in doubtful - worked.bad}


def _cpu(rows: Mapping[str, Rows]) -> bool | None:
    found = rows.get("processors", ())
    return all(each.percent >= CPU_BUSY for each in found) if found else None


def _poe(rows: Mapping[str, Rows]) -> bool | None:
    supplies, ports = rows.get("poe_supplies", ()), rows.get("poe", ())
    if not supplies and not ports:
        return None
    full = any(
        each.state == "critical" or (each.budget_watts and each.watts and each.watts >= POE_FULL * each.budget_watts)
        for each in supplies
    )
    return full or any(port.detection == "fault" and port.admin != "off" for port in ports)


def _disks(rows: Mapping[str, Rows]) -> bool | None:
    states = [each.state for each in rows.get("storage", ()) if each.state is not None]
    return "critical" in states if states else None


def _recording(rows: Mapping[str, Rows]) -> bool | None:
    told = [channel.recording for channel in rows.get("channels", ()) if channel.recording and channel.online != "no"]
    return "no" in told if told else None


def _kept(rows: Mapping[str, Rows], days: float) -> bool | None:
    told = [channel.days for channel in rows.get("channels", ()) if channel.days is not None]
    return min(told) < days if told else None


def extents(rows: Mapping[str, Rows], days: float = DAYS) -> dict[str, int]:
    """How many channels do not record or keep too little, how many disks have failed: `NAME_count`, by which the fault
    is weighed."""
    channels, disks = rows.get("channels", ()), rows.get("storage", ())
    return {
        "recording_count": sum(each.recording == "no" and each.online != "no" for each in channels),
        "storage_days_count": sum(each.days is not None and each.days < days for each in channels),
        "disk_count": sum(each.state == "critical" for each in disks),
    }


def samples_of(rows: Mapping[str, Rows]) -> dict[str, float]:
    """The figures of the whole box: the busiest processor, the first memory, the hottest place, PoE, access points."""
    found = {total.of: total.value for total in rows.get("totals", ()) if total.of in ("aps", "aps_up", "clients")}
    if rows.get("processors"):
        found["cpu_percent"] = max(each.percent for each in rows["processors"])
    if rows.get("memory"):
        found["memory_percent"] = rows["memory"][0].percent
    hot = [
        each.value for each in rows.get("sensors", ()) if each.class_ == "temperature" and each.check == "temperature"
    ]
    if hot:
        found["temperature_celsius"] = max(hot)
    watts = [each.watts for each in rows.get("poe_supplies", ()) if each.watts is not None]
    watts = watts or [each.watts for each in rows.get("poe", ()) if each.watts is not None]
    if watts:
        found["poe_watts"] = sum(watts)
    budget = [each.budget_watts for each in rows.get("poe_supplies", ()) if each.budget_watts is not None]
    if budget:
        found["poe_budget_watts"] = sum(budget)
    return found
