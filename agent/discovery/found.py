"""All that a discovery has found so far, each thing written down when it becomes known, and read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.discovery import box as boxes
from agent.discovery import onvif
from agent.discovery.box import Box

Write = Callable[[Mapping[str, Any]], None]
"""Is given each thing in the form in which `Found.learn` takes it."""


def _unwritten(row: Mapping[str, Any]) -> None:
    """For who keeps no file."""


@dataclass(slots=True)
class Found:
    """By address: heard, the ways by which it was found; matches, what it announced; tries, what became of each
    credential; boxes, what it told when it was asked. outside: addresses that neighbours and answers named and that
    lie outside the ranges, and by which way: never asked."""

    write: Write = _unwritten
    heard: dict[str, list[str]] = field(default_factory=dict)
    matches: dict[str, onvif.Match] = field(default_factory=dict)
    tries: dict[str, dict[str, str]] = field(default_factory=dict)
    boxes: dict[str, Box] = field(default_factory=dict)
    outside: dict[str, str] = field(default_factory=dict)

    def hear(self, way: str, address: str) -> None:
        ways = self.heard.setdefault(address, [])
        if way not in ways:
            ways.append(way)
            self.write({"heard": {address: ways}})

    def announced(self, address: str, match: onvif.Match) -> None:
        """The first announcement of an address counts."""
        if address not in self.matches:
            self.matches[address] = match
            self.write({"matches": {address: boxes.match_to_json(match)}})

    def tried(self, address: str, login: str, became: str) -> None:
        self.tries.setdefault(address, {})[login] = became
        self.write({"tries": {address: {login: became}}})

    def asked(self, box: Box) -> None:
        self.boxes[box.address] = box
        self.write({"boxes": [boxes.to_json(box)]})

    def beyond(self, address: str, way: str) -> None:
        if address not in self.outside:
            self.outside[address] = way
            self.write({"outside": {address: way}})

    def body(self) -> dict[str, Any]:
        """All of it, as one row."""
        return {
            "heard": self.heard,
            "matches": {address: boxes.match_to_json(match) for address, match in self.matches.items()},
            "tries": self.tries,
            "boxes": [boxes.to_json(box) for box in self.boxes.values()],
            "outside": self.outside,
        }

    def learn(self, row: Mapping[str, Any]) -> None:
        """A row that was written. Raises ValueError, TypeError, AttributeError or KeyError for one that is none."""
        self.heard |= {str(who): [str(way) for way in ways] for who, ways in row.get("heard", {}).items()}
        self.matches |= {str(who): boxes.match_from_json(match) for who, match in row.get("matches", {}).items()}
        for address, logins in row.get("tries", {}).items():
            self.tries.setdefault(str(address), {}).update({str(name): str(word) for name, word in logins.items()})
        self.boxes |= {box.address: box for box in map(boxes.from_json, row.get("boxes", ()))}
        self.outside |= {str(address): str(way) for address, way in row.get("outside", {}).items()}
