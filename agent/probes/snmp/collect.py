"""One full collection of a box: who it is, which profile it gets, and every row that the profile's rules make."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from gufo.snmp import ValueType

from agent.probes.snmp import WALK_SECONDS
from agent.probes.snmp.assemble import assemble
from agent.probes.snmp.contexts import followed
from agent.probes.snmp.library import ADDITIVE, Joined, Library
from agent.probes.snmp.ports import read_ports
from agent.probes.snmp.profile import Alternatives, Rule, Step
from agent.probes.snmp.rows import CLASSES, Collection, Rows, System, Total
from agent.probes.snmp.select import Chosen, Identity, choose
from agent.probes.snmp.session import Session
from agent.probes.snmp.system import SystemGroup, clocks, facts
from agent.probes.snmp.tables import Tables
from agent.probes.snmp.uptime import seconds_up
from agent.probes.snmp.walk import Budget

DUPLEX = "1.3.6.1.2.1.10.7.2.1.19"
"""dot3StatsDuplexStatus (EtherLike-MIB, RFC 3635)."""
_DUPLEX = {1: "unknown", 2: "half", 3: "full"}

Log = Callable[[str], None]


class NoProfile(Exception):
    """There is not even a generic profile: the folder of profiles is missing or broken."""


async def collect(
    session: Session, library: Library, *, bulk: int = 50, seconds: float = WALK_SECONDS,
    log: Log = lambda line: None,
) -> Collection:  # fmt: skip
    """Everything the box tells, within the bounds of a walk. Raises what a first request raises.

    The session is entered (`async with session:`) and its patience set by the caller. seconds: the longest for all
    tables; what was not read by then is named in `failed`.
    """
    budget = Budget(until=asyncio.get_running_loop().time() + seconds, bulk=bulk)
    values = await SystemGroup().read(session)
    told = facts(values, session.engine_id)
    tables = Tables(session, budget)
    chosen = await chosen_for(library, identity_of(told), tables)
    log(f"profile {chosen.profile.name}: {chosen.why}")
    ports, failed = await read_ports(session, budget, 0, await duplex(tables))
    log(f"ports: {len(ports)}")
    rows: dict[str, Rows] = {}
    await tables.fetch(scalars(chosen.profile, CLASSES))
    for of in CLASSES:
        rows[of] = await rows_of(chosen.profile, of, tables)
        if rows[of]:
            log(f"{of}: {len(rows[of])}")
    uptime = seconds_up(clocks(values, 0.0))
    return Collection(
        profile=chosen.profile.name, why=chosen.why, ports=ports, rows=with_totals(rows),
        system=await system_of(chosen.profile, tables, told, uptime), failed={**failed, **tables.failed},
    )  # fmt: skip


def identity_of(told: Mapping[str, Any]) -> Identity:
    """What the profile is chosen by."""
    return Identity(object_id=str(told.get("sys_object_id", "")).lstrip("."), descr=str(told.get("sys_descr", "")))


async def chosen_for(library: Library, identity: Identity, tables: Tables) -> Chosen:
    chosen = await choose(library, identity, tables)
    if chosen is None:
        raise NoProfile
    return chosen


async def rows_of(profile: Joined, of: str, tables: Tables, yielding: list[Rule] | None = None) -> Rows:
    """The rows of a class: of the first profile of the line that has any; of the whole line where classes add up.

    yielding: is given the rules that made rows.
    """
    found: list[Any] = []
    for group in profile.groups.get(of, ()):
        for step in group:
            for rule in step.rules if isinstance(step, Alternatives) else (step,):
                rows = await followed(rule, tables, profile.no_value)
                found += rows
                if rows and yielding is not None:
                    yielding.append(rule)
                if rows:
                    break
        if found and of not in ADDITIVE:
            break
    return tuple(unique(of, found))


def unique(of: str, rows: Iterable[Any]) -> Iterator[Any]:
    """Each value once: a sensor by the OID it is read from, a total by what it counts, anything else as it is."""
    seen: set[Any] = set()
    for row in rows:
        key = (row.class_, row.oid) if of == "sensors" and row.oid else row.of if of == "totals" else row
        if key not in seen:
            seen.add(key)
            yield row


async def duplex(tables: Tables) -> dict[int, str]:
    """Half or full by ifIndex."""
    found = await tables.column(DUPLEX)
    return {int(index): _word(value) for index, value in found.items() if index.isdecimal()}


def _word(value: ValueType) -> str:
    return _DUPLEX.get(value, "") if isinstance(value, int) else ""


def with_totals(rows: dict[str, Rows]) -> dict[str, Rows]:
    """Totals that a controller does not tell, counted from its access points."""
    points = rows.get("access_points", ())
    told = {total.of for total in rows.get("totals", ())}
    counted = {
        "aps": float(len(points)),
        "aps_up": float(sum(point.state == "up" for point in points)),
        "clients": float(sum(point.clients or 0 for point in points)),
    }
    more = tuple(Total(of=name, value=value) for name, value in counted.items() if points and name not in told)
    return rows | {"totals": rows.get("totals", ()) + more}


def rules(steps: Iterable[Step]) -> Iterator[Rule]:
    """Every rule of these steps."""
    for step in steps:
        yield from step.rules if isinstance(step, Alternatives) else (step,)


def scalars(profile: Joined, classes: Iterable[str]) -> Iterator[str]:
    """The instances that the profile's rules of these classes ask for."""
    found = [rule for of in classes for group in profile.groups.get(of, ()) for rule in rules(group)]
    found += [choice for choices in profile.system.values() for choice in choices if isinstance(choice, Rule)]
    for rule in found:
        for column in rule.columns.values():
            if column.scalar:
                yield from column.oids


async def system_of(profile: Joined, tables: Tables, told: Mapping[str, Any], uptime: float | None) -> System:
    """The facts about the box: of each, the first alternative that yields."""
    found: dict[str, str] = {}
    for name, choices in profile.system.items():
        for choice in choices:
            text = choice if isinstance(choice, str) else await _fact(choice, tables, profile.no_value)
            if text:
                found[name] = text
                break
    found.setdefault("name", str(told.get("sys_name", "")))
    return System(
        descr=str(told.get("sys_descr", "")), object_id=str(told.get("sys_object_id", "")).lstrip("."),
        uptime_seconds=uptime, **found,
    )  # fmt: skip


async def _fact(rule: Rule, tables: Tables, sentinels: frozenset[str]) -> str:
    return next((row for row in await assemble(rule, tables, sentinels) if row), "")
