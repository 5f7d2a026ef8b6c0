"""Inventory entries as YAML text: what discovery proposes and what a list imports to, for a person to read and mend.

Pure but for the last function, which puts a text where no file is.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agent.text import clean

ORDER = (
    "id", "name", "kind", "role", "address", "location", "parent", "controller", "credentials", "probes", "schedule",
    "criticality", "vendor", "model", "serial", "mac", "asset_no", "warranty", "tags", "standby_of", "owner_party",
    "pictures",
)  # fmt: skip
"""How an entry is written."""

_COMMENT = 200
_ITEM = re.compile(r"^( *)- ", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An entry and what a person should know of it. comments: one line each, of anybody's words."""

    fields: Mapping[str, Any]
    comments: Sequence[str] = ()


def document(
    site: Mapping[str, Any],
    entries: Iterable[Written],
    head: Sequence[str] = (),
    credentials: Mapping[str, Any] | None = None,
) -> str:
    """A whole inventory. head: comment lines at its top."""
    whole = {"version": 1, "site": dict(site)}
    if credentials:
        whole["credentials"] = dict(credentials)
    text = entries_text(entries)
    devices = f"devices:\n{text}" if text else "devices: []\n"
    return "".join((*(_remark(line, "") for line in head), _yaml(whole), devices))


def entries_text(entries: Iterable[Written], indent: str = "  ") -> str:
    """Items of the list `devices:`."""
    return "".join(_entry(entry, indent) for entry in entries)


def _entry(entry: Written, indent: str) -> str:
    known = {name: entry.fields[name] for name in ORDER if entry.fields.get(name) not in (None, "", {})}
    lines = "".join(
        f"{indent}{'- ' if place == 0 else '  '}{name}: {_flow(value)}\n"
        for place, (name, value) in enumerate(known.items())
    )
    return "".join(_remark(line, indent) for line in entry.comments) + lines


def _flow(value: Any) -> str:
    """One value on one line, quoted where YAML would take it for something else."""
    text: str = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, sort_keys=False, width=10**9)
    return text.removesuffix("...\n").rstrip("\n")


def _yaml(value: Any) -> str:
    return "".join(f"{name}: {_flow(inner)}\n" for name, inner in value.items())


def _remark(line: str, indent: str) -> str:
    return f"{indent}# {clean(line, _COMMENT)}\n"


def appended(text: str, entries: Sequence[Written]) -> str | None:
    """A present inventory's text with entries behind its last device, or with its first ones.

    None where its list is written in a way that lines cannot be put behind: the caller says so.
    """
    lines = text.splitlines(keepends=True)
    start = next((number for number, line in enumerate(lines) if re.match(r"devices:", line)), None)
    if start is None or re.fullmatch(r"devices:\s*\[\s*\]\s*(#.*)?", lines[start].rstrip("\n")):
        kept = lines if start is None else [*lines[:start], *lines[start + 1 :]]
        return f"{''.join(kept).rstrip()}\ndevices:\n{entries_text(entries)}"
    end = next((number for number in range(start + 1, len(lines)) if re.match(r"[^\s#-]", lines[number])), len(lines))
    first = _ITEM.search("".join(lines[start + 1 : end]))
    if first is None:
        return None
    block = entries_text(entries, first[1])
    before = "".join(lines[:end])
    return before + ("" if before.endswith("\n") else "\n") + block + "".join(lines[end:])


def relocated(text: str, home: Path) -> str:
    """The text of a file of folder `home`, to stand elsewhere: relative paths (`password_file: x`) in full."""
    cuts = [
        (start, end, str(home / word)) for start, end, word in _paths(text) if word and not Path(word).is_absolute()
    ]
    for start, end, path in reversed(cuts):
        text = f"{text[:start]}{json.dumps(path, ensure_ascii=False)}{text[end:]}"
    return text


def _paths(text: str) -> Iterator[tuple[int, int, str]]:
    """(beginning, end, word) of each value whose key ends in `_file`. By events: no nesting is too deep for them."""
    keys: list[str | None] = []  # by nesting: the key whose value comes next, "" before a key, None in a list
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, yaml.CollectionEndEvent):
            keys.pop()
        if isinstance(event, yaml.ScalarEvent) and keys and keys[-1] == "":
            keys[-1] = event.value or "-"
            continue
        start, end = event.start_mark, event.end_mark
        if isinstance(event, yaml.ScalarEvent) and keys and (keys[-1] or "").endswith("_file") and start and end:
            yield start.index, end.index, event.value
        if isinstance(event, yaml.CollectionStartEvent):
            keys.append("" if isinstance(event, yaml.MappingStartEvent) else None)
        elif isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent) and keys and keys[-1] is not None:
            keys[-1] = ""


def create(path: Path, text: str) -> None:
    """Put the text into a new file, whole or not at all. Raises FileExistsError where there is one, OSError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, path)  # fails where something is, unlike rename
    finally:
        beside.unlink(missing_ok=True)
