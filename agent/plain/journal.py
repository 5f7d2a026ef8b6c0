"""The arguments of a journal's line, as people read them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from agent.plain.reader import Reader, short

_LONG, _MANY = 600, 12
"""Characters of one argument, and arguments of one line, that are shown."""
_INNER = frozenset(
    ("limits", "booked", "voided", "reasons", "title_key", "title_args", "policy", "members", "root", "source", "level",
     "rule", "cause", "kind", "started_at", "facts_since", "faulty")
)  # fmt: skip
"""Arguments that the rules and the ledger keep for themselves, or that is said elsewhere."""
_MOMENTS, _YEAR_9999 = 1_000_000_000_000, 253_370_764_800_000
"""A whole number between these is taken for a moment (ms UTC)."""
_ROOMS = {
    "from": ("severity", "state"), "to": ("severity", "state"), "clock": ("clock",), "severity": ("severity",),
    "why": ("why",), "reason": ("why",),
}  # fmt: skip
"""By argument, where the words for its value stand."""
_SHARE = re.compile(r"0\.\d{1,4}", re.ASCII)


def told(words: Reader, args: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value of what a reader wants: what the ledger and the rules keep for themselves is left out."""
    title = args.get("title_key") if "joined" not in args and "root" not in args else None
    named = [("title", words.say.say(str(title), **args.get("title_args", {})))] if title else []
    pairs = [(name, value) for name, value in args.items() if name not in _INNER and _worth(value)]
    return [(_named(words, name), short(_plain(words, name, value), _LONG)) for name, value in [*named, *pairs[:_MANY]]]


def _worth(value: Any) -> bool:
    """Whether there is something to read; lists of lists are the ledger's own."""
    nested = isinstance(value, list) and any(isinstance(one, list | dict) for one in value)
    return value not in (None, "", [], {}) and not nested


def who(words: Reader, name: str) -> str:
    """Who did it: a person by name, the agent by what it is."""
    return words("by_agent") if name == "agent" else short(name, 40)


def _named(words: Reader, name: str) -> str:
    return words(f"arg.{name}") if words.say.has(f"web.arg.{name}") else short(name, 30)


def _plain(words: Reader, name: str, value: Any) -> str:
    """Moments as people read them, levels in words, texts as they are, the rest as JSON."""
    if name == "by" and value == "agent":
        return who(words, value)
    for room in _ROOMS.get(name, ()):
        if words.say.has(f"ticket.{room}.{value}"):
            return words.say.say(f"ticket.{room}.{value}")
    if name == "share" and isinstance(value, str) and _SHARE.fullmatch(value):
        return f"{float(value):.0%}"
    if isinstance(value, int) and value > _MOMENTS:
        return words.full(value) if value < _YEAR_9999 else str(value)
    if isinstance(value, dict) and all(isinstance(one, str) for one in value.values()):
        return " ".join(filter(None, value.values()))
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
