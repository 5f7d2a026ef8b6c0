"""The inventory as the rest of the house knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from agent.calendar import Schedule
from agent.model import Device, Target

REFERENCE = "reference"
"""The kind of a pseudo device: an address of `site.references` that is no device of the inventory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """references: as written; `Inventory.references` holds the device ids they mean."""

    id: str
    name: str
    timezone: str
    references: tuple[str, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """devices: by id, in the order of the file, pseudo devices of the references (`@ADDRESS`) last.

    targets: every probe of every device that has an address.  schedules: by name, `always` among them.
    references: ids of devices for the uplink guard.  sha256: of the file's bytes.
    """

    site: Site
    devices: Mapping[str, Device]
    targets: tuple[Target, ...]
    schedules: Mapping[str, Schedule]
    references: tuple[str, ...] = ()
    sha256: str = ""
    file: str = field(default="", compare=False)

    def children(self) -> dict[str, list[str]]:
        """Ids that declare each device as their parent."""
        found: dict[str, list[str]] = {}
        for device in self.devices.values():
            if device.parent is not None:
                found.setdefault(device.parent.device, []).append(device.id)
        return found
