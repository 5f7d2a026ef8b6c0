"""A new inventory file that a command writes: never over another, and only what `check` passes."""

from __future__ import annotations

from pathlib import Path

from agent.cli.desk import Desk
from agent.cli.stop import FAILED, USAGE, Stop


def put_new(path: Path, text: str, desk: Desk) -> None:
    """The file, whole and valid, or none. Raises Stop with what is wrong with it."""
    from agent.inventory import load_inventory
    from agent.inventory.writing import create

    try:
        create(path, text)
    except FileExistsError:
        raise Stop(USAGE, desk.say.say("discovery.there", file=str(path))) from None
    loaded = load_inventory(path)
    if loaded.value is None:
        path.unlink()
        raise Stop(FAILED, *(problem.render(desk.say.lang) for problem in loaded.errors))
