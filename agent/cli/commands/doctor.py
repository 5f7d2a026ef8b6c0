"""`doctor`: what stands in the way, and the mend."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.desk import Desk
from agent.cli.grammar import Parser
from agent.cli.places import has_database, one_folder
from agent.cli.stop import DONE, FAILED
from agent.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from agent.doctor import Finding

STATUS_SECONDS = 5.0
"""How long a running agent may take to say how it is."""

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def configure(parser: Parser, words: list[str]) -> None:
    parser.take("--inventory", type=Path, metavar="FILE")


def run(args: Namespace, desk: Desk) -> int:
    """0 without a FAIL, else 1. Lines come as they are found; `--json` waits for the last."""
    from agent.doctor import Asked, Level, examine, worst

    folder = _folder(desk)
    asked = Asked(
        clock=desk.clock,
        data=folder,
        lang=desk.say.lang,
        config=desk.config,
        inventory=desk.inventory,
        status=_status(folder),
    )
    found = []
    for finding in examine(asked):
        found.append(finding)
        if not desk.as_json:
            _tell(finding, desk)
    level = worst(found)
    if desk.as_json:
        items = [finding.as_json(desk.say) for finding in found]
        desk.document({"items": items, "total": len(items), "next": None, "worst": level.value})
    return FAILED if level is Level.FAIL else DONE


def _folder(desk: Desk) -> Path:
    """The folder with an agent or a database in it, else the one where a database would be made."""
    from agent.cli.places import data_folders
    from agent.store.directory import DataDirectory

    for folder in data_folders(desk.data):
        if DataDirectory(folder, create=False).owner() is not None or has_database(folder):
            return folder
    return one_folder(desk)


def _status(folder: Path) -> Mapping[str, Any] | None:
    from agent.control import ControlError, call
    from agent.store.directory import DataDirectory

    try:
        return call(DataDirectory(folder, create=False), {"do": "status"}, STATUS_SECONDS)
    except ControlError:
        return None


def _tell(finding: Finding, desk: Desk) -> None:
    word = desk.colour(f"{finding.level.value.upper():<4}", _COLOURS[finding.level.value])
    desk.print(f"{word}  {clean(finding.what(desk.say))}")
    for line in finding.mend(desk.say).splitlines():
        desk.print(f"      {desk.say.say('doctor.mend', mend=clean(line))}")
