"""What `profile` does: profiles as they are, and boxes asked here and now, whether the inventory knows them or not."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.cli.boxes import asked, credential
from agent.cli.desk import Desk
from agent.cli.grid import Column, grid
from agent.cli.places import inventory_file
from agent.cli.stop import DONE, FAILED, USAGE, Stop
from agent.probes.snmp.collect import collect
from agent.probes.snmp.library import FOLDER, Joined, Library, load
from agent.probes.snmp.profile import Rule, Select
from agent.probes.snmp.recording import record
from agent.probes.snmp.session import Session

SECONDS = 120.0
"""Longest time for the tables of a box that a person tests: four times what a look of the agent may take."""
_SHOWN: Mapping[str, tuple[str, ...]] = {
    "ports": ("index", "name", "alias", "type", "admin", "oper", "speed_bps", "duplex", "in_errors", "out_errors"),
    "processors": ("index", "descr", "percent"),
    "memory": ("index", "descr", "percent", "total_bytes"),
    "sensors": ("class", "index", "descr", "value", "unit", "state"),
    "storage": ("index", "descr", "percent", "total_bytes", "state"),
    "channels": ("index", "name", "online", "recording", "days"),
    "neighbours": ("protocol", "local_port", "remote_name", "remote_port", "remote_address"),
    "forwarding": ("mac", "port", "vlan", "status"),
    "arp": ("address", "mac", "port"),
    "vlans": ("id", "name"),
    "poe": ("port", "admin", "detection", "class", "watts"),
    "poe_supplies": ("index", "watts", "budget_watts", "state"),
    "access_points": ("name", "mac", "state", "clients", "channel", "address", "model", "serial"),
}
"""Columns of the tables, by class."""


# -- profiles ---------------------------------------------------------------------------------------------------------


def library(desk: Desk) -> Library:
    """The shipped profiles and those beside the inventory; mistakes in them are told and go with the file."""
    place = inventory_file(desk)
    folders = [FOLDER] if place is None else [FOLDER, place.parent / "profiles"]
    found = load(folders)
    desk.tell(*(problem.render(desk.say.lang) for problem in found.problems))
    return found


def listed(args: Namespace, desk: Desk) -> int:
    """`profile list`."""
    profiles = library(desk).profiles
    if desk.as_json:
        items = [_profile(profile) for profile in profiles.values()]
        desk.document({"items": items, "total": len(items), "next": None})
        return DONE
    columns = [Column(desk.say.say(f"probes.column.{name}")) for name in ("profile", "title", "extends")]
    rows = [(one.name, one.title, " ".join(one.line[1:])) for one in profiles.values()]
    desk.print(*grid(columns, rows, desk.wide))
    return DONE


def shown(args: Namespace, desk: Desk) -> int:
    """`profile show NAME`. Stops for a name that there is not."""
    from agent.config import near

    profiles = library(desk).profiles
    profile = profiles.get(args.name)
    if profile is None:
        meant = near(args.name, profiles)
        hint = desk.say.say("cli.meant", near=meant) if meant else ""
        raise Stop(USAGE, desk.say.say("probes.no_profile", name=args.name), hint)
    if desk.as_json:
        desk.document(_profile(profile))
        return DONE
    desk.print(f"{profile.name}  {profile.title}", profile.file)
    desk.print(f"{desk.say.say('probes.column.extends')}: {' '.join(profile.line[1:]) or '-'}")
    desk.print(*(f"{desk.say.say('probes.column.select')}: {_condition(select)}" for select in profile.select))
    desk.print(*_rules(profile, desk))
    return DONE


def _rules(profile: Joined, desk: Desk) -> Iterator[str]:
    from agent.probes.snmp.collect import rules

    for of, groups in profile.groups.items():
        for group in groups:
            for rule in rules(group):
                yield f"{desk.say.say(f'probes.class.{of}')}  {rule.name}  {' '.join(_oids(rule))}  {rule.source}"


def _oids(rule: Rule) -> Iterator[str]:
    for name in rule.rows:
        yield from rule.columns[name].oids


def _condition(select: Select) -> str:
    said = [f"sysObjectID {' | '.join(select.object_id)}"] if select.object_id else []
    said += [f"not {' | '.join(select.not_object_id)}"] if select.not_object_id else []
    said += [f"sysDescr /{select.descr.pattern}/"] if select.descr else []
    said += [f"not /{select.not_descr.pattern}/"] if select.not_descr else []
    if select.get:
        said.append(f"GET {select.get.oid}" + (f" /{select.get.match.pattern}/" if select.get.match else ""))
    return ", ".join(said)


def _profile(profile: Joined) -> dict[str, Any]:
    from agent.probes.snmp.collect import rules

    named = {of: [rule.name for group in groups for rule in rules(group)] for of, groups in profile.groups.items()}
    return {
        "name": profile.name, "title": profile.title, "file": profile.file, "extends": list(profile.line[1:]),
        "select": [_condition(select) for select in profile.select], "rules": named,
    }  # fmt: skip


def checked(args: Namespace, desk: Desk) -> int:
    """`profile check [FILE]`: mistakes as `file:line: path: what`; of all profiles where no file is named."""
    from agent.probes.snmp.library import join
    from agent.probes.snmp.loading import read_head

    name: str | None = getattr(args, "name", None)
    if name is None:
        found = load([FOLDER] if (place := inventory_file(desk)) is None else [FOLDER, place.parent / "profiles"])
        problems = list(found.problems)
    else:
        heads = {path.stem: read_head(path) for path in sorted(FOLDER.glob("*.yaml"))}
        heads[Path(name).stem] = read_head(Path(name))
        problems = [problem for problem in join(heads.values()).problems if problem.file == name]
    if desk.as_json:
        items = [
            {"file": one.file, "line": one.line, "path": one.path, "key": one.key, "message": one.what(desk.say.lang)}
            for one in problems
        ]
        desk.document({"items": items, "total": len(items), "next": None})
    else:
        desk.print(*(problem.render(desk.say.lang) for problem in problems))
        if not problems:
            desk.print(desk.say.say("probes.good"))
    return USAGE if problems else DONE


# -- boxes ------------------------------------------------------------------------------------------------------------


def tested(args: Namespace, desk: Desk) -> int:
    """`profile test ADDRESS`: one full collection."""
    profiles = library(desk)
    log: Callable[[str], None] = desk.tell if desk.debug else _silent
    login = credential(args, desk)
    collection = asked(args, desk, login, lambda session: collect(session, profiles, seconds=SECONDS, log=log))
    document = collection.document()
    if desk.as_json:
        desk.document(document)
    else:
        desk.print(*_told(document, desk))
    return DONE


def _silent(line: str) -> None:
    """Nobody asked for the log."""


def _told(document: Mapping[str, Any], desk: Desk) -> Iterator[str]:
    say = desk.say.say
    yield f"{say('probes.column.profile')}: {document['profile']} ({document['why']})"
    for name, value in document["system"].items():
        if value not in (None, ""):
            yield f"{say(f'probes.column.{name}')}: {value}"
    for name, value in document["totals"].items():
        yield f"{say('probes.class.totals')}: {name} {value}"
    for of, names in _SHOWN.items():
        if document[of]:
            yield from ("", f"{say(f'probes.class.{of}')} ({len(document[of])})", *_table(document[of], names, desk))
    yield from _unread(document.get("failed", {}), desk)


def _unread(failed: Mapping[str, str], desk: Desk) -> Iterator[str]:
    """What could not be read to its end, and why."""
    say = desk.say
    for where, why in failed.items():
        key = f"probes.why.{why}"
        yield say.say("probes.failed", where=where, why=say.say(key) if say.has(key) else why)


def _table(rows: list[Mapping[str, Any]], names: tuple[str, ...], desk: Desk) -> list[str]:
    told = [name for name in names if any(row[name] not in (None, "") for row in rows)]
    columns = [Column(desk.say.say(f"probes.column.{name}"), cut=name in ("descr", "alias", "name")) for name in told]
    return grid(columns, [[_cell(row[name], desk) for name in told] for row in rows], desk.wide)


def _cell(value: Any, desk: Desk) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    key = f"probes.word.{value}"
    return desk.say.say(key) if isinstance(value, str) and desk.say.has(key) else str(value)


def recorded(args: Namespace, desk: Desk) -> int:
    """`profile record ADDRESS --out FILE`. An existing file is replaced only with `--force`."""
    say, out = desk.say.say, getattr(args, "out", None)
    if out is None:
        raise Stop(USAGE, say("cli.mistake.required", names="--out"))
    if out.exists() and not getattr(args, "force", False):
        raise Stop(FAILED, say("probes.there", file=str(out)))
    profiles, login = library(desk), credential(args, desk)
    secrets = [login.user, *(one.reveal() for one in (login.community, login.auth_key, login.priv_key) if one)]

    async def look(session: Session) -> tuple[list[str], dict[str, str]]:
        serial = (await collect(session, profiles)).system.serial
        return await record(session, [word for word in (serial, *secrets) if len(word) >= 4])

    lines, failed = asked(args, desk, login, look)
    out.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    desk.tell(*_unread(failed, desk))
    if desk.as_json:
        desk.document({"file": str(out), "values": len(lines), "failed": failed})
    else:
        desk.print(say("probes.recorded", file=str(out), count=len(lines)))
    return DONE
