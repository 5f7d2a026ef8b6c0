"""What a controller tells of its access points becomes looks of theirs: an AP's truth comes from it and from ping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from agent.alerting.frame import THROUGH, Frame
from agent.model import Device, Outcome, Reading, Target

TABLE = "access_points"
_STATES = {"up": (Outcome.OK, ""), "down": (Outcome.FAILED, "ap_offline")}
"""By a row's state; any other word says that the controller does not know."""


class Row(Protocol):
    """A row of a controller's table, as the SNMP profiles make it (`rows.AccessPoint`)."""

    @property
    def name(self) -> str: ...
    @property
    def mac(self) -> str: ...
    @property
    def serial(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def state(self) -> str:
        """up, down or anything else."""

    @property
    def clients(self) -> float | None: ...


def told(reading: Reading, frame: Frame) -> Iterator[Reading]:
    """One reading for each access point of the inventory behind the controller that was read.

    A row is found by MAC, serial number, address or name. An AP that the controller does not list is not registered
    with it: a failure, unless it lists none at all or the table broke off before its end.
    """
    rows = reading.tables.get(TABLE)
    aps = frame.behind.get(reading.target.device, ())
    if not rows or not aps or reading.outcome is not Outcome.OK:
        return
    index, whole = _index(rows), not reading.facts.get("profile_failed")
    for device in aps:
        row = next((index[name] for name in _names(device) if name in index), None)
        if row is not None or whole:
            yield _look(reading, device, row)


def _index(rows: Iterable[Row]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        for name in (row.mac, row.serial, row.address, row.name):
            if name:
                found.setdefault(_plain(name), row)
    return found


def _names(device: Device) -> Iterator[str]:
    for name in (device.mac, device.serial, device.address, device.name, device.id):
        if name:
            yield _plain(name)


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", ":")


def _look(reading: Reading, device: Device, row: Row | None) -> Reading:
    outcome, reason = (Outcome.FAILED, "ap_not_listed")
    if row is not None:
        outcome, reason = _STATES.get(row.state, (Outcome.UNKNOWN, "ap_state"))
    samples = {"clients": row.clients} if row and row.clients is not None else {}
    facts = {name: getattr(row, name) for name in ("serial", "model", "channel") if row and getattr(row, name)}
    target = replace(_TARGET, device=device.id, interval=reading.target.interval, timeout=reading.target.timeout)
    return Reading(target, reading.at, reading.duration, outcome, reason, samples, facts)


_TARGET = Target(device="", probe=THROUGH, protocol=THROUGH, address="", interval=60.0, timeout=5.0)
