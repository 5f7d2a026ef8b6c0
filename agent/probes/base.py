"""What a probe is to the rest of the house."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from agent.clock import Clock
from agent.model import Reading, Target
from agent.probes.identities import Identities
from agent.probes.logins import Logins
from agent.probes.picture.viewer import Viewer
from agent.probes.resolve import Resolver

Log = Callable[[str], None]
"""Takes one line of what a look did, for `probe` and `diagnose`."""


class Prober(Protocol):
    """Looks at targets of one protocol. Owns its sockets and sessions; lives as long as the agent."""

    def start(self, targets: Sequence[Target]) -> None:
        """Begin one look at each target and return at once.

        Each look ends with exactly one `Hooks.sink(reading)`, within the target's timeout plus what the protocol
        declares (`Kind.worst`). The scheduler never starts a second look at a target before the first has ended.
        """

    async def look(self, target: Target, log: Log) -> Reading:
        """One look now, outside the schedule, telling what it does."""

    def forget(self, target: Target) -> None:
        """The target has left the inventory or changed: drop what is kept for it. Its look under way still ends."""

    async def close(self) -> None:
        """Close sockets and sessions; no reading comes afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What a prober is given by the house.

    sink: takes every reading.  missed: takes a target whose first heartbeat went unanswered, before it is sure.
    rejected(probe, reason): counts a reply that was not believed (stranger, wrong id, malformed ...).
    resolver: names to addresses; one for the house, so that each name is asked for once and trouble is told once.
    logins: which logins a device has refused; one for the house, so that no probe of it tries what another was refused.
    identities: who was last known to answer at each device's address; one for the house.
    viewer: decodes and judges pictures; one for the house, so that no more than a few are fetched at once.
    profiles: the folder of the user's own SNMP profiles, beside the inventory; None: only the shipped ones.
    """

    clock: Clock
    sink: Callable[[Reading], None]
    missed: Callable[[Target], None] = field(default=lambda target: None)
    rejected: Callable[[str, str], None] = field(default=lambda probe, reason: None)
    resolver: Resolver = field(default_factory=Resolver)
    logins: Logins = field(default_factory=Logins)
    viewer: Viewer = field(default_factory=Viewer)
    identities: Identities = field(default_factory=Identities)
    profiles: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A row of the table: how a protocol is configured and opened.

    options: frozen dataclass of what `probes: [{NAME: {...}}]` and `defaults: {NAME: {...}}` may say beside `interval`
    and `timeout`.  credential: frozen dataclass of what `credentials: {x: {NAME: {...}}}` may say, or None.
    port: the protocol's own port, 0 without.  confirm: how many looks in a row must fail before a condition is sure;
    recheck: seconds from a failed look to the next while it is not.  worst: seconds a look may take beyond its timeout
    (a burst, retries).  anonymous: a look needs no credential, though it may have one.  Parts that are dear to import
    are imported inside `open`.  unasked: names of the checks that a look with these options never comes to.
    """

    name: str
    open: Callable[[Hooks], Prober]
    options: type
    credential: type | None = None
    port: int = 0
    interval: float = 60.0
    timeout: float = 5.0
    confirm: int = 1
    recheck: float = 2.0
    worst: float = 0.0
    anonymous: bool = False
    unasked: Callable[[Any], frozenset[str]] = lambda options: frozenset()
