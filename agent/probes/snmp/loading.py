"""A profile file -> `Profile`, every mistake as `file:line: path: what` by the configuration's own reader.

First the head of a file is read (what it extends, its names for OIDs), then, with the names of all that it extends,
the rest. `library` reads a whole folder and joins the profiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.config import Raw, Source, near, open_file, read, shown
from agent.config.source import Trail
from agent.config.tree import Mapping as Fields
from agent.config.tree import Node, Scalar
from agent.probes.snmp.profile import Get, Profile, Select, Step, SystemField
from agent.probes.snmp.rows import CLASSES
from agent.probes.snmp.rules import rules_of, system_field
from agent.probes.snmp.words import Words, is_object

SYSTEM = ("vendor", "model", "serial", "firmware", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A file as it is first read."""

    title: str = ""
    abstract: bool = False
    select: Raw | None = None
    extends: tuple[str, ...] = ()
    objects: Mapping[str, str] = field(default_factory=dict)
    no_value: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    system: Raw | None = None
    processors: Raw | None = None
    memory: Raw | None = None
    sensors: Raw | None = None
    storage: Raw | None = None
    channels: Raw | None = None
    neighbours: Raw | None = None
    forwarding: Raw | None = None
    arp: Raw | None = None
    vlans: Raw | None = None
    poe: Raw | None = None
    poe_supplies: Raw | None = None
    access_points: Raw | None = None
    totals: Raw | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file whose head is read. node: the whole tree."""

    name: str
    source: Source
    node: Node | None
    head: Head | None


def read_head(path: Path) -> File:
    """The first reading; problems are in the source."""
    source, node = open_file(path)
    head = None if node is None else read(Head, node, source)
    return File(path.stem, source, node, head if isinstance(head, Head) else None)


@dataclass(slots=True)
class Reader(Words):
    """The second reading of one file."""

    def profile(self, file: File) -> Profile | None:
        """None after noting why not."""
        head, before = file.head, self.source.errors
        if head is None:
            return None
        assert isinstance(file.node, Fields)
        self._check_names(file)
        steps: dict[str, tuple[Step, ...]] = {}
        for of in CLASSES:
            raw = getattr(head, of)
            if raw is not None:
                steps[of] = rules_of(self, of, raw.node, raw.trail)
        system: dict[str, SystemField] = {}
        for name, node, trail in self.named(head.system.node, head.system.trail) if head.system else ():
            if name in SYSTEM:
                system[name] = system_field(self, name, node, trail)
            else:
                self.source.error(node.line, trail, "config.unknown", near=near(name, SYSTEM), name=shown(name))
        profile = Profile(
            name=file.name, file=self.source.file, title=head.title, abstract=head.abstract,
            select=tuple(self._selects(head.select)) if head.select else (), extends=head.extends,
            also=frozenset(head.also), drop=frozenset(head.drop), no_value=frozenset(head.no_value),
            system=system, steps=steps,
        )  # fmt: skip
        return profile if self.source.errors == before else None

    def _check_names(self, file: File) -> None:
        assert file.head is not None and isinstance(file.node, Fields)
        for name in file.head.also:
            if name not in CLASSES:
                line = file.node.line_of("also")
                self.source.error(line, (None, "also"), "config.unknown", near=near(name, CLASSES), name=shown(name))
        for name, oid in file.head.objects.items():
            if not is_object(name, oid):
                objects = file.node.fields["objects"]
                line = objects.line_of(name) if isinstance(objects, Fields) else objects.line
                self.source.error(line, ((None, "objects"), name), "probes.not_oid", value=shown(oid))

    # -- how a box is recognised --------------------------------------------------------------------------------------

    def _selects(self, raw: Raw) -> Iterator[Select]:
        for node, trail in self.items(raw.node, raw.trail):
            known: dict[str, Callable[[Node, Trail], Any]] = {
                "object_id": self.oids, "not_object_id": self.oids, "descr": self.pattern,
                "not_descr": self.pattern, "get": self._get,
            }  # fmt: skip
            values = self.mapping(node, trail, known)
            if values:
                yield Select(**values)
            else:
                self.source.error(node.line, trail, "probes.selects_nothing")

    def _get(self, node: Node, trail: Trail) -> Any:
        if isinstance(node, Scalar):
            oid = self.oid(node, trail)
            return Get(oid=oid) if oid else None
        values = self.mapping(node, trail, {"oid": self.oid, "match": self.pattern})
        return Get(**values) if values.get("oid") else None
