"""Documents without an agent: devices from the inventory, tickets from a private copy of the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent import documents
from agent.alerting.frame import Frame, build
from agent.alerting.standing import Standing
from agent.alerting.tickets import replay
from agent.cli.desk import Desk
from agent.cli.places import data_folders, inventory_file
from agent.cli.stop import DAMAGED, FAILED, NO_AGENT, USAGE, Stop
from agent.cli.talk import Talk
from agent.documents import Document
from agent.inventory import REFERENCE, Inventory, load_inventory
from agent.store.directory import DataDirectory
from agent.store.errors import DamagedDatabase, NewerDatabase, StoreError

if TYPE_CHECKING:
    from agent.store import Store

UNKNOWN = Standing("unknown", None)
"""How every device stands when nobody looks."""


@contextmanager
def copied(folder: Path, desk: Desk) -> Iterator[Store]:
    """The database at `folder`, read from a private copy; it says so on stderr."""
    from agent.store import read_copy  # SQLAlchemy: 0.2 s that a look at devices is spared

    say, place = desk.say.say, str(folder / "campus.db")
    try:
        with read_copy(DataDirectory(folder, create=False)) as store:
            desk.tell(say("cli.reading_copy", place=place))
            yield store
    except DamagedDatabase as error:
        raise Stop(DAMAGED, say("cli.damaged", place=place, why=str(error)), say("cli.damaged_mend")) from error
    except NewerDatabase as error:
        raise Stop(FAILED, say("cli.newer", place=place, found=error.found, known=error.known)) from error
    except (OSError, StoreError) as error:
        raise Stop(FAILED, say("cli.unreadable", place=place, why=str(error))) from error


def known_inventory(talk: Talk) -> Inventory:
    """The inventory that `run` would take; its zone is the talk's from now on. Stops where there is none to be had."""
    desk = talk.desk
    place = inventory_file(desk)
    if place is None:
        places = " ".join(str(folder) for folder in data_folders(desk.data))
        raise Stop(NO_AGENT, desk.say.say("cli.no_devices", places=places), desk.say.say("cli.no_agent_mend"))
    loaded = load_inventory(place)
    if loaded.value is None:
        raise Stop(USAGE, *(problem.render(desk.say.lang) for problem in loaded.errors))
    talk.known_zone = loaded.value.site.zone
    return loaded.value


def devices(talk: Talk, folder: Path | None) -> Document:
    """The list document of the devices, all of them unknown."""
    inventory = known_inventory(talk)
    frame = build(inventory.devices, inventory.targets, {})
    numbers = open_numbers(talk.desk, folder)
    known = [device for device in inventory.devices.values() if device.kind != REFERENCE]
    items = [documents.device(one, frame, UNKNOWN, None, {}, numbers.get(one.id, ())) for one in known]
    return documents.listing(items, len(items))


def device(talk: Talk, folder: Path | None, wanted: str) -> Document:
    """One device. Stops for an id that the inventory does not know."""
    inventory = known_inventory(talk)
    found = inventory.devices.get(wanted)
    if found is None or found.kind == REFERENCE:
        raise Stop(USAGE, *unknown_device(talk.desk, wanted, inventory))
    frame: Frame = build(inventory.devices, inventory.targets, {})
    return documents.device(found, frame, UNKNOWN, None, {}, open_numbers(talk.desk, folder).get(wanted, ()))


def unknown_device(desk: Desk, wanted: str, inventory: Inventory) -> tuple[str, ...]:
    """What to say of a device that is not there: what was perhaps meant, and the file that was read."""
    from agent.config import near

    meant = near(wanted, inventory.devices)
    hint = desk.say.say("cli.meant", near=meant) if meant else ""
    return desk.say.say("cli.no_device", name=wanted, place=inventory.file), hint


def open_numbers(desk: Desk, folder: Path | None) -> Mapping[str, list[str]]:
    """Open tickets by the devices that they name."""
    found: dict[str, list[str]] = {}
    if folder is None:
        return found
    with copied(folder, desk) as store:
        for number, journal in sorted(store.load().journals.items(), reverse=True):
            ticket = replay(journal)
            for member in ticket.members if ticket else ():
                found.setdefault(member, []).append(number)
    return found


def tickets(desk: Desk, folder: Path | None, wanted: Mapping[str, Any]) -> Document:
    """One page of tickets. wanted: as the request of the socket has it. Stops where there is no database."""
    now, items = desk.clock.now(), []
    with copied(_database(desk, folder), desk) as store:
        page = store.tickets(
            **{name: wanted.get(name) for name in ("state", "severity", "device", "cursor")},
            only_open=not (wanted.get("all") or wanted.get("state")),
            limit=wanted["limit"],
        )
        for row in page.items:
            ticket = replay(store.journal(row.number))
            if ticket is not None:
                items.append(documents.ticket(ticket, now, desk.say))
    return documents.listing(items, page.total, page.next)


def ticket(desk: Desk, folder: Path | None, number: str) -> Document:
    """One ticket with its journal. Stops for a number that is not there."""
    with copied(_database(desk, folder), desk) as store:
        journal = store.journal(number)
        found = replay(journal)
    if found is None:
        return documents.error("not_found", desk.say.say("cli.no_ticket", number=number))
    return documents.ticket(found, desk.clock.now(), desk.say, journal)


def _database(desk: Desk, folder: Path | None) -> Path:
    if folder is None:
        places = " ".join(str(one) for one in data_folders(desk.data))
        raise Stop(NO_AGENT, desk.say.say("cli.no_data", places=places), desk.say.say("cli.no_agent_mend"))
    return folder
