"""A column of a table, read within bounds: a device may answer for ever, in a ring, or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from gufo.snmp import SnmpDecodeError, SnmpError, ValueType

from agent.probes.snmp.session import Session, TooLarge

MOST_ROWS = 50_000
"""Rows of a column; the largest controller recorded has 3,247 access points."""
MOST_VALUES = 400_000
"""Values of one device in one look."""
STEPS = (25, 10, 1)
"""Smaller bulks that are tried in turn on a device that chokes on a larger one; 1 is GETNEXT."""

GOING_ROUND = "going_round"

Column = dict[int, ValueType]
Tree = dict[str, ValueType]


class WalkError(Exception):
    """The walk was stopped: `going_round` (a row came twice), `wrong_index`, `too_long`, `too_slow`.

    Rows out of their order are no reason: some agents answer in the order of their own lists (a Ruijie's ARP), and say
    each once. found: the rows of a column of single integers that had been read, in a ring its whole content.
    """

    def __init__(self, reason: str, found: Column | None = None) -> None:
        super().__init__(reason)
        self.found = found or {}

    @property
    def reason(self) -> str:
        return str(self.args[0])


def why_not(error: Exception) -> str:
    """The word for what kept a table from being read to its end: a WalkError's own, `timeout`, `malformed`,
    `wrong_answer`, `wrong_index`."""
    if isinstance(error, WalkError):
        return error.reason
    words = {TimeoutError: "timeout", SnmpDecodeError: "malformed", SnmpError: "wrong_answer"}
    return next((word for kind, word in words.items() if isinstance(error, kind)), "wrong_index")


@dataclass(slots=True, kw_only=True)
class Budget:
    """What one look may still take. until: loop time.  bulk: rows asked for at once, lowered when a device chokes.

    rows: the most of one column.
    """

    until: float
    bulk: int
    values: int = MOST_VALUES
    rows: int = MOST_ROWS

    def spend(self, rows: int, batch: int) -> None:
        """Raise WalkError when the column, the look or the time is used up."""
        self.values -= batch
        if rows > self.rows or self.values < 0:
            raise WalkError("too_long")
        self.check_time()

    def check_time(self) -> None:
        """Raise WalkError when the time is used up."""
        if asyncio.get_running_loop().time() > self.until:
            raise WalkError("too_slow")


async def column(session: Session, oid: str, budget: Budget, rows: int = 0) -> Column:
    """Values of a column by its single-integer index. `rows`: how many it had last time, to ask for the right number.

    Raises WalkError, and the errors of a request.
    """
    if session.version == "1":
        return await _walk(session, oid, budget, 1)
    for size in (budget.bulk, *(step for step in STEPS if step < budget.bulk)):
        try:
            found = await _walk(session, oid, budget, _even(size, rows))
        except (TimeoutError, SnmpDecodeError, TooLarge):
            if size == 1:
                raise
            budget.check_time()
        else:
            budget.bulk = size
            return found
    raise TimeoutError


def _even(size: int, rows: int) -> int:
    """Repetitions that read so many rows and the end behind them in as few, equal requests as `size` allows."""
    if not rows or size == 1:
        return size
    requests = -(-(rows + 1) // size)
    return max(2, -(-(rows + 1) // requests))


async def subtree(session: Session, oid: str, budget: Budget, found: Tree, rows: int = 0) -> None:
    """Values of a column by its index as it is written (`1.192.0.2.1`), put into `found` as they come.

    rows: how many it had last time. Raises WalkError, and the errors of a request; what was read stays in `found`.
    """
    sizes = (1,) if session.version == "1" else (budget.bulk, *(step for step in STEPS if step < budget.bulk))
    for size in sizes:
        found.clear()
        try:
            await _walk_parts(session, oid, budget, _even(size, rows), found)
        except (TimeoutError, SnmpDecodeError, TooLarge):
            if size == 1:
                raise
            budget.check_time()
        else:
            budget.bulk = size if session.version != "1" else budget.bulk
            return


async def _walk_parts(session: Session, oid: str, budget: Budget, size: int, found: Tree) -> None:
    cut = len(oid) + 1
    cursor = session.cursor(oid, size)
    ask = session.bulk if size > 1 else session.next
    while True:
        batch = await ask(cursor)
        for item in batch:
            if item is None:
                return
            index = item[0][cut:]
            if index in found:
                raise WalkError(GOING_ROUND)
            found[index] = item[1]
        if not batch:
            return
        budget.spend(len(found), len(batch))


async def _walk(session: Session, oid: str, budget: Budget, size: int) -> Column:
    found: Column = {}
    cut = len(oid) + 1
    cursor = session.cursor(oid, size)
    ask = session.bulk if size > 1 else session.next
    while True:
        batch = await ask(cursor)
        for item in batch:
            if item is None:
                return found
            try:  # the index as a number: comparing whole OIDs costs more than the walk
                index = int(item[0][cut:])
            except ValueError:
                raise WalkError("wrong_index") from None
            if index in found:
                raise WalkError(GOING_ROUND, found)
            found[index] = item[1]
        if not batch:
            return found
        budget.spend(len(found), len(batch))
