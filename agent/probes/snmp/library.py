"""All profiles, joined with what they extend: the shipped folder, and the user's own before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from agent.config import Problem, near, shown
from agent.config.tree import Mapping as Fields
from agent.probes.snmp.loading import File, Reader, read_head
from agent.probes.snmp.profile import Alternatives, Profile, Rule, Select, Step, SystemField
from agent.probes.snmp.rows import CLASSES

FOLDER = Path(__file__).parent.parent / "profiles"
"""The profiles that come with the agent."""

FALLBACK = "generic"
"""The profile of a box that none recognises."""

EXTREMES = frozenset(map(str, (-(2**31), 2**31 - 1, 2**32 - 1, -(2**63), 2**63 - 1, 2**64 - 1)))
"""The ends of the SMI's types (RFC 2578), which no box measures: many say so for "not known"."""

ADDITIVE = frozenset(("sensors", "neighbours"))
"""Classes in which a profile's own rules stand beside the inherited ones; elsewhere the first profile that yields
rows is heard alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A profile with all it inherits. groups: by class, the rules of each profile of the line, its own first.

    line: the names of those profiles, its own first.
    """

    name: str
    title: str
    file: str
    line: tuple[str, ...]
    select: tuple[Select, ...]
    system: Mapping[str, tuple[Rule | str, ...]]
    groups: Mapping[str, tuple[tuple[Step, ...], ...]]
    no_value: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """profiles: those that a box can have, by name.  problems: of all files."""

    profiles: Mapping[str, Joined] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def load(folders: Sequence[Path] = (FOLDER,)) -> Library:
    """Every `*.yaml` of the folders; a later folder's file stands in the place of an earlier one of its name."""
    paths: dict[str, Path] = {}
    for folder in folders:
        paths |= {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    return join(read_head(path) for path in paths.values())


@cache
def known(own: Path | None = None) -> Library:
    """The profiles that come with the agent and those of the user's own folder, read once."""
    return load((FOLDER,) if own is None else (FOLDER, own))


def join(heads: Iterable[File]) -> Library:
    """Read the rest of files whose heads are read, and join them."""
    files = {file.name: file for file in heads}
    lines = {name: _line(name, files) for name in files}
    own: dict[str, Profile] = {}
    for name, file in files.items():
        profile = Reader(file.source, _objects(lines[name], files)).profile(file)
        if profile is not None:
            own[name] = profile
    whole = {
        name: _joined(_chain(name, lines, files, own), lines[name])
        for name in own
        if all(each in own for each in lines[name])
    }
    problems = [problem for file in files.values() for problem in file.source.loaded(None).problems]
    visible = {name: joined for name, joined in whole.items() if not own[name].abstract}
    return Library(profiles=visible, problems=tuple(problems))


def _line(name: str, files: Mapping[str, File]) -> tuple[str, ...]:
    """The profile and all it extends, each behind every one that extends it; cycles and strangers are noted."""
    found: list[str] = []

    def visit(name: str, way: tuple[str, ...]) -> None:
        found.append(name)
        file = files[name]
        for parent in file.head.extends if file.head else ():
            if parent not in files:
                _note(file, "probes.no_profile", near(parent, files), parent)
            elif parent in (*way, name):
                _note(file, "probes.cycle", "", parent)
            else:
                visit(parent, (*way, name))

    visit(name, ())
    last = {each: at for at, each in enumerate(found)}
    return tuple(sorted(last, key=lambda each: last[each]))


def _objects(line: Iterable[str], files: Mapping[str, File]) -> dict[str, str]:
    """Names for OIDs, by the nearest profile that gives them."""
    objects: dict[str, str] = {}
    for head in [files[each].head for each in line][::-1]:
        objects |= head.objects if head else {}
    return objects


def _chain(
    name: str, lines: Mapping[str, tuple[str, ...]], files: Mapping[str, File], own: Mapping[str, Profile]
) -> list[Profile]:
    """The profiles of a line; one whose names mean other OIDs in a profile that extends it is read anew by those."""
    chain: list[Profile] = []
    for each in lines[name]:
        names = _objects(lines[each], files)
        meant = names | _objects([heir for heir in lines[name] if each in lines[heir]], files)
        again = any(meant[key] != oid for key, oid in names.items())
        read = Reader(files[each].source, meant).profile(files[each]) if again else None
        chain.append(read or own[each])
    return chain


def _note(file: File, key: str, meant: str, name: str) -> None:
    line = file.node.line_of("extends") if isinstance(file.node, Fields) else 0
    file.source.error(line, (None, "extends"), key, near=meant, name=shown(name))


def _joined(chain: Sequence[Profile], line: tuple[str, ...]) -> Joined:
    profile = chain[0]
    dropped: frozenset[str] = frozenset()
    groups: dict[str, list[tuple[Step, ...]]] = {of: [] for of in CLASSES}
    system: dict[str, SystemField] = {}
    adding: set[str] = set(ADDITIVE)
    for each in chain:
        for of, steps in each.steps.items():
            kept = _kept(steps, dropped)
            if of in adding and groups[of]:
                groups[of][-1] += kept
            else:
                groups[of].append(kept)
            adding.discard(of) if of not in ADDITIVE else None
            if of in each.also:
                adding.add(of)
        dropped |= each.drop
        for name, choices in each.system.items():
            system[name] = system.get(name, ()) + choices
    return Joined(
        name=profile.name, title=profile.title, file=profile.file, line=line, select=profile.select, system=system,
        groups={of: tuple(kept) for of, kept in groups.items() if kept},
        no_value=EXTREMES.union(*(each.no_value for each in chain)),
    )  # fmt: skip


def _kept(steps: tuple[Step, ...], dropped: frozenset[str]) -> tuple[Step, ...]:
    kept: list[Step] = []
    for step in steps:
        if isinstance(step, Alternatives):
            kept.append(Alternatives(rules=tuple(rule for rule in step.rules if rule.name not in dropped)))
        elif step.name not in dropped:
            kept.append(step)
    return tuple(kept)
