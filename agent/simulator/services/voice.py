"""One service of one device, as its protocol sees it: its settings, its clock, who may log in."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from agent.clock import Clock
from agent.simulator.campus import Campus
from agent.simulator.plan import Box, Service
from agent.simulator.services.logins import Guard
from agent.simulator.settings import seconds
from agent.simulator.tables import mac

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True, eq=False)
class Voice:
    """`guard` is shared by all services of the device, and so are its sessions."""

    campus: Campus
    box: Box
    service: Service
    clock: Clock
    guard: Guard
    sessions: set[str] = field(default_factory=set)
    searches: dict[str, int] = field(default_factory=dict)
    """Searches of recordings that are open, and how far they have come."""
    looks: int = 0
    """Pictures shown so far."""

    @property
    def password(self) -> str:
        """The device's, as it is now."""
        return self.campus.setting(self.box.id, "password", self.service.password)

    @property
    def mono(self) -> float:
        return self.clock.mono()

    def now(self) -> datetime:
        """UTC by the device's own clock."""
        return self.true_time() + timedelta(seconds=seconds(self.setting("clock", "0")))

    def true_time(self) -> datetime:
        return _EPOCH + timedelta(milliseconds=self.clock.now())

    def setting(self, key: str, default: str) -> str:
        return self.campus.setting(self.box.id, key, default)

    def set_ago(self, key: str) -> float:
        """Seconds since the key was set."""
        return self.mono - self.campus.set_at.get((self.box.id, key), self.campus.began)

    def of(self, device: str, key: str, default: str) -> tuple[str, float]:
        """What is set at another device, and for how many seconds."""
        since = self.campus.set_at.get((device, key), self.campus.began)
        return self.campus.setting(device, key, default), self.mono - since

    @property
    def salt(self) -> int:
        return zlib.crc32(self.box.id.encode())

    @property
    def serial(self) -> str:
        return f"{self.box.vendor[:3].upper()}{self.salt:010d}"

    @property
    def mac(self) -> str:
        return mac(self.box.id)
