"""Proposals as entries of an inventory, the evidence as comments above each. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from agent.discovery.proposal import Proposal
from agent.inventory.writing import Written, document

Remark = Callable[[Proposal], Sequence[str]]
"""The evidence in the reader's words."""


def whole(
    proposals: Iterable[Proposal], site: Mapping[str, Any], head: Sequence[str], remark: Remark,
    credentials: Mapping[str, Any] | None = None,
) -> str:  # fmt: skip
    """A new inventory of all of them."""
    return document(site, additions(proposals, remark), head, credentials)


def additions(proposals: Iterable[Proposal], remark: Remark) -> list[Written]:
    """Entries to put behind those that are there."""
    return [Written(fields=_fields(each), comments=remark(each)) for each in proposals]


def _fields(each: Proposal) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": each.id, "name": each.name if each.name != each.id else "", "kind": each.kind, "address": each.address,
        "controller": each.controller, "credentials": each.credentials, "vendor": each.vendor, "model": each.model,
        "serial": each.serial, "mac": each.mac,
    }  # fmt: skip
    if each.room:
        fields["location"] = {"room": each.room}
    if each.parent:
        fields["parent"] = {"device": each.parent, **({"port": each.port} if each.port else {})}
    if each.kind == "asset" and each.address:
        fields |= {"probes": ["icmp"], "criticality": "low"}
    return fields
