"""`inventory import FILE`: the school's list becomes an inventory. `inventory export FILE`: and the other way."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.cli.desk import Desk
from agent.cli.grammar import Parser
from agent.cli.grid import Column, grid
from agent.cli.newfile import put_new
from agent.cli.stop import DONE, FAILED, USAGE, Stop

if TYPE_CHECKING:
    from agent.inventory import Inventory
    from agent.inventory.columns import Guess
    from agent.inventory.ledger import Imported

ACTIONS = ("import", "export")
_LISTED = 200
"""Mistakes that are shown; more are counted."""


def configure(parser: Parser, words: list[str]) -> None:
    parser.take("action", choices=ACTIONS)
    parser.take("file", type=Path, metavar="FILE")
    parser.take("--write", type=Path, metavar="FILE")
    parser.take("--sheet", metavar="NAME", action="append")
    parser.take("--map", metavar="HEADING=FIELD", action="append")
    parser.take("--yes", action="store_true")
    parser.take("--format", choices=("csv", "xlsx", "netbox"))
    parser.take("--inventory", type=Path, metavar="FILE")


def run(args: Namespace, desk: Desk) -> int:
    """0 done; 1 where cells were wrong: the rest is written, and every mistake named."""
    return _import(args, desk) if args.action == "import" else _export(args, desk)


# -- import ----------------------------------------------------------------------------------------------------------


def _import(args: Namespace, desk: Desk) -> int:
    from agent.inventory.rows import import_rows

    write = getattr(args, "write", None)
    if write is not None and write.exists():
        raise Stop(USAGE, desk.say.say("discovery.there", file=str(write)))
    guesses = _guesses(args, desk)
    _confirm(guesses, args, desk)
    done = import_rows(guesses)
    if not done.entries:
        raise Stop(FAILED, desk.say.say("lists.nothing"))
    text = _text(done, args.file, desk)
    if write is not None:
        put_new(write, text, desk)
    if desk.as_json:
        desk.document(_document(done, guesses))
    elif write is None:
        desk.print(text.rstrip("\n"))
    _told(done, write, desk)
    return FAILED if done.mistakes else DONE


def _guesses(args: Namespace, desk: Desk) -> list[Guess]:
    """Of every sheet that looks like a list, or of those that were named."""
    from agent.inventory.columns import guess
    from agent.inventory.sheets import UnreadableSheet, read_sheets

    say, wanted = desk.say.say, getattr(args, "sheet", [])
    try:
        sheets = read_sheets(args.file)
    except FileNotFoundError:
        raise Stop(USAGE, say("cli.no_file", place=str(args.file))) from None
    except UnreadableSheet as wrong:
        raise Stop(FAILED, say(f"lists.unreadable.{wrong}", file=str(args.file))) from None
    names = [sheet.name for sheet in sheets if sheet.shown]
    absent = [name for name in wanted if name not in names]
    if absent:
        raise Stop(USAGE, say("lists.no_sheet", name=absent[0], names=", ".join(names)))
    own = _own(getattr(args, "map", []), desk)
    looked_at = [sheet for sheet in sheets if sheet.shown and (not wanted or sheet.name in wanted)]
    guesses = {sheet.name: guess(sheet, own) for sheet in looked_at}
    found = [guessed for guessed in guesses.values() if guessed]
    if not found:
        raise Stop(FAILED, say("lists.no_headings", names=", ".join(names)))
    hidden = [] if wanted else [sheet.name for sheet in sheets if not sheet.shown]
    for key, unread in (("no_list", [name for name, one in guesses.items() if one is None]), ("hidden", hidden)):
        if unread:
            desk.tell(say(f"lists.{key}", names=", ".join(unread)))
    return found


def _own(words: Sequence[str], desk: Desk) -> dict[str, str]:
    """`列=field`, checked."""
    from agent.inventory.columns import FIELDS

    own = {}
    for word in words:
        heading, mark, field = word.rpartition("=")
        if not mark or field not in FIELDS:
            raise Stop(USAGE, desk.say.say("lists.map", value=word, fields=", ".join(FIELDS)))
        own[heading.strip()] = field
    return own


def _confirm(guesses: Sequence[Guess], args: Namespace, desk: Desk) -> None:
    """Show what each column is taken for; go on only with a yes."""
    say = desk.say.say
    for one in guesses:
        desk.tell(say("lists.guess", sheet=one.sheet.name, row=one.number, rows=len(one.sheet.rows) - one.row - 1))
        for line in _columns(one, desk):
            sys.stderr.write(f"  {line}\n")
        kept = [heading for column, heading in one.kept.items() if column in one.unknown]
        for key, names in (("unknown_columns", kept), ("secret_columns", one.secret)):
            if names:
                desk.tell(say(f"lists.{key}", names=", ".join(names)))
    if hasattr(args, "yes"):
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Stop(USAGE, say("lists.confirm_by_yes"))
    sys.stderr.write(say("lists.right") + " ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().casefold() not in ("y", "yes", "是", "对"):
        raise Stop(FAILED, say("lists.not_right"))


def _columns(one: Guess, desk: Desk) -> list[str]:
    from agent.inventory.sheets import letters

    say = desk.say.say
    columns = (Column(say("lists.column")), Column(say("lists.heading"), cut=True), Column(say("lists.field")),
               Column(say("lists.example"), cut=True))  # fmt: skip
    rows = [
        (letters(column), one.heading(column), f"{field} {say(f'lists.fields.{field}')}", _example(one, column))
        for column, field in sorted(one.fields.items())
    ]
    return grid(columns, rows, desk.wide)


def _example(one: Guess, column: int) -> str:
    below = (row[column].text for row in one.sheet.rows[one.row + 1 :] if column < len(row))
    return next((text for text in below if text), "")


def _text(done: Imported, file: Path, desk: Desk) -> str:
    from agent.inventory.writing import document

    site = {"id": "school", "name": desk.say.say("discovery.site"), "timezone": "Asia/Shanghai"}
    return document(site, done.entries, [desk.say.say("lists.head", file=file.name)])


def _told(done: Imported, write: Path | None, desk: Desk) -> None:
    say = desk.say.say
    for remark in done.remarks[:_LISTED]:
        desk.tell(f"{remark.where}: {say(f'lists.row.{remark.key}', value=remark.value)}")
    if len(done.remarks) > _LISTED:
        desk.tell(say("lists.more", count=len(done.remarks) - _LISTED))
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(done.kinds.items()))
    desk.tell(
        say(
            "lists.done", count=sum(done.kinds.values()), kinds=kinds, mistakes=len(done.mistakes), skipped=done.skipped
        )
    )
    if write is not None:
        desk.tell(say("discovery.written", file=str(write)))


def _document(done: Imported, guesses: Sequence[Guess]) -> Mapping[str, Any]:
    items = [
        {name: _plain(value) for name, value in entry.fields.items()}
        | ({"notes": list(entry.comments[1:])} if entry.comments[1:] else {})
        for entry in done.entries
    ]
    columns = [
        {"sheet": one.sheet.name, "row": one.number, "fields": {one.heading(at): one.fields[at] for at in one.fields}}
        for one in guesses
    ]
    remarks = [
        {"where": each.where, "key": each.key, "value": each.value, "mistake": each.mistake}
        for each in done.remarks
    ]  # fmt: skip
    return {"items": items, "total": len(items), "next": None, "columns": columns, "remarks": remarks}


def _plain(value: Any) -> Any:
    return {name: str(inner) for name, inner in value.items()} if isinstance(value, dict) else value


# -- export ----------------------------------------------------------------------------------------------------------


def _export(args: Namespace, desk: Desk) -> int:
    """A new file; `-` is stdout."""
    path, say = args.file, desk.say.say
    body = _exported(_inventory(desk), _format(args, desk), desk)
    if str(path) == "-":
        sys.stdout.buffer.write(body)
        return DONE
    try:
        with path.open("xb") as file:
            file.write(body)
    except FileExistsError:
        raise Stop(USAGE, say("discovery.there", file=str(path))) from None
    desk.tell(say("lists.exported", file=str(path)))
    return DONE


def _format(args: Namespace, desk: Desk) -> str:
    named = getattr(args, "format", "") or {".csv": "csv", ".xlsx": "xlsx"}.get(args.file.suffix.lower(), "")
    if named:
        return str(named)
    if str(args.file) == "-":
        return "csv"
    raise Stop(USAGE, desk.say.say("lists.no_format", file=str(args.file)))


def _inventory(desk: Desk) -> Inventory:
    from agent.cli.places import inventory_file
    from agent.inventory import load_inventory

    place = inventory_file(desk)
    if place is None:
        raise Stop(USAGE, desk.say.say("app.no_inventory"))
    loaded = load_inventory(place)
    if loaded.value is None:
        raise Stop(USAGE, *(problem.render(desk.say.lang) for problem in loaded.errors))
    return loaded.value


def _exported(inventory: Inventory, form: str, desk: Desk) -> bytes:
    from agent.inventory import exporting

    if form == "netbox":
        return exporting.as_csv(exporting.netbox_rows(inventory))
    table = exporting.rows(exporting.devices_of(inventory), lambda name: desk.say.say(f"lists.fields.{name}"))
    return exporting.as_csv(table) if form == "csv" else exporting.as_xlsx(table, inventory.site.id)
