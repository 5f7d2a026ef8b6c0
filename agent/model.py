"""The nouns every room shares. Frozen values, no behaviour beyond reading themselves.

Times are whole milliseconds since the epoch, UTC (`Ms`); durations are seconds (`float`), unless a name says `_ms`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Ms = int
Json = None | bool | int | float | str | list[Any] | dict[str, Any]

KINDS = (
    "gateway", "switch", "ap", "controller", "camera", "recorder", "amplifier", "zone", "terminal", "server", "ups",
    "asset",
)  # fmt: skip


class Secret:
    """A password or community that never shows itself: not by repr, str, format, logging or a traceback.

    Only `reveal()` gives the text; it is called where the byte goes on the wire and nowhere else.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> Any:
        raise TypeError("a Secret is not pickled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    building: str = ""
    floor: str = ""
    room: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The device that this one hangs on, and its port. `source` says how it is known (declared, lldp, fdb ...)."""

    device: str
    port: str = ""
    source: str = "declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Warranty:
    """`accepted` is an ISO date, `months` counts from it."""

    accepted: str = ""
    months: int = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One thing of the inventory. `address` is empty for what nobody can probe (a desk)."""

    id: str
    name: str
    kind: str
    role: str = ""
    address: str = ""
    location: Location = Location()
    parent: Parent | None = None
    schedule: str = "always"
    criticality: str = "normal"
    vendor: str = ""
    model: str = ""
    serial: str = ""
    mac: str = ""
    asset_no: str = ""
    controller: str = ""
    warranty: Warranty | None = None
    tags: frozenset[str] = frozenset()
    standby_of: str = ""
    owner_party: str = "us"
    pictures: str = ""
    source: str = field(default="", compare=False)
    """`file:line` of its entry, for messages about it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=True)
class Target:
    """One probe of one device, as the scheduler asks for it.

    `probe` is its name, unique on the device (`icmp`, `snmp`, `tcp`, `tcp-8080`); `protocol` is the key in
    `probes.PROBES`. `options` is that protocol's own frozen dataclass, `credential` its secret, if it has one.
    """

    device: str
    probe: str
    protocol: str
    address: str
    interval: float
    timeout: float
    options: Any = None
    credential: Any = None
    key: tuple[str, str] = field(init=False, compare=False, repr=False)
    """(device, probe); made once, since every look asks for it several times."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", (self.device, self.probe))


class Outcome(StrEnum):
    """`UNKNOWN` means that the agent could not look; it never moves a condition."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look brought.

    at: when the look began (for an ICMP look: when the first echo left), ms UTC.
    duration: seconds from there to the verdict.
    reason: a key ("" when ok): timeout, refused, unreachable, wrong_answer, auth, resolve, local_error:<ERRNO> ...
    samples: numbers by name, base units (`rtt_seconds`, `loss_ratio`, ...).
    facts: what the device says of itself (`sys_descr`, `engine_id`, ...), cleaned by `text`.
    tables: bulk rows for their own readers (`ports`), never journaled.
    checks: what the same look also judged, by name (`clock`, `picture`, `fan` ...): a reason key, "" where it is good.
    Each is a condition of its own beside the outcome; a name that is not here was not looked at and stays as it was.
    """

    target: Target
    at: Ms
    duration: float
    outcome: Outcome
    reason: str = ""
    samples: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Json] = field(default_factory=dict)
    tables: Mapping[str, Any] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)
