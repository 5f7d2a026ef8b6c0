"""Journal events of a ticket: append-only, chained by hash, message keys and arguments instead of sentences."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.model import Ms

GENESIS = "0" * 64
"""`prev_hash` of a ticket's first event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a ticket's journal.

    at: when it happened; recorded_at: when it was written (later for a late entry, 补录). `args` is JSON.
    """

    ticket: str
    seq: int
    at: Ms
    recorded_at: Ms
    event: str
    by: str
    via: str
    args: Mapping[str, Any] = field(default_factory=dict)
    prev_hash: str = GENESIS
    hash: str = ""


def seal(event: Event) -> str:
    """SHA-256 over the event's own fields and the hash before it, as canonical JSON."""
    body = [
        event.ticket, event.seq, event.at, event.recorded_at, event.event, event.by, event.via, event.args,
        event.prev_hash,
    ]  # fmt: skip
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def broken_link(journal: Iterable[Event]) -> int | None:
    """The `seq` of the first event that does not follow from the one before it, or None when the chain holds."""
    before = GENESIS
    for number, event in enumerate(journal, 1):
        if event.seq != number or event.prev_hash != before or event.hash != seal(event):
            return event.seq
        before = event.hash
    return None
