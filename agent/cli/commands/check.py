"""`check`: all mistakes of all files at once, as `file:line: path: what`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.desk import Desk
from agent.cli.grammar import Parser
from agent.cli.stop import DONE, USAGE, Stop

if TYPE_CHECKING:
    from agent.config import Problem


def configure(parser: Parser, words: list[str]) -> None:
    parser.take("--inventory", type=Path, metavar="FILE")


def run(args: Namespace, desk: Desk) -> int:
    """0 where the agent would start with these files, 2 with a mistake; what is only unwise goes to stderr."""
    from agent.inventory import REFERENCE
    from agent.inventory.setting import NoInventory, load_setting

    try:
        loaded = load_setting(desk.config, desk.inventory)
    except NoInventory:
        raise Stop(USAGE, desk.say.say("app.no_inventory")) from None
    if desk.as_json:
        items = [_document(problem, desk) for problem in loaded.problems]
        desk.document({"items": items, "total": len(items), "next": None})
        return DONE if loaded.value else USAGE
    desk.print(*(problem.render(desk.say.lang) for problem in loaded.errors))
    desk.tell(*(problem.render(desk.say.lang) for problem in loaded.warnings))
    if loaded.value is None:
        desk.tell(desk.say.say("cli.mistakes", count=len(loaded.errors)))
        return USAGE
    inventory = loaded.value.inventory
    counts = {
        "devices": sum(device.kind != REFERENCE for device in inventory.devices.values()),
        "probes": len(inventory.targets),
    }
    desk.print(desk.say.say("cli.no_mistakes", file=inventory.file, **counts))
    return DONE


def _document(problem: Problem, desk: Desk) -> dict[str, object]:
    return {
        "severity": problem.severity.value,
        "file": problem.file,
        "line": problem.line,
        "path": problem.path,
        "key": problem.key,
        "message": problem.what(desk.say.lang),
    }
