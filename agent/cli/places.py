"""Where data and inventory lie when nobody says so (interface.md)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from agent.cli.desk import Desk
from agent.cli.stop import USAGE, Stop

SERVICE = Path("/var/lib/campus-agent")
VARIABLE = "CAMPUS_AGENT_DATA"


def data_folders(asked: Path | None, environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The folders in which a command looks for an agent or its database, in order; a named one is the only one."""
    if asked is not None:
        return (asked,)
    named = environment.get(VARIABLE)
    return (Path(named),) if named else (Path("data"), SERVICE)


def has_database(folder: Path) -> bool:
    """Whether a database lies there, as far as this user may see."""
    return os.access(folder / "campus.db", os.F_OK)


def one_folder(desk: Desk) -> Path:
    """The folder that a command works on without asking an agent: the first with a database, else the first."""
    folders = data_folders(desk.data)
    found = next((folder for folder in folders if has_database(folder)), folders[0])
    tell_of_others(desk, found)
    return found


def tell_of_others(desk: Desk, taken: Path) -> None:
    """On stderr: which folder is taken, where there are data in another one that nobody named either."""
    others = [str(folder) for folder in data_folders(desk.data) if folder != taken and holds_data(folder)]
    if others:
        desk.tell(desk.say.say("cli.other_data", taken=str(taken), others=" ".join(others)))


def holds_data(folder: Path) -> bool:
    """Whether data lie there; of a folder that this user may not look into it is taken for true."""
    return has_database(folder) or (folder.is_dir() and not os.access(folder, os.X_OK))


def inventory_file(desk: Desk) -> Path | None:
    """The inventory to read, as `run` would. Stops for a configuration with mistakes."""
    from agent.config.agentfile import load_agent_file
    from agent.inventory.setting import find_inventory

    loaded = load_agent_file(desk.config)
    if loaded.value is None:
        raise Stop(USAGE, *loaded.render(desk.say.lang))
    return find_inventory(desk.inventory, loaded.value)
