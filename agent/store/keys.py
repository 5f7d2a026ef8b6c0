"""The keys of what is remembered of devices beside their faults, and what stands under them."""

from __future__ import annotations

from collections.abc import Mapping

from agent.model import Json, Ms

_IDENTITY, _SINCE = "identity", "since"


def identity(device: str, what: str, value: str) -> dict[str, Json]:
    """The row of what is known of a device; "" takes it away."""
    return {f"{_IDENTITY}/{device}/{what}": value or None}


def since(moments: Mapping[str, Ms | None]) -> dict[str, Json]:
    """The rows of when devices came to be as they are."""
    return {f"{_SINCE}/{device}": at for device, at in moments.items()}


def identities(remembered: Mapping[str, Json]) -> dict[tuple[str, str], str]:
    """(device, what) to value."""
    rows = ((key.split("/", 2), value) for key, value in remembered.items())
    return {(key[1], key[2]): value for key, value in rows if key[0] == _IDENTITY and isinstance(value, str)}


def moments(remembered: Mapping[str, Json]) -> dict[str, Ms]:
    """Device to when it came to be as it is."""
    rows = ((key.partition("/"), value) for key, value in remembered.items())
    return {device: value for (kind, _, device), value in rows if kind == _SINCE and isinstance(value, int)}
