"""For whom something is told: the language, the zone of the clock, and how long a text may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Protocol

from agent.calendar import local
from agent.locale import Catalogue
from agent.model import Json, Ms
from agent.text import clean

SHORT = 80
"""Characters of a name where a phone has to show it."""


class Said(Protocol):
    """What a look brought: a Reading, or a document of one."""

    @property
    def reason(self) -> str: ...
    @property
    def samples(self) -> Mapping[str, float]: ...
    @property
    def facts(self) -> Mapping[str, Json]: ...
    @property
    def tables(self) -> Mapping[str, Any]: ...
    @property
    def checks(self) -> Mapping[str, str]: ...


Looks = Sequence[tuple[str, Said | None]]
"""By the probe's name its last look, None where it never looked."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader's language, and the zone in which the campus reads the clock."""

    say: Catalogue
    zone: tzinfo

    def __call__(self, key: str, /, **args: object) -> str:
        return self.say.say(f"web.{key}", **args)

    def word(self, kind: str, name: object) -> str:
        """A reason, a rung, a check, a kind of device as people call it; itself where nobody does."""
        key = f"web.{kind}.{name}"
        return self.say.say(key) if name and self.say.has(key) else short(name or "", 60)

    def at(self, moment: Ms, now: Ms) -> str:
        """`10:51` today, else with its day."""
        here, today = local(moment, self.zone), local(now, self.zone)
        if here.date() == today.date():
            return f"{here:%H:%M}"
        return f"{here:%m-%d %H:%M}" if here.year == today.year else f"{here:%Y-%m-%d %H:%M}"

    def full(self, moment: Ms) -> str:
        """The moment to the second, with its zone."""
        return f"{local(moment, self.zone):%Y-%m-%d %H:%M:%S %Z}"

    def clock(self, moment: Ms) -> str:
        """`10:51:07`."""
        return f"{local(moment, self.zone):%H:%M:%S}"

    def span(self, seconds: float) -> str:
        """`3 min`, `2 h 5 min`, `4 d 3 h`: two units at most, rounded down."""
        whole = max(0, int(seconds))
        days, hours, minutes = whole // 86400, whole % 86400 // 3600, whole % 3600 // 60
        if days:
            return self("span.days", days=days, hours=hours)
        if hours:
            return self("span.hours", hours=hours, minutes=minutes)
        return self("span.minutes", minutes=minutes) if minutes else self("span.seconds", seconds=whole)


def short(value: object, limit: int = SHORT) -> str:
    """Clean text of a length that a phone can show."""
    text = clean(str(value), limit + 1)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
