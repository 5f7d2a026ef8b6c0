"""Texts with places to fill: `Fan {slot}/{index}`. A text with an empty place yields nothing, so another is tried."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,40}|-?[0-9]{1,2})\}")


@dataclass(frozen=True, slots=True)
class Template:
    """texts: the pieces between the places, one more than there are places."""

    texts: tuple[str, ...]
    places: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> Template:
        """Raises ValueError for a brace that makes no place."""
        pieces = _PLACE.split(text)
        texts = tuple(pieces[::2])
        if any("{" in piece or "}" in piece for piece in texts):
            raise ValueError("probes.template")
        return cls(texts, tuple(pieces[1::2]))

    def fill(self, value: Callable[[str], str]) -> str:
        """The text; "" when a place is empty."""
        if not self.places:
            return self.texts[0]
        parts = [self.texts[0]]
        for place, text in zip(self.places, self.texts[1:], strict=True):
            found = value(place)
            if not found:
                return ""
            parts += (found, text)
        return "".join(parts)
