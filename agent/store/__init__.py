"""Remember. SQLite by default, PostgreSQL by URL; one writer, one transaction for all that a step said.

`directory` the folder and its lock · `schema` the tables · `migrate` the way to them · `database` engines ·
`rows` what goes in and comes out · `writes`, `reads` statements · `store` them together · `writer` group commit ·
`copy` a look without an agent · `keeping` away and back · `sound`, `wal` whether it may be started on ·
`reserve` room for a full disk · `copies` each day's, `rounds` when · `errors` what can go wrong.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.store.directory import DataDirectory, Lock
    from agent.store.errors import (
        AlreadyRunning,
        DamagedDatabase,
        DatabaseTaken,
        NewerDatabase,
        NotBackedUp,
        NotRestored,
        OlderDatabase,
        Refused,
        StoreError,
        Unavailable,
    )
    from agent.store.keeping import BackedUp, backup, restore
    from agent.store.rows import Batch, BookingRow, Fault, Histogram, Loaded, Page, RequestRow, TicketRow
    from agent.store.store import Store, open_store, read_copy
    from agent.store.writer import Writer

__all__ = [
    "AlreadyRunning",
    "BackedUp",
    "Batch",
    "BookingRow",
    "DamagedDatabase",
    "DataDirectory",
    "DatabaseTaken",
    "Fault",
    "Histogram",
    "Loaded",
    "Lock",
    "NewerDatabase",
    "NotBackedUp",
    "NotRestored",
    "OlderDatabase",
    "Page",
    "Refused",
    "RequestRow",
    "Store",
    "StoreError",
    "TicketRow",
    "Unavailable",
    "Writer",
    "backup",
    "open_store",
    "read_copy",
    "restore",
]

_ROOMS = {
    "keeping": "BackedUp backup restore",
    "directory": "DataDirectory Lock",
    "errors": "AlreadyRunning DamagedDatabase DatabaseTaken NewerDatabase NotBackedUp NotRestored OlderDatabase "
    "Refused StoreError Unavailable",
    "rows": "Batch BookingRow Fault Histogram Loaded Page RequestRow TicketRow",
    "store": "Store open_store read_copy",
    "writer": "Writer",
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names.split()}
"""Which room has each name. SQLAlchemy takes 0.2 s to import: who only asks for the folder or the lock is spared it."""


def __getattr__(name: str) -> Any:
    """A name of `__all__`, imported when it is first asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"agent.store.{_HOME[name]}"), name)
    globals()[name] = value
    return value
