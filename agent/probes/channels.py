"""A channel of a recorder, as every protocol that knows of channels tells it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A camera of a recorder. online: does its picture arrive; recording: is it being kept; days: how long back."""

    index: str
    name: str = ""
    online: str = ""
    recording: str = ""
    days: float | None = None
