"""In whose language and clock a page speaks: the language asked for, spans of time, local moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from urllib.parse import quote, urlencode

from starlette.requests import Request

from agent.calendar import local
from agent.locale import LANGUAGES, Catalogue, catalogue
from agent.model import Ms
from agent.text import clean

SHORT = 80
"""Characters of a name on a page."""


@dataclass(frozen=True, slots=True)
class Words:
    """One reader's language, and the zone in which the campus reads the clock. asked: chosen by `?lang=`."""

    say: Catalogue
    lang: str
    asked: bool
    zone: tzinfo

    def __call__(self, key: str, /, **args: object) -> str:
        return self.say.say(f"web.{key}", **args)

    def href(self, path: str, **query: object) -> str:
        """A link inside the page; it keeps the language that was asked for."""
        pairs = {**query, **({"lang": self.lang} if self.asked else {})}
        return quote(path) + ("?" if pairs else "") + urlencode(pairs, errors="replace")

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


def countdown(seconds: float) -> str:
    """`12:31`, `1:02:09`; hours go on counting. The sign is said in words elsewhere."""
    whole = abs(int(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def short(value: object, limit: int = SHORT) -> str:
    """Clean text of a length that a phone can show."""
    text = clean(str(value), limit + 1)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def tongue(request: Request) -> tuple[str, bool]:
    """`zh` or `en`, and whether the address asks for it; else as the browser prefers, else `zh`."""
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        return asked, True
    for part in request.headers.get("accept-language", "")[:200].split(","):
        named = part.split(";")[0].strip().lower().split("-")[0]
        if named in LANGUAGES:
            return named, False
    return "zh", False


def words_of(request: Request, zone: tzinfo) -> Words:
    lang, asked = tongue(request)
    return Words(catalogue(lang), lang, asked, zone)
