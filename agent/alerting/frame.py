"""What stays the same between two reloads, as the judge sees it: inventory, policy, calendar, people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import TypeVar
from zoneinfo import ZoneInfo

from agent.alerting.findings import lead
from agent.alerting.policy import Policy, Window
from agent.alerting.roster import Roster
from agent.calendar import Hours, Schedule, WorkCalendar, always, at_local, local, ms
from agent.model import Device, Location, Ms, Target
from agent.topology.graph import Graph, declared

THROUGH = "controller"
"""The probe of an access point that is looked at through its controller."""

Place = TypeVar("Place")
Group = tuple[str, str, str]
"""(schedule, building, kind)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """leading: device id to the probe whose failure means that it does not answer; absent for an unwatched device.

    confirm: by protocol, how many looks in a row must fail.  groups: how many watched devices of each schedule,
    building and kind there are.  references: devices of the uplink guard, pseudo devices (`@ADDRESS`) included.
    behind: the access points of each controller that is read.  rooms: the terminals of each (building, room).
    key_points: the cameras of each place that are tagged so.  kin: the watched devices of each (family, building), and
    of each family on the whole campus under ("family", "").
    """

    devices: Mapping[str, Device] = field(default_factory=dict)
    probes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    leading: Mapping[str, str] = field(default_factory=dict)
    confirm: Mapping[str, int] = field(default_factory=dict)
    graph: Graph = Graph()
    references: tuple[str, ...] = ()
    policy: Policy = Policy()
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    calendar: WorkCalendar = WorkCalendar()
    zone: tzinfo = ZoneInfo("Asia/Shanghai")
    roster: Roster = Roster()
    groups: Mapping[Group, int] = field(default_factory=dict)
    behind: Mapping[str, tuple[Device, ...]] = field(default_factory=dict)
    rooms: Mapping[tuple[str, str], tuple[Device, ...]] = field(default_factory=dict)
    key_points: Mapping[Location, tuple[Device, ...]] = field(default_factory=dict)
    kin: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def classmates(self, device: str) -> tuple[str, ...]:
        """The other terminals of a terminal's classroom."""
        known = self.devices.get(device)
        if known is None or known.kind != "terminal":
            return ()
        there = self.rooms.get((known.location.building, known.location.room), ())
        return tuple(other.id for other in there if other.id != device)

    def on(self, schedule: str, now: Ms) -> bool:
        """Whether a schedule is on at `now`; an unknown one is always on."""
        known = self.schedules.get(schedule)
        return known is None or known.is_plain or known.is_on(self.local(now), self.calendar)

    def local(self, at: Ms) -> datetime:
        return local(at, self.zone)

    def in_schedule(self, device: Device, now: Ms) -> bool:
        """On now and on already a grace period ago: a room that is just being switched on is not out of order."""
        grace = round(self.policy.life.schedule_grace * 1000)
        return device.schedule == "always" or (self.on(device.schedule, now) and self.on(device.schedule, now - grace))

    def occupied(self, now: Ms) -> bool:
        """Whether people are on the campus: the annex's schedule, else a working day in term from 06:30 to 22:00."""
        name = self.policy.severity.occupied
        if name in self.schedules:
            return self.on(name, now)
        here = self.local(now)
        hours = 390 <= here.hour * 60 + here.minute < 1320
        return hours and self.calendar.is_working_day(here.date()) and self.calendar.in_term(here.date())

    def close(self, at: Ms, days: int) -> Ms:
        """Close of business of the `days`-th working day after the calendar day of `at` (clocks.md 4.1)."""
        day = self.local(at).date()
        for _ in range(days):
            day = self.calendar.next_working_day_after(day)
        return at_local(day, self.policy.life.close_of_business, self.zone)

    def feedback_due(self, at: Ms) -> Ms:
        """By when the user must have the result, by the reading that the policy says."""
        if self.policy.life.feedback_reading == "day":
            return self.close(at, 1)
        here = self.local(at)
        return at_local(self.calendar.next_working_day_after(here.date()), here.time(), self.zone)

    def census(self, now: Ms) -> dict[tuple[str, str], int]:
        """Devices in schedule now, by (building, kind)."""
        counts: dict[tuple[str, str], int] = {}
        for (schedule, building, kind), count in self.groups.items():
            if self.on(schedule, now):
                counts[building, kind] = counts.get((building, kind), 0) + count
        return counts

    def maintained(self, device: Device | None, now: Ms) -> bool:
        """Whether an announced maintenance window covers the device at `now`."""
        return any(
            _covers(window, device) and self._within(window.start, window.end, now) for window in self.policy.windows
        )

    def listening(self, now: Ms) -> bool:
        """Whether a listening slot of an examination guard period runs."""
        return any(self._within(slot.start, slot.end, now) for guard in self.policy.guards for slot in guard.listening)

    def contexts(self, start: Ms, end: Ms) -> list[Ms]:
        """Moments in (start, end] at which the timetable may have changed what a fault means for the school."""
        days = (self.local(end).date() - self.local(start).date()).days
        dates = [self.local(start).date() + timedelta(days=day) for day in range(days + 1)]
        clocks = {"00:00", "06:30", "22:00"}
        clocks |= {edge for rule in self.policy.severity.rules.values() for text in rule.hours for edge in _edges(text)}
        moments = {at_local(date, clock, self.zone) for date in dates for clock in clocks}
        slots = [slot for guard in self.policy.guards for slot in guard.listening]
        moments |= {self._moment(text) for slot in slots for text in (slot.start, slot.end)}
        for schedule in self.schedules.values():
            moments |= self._changes(schedule, start, end)
        return sorted(at for at in moments if start < at <= end)

    def _changes(self, schedule: Schedule, start: Ms, end: Ms) -> set[Ms]:
        """Every change of one schedule, and the grace period behind it."""
        grace, found, at = round(self.policy.life.schedule_grace * 1000), set[Ms](), start - 86_400_000
        while (change := schedule.next_change(self.local(at), self.calendar)) is not None:
            at = ms(change)
            if at > end:
                break
            found |= {at, at + grace}
        return found

    def _within(self, start: str, end: str, now: Ms) -> bool:
        return self._moment(start) <= now < self._moment(end)

    def _moment(self, text: str) -> Ms:
        moment = datetime.fromisoformat(text)
        return ms(moment if moment.tzinfo else moment.replace(tzinfo=self.zone))

    def next_morning(self, at: Ms, clock: str) -> Ms:
        """The next time after `at` that local clocks show `clock`."""
        day = self.local(at).date()
        today = at_local(day, clock, self.zone)
        return today if today > at else at_local(day + timedelta(days=1), clock, self.zone)


def _edges(hours: str) -> tuple[str, str]:
    span = Hours.parse(hours)
    return f"{span.start // 60:02}:{span.start % 60:02}", f"{span.end // 60 % 24:02}:{span.end % 60:02}"


def _covers(window: Window, device: Device | None) -> bool:
    if not window.devices and not window.buildings:
        return True
    return device is not None and (device.id in window.devices or device.location.building in window.buildings)


def build(
    devices: Mapping[str, Device],
    targets: Iterable[Target],
    confirm: Mapping[str, int],
    *,
    references: tuple[str, ...] = (),
    policy: Policy | None = None,
    schedules: Mapping[str, Schedule] | None = None,
    calendar: WorkCalendar | None = None,
    zone: str = "Asia/Shanghai",
    roster: Roster | None = None,
) -> Frame:
    """The frame of an inventory, a policy and a calendar."""
    probes, behind = _watched_by(devices, targets)
    watched = [device for device in devices.values() if device.id in probes]
    return Frame(
        devices=devices,
        probes=probes,
        leading={device: lead(names) for device, names in probes.items()},
        confirm={**confirm, THROUGH: 2},
        graph=declared(devices.values()),
        references=references,
        policy=policy or Policy(),
        schedules={"always": always(), **(schedules or {})},
        calendar=calendar or WorkCalendar(),
        zone=ZoneInfo(zone),
        roster=roster or Roster(),
        groups=_groups(watched),
        behind=behind,
        rooms=_placed(
            ((device.location.building, device.location.room), device)
            for device in devices.values()
            if device.kind == "terminal" and device.location.room
        ),
        key_points=_placed(
            (device.location, device)
            for device in devices.values()
            if device.kind == "camera" and "key-point" in device.tags
        ),
        kin=_kin(watched),
    )


def _watched_by(
    devices: Mapping[str, Device], targets: Iterable[Target]
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[Device, ...]]]:
    """The probes of each device, and the access points of each controller that is read: it is a probe of theirs."""
    probes: dict[str, tuple[str, ...]] = {}
    for target in targets:
        probes[target.device] = (*probes.get(target.device, ()), target.probe)
    behind = _placed(
        (device.controller, device) for device in devices.values() if "snmp" in probes.get(device.controller, ())
    )
    for device in (device for aps in behind.values() for device in aps):
        probes[device.id] = (*probes.get(device.id, ()), THROUGH)
    return probes, behind


def family(kind: str) -> str:
    """The kinds that are parts of one system have one name."""
    return "broadcast" if kind in ("amplifier", "zone") else kind


def _kin(watched: Iterable[Device]) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], list[str]] = {}
    for device in watched:
        for building in {"", device.location.building}:
            found.setdefault((family(device.kind), building), []).append(device.id)
    return {place: tuple(ids) for place, ids in found.items()}


def _groups(watched: Iterable[Device]) -> dict[Group, int]:
    """How many watched devices of each schedule, building and kind there are."""
    groups: dict[Group, int] = {}
    for device in watched:
        if device.kind != "reference":
            group = (device.schedule, device.location.building, device.kind)
            groups[group] = groups.get(group, 0) + 1
    return groups


def _placed(devices: Iterable[tuple[Place, Device]]) -> dict[Place, tuple[Device, ...]]:
    found: dict[Place, list[Device]] = {}
    for place, device in devices:
        found.setdefault(place, []).append(device)
    return {place: tuple(there) for place, there in found.items()}
