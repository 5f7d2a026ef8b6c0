"""What a discovery found, in words and as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agent.cli.desk import Desk
from agent.cli.grid import Column, grid
from agent.text import clean

if TYPE_CHECKING:
    from agent.discovery import Differences, Proposal
    from agent.discovery.compare import Change

_LISTED = 40
"""Addresses outside the ranges that are named; more are counted."""
_WORDS = 100


def remark(desk: Desk, each: Proposal) -> list[str]:
    """The evidence of a proposal, a comment line each field."""
    say = desk.say.say
    lines = [
        say("discovery.evidence", field=one.field, by=_source(desk, one.source), words=clean(one.words, _WORDS))
        for one in each.evidence
    ]
    if each.kind == "asset":
        lines.append(say("discovery.kind_unknown", ways=", ".join(each.heard)))
    if each.also:
        lines.append(say("discovery.also", addresses=", ".join(each.also[:8])))
    if each.refused:
        lines.append(say("discovery.refused", names=", ".join(each.refused)))
    return lines


def _source(desk: Desk, source: str) -> str:
    key = f"discovery.by.{source}"
    return desk.say.say(key) if desk.say.has(key) else source


def table(desk: Desk, found: Sequence[Proposal]) -> list[str]:
    """All that was found."""
    say = desk.say.say
    columns = (
        Column(say("cli.column.id"), cut=True), Column(say("cli.fact.address")), Column(say("cli.column.kind")),
        Column(say("cli.column.name"), cut=True), Column(say("cli.fact.model"), cut=True),
        Column(say("cli.fact.parent"), cut=True),
    )  # fmt: skip
    rows = [
        (each.id, each.address or "-", each.kind, each.name, f"{each.vendor} {each.model}".strip(),
         f"{each.parent} {each.port}".strip() or "-")
        for each in found
    ]  # fmt: skip
    return grid(columns, rows, desk.wide)


def differences(desk: Desk, found: Differences) -> list[str]:
    """The difference to the inventory, a paragraph each sort."""
    say = desk.say.say
    lines: list[str] = []
    if found.new:
        lines += [say("discovery.new", count=len(found.new)), *(f"  + {line}" for line in table(desk, found.new)[1:])]
    if found.gone:
        lines.append(say("discovery.gone", count=len(found.gone)))
        lines += [f"  - {each.id}  {each.address}  {clean(each.name)}" for each in found.gone]
    for key, changes in (("moved", found.moved), ("changed", found.changed)):
        if changes:
            lines += [say(f"discovery.{key}", count=len(changes)), *(_change(desk, each) for each in changes)]
    return lines or [say("discovery.same")]


def _change(desk: Desk, each: Change) -> str:
    by = f"  ({_source(desk, each.source)})" if each.source else ""
    return clean(f"~ {each.device}  {each.field}: {each.before} → {each.after}{by}").join(("  ", ""))


def beside(desk: Desk, outside: Mapping[str, str]) -> list[str]:
    """What was named and not asked."""
    if not outside:
        return []
    shown = [f"{address} ({_source(desk, by)})" for address, by in list(outside.items())[:_LISTED]]
    return [desk.say.say("discovery.outside", count=len(outside), addresses=", ".join(shown))]


def document(
    ranges: Sequence[str], found: Sequence[Proposal], changes: Differences | None, outside: Mapping[str, str],
    seconds: float,
) -> dict[str, Any]:  # fmt: skip
    """`discover --json`."""
    body: dict[str, Any] = {
        "ranges": list(ranges),
        "items": [_proposal(each) for each in found],
        "total": len(found),
        "next": None,
        "outside": [{"address": address, "by": by} for address, by in outside.items()],
        "duration_seconds": round(seconds, 3),
        "difference": None,
    }
    if changes is not None:
        body["difference"] = {
            "new": [each.id for each in changes.new],
            "gone": [each.id for each in changes.gone],
            "moved": [_row(each) for each in changes.moved],
            "changed": [_row(each) for each in changes.changed],
        }
    return body


def _row(each: Change) -> dict[str, Any]:
    return {"device": each.device, "field": each.field, "before": each.before, "after": each.after, "by": each.source}


def _proposal(each: Proposal) -> dict[str, Any]:
    parent = {"device": each.parent, "port": each.port, "source": each.source} if each.parent else None
    return {
        "id": each.id, "address": each.address, "also": list(each.also), "kind": each.kind, "name": each.name,
        "vendor": each.vendor, "model": each.model, "serial": each.serial, "mac": each.mac, "room": each.room,
        "credentials": each.credentials, "parent": parent, "controller": each.controller or None,
        "heard": list(each.heard), "open_ports": list(each.ports), "refused_credentials": list(each.refused),
        "evidence": [{"field": one.field, "by": one.source, "words": one.words} for one in each.evidence],
    }  # fmt: skip
