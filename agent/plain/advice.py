"""What to do about a fault, in one sentence for whoever is sent: where to look first, what to bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.plain.reader import Reader

SILENT = ("timeout", "unreachable", "refused", "reset")
"""Reasons of a probe that is not answered, whatever the device does otherwise."""
_SAME = {"unreachable": "timeout", "reset": "refused"}
_STILL_THERE = {"snmp": "management", "icmp": "ping"}
"""By protocol: the device serves, and this alone is silent."""

_TRUNKS = ("switch", "gateway", "controller")
"""Kinds that others hang on, in a cabinet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """kind, state: of the device.  probe, reason: what fails.  parent, port: where it hangs, "" where not known."""

    kind: str
    state: str
    probe: str
    reason: str
    parent: str = ""
    port: str = ""


def advice(words: Reader, trouble: Trouble) -> str:
    """The sentence, "" where there is none."""
    key = _key(trouble)
    known = key and words.say.has(f"web.advice.{key}")
    return words(f"advice.{key}", parent=trouble.parent, port=trouble.port) if known else ""


def _key(trouble: Trouble) -> str:
    if trouble.state == "shadowed":
        return "shadowed"
    if trouble.reason not in SILENT:
        return trouble.reason
    if trouble.state != "down":
        return _STILL_THERE.get(trouble.probe.partition("-")[0], "service")
    if trouble.reason != "refused" and trouble.kind in _TRUNKS:
        return "dark_trunk_below" if trouble.parent else "dark_trunk"
    if trouble.reason != "refused" and trouble.parent:
        return "dark_port" if trouble.port else "dark_below"
    return _SAME.get(trouble.reason, trouble.reason)


_BY_TITLE = {
    "unreachable": "timeout", "unreachable_many": "timeout", "credential": "auth", "retention": "too_few_days",
    "disk": "disk_failed", "power": "ups_trouble", "drift": "clock_drift",
}  # fmt: skip
"""By the last part of a ticket's title, the sentence for tickets that say no reason."""


def of_title(words: Reader, key: str, args: Mapping[str, Any]) -> str:
    """The sentence for a ticket that is known by its title alone, "" where there is none."""
    if ".system." in key or ".room." in key:
        return words("advice.many")
    kind, reason = key.rpartition(".")[2], str(args.get("reason") or "").rpartition(".")[2]
    if reason in SILENT or not reason:
        reason = _BY_TITLE.get(kind, kind)
    return words(f"advice.{reason}", parent="", port="") if words.say.has(f"web.advice.{reason}") else ""
