"""The nouns of a command: what a person asks, what the rules may know, what is written or why it is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.alerting.table import Row, codes
from agent.alerting.tickets import Ticket
from agent.model import Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What a person asks of one ticket. `at` is when it happened, None for now; `version` the one he saw, None for any.

    caller: the local account that gave it, as the kernel names it (SO_PEERCRED).
    role: a key of `table.ROLES`, or "" for the trusted local operator whose name is on no roster.
    """

    ticket: str
    verb: str
    by: str
    role: str = ""
    via: str = "cli"
    caller: str = ""
    at: Ms | None = None
    version: int | None = None
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """An event to be written to a ticket's journal."""

    ticket: str
    name: str
    at: Ms
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a command was not carried out: an HTTP-like code, a message key and its arguments.

    writes: what is written all the same, because somebody must be told (row 9).
    """

    code: int
    key: str
    args: Mapping[str, Any] = field(default_factory=dict)
    writes: tuple[Write, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What the contract lets people do (policy)."""

    suspend: bool = False
    refuse_workdays: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a command may need to know of the world.

    health: of the ticket's root: "unwatched", "up", "down" or "unknown".  close: close of business of the n-th working
    day after a moment.  due: the feedback deadline of a moment.  maintenance: whether a window covers the root now.
    hole: the last time the agent was blind, for late entries inside it (E18).  engineer: whether a name is an
    engineer's (row 5).  rival: another ticket of the agent in which the same root is broken now.
    """

    now: Ms
    health: str
    find: Callable[[str], Ticket | None]
    close: Callable[[Ms, int], Ms]
    due: Callable[[Ms], Ms]
    stability_ms: int
    rights: Rights = Rights()
    maintenance: bool = False
    hole: tuple[Ms, Ms] | None = None
    last_on_roster: Callable[[str], bool] = field(default=lambda name: False)
    engineer: Callable[[str], bool] = field(default=lambda name: True)
    rival: str = ""


Answer = list[Write] | Refused


def acting(row: Row, command: Command, ticket: Ticket | None = None) -> str:
    """The code (De, Cu ...) under which the person acts in this row, or "".

    The local operator (no role) acts as the row's engineer where it has one, since the socket is only open to people
    of this server; on confirmations a name that is not the handler's is taken for the customer's.
    """
    if command.role:
        return next((code for code in row.who if code in codes(command.role)), "")
    people = [code for code in row.who if code not in ("Ag", "Ck")]
    if row.verb in ("confirm", "refuse"):
        own = ticket is not None and command.by in (ticket.handler, ticket.owner)
        return "De" if own or command.args.get("evidence") else "Cu"
    return next((code for code in people if code in ("De", "En")), people[0] if people else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One command about to be carried out."""

    ticket: Ticket
    command: Command
    scene: Scene
    row: Row

    @property
    def at(self) -> Ms:
        return self.scene.now if self.command.at is None else self.command.at

    @property
    def acts_as(self) -> str:
        return acting(self.row, self.command, self.ticket)

    def arg(self, name: str) -> Any:
        return self.command.args.get(name)

    def write(self, name: str, *keep: str, **args: Any) -> Write:
        """An event of this ticket with the named arguments of the command and `args`; empty ones are left out."""
        kept = {key: self.command.args[key] for key in (*keep, "late_entry") if self.command.args.get(key)}
        full = {**kept, **{key: value for key, value in args.items() if value not in (None, "")}}
        return Write(ticket=self.ticket.id, name=name, at=self.at, args=full)

    def refuse(self, key: str, **args: Any) -> Refused:
        return Refused(code=422, key=key, args=args)

    def only(self, who: str) -> Refused | None:
        """Refuses an engineer who is not `who` (rows 9, 10, 17, 19); the local operator writes for others."""
        stranger = self.acts_as in ("De", "En") and self.command.role and self.command.by != who
        args = {"verb": self.command.verb, "handler": who}
        return Refused(code=403, key="not_yours", args=args) if stranger else None
