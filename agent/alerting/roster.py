"""The people under the contract: who they are, in which role, and who is asked in which order. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do; the rows of the ticket table name these."""

    ENGINEER = "engineer"
    MANAGER = "manager"
    CUSTOMER = "customer"
    COMMAND = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person. `tier` is the support tier of an engineer (1 受理, 2 技术支撑); `title` is what papers call them."""

    id: str
    name: str
    role: Role
    phone: str = ""
    email: str = ""
    title: str = ""
    party: str = "us"
    tier: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """`order`: ids of engineers, asked in turn; all engineers as they are listed when the file gives none."""

    people: tuple[Person, ...] = ()
    order: tuple[str, ...] = ()

    def person(self, who: str) -> Person | None:
        """By id, or by name when only one person has it."""
        for person in self.people:
            if person.id == who:
                return person
        named = [person for person in self.people if person.name == who]
        return named[0] if len(named) == 1 else None

    def role_of(self, who: str) -> str | None:
        """The role of an id or name; None for a stranger."""
        person = self.person(who)
        return None if person is None else person.role.value

    def after(self, who: str | None = None) -> str | None:
        """Whom to ask next: the first for None, None behind the last; a stranger starts from the top."""
        if who in self.order:
            rest = self.order[self.order.index(who) + 1 :]
            return rest[0] if rest else None
        return self.order[0] if self.order else None
