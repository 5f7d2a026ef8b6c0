"""`roster.yaml` -> `Roster`: the people, and who is asked in turn."""

from __future__ import annotations

import dataclasses
import os

from agent.alerting.roster import Role, Roster
from agent.config import BAD, Loaded, Source, near, open_file, read, shown
from agent.config.tree import Node, place


def load_roster(path: str | os.PathLike[str] | None = None) -> Loaded[Roster]:
    """The roster; an empty one without a file. Without `order` every engineer is asked as the file lists them."""
    if path is None:
        return Loaded(value=Roster())
    source, node = open_file(path)
    roster = BAD if node is None else read(Roster, node, source)
    if roster is BAD or node is None:
        return source.loaded(None)
    _check(roster, node, source)
    return source.loaded(_in_order(roster))


def _in_order(roster: Roster) -> Roster:
    if roster.order:
        return roster
    return dataclasses.replace(roster, order=tuple(each.id for each in roster.people if each.role is Role.ENGINEER))


def _check(roster: Roster, node: Node, source: Source) -> None:
    """Each id once, and only engineers in the order."""
    people = {person.id: person for person in roster.people}
    seen: set[str] = set()
    for index, person in enumerate(roster.people):
        if person.id in seen:
            source.error(*place(node, None, "people", index), "config.id_of_another", name=shown(person.id))
        seen.add(person.id)
    for index, name in enumerate(roster.order):
        if name not in people:
            source.error(
                *place(node, None, "order", index), "config.absent.person", near(name, people), name=shown(name)
            )
        elif people[name].role is not Role.ENGINEER:
            source.error(*place(node, None, "order", index), "config.roster_order", name=shown(name))
    if not any(person.role is Role.ENGINEER for person in roster.people):
        source.warn(node.line, None, "config.roster_empty")
