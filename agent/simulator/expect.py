"""What a script expects of the agent's tickets, and whether it is so. Pure: the tickets are handed in.

`expect ticket [device=ID] [state=STATE] [severity=LEVEL] [count=N]`; `expect none [device=ID]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

CLOSED = frozenset({"filed", "withdrawn", "false_alarm", "merged"})
"""States in which a ticket no longer counts as one for `expect none`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """`count` None is one or more; 0 is none. Empty texts fit everything."""

    count: int | None = None
    device: str = ""
    state: str = ""
    severity: str = ""


STATES_OF_NONE = ("ticket", "none", *(field.name + "=" for field in fields(Expect)))
"""The words that may stand after `expect`."""


def parse_expect(words: list[str]) -> Expect:
    """Raises ValueError with the word that does not belong."""
    if not words or words[0] not in ("ticket", "none"):
        raise ValueError(words[0] if words else "")
    terms: dict[str, Any] = {"count": 0} if words[0] == "none" else {}
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if not equals or not value or name not in {field.name for field in fields(Expect)} or name in terms:
            raise ValueError(word)
        terms[name] = _count(word, value) if name == "count" else value
    return Expect(**terms)


def _count(word: str, value: str) -> int:
    if not (value.isascii() and value.isdigit()) or len(value) > 6:
        raise ValueError(word)
    return int(value)


def holds(expect: Expect, tickets: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the tickets (documents as `tickets --json` prints them) are as expected."""
    found = sum(_fits(expect, ticket) for ticket in tickets)
    return found > 0 if expect.count is None else found == expect.count


def _fits(expect: Expect, ticket: Mapping[str, Any]) -> bool:
    if expect.state != ticket["state"] if expect.state else ticket["state"] in CLOSED:
        return False
    if expect.severity and expect.severity != ticket["severity"]:
        return False
    return not expect.device or expect.device == ticket["device"] or expect.device in ticket.get("members", ())
