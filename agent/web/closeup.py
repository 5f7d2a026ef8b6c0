"""What the page of one device shows: how it stands and why, what to do, its ladder, its sockets, its tables."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from agent.model import Device
from agent.plain.advice import Trouble, advice
from agent.plain.facts import figures
from agent.plain.facts import told as facts_told
from agent.plain.ladder import ladder
from agent.plain.ports import brief, sockets, tallies
from agent.plain.reader import Looks
from agent.plain.strip import strip
from agent.plain.tables import tables
from agent.view import View
from agent.web import sight
from agent.web.words import Words

_STATES_OF = 2000
"""Devices below this one whose state is looked up."""


def closeup(view: View, device: Device, words: Words) -> Mapping[str, Any]:
    """The values of the template, but for pictures."""
    frame = view.monitor.frame
    looks = [(name, view.reading(device.id, name)) for name in frame.probes.get(device.id, ())]
    worst = sight.worst_condition(view, device)
    parent = view.find(device.parent.device) if device.parent else None
    return {
        "standing": view.standing(device, view.now),
        "since": view.since(device.id),
        "worst": worst,
        "advice": what_to_do(view, device, words),
        "parent": parent,
        "port": _port(device),
        "looks": looks,
        "checks": {name: sight.checks(view, device, name, look) for name, look in looks if look},
        "tickets": [ticket for ticket in view.tickets() if device.id in ticket.members][: sight.NAMES],
        **_around(view, device),
        **_told(view, device, looks, words),
    }


def what_to_do(view: View, device: Device, words: Words) -> str:
    """One sentence about what is wrong with it, "" while all is well."""
    state, worst = view.standing(device, view.now).state, sight.worst_condition(view, device)
    if worst is None and state != "shadowed":
        return ""
    parent = view.find(device.parent.device) if device.parent else None
    probe, reason = (worst.probe, worst.reason) if worst else ("", "")
    trouble = Trouble(
        kind=device.kind, state=state, probe=probe, reason=reason, parent=parent.name if parent else "",
        port=_port(device),
    )  # fmt: skip
    return advice(words, trouble)


def _port(device: Device) -> str:
    return brief(device.parent.port) if device.parent else ""


def _around(view: View, device: Device) -> Mapping[str, Any]:
    """The way up, and what hangs below, the worst first."""
    graph, now = view.monitor.frame.graph, view.now
    above = [view.find(name) for name in graph.above(device.id)]
    below = [view.find(name) for name in graph.below(device.id)]
    beneath = [(child, view.standing(child, now).state) for child in below[:_STATES_OF] if child]
    beneath.sort(key=lambda row: sight.WORST_FIRST.index(row[1]))
    return {
        "above": [(one, view.standing(one, now).state) for one in reversed(above) if one],
        "beneath": beneath[: sight.NAMES * 2],
        "more_beneath": max(0, len(below) - sight.NAMES * 2),
    }


def _told(view: View, device: Device, looks: Looks, words: Words) -> Mapping[str, Any]:
    """What its last looks brought."""
    plugs = sockets(looks, _hung(view, device))
    said = {("vendor", device.vendor), ("model", device.model), ("serial", device.serial), ("mac", device.mac)}
    return {
        "ladder": ladder(looks, words),
        "sockets": plugs,
        "tallies": tallies(plugs, words),
        "channels": strip(looks, words),
        "told": facts_told(looks, said, words),
        "figures": figures(looks, words),
        "tables": tables(looks, words, plugs),
    }


def _hung(view: View, device: Device) -> Mapping[str, list[str]]:
    """By port the names of the devices that the inventory hangs there."""
    found: dict[str, list[str]] = {}
    for name in islice(view.monitor.frame.graph.below(device.id), _STATES_OF):
        child = view.find(name)
        if child and child.parent and child.parent.device == device.id and child.parent.port:
            found.setdefault(child.parent.port, []).append(child.name)
    return found
