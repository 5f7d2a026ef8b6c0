"""What `inventory.yaml` may say, as dataclasses of one entry each, before anything is expanded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

from agent.calendar import ALL_DAY, Hours
from agent.config import Raw
from agent.model import KINDS, Location
from agent.units import Bounds, Choice, Id, ScheduleName

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

ROLES = (
    "core", "aggregation", "access", "gateway", "uplink", "firewall", "broadcast", "classroom", "cloud-classroom",
    "video", "platform", "recording", "building", "playground", "examination", "teacher", "pupil",
)  # fmt: skip
"""Roles that rules and pages know. Another one is kept, with a warning when it resembles one of these."""

WATCHED_KINDS = frozenset(KINDS) - {"asset", "zone", "ap"}
"""Kinds that are of little use without an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEntry:
    id: Id
    name: str = ""
    timezone: str = "Asia/Shanghai"
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleEntry:
    weekdays: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    hours: tuple[Hours, ...] = (ALL_DAY,)
    terms_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentEntry:
    device: str
    port: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarrantyEntry:
    accepted: date
    months: Annotated[int, Bounds(0, 600)] = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEntry:
    """One entry of `devices`; ranges still stand in its texts. `address` and `probes` are read by their own rules."""

    id: str
    kind: Annotated[str, Choice("kind", KINDS)]
    name: str = ""
    role: str = ""
    address: Raw | None = None
    location: Location = field(default_factory=Location)
    parent: ParentEntry | None = None
    credentials: str = ""
    probes: Raw | None = None
    schedule: ScheduleName = "always"
    criticality: Literal["low", "normal", "high"] = "normal"
    vendor: str = ""
    model: str = ""
    serial: str = ""
    mac: str = ""
    asset_no: str = ""
    controller: str = ""
    warranty: WarrantyEntry | None = None
    tags: frozenset[str] = frozenset()
    standby_of: str = ""
    owner_party: str = "us"
    pictures: Annotated[str, Choice("pictures", ("never", "allowed"))] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """The whole file. `schedules` alone is read at once; the rest has rules of its own."""

    site: Raw
    devices: Raw
    version: Literal[1] = 1
    credentials: Raw | None = None
    schedules: Mapping[str, ScheduleEntry] = field(default_factory=dict)
    defaults: Raw | None = None
