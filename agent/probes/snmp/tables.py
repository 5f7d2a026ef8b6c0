"""The columns and instances of one box, each read once in a collection, within the budget of the look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gufo.snmp import SnmpAuthError, SnmpDecodeError, SnmpError, ValueType

from agent.probes.snmp.session import Session, TooLarge
from agent.probes.snmp.walk import Budget, Tree, WalkError, subtree, why_not

AT_ONCE = 16
"""Instances asked for in one GET."""
_PATIENCE = 2
"""Columns that a box may leave unanswered before nothing more is asked of it."""

EMPTY: Mapping[str, Any] = {}
NO_SIZES: Mapping[str, int] = {}


class Tables:
    """failed: what could not be read to its end, by OID, and why.  known: columns kept from an earlier look;
    sizes: how many rows the others had then.

    kept: by the identity of a rule, the indexes that it made rows of.  session, budget: what is asked, within what.
    """

    def __init__(
        self, session: Session, budget: Budget, known: Mapping[str, Tree] = EMPTY, sizes: Mapping[str, int] = NO_SIZES
    ) -> None:
        self.session = session
        self.budget = budget
        self._known = known
        self._sizes = sizes
        self._silent = 0
        self.columns: dict[str, Tree] = {}
        self.instances: dict[str, ValueType] = {}
        self.failed: dict[str, str] = {}
        self.kept: dict[int, list[str]] = {}

    async def column(self, oid: str) -> Tree:
        """Values by index, empty where the box has none or does not answer."""
        found = self.columns.get(oid)
        if found is None:
            found = self._known.get(oid)
            if found is None:
                found = {}
                await self._fill(oid, found)
            self.columns[oid] = found
        return found

    async def _fill(self, oid: str, found: Tree) -> None:
        if self._silent >= _PATIENCE:
            self.failed[oid] = "timeout"
            return
        try:
            await subtree(self.session, oid, self.budget, found, self._sizes.get(oid, 0))
            self._silent = 0
        except SnmpAuthError:
            raise
        except (WalkError, TimeoutError, SnmpError, ValueError) as error:
            why = self.failed[oid] = why_not(error)
            self._silent += _PATIENCE if why in ("too_long", "too_slow") else why == "timeout"

    async def instance(self, oid: str) -> ValueType:
        """One value; None where the box has none."""
        if oid not in self.instances:
            await self.fetch([oid])
        return self.instances.get(oid)

    async def fetch(self, oids: Iterable[str]) -> None:
        """Read these instances, many in a request, those that are there already left out."""
        lacking = [oid for oid in dict.fromkeys(oids) if oid not in self.instances]
        size = 1 if self.session.version == "1" else AT_ONCE
        for at in range(0, len(lacking), size):
            await self._get(lacking[at : at + size])

    async def part(self, columns: Mapping[str, Iterable[str]]) -> None:
        """Of these columns read only these indexes; the rest of them counts as absent in this look."""
        await self.fetch(f"{oid}.{index}" for oid, indexes in columns.items() for index in indexes)
        for oid, indexes in columns.items():
            found = {index: self.instances.get(f"{oid}.{index}") for index in indexes}
            self.columns[oid] = {index: value for index, value in found.items() if value is not None}

    async def _get(self, oids: list[str]) -> None:
        self.instances |= dict.fromkeys(oids)
        if self._silent >= _PATIENCE:
            return
        try:
            found = await self.session.get(oids)
            self._silent = 0
        except (TooLarge, SnmpDecodeError, SnmpError) as error:
            if isinstance(error, SnmpAuthError):
                raise
            if len(oids) > 1:
                for oid in oids:
                    await self._get([oid])
            return
        except TimeoutError:
            self._silent += 1
            self.failed[oids[0]] = "timeout"
            return
        self.instances |= {oid: found.get(oid) for oid in oids}
