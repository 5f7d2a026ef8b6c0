"""A rule that is followed in each VLAN by itself: Cisco IOS has one forwarding table a VLAN, each under a community."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gufo.snmp import SnmpError

from agent.probes.snmp.assemble import assemble
from agent.probes.snmp.profile import Rule
from agent.probes.snmp.session import Session
from agent.probes.snmp.tables import Tables

MOST_VLANS = 256
"""VLANs of one box that are asked."""
_RESERVED = frozenset(str(vlan) for vlan in range(1002, 1006))
"""Token ring and FDDI, which every IOS has and none bridges."""
_BRIDGE = "1.3.6.1.2.1.17."
"""BRIDGE-MIB (RFC 4188), which each VLAN has of its own; all else is the box's."""
_PORTS = f"{_BRIDGE}1.2.0"
"""dot1dBaseNumPorts: whether a VLAN answers at all."""
_SILENT = 2
"""VLANs that may say nothing before no further one is asked."""


async def followed(rule: Rule, tables: Tables, sentinels: frozenset[str]) -> list[Any]:
    """The rows of a rule, those of all its VLANs if it says that it wants them."""
    if not rule.contexts:
        return await assemble(rule, tables, sentinels)
    vlans = await _vlans(rule, tables)
    if vlans:
        for oid in _shared(rule):
            await tables.column(oid)
    found: list[Any] = []
    silent = 0
    for vlan in vlans:
        rows = await _within(vlan, rule, tables, sentinels)
        silent += rows is None
        if silent >= _SILENT:
            break
        found += [replace(row, vlan=vlan) for row in rows or ()]
    return found


async def _vlans(rule: Rule, tables: Tables) -> list[str]:
    """Numbers of the VLANs that the column has: the last part of an index whose value its map knows."""
    column = rule.columns[rule.contexts]
    for oid in column.oids:
        tree = await tables.column(oid)
        if tree:
            told = (index.rsplit(".", 1)[-1] for index, value in tree.items() if str(value) in column.map)
            return sorted(set(told) - _RESERVED, key=lambda vlan: (len(vlan), vlan))[:MOST_VLANS]
    return []


def _shared(rule: Rule) -> Iterator[str]:
    """Columns that are the same in every VLAN."""
    for column in rule.columns.values():
        if not column.scalar:
            yield from (oid for oid in column.oids if not oid.startswith(_BRIDGE))


async def _within(vlan: str, rule: Rule, tables: Tables, sentinels: frozenset[str]) -> list[Any] | None:
    """The rows of one VLAN; None where it does not answer."""
    session = tables.session.within(vlan)
    if session is None:
        return None
    known = {oid: tree for oid, tree in tables.columns.items() if not oid.startswith(_BRIDGE)}
    try:
        async with session:
            if not await _answers(session):
                return None
            return await assemble(rule, Tables(session, tables.budget, known), sentinels)
    finally:
        session.close()


async def _answers(session: Session) -> bool:
    """Asked once: a box that does not know the community is silent, and a VLAN missed comes with the next round."""
    waits, session.waits = session.waits, session.waits[:1]
    try:
        await session.get_one(_PORTS)
    except (TimeoutError, OSError, SnmpError):
        return False
    finally:
        session.waits = waits
    return True
