"""The noun of a ticket (ticket-life.md 3.1): what is known of one after its last line; its states and kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.alerting import roots, sla
from agent.alerting.events import GENESIS
from agent.model import Ms

OPEN = ("new", "dispatched", "working", "suspended", "restored", "reported", "confirmed")
"""Every open state; `fault open` ends with `confirmed`."""
ENDS = ("filed", "withdrawn", "false_alarm", "merged")
STATES = (*OPEN, *ENDS)
BROKEN = ("new", "dispatched", "working", "suspended")
"""The states in which the fault is still there."""
FAULTLESS_KINDS = ("enquiry", "service_request", "upkeep", "servicing", "inspection", "change")
KINDS = ("emergency", "repair", *FAULTLESS_KINDS)
LAST_DAY = "last-day-"
"""Begins the mark of a feedback's reminder, in `Ticket.warned`; its deadline follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One ticket as it stands after `version` events.

    root: the device (or `place:TEXT`, `system:NAME`) the fault lies at.  members: devices that fell with it, the root
    included.
    cause: the cause class that a relapse must share.  asked: who was sent it and has not taken it.
    sources: its own and those of the reports merged into it.
    pending: the request that waits for approval, as its event's args.  last_at: `at` of the last event that counts for
    the order of late entries.
    """

    id: str
    root: str
    state: str
    severity: str
    times: sla.Times
    reasons: tuple[Mapping[str, Any], ...] = ()
    policy_version: str = ""
    source: str = "agent"
    sources: tuple[str, ...] = ()
    kind: str = "repair"
    cause: str = ""
    title_key: str = ""
    title_args: Mapping[str, Any] | None = None
    members: tuple[str, ...] = ()
    reporters: tuple[Mapping[str, Any], ...] = ()
    tier: int = 1
    owner: str = ""
    handler: str = ""
    asked: str = ""
    party: str = ""
    flags: frozenset[str] = frozenset()
    relapses: int = 0
    refusals: int = 0
    urges: int = 0
    reports: int = 0
    repeat_of: str | None = None
    split_from: str | None = None
    merged_into: str | None = None
    absorbed: tuple[str, ...] = ()
    pending: Mapping[str, Any] | None = None
    warned: frozenset[tuple[str, str]] = frozenset()
    stable_until: Ms | None = None
    resume_at: Ms | None = None
    confirmed_by: str = ""
    version: int = 0
    last_at: Ms = 0
    last_hash: str = GENESIS

    @property
    def title(self) -> tuple[str, dict[str, Any]]:
        """Key and arguments of its title, by how many devices it is about now: a fault grows under its ticket."""
        key, args, count = self.title_key, dict(self.title_args or {}), len(self.members)
        if count > 1 and key.startswith("ticket.title.unreachable"):
            key = "ticket.title.room.unreachable" if args.get("room") else "ticket.title.unreachable_many"
            args |= {"count": count, "others": count - 1}
        if roots.is_system(self.root):
            args |= {"count": count}
        return key, args

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def by_agent(self) -> bool:
        return self.source == "agent"

    @property
    def holds_root(self) -> bool:
        """Whether no second agent ticket may open at this root: an outage has ONE ticket (row 1).

        After `restored` and `reported` the engine decides between a relapse and a new ticket, by the window.
        """
        return self.by_agent and self.state in BROKEN
