"""The whole examination, in the order in which a person would mend things."""

from __future__ import annotations

import os
import resource
import shlex
import socket
import sqlite3
import sys
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from agent.clock import Clock, synchronised
from agent.config import Loaded
from agent.doctor import data, files, machine, network, reading
from agent.doctor.finding import Finding, fail
from agent.inventory import Inventory
from agent.inventory.hosts import is_address
from agent.inventory.setting import NoInventory, Setting, load_setting
from agent.model import Ms
from agent.store import DamagedDatabase, DataDirectory, NewerDatabase, StoreError
from agent.store.copy import private_copy
from agent.store.database import wal_reset_bug
from agent.store.keeping import check

CONNECTIONS = 256
"""TCP looks under way at once, at most (`agent.probes.each.CONCURRENCY`)."""
_DAY = 86_400_000
NAMES = 50
"""Names that are asked for; a campus has a handful."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is examined. status: the running agent's own document, None where none answers."""

    clock: Clock
    data: Path
    lang: str
    config: Path | None = None
    inventory: Path | None = None
    status: Mapping[str, Any] | None = None


def examine(asked: Asked) -> Iterator[Finding]:
    """Every finding, as soon as it is known."""
    yield machine.python(sys.version_info[:3])
    yield machine.sqlite(sqlite3.sqlite_version_info, buggy=wal_reset_bug(sqlite3.sqlite_version_info))
    setting = None
    try:
        loaded = load_setting(asked.config, asked.inventory)
    except NoInventory:
        yield fail("setting", "no_inventory")
    else:
        setting = loaded.value
        yield from _files(loaded, asked)
    yield machine.clock(asked.clock.now(), reading.newest(asked.data), synchronised=synchronised())
    yield from _network(setting.inventory if setting else None)
    yield from _data(asked)
    owner = DataDirectory(asked.data, create=False).owner()
    zone = setting.inventory.site.zone if setting else None
    yield from data.agent(str(asked.data), owner and (owner[0], _since(owner[1], zone), owner[2]), asked.status)
    if owner is None and setting is not None:
        endpoint = setting.agent.listen
        yield network.listening(str(endpoint), reading.listens(endpoint.host, endpoint.port))


def _since(at: Ms | None, zone: tzinfo | None) -> str:
    """In the site's zone, in this machine's where the inventory does not say."""
    if at is None:
        return "?"
    return f"{datetime.fromtimestamp(at / 1000, UTC).astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _files(loaded: Loaded[Setting], asked: Asked) -> Iterator[Finding]:
    yield from files.problems(loaded.problems, asked.lang)
    if loaded.value is None:
        return
    name = loaded.value.inventory.site.timezone
    known = name in zoneinfo.available_timezones()
    yield machine.zone(name, known=known)
    today = datetime.fromtimestamp(asked.clock.now() / 1000, loaded.value.inventory.site.zone).date()
    yield files.calendar(loaded.value.calendar.valid_until, today, shlex.quote(sys.executable))


def _network(inventory: Inventory | None) -> Iterator[Finding]:
    """Rights and limits, against what the inventory asks for."""
    targets = inventory.targets if inventory else ()
    counts = {name: sum(target.protocol == name for target in targets) for name in ("icmp", "snmp", "tcp")}
    addresses = {target.address for target in targets}
    python = os.path.realpath(sys.executable)
    raw, datagram = reading.opens(socket.SOCK_RAW), reading.opens(socket.SOCK_DGRAM)
    yield network.icmp(raw, datagram, needed=inventory is None or counts["icmp"] > 0, python=python)
    yield network.neighbours(
        reading.kernel_number("net.ipv4.neigh.default.gc_thresh3"), sum(map(is_address, addresses))
    )
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield machine.open_files(hard, counts["snmp"] + min(counts["tcp"], CONNECTIONS))
    forced = os.geteuid() == 0
    yield machine.receive_buffer(reading.kernel_number("net.core.rmem_max"), counts["icmp"], forced=forced)
    names = sorted(address for address in addresses if not is_address(address))[:NAMES]
    yield network.names(reading.resolved(names))


def _data(asked: Asked) -> Iterator[Finding]:
    directory = DataDirectory(asked.data, create=False)
    yield from data.folder(reading.folder(asked.data))
    if os.access(directory.database, os.F_OK):
        yield _database(directory.database)
        yield _copies(directory, asked.clock.now())


def _copies(directory: DataDirectory, now: Ms) -> Finding:
    """Before the agent has run for a while none is missed."""
    found, owner = directory.copies(), directory.owner()
    age = (now - reading.written(found[0])) // _DAY if found else None
    since = owner[1] if owner is not None and owner[1] is not None else now
    return data.copies(str(directory.backups), len(found), str(found[0]) if found else "", age, (now - since) // _DAY)


def _database(path: Path) -> Finding:
    """Integrity, layout and the hash chains, on a private copy: the agent may be writing."""
    try:
        with private_copy(path) as copied:
            found = check(copied)
    except DamagedDatabase as error:
        return fail("database", "damaged", path=str(path), why=str(error))
    except NewerDatabase as error:
        return fail("database", "newer", path=str(path), found=error.found, known=error.known)
    except (StoreError, OSError) as error:
        return fail("database", "unreadable", path=str(path), why=str(error))
    return data.database(str(path), found.revision, found.tickets, found.events)
