"""SNMP v1, v2c and v3 (RFC 1157, 3416, 3414): who the device is, how long it is up, what its ports carry.

`session` one device's conversation · `walk` a column, bounded · `system` who it is · `uptime` reboot or wrap ·
`ports` ifTable and ifXTable · `rates` what they carry in a second · `prober` the look.
Profiles (`agent/probes/profiles/*.yaml`): `profile` what one says · `words`, `fields`, `columns`, `rules`, `loading`
read a file, `library` joins all · `select` chooses · `tables` columns read once · `contexts` those of each VLAN ·
`template`, `parts`, `values` text and figures · `row`, `assemble` a rule into `rows` · `collect` one full collection ·
`box` what is kept between polls · `checks` what is judged.
`slow` the odd device, through pysnmp · `recording` a box written down for a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agent.model import Secret
from agent.probes.base import Hooks, Kind, Prober
from agent.units import Bounds, Duration

AUTH = ("MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512")
PRIV = ("DES", "AES", "AES192", "AES256", "AES192C", "AES256C")
VERSIONS = ("1", "2c", "3")
WALK_SECONDS = 30.0
"""Longest time for one device's tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """port: UDP.  ports: read the port tables.  profiles: read what the device's profile says, sensors and the like.
    slow: seconds between full readings; in between only what changes is read, and the forwarding table, ARP, VLANs and
    neighbours are not.  max_repetitions: rows asked for in one GETBULK; less is used for a
    device that chokes on it.  retries: how often a request is sent again within the target's timeout.
    context: context name (RFC 3411 3.3.1).  small_ids: request ids of 15 bits, for an agent that keeps them in a
    short.  any_source: an answer may come from another of the device's addresses. These three go through pysnmp, one
    such device at a time.  days: how long a recorder must keep what it records (30 by law, 90 at a key target).
    """

    port: int = 161
    ports: bool = True
    profiles: bool = True
    slow: Duration = 600.0
    max_repetitions: int = 50
    retries: int = 2
    context: str = ""
    small_ids: bool = False
    any_source: bool = False
    days: Annotated[float, Bounds(0.0, 3650.0)] = 30.0

    @property
    def odd(self) -> bool:
        """Whether gufo-snmp cannot serve the device."""
        return bool(self.context) or self.small_ids or self.any_source


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """version: one of VERSIONS.  community: of 1 and 2c.  user, auth (one of AUTH), priv (one of PRIV) and their
    pass phrases: of 3 (RFC 3414, 7860, 3826; AES192/256 as net-snmp expands keys, with C as Cisco does).
    """

    version: str = "2c"
    community: Secret | None = None
    user: str = ""
    auth: str = ""
    auth_key: Secret | None = None
    priv: str = ""
    priv_key: Secret | None = None


def _open(hooks: Hooks) -> Prober:
    from agent.probes.snmp.prober import Poller

    return Poller(hooks)


KIND = Kind(
    name="snmp", open=_open, options=Options, credential=Credential, port=161, interval=60.0, timeout=5.0, confirm=2,
    recheck=5.0, worst=WALK_SECONDS + 10.0,
)  # fmt: skip
