"""What readers are shown: the devices as they stand and the tickets as of the last commit, as values and documents.

The page, the metrics, the socket and the API read through this; nobody writes here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent import documents
from agent.alerting.conditions import FLAPPING
from agent.alerting.events import Event
from agent.alerting.standing import Standing, stand
from agent.alerting.tickets import Ticket
from agent.calendar import at_local
from agent.documents import Document
from agent.locale import Catalogue
from agent.model import Device, Ms, Reading
from agent.monitor import Monitor


class View:
    """A read-only face of the monitor."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor

    @property
    def now(self) -> Ms:
        return self._monitor.clock.now()

    @property
    def monitor(self) -> Monitor:
        return self._monitor

    def calendar_ends(self) -> Ms | None:
        """The last day whose holidays are known, where it is near or past."""
        frame = self._monitor.frame
        last = frame.calendar.valid_until
        if last is None or not frame.calendar.ends_soon(frame.local(self.now).date()):
            return None
        return at_local(last, "00:00", frame.zone)

    def devices(self) -> Iterator[Device]:
        """The inventory's devices; the uplink guard's pseudo devices are not among them."""
        return (device for device in self._monitor.frame.devices.values() if device.kind != "reference")

    def find(self, device: str) -> Device | None:
        return self._monitor.frame.devices.get(device)

    def standing(self, device: Device, now: Ms) -> Standing:
        """How the device stands at `now`."""
        monitor, memory = self._monitor, self._monitor.memory
        keys = memory.by_device.get(device.id)
        conditions = [memory.conditions[key] for key in keys] if keys else ()
        return stand(device, monitor.frame, monitor.looks, conditions, memory.blind_since is not None, now)

    def since(self, device: str) -> Ms | None:
        return self._monitor.since.get(device)

    def reading(self, device: str, probe: str) -> Reading | None:
        return self._monitor.looks.get((device, probe))

    def tickets(self) -> list[Ticket]:
        """Open tickets as of the last commit, newest first."""
        known = [ticket for ticket in self._monitor.published.values() if ticket.is_open]
        return sorted(known, key=lambda ticket: (-ticket.times.opened_at, ticket.id))

    def tickets_by_device(self) -> dict[str, list[str]]:
        """Numbers of the open tickets that name each device, as root or member."""
        found: dict[str, list[str]] = {}
        for ticket in self.tickets():
            for member in ticket.members:
                found.setdefault(member, []).append(ticket.id)
        return found

    def device_document(self, device: Device, numbers: Iterable[str], tables: bool = False) -> Document:
        """The device as it stands. tables: with the rows that its last looks brought."""
        now = self.now
        standing = self.standing(device, now)
        since, looks = self.since(device.id), self._monitor.looks
        return documents.device(device, self._monitor.frame, standing, since, looks, numbers, tables)

    def ticket_document(self, ticket: Ticket, say: Catalogue, journal: Iterable[Event] | None = None) -> Document:
        """The ticket as its journal and its devices tell it."""
        return documents.ticket(ticket, self.now, say, journal, ("flapping",) if self.flaps(ticket) else ())

    def flaps(self, ticket: Ticket) -> bool:
        """Whether a device of an open ticket comes and goes, so that its good looks are not believed yet."""
        memory = self._monitor.memory
        keys = (key for member in ticket.members for key in memory.by_device.get(member, ()))
        return ticket.is_open and any(memory.conditions[key].state == FLAPPING for key in keys)
