"""In whose language a page speaks, and how it counts down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from urllib.parse import quote, urlencode

from starlette.requests import Request

from agent.locale import LANGUAGES, catalogue
from agent.plain.reader import Reader


@dataclass(frozen=True, slots=True)
class Words(Reader):
    """One reader of the page. asked: the language was chosen by `?lang=`."""

    lang: str
    asked: bool

    def href(self, path: str, **query: object) -> str:
        """A link inside the page; it keeps the language that was asked for."""
        pairs = {**query, **({"lang": self.lang} if self.asked else {})}
        return quote(path) + ("?" if pairs else "") + urlencode(pairs, errors="replace")


def countdown(seconds: float) -> str:
    """`12:31`, `1:02:09`; hours go on counting. The sign is said in words elsewhere."""
    whole = abs(int(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


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
    return Words(catalogue(lang), zone, lang, asked)
