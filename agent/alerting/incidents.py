"""Which fault is the root, and which devices only stand in its shadow. One outage, one incident, one ticket.

A child's failure is judged only when its nearest watched ancestor has been looked at after the child's first failed
look: good since then, the child is the root itself; down, the child is shadowed; neither yet, it waits (and the
ancestor is looked at now). The references of the uplink guard stand above everybody in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from agent.model import Ms
from agent.topology.graph import Graph
from agent.units import Duration, Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """wait: how long a device may wait for word of its parent before it counts as a root; quarantine: how long a
    child may need to come back after its parent did; merge: a root that died this shortly around its child takes the
    child's ticket over; room: terminals of one classroom that fall this close together are one outage; system: devices
    of a system of which the annex judges so many as a whole are one outage when they fall this close together; company:
    how long a device waits for more of its kind when others have just fallen. Seconds.

    alike, alike_share: from how many devices of a kind in one building, or which share of the campus's, the same defect
    beside their service (a clock, a management password) is one.
    """

    wait: Duration = 10.0
    quarantine: Duration = 180.0
    merge: Duration = 60.0
    room: Duration = 300.0
    system: Duration = 900.0
    company: Duration = 15.0
    alike: int = 5
    alike_share: Share = 0.3


class Place(StrEnum):
    """Where a failing device stands in its incident."""

    ROOT = "root"
    SHADOWED = "shadowed"
    WAITING = "waiting"


class Sight(Protocol):
    """What the rules may know of the devices' present state."""

    def down(self, device: str) -> bool:
        """Confirmed not to answer, or on its way back and not yet sure of it."""

    def silent(self, device: str) -> bool:
        """Confirmed not to answer, and no good look since."""

    def good_at(self, device: str) -> Ms | None:
        """When its leading probe last answered."""

    def watched(self, device: str) -> bool:
        """Whether it has a leading probe at all."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """place, and the device it refers to: the nearest down ancestor, or the one to wait for."""

    place: Place
    device: str = ""


def judge(device: str, since: Ms, graph: Graph, sight: Sight, references: tuple[str, ...]) -> Verdict:
    """Where a device that has been failing since `since` stands."""
    for ancestor in graph.above(device):
        if not sight.watched(ancestor):
            continue
        if sight.down(ancestor):
            return Verdict(Place.SHADOWED, ancestor)
        if not _good_since(sight, ancestor, since):
            return Verdict(Place.WAITING, ancestor)
        break
    return _uplink(device, since, sight, references)


def _good_since(sight: Sight, device: str, since: Ms) -> bool:
    good = sight.good_at(device)
    return good is not None and good >= since


def _uplink(device: str, since: Ms, sight: Sight, references: tuple[str, ...]) -> Verdict:
    others = [reference for reference in references if reference != device]
    if not others or any(_good_since(sight, other, since) for other in others):
        return Verdict(Place.ROOT, device)
    waiting = next((other for other in others if not sight.down(other)), others[0])
    return Verdict(Place.WAITING, waiting)


def root_of(device: str, graph: Graph, sight: Sight) -> str:
    """The topmost device of the unbroken chain of down ancestors, the device itself when none is down."""
    root = device
    for ancestor in graph.above(device):
        if sight.watched(ancestor) and not sight.down(ancestor):
            break
        if sight.watched(ancestor):
            root = ancestor
    return root


def dark(root: str, since: Ms, graph: Graph, sight: Sight) -> Iterator[str]:
    """Watched devices below `root` that have not answered since it fell, or fell silent later."""
    for device in graph.below(root):
        if sight.watched(device) and (sight.silent(device) or not _good_since(sight, device, since)):
            yield device


def blind(sight: Sight, references: tuple[str, ...]) -> bool:
    """Whether the agent itself is cut off: every reference of the uplink guard is down."""
    return bool(references) and all(sight.silent(reference) for reference in references)
