"""What stands by its parts: the broadcast by its server, zones and amplifiers, a classroom by its terminals.

Pure: how the devices stand goes in, how the systems stand comes out. Tickets are the judge's; this is for reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent.alerting.standing import Standing
from agent.model import Device

BROADCAST, CLASSROOM = "broadcast", "classroom"
STATES = ("up", "degraded", "down", "off_schedule", "unknown")
SHARE = 1 / 3
"""Of a classroom's terminals that are gone from which on the room is no whole one any more (severity.md C1)."""

_VOICES = ("amplifier", "zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """name: BROADCAST or CLASSROOM.  place: building and room, "" for the whole campus.  state: one of STATES.
    up: parts that serve, of `total` that should now."""

    name: str
    place: str
    state: str
    up: int
    total: int


def systems(rows: Iterable[tuple[Device, Standing]]) -> Iterator[System]:
    """Every system of which the inventory has a part."""
    servers: list[Standing] = []
    voices: list[Standing] = []
    rooms: dict[str, list[Standing]] = {}
    for device, standing in rows:
        if device.kind == "server" and device.role == BROADCAST:
            servers.append(standing)
        elif device.kind in _VOICES:
            voices.append(standing)
        elif device.kind == "terminal" and device.location.room:
            place = " ".join(filter(None, (device.location.building, device.location.room)))
            rooms.setdefault(place, []).append(standing)
    if servers or voices:
        yield _broadcast(servers, voices)
    for place, terminals in rooms.items():
        yield _classroom(place, terminals)


def _broadcast(servers: list[Standing], voices: list[Standing]) -> System:
    """Silent when no server or no voice is left; a part that is gone, or that
    answers and does not do its work (its SIP account is not registered), leaves some of the campus without it."""
    parts = [*_wanted(servers), *_wanted(voices)]
    silent = any(group and not any(one.up for one in group) for group in (_wanted(servers), _wanted(voices)))
    state = "down" if silent else "up" if all(one.state == "up" for one in parts) else "degraded"
    return _system(BROADCAST, "", [*servers, *voices], parts, state)


def _classroom(place: str, terminals: list[Standing]) -> System:
    parts = _wanted(terminals)
    gone = sum(1 for one in parts if not one.up)
    whole = not gone or (gone / len(parts) < SHARE)
    state = "up" if whole else "down" if gone == len(parts) else "degraded"
    return _system(CLASSROOM, place, terminals, parts, state)


def _system(name: str, place: str, known: list[Standing], parts: list[Standing], state: str) -> System:
    if not parts:
        resting = any(one.state == "off_schedule" for one in known)
        state = "off_schedule" if resting else "unknown"
    return System(name=name, place=place, state=state, up=sum(1 for one in parts if one.up), total=len(parts))


def _wanted(standings: list[Standing]) -> list[Standing]:
    """Those that should serve now and of which it is known whether they do."""
    return [one for one in standings if one.up is not None and one.state not in ("off_schedule", "maintenance")]
