"""The sockets of a switch as one sees them on its front: number, link, power, and who hangs there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.plain.reader import Looks, Reader, short

MOST = 512
"""Ports of one device that are told."""
_NAME = 40
_ETHERNET = (6, "ethernetCsmacd")
_STATUS = {1: "up", 2: "down", 3: "testing", 4: "unknown", 5: "dormant", 6: "notPresent", 7: "lowerLayerDown"}
"""ifOperStatus and ifAdminStatus by number (RFC 2863)."""
_BRIEF = (
    (re.compile(r"^(?:Ten-?|X)Gigabit-?Ethernet ?", re.IGNORECASE), "XGE"),
    (re.compile(r"^Gigabit-?Ethernet ?", re.IGNORECASE), "GE"),
    (re.compile(r"^Fast-?Ethernet ?", re.IGNORECASE), "FE"),
)
_NUMBERS = re.compile(r"\d+", re.ASCII)
_SPEEDS = ((10**9, "G"), (10**6, "M"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """name: as the device calls it.  mark: its number on the front.  link: up, down, off (by the administrator).

    power: "" (none is given), on, fault.  there: who hangs on it, by the inventory or by LLDP.  lost: it is down, and
    somebody of the inventory should hang there.
    """

    name: str
    mark: str
    alias: str
    link: str
    speed: str
    half: bool
    power: str
    watts: float | None
    there: tuple[str, ...]
    lost: bool

    @property
    def looks(self) -> str:
        """`bad`, `warn` or ""."""
        return "bad" if self.lost or self.power == "fault" else "warn" if self.half else ""


def sockets(looks: Looks, children: Mapping[str, Iterable[str]]) -> list[Socket]:
    """The ports that a cable goes into, in their own order; all of them where the device does not tell what they are.

    Nothing of a device with one port: that it answers says enough.

    children: names of the devices that the inventory hangs on each port.
    """
    look = next((look for _, look in looks if look and look.tables.get("ports")), None)
    if look is None:
        return []
    table = look.tables["ports"]
    rows = list(table.values() if isinstance(table, Mapping) else table)
    plugs = [row for row in rows if row.type in _ETHERNET] or rows
    if len(plugs) < 2:
        return []
    power = {_key(row.port): row for row in look.tables.get("poe") or ()}
    near = _near(look.tables.get("neighbours") or ())
    ours = {_key(port): list(names) for port, names in children.items()}
    marks = _marks([_called(row) for row in plugs[:MOST]])
    return [_socket(row, mark, power, near, ours) for row, mark in zip(plugs, marks, strict=False)]


def _socket(
    row: Any, mark: str, power: Mapping[str, Any], near: Mapping[str, list[str]], ours: Mapping[str, list[str]]
) -> Socket:
    name = _called(row)
    poe, link = power.get(_key(name)), _link(row)
    declared, heard = ours.get(_key(name), []), near.get(_key(name), [])
    return Socket(
        name=short(name, _NAME), mark=mark, alias=short(row.alias, _NAME), link=link, speed=_speed(row.speed_bps, link),
        half=link == "up" and row.duplex == "half", power=_power(poe),
        watts=poe.watts if poe is not None and poe.detection == "delivering" else None,
        there=tuple(short(one, _NAME) for one in dict.fromkeys([*declared, *heard])),
        lost=bool(declared) and link != "up",
    )  # fmt: skip


def _called(row: Any) -> str:
    return str(row.name or row.descr or row.alias or row.index)


def _key(name: str) -> str:
    return brief(name).casefold()


def _near(rows: Iterable[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        told = row.remote_name or row.remote_id
        if row.local_port and told:
            found.setdefault(_key(row.local_port), []).append(told)
    return found


def _link(row: Any) -> str:
    oper, admin = _STATUS.get(row.oper, row.oper), _STATUS.get(row.admin, row.admin)
    return "up" if oper == "up" else "off" if admin == "down" else "down"


def _power(poe: Any) -> str:
    if poe is None:
        return ""
    return "fault" if poe.detection == "fault" else "on" if poe.detection == "delivering" else ""


def _speed(bits: int | None, link: str) -> str:
    """`1G`, `100M`; nothing of a port without a link, whose speed is no fact."""
    if link != "up" or not bits:
        return ""
    unit, letter = next(((unit, letter) for unit, letter in _SPEEDS if bits >= unit), (1, ""))
    return f"{bits / unit:.3g}{letter}"


def _marks(names: list[str]) -> Iterator[str]:
    """The last number of each name; with that of its module where this alone would say two ports alike."""
    numbers = [_NUMBERS.findall(name) for name in names]
    last = [found[-1] if found else short(name, 4) for found, name in zip(numbers, names, strict=True)]
    if len(set(last)) == len(last):
        return iter(last)
    return iter(["/".join(found[-2:]) or mark for found, mark in zip(numbers, last, strict=True)])


def brief(name: str) -> str:
    """A port's name as people write it by hand: `GE1/0/24` for `GigabitEthernet1/0/24`."""
    for pattern, letters in _BRIEF:
        name, times = pattern.subn(letters, name, count=1)
        if times:
            break
    return name


def tallies(found: Iterable[Socket], words: Reader) -> list[tuple[str, str, int]]:
    """How many stand how, for the legend: key, word, number; none of what there is none of."""
    counts = {"up": 0, "down": 0, "off": 0, "power": 0, "fault": 0, "lost": 0}
    for one in found:
        counts[one.link] += 1
        counts["power"] += one.power == "on"
        counts["fault"] += one.power == "fault"
        counts["lost"] += one.lost
    return [(key, words(f"port.{key}"), number) for key, number in counts.items() if number]
