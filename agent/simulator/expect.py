"""What a script expects of the agent's tickets and looks, and whether it is so. Pure: the documents are handed in.

`expect ticket [device=ID] [state=STATE] [severity=LEVEL] [cause=CLASS] [rung=RUNG] [count=N]`;
`expect none [device=ID]`;
`expect look device=ID [probe=NAME] reason=KEY`: the last look of a probe failed so, or found that beside its outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

CLOSED = frozenset({"filed", "withdrawn", "false_alarm", "merged"})
"""States in which a ticket no longer counts as one for `expect none`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """`count` None is one or more; 0 is none. Empty texts fit everything. With a `reason` it is about looks.

    cause, rung: of the ticket, as its title names them (`service`, `credential` ...; `onvif`, `rtsp` ...).
    """

    count: int | None = None
    device: str = ""
    state: str = ""
    severity: str = ""
    cause: str = ""
    rung: str = ""
    probe: str = ""
    reason: str = ""


_TERMS: Mapping[str, frozenset[str]] = {
    "ticket": frozenset(("count", "device", "state", "severity", "cause", "rung")),
    "none": frozenset(("device", "state", "severity", "cause")),
    "look": frozenset(("device", "probe", "reason")),
}
STATES_OF_NONE = (*_TERMS, *(field.name + "=" for field in fields(Expect)))
"""The words that may stand after `expect`."""


def parse_expect(words: list[str]) -> Expect:
    """Raises ValueError with the word that does not belong."""
    if not words or words[0] not in _TERMS:
        raise ValueError(words[0] if words else "")
    terms: dict[str, Any] = {"count": 0} if words[0] == "none" else {}
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if not equals or not value or name not in _TERMS[words[0]] or name in terms:
            raise ValueError(word)
        terms[name] = _count(word, value) if name == "count" else value
    if words[0] == "look" and not terms.keys() >= {"device", "reason"}:
        raise ValueError(words[0])
    return Expect(**terms)


def _count(word: str, value: str) -> int:
    if not (value.isascii() and value.isdigit()) or len(value) > 6:
        raise ValueError(word)
    return int(value)


def holds(expect: Expect, tickets: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the tickets (documents as `tickets --json` prints them) are as expected."""
    found = sum(_fits(expect, ticket) for ticket in tickets)
    return found > 0 if expect.count is None else found == expect.count


def seen(expect: Expect, device: Mapping[str, Any]) -> bool:
    """Whether the device's last looks (the document `device ID --json` prints) found the reason that is expected."""
    for probe in device["probes"]:
        if expect.probe in ("", probe["name"]):
            found = {probe["reason"], *probe.get("checks", {}).values()}
            if expect.reason in found:
                return True
    return False


def _fits(expect: Expect, ticket: Mapping[str, Any]) -> bool:
    if expect.state != ticket["state"] if expect.state else ticket["state"] in CLOSED:
        return False
    if expect.cause and expect.cause != str(ticket["title_key"]).rpartition(".")[2].removesuffix("_many"):
        return False
    if expect.rung and expect.rung != str(ticket["title_args"].get("rung", "")).rpartition(".")[2]:
        return False
    if expect.severity and expect.severity != ticket["severity"]:
        return False
    return not expect.device or expect.device == ticket["device"] or expect.device in ticket.get("members", ())
