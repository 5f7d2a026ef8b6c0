"""What the file says of protocols: their defaults, their credentials, and the names of those not built yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from agent.config import BAD, Raw, Source, near, read, shown, tree
from agent.config.reader import Key, build, keys_of, read_keys, reader, wrong_type
from agent.config.source import Trail
from agent.probes.base import Kind
from agent.units import Bounds, Duration, Port

NAMED = (
    "icmp", "snmp", "tcp", "gb28181", "ssh", "telnet", "dns", "ntp", "hikvision", "dahua",
    "modbus", "nut",
)  # fmt: skip
"""Protocols that the format knows. What is not in `PROBES` yet is accepted and not watched."""

_INTERVAL = Annotated[Duration, Bounds(1.0, 86400.0)]
_TIMEOUT = Annotated[Duration, Bounds(0.05, 600.0)]

Settings = Mapping[str, Any]
"""Fields given for a protocol, by name: `interval`, `timeout` and those of its options."""


@dataclass(frozen=True, slots=True)
class Login:
    """One protocol of one name under `credentials`: the secret, and options said beside it (its port, perhaps)."""

    credential: Any
    settings: Settings = field(default_factory=dict)


def known(kinds: Mapping[str, Kind]) -> tuple[str, ...]:
    """All names of protocols that a file may use."""
    return tuple(dict.fromkeys((*kinds, *NAMED)))


def setting_keys(kind: Kind) -> dict[str, Key]:
    """What `defaults: {NAME: ...}` and `probes: [{NAME: ...}]` take."""
    return {
        **keys_of(kind.options),
        "interval": Key("interval", reader(_INTERVAL)),
        "timeout": Key("timeout", reader(_TIMEOUT)),
    }


def read_settings(kind: Kind, node: tree.Node, trail: Trail, source: Source) -> dict[str, Any]:
    """The settings that stand at a node; wrong ones are left out. Nothing behind the name means none."""
    if isinstance(node, tree.Scalar) and node.null:
        return {}
    if not isinstance(node, tree.Mapping):
        wrong_type(node, trail, source, "mapping")
        return {}
    values = read_keys(setting_keys(kind), node, trail, source)
    return {name: value for name, value in values.items() if value is not BAD}


def read_defaults(raw: Raw | None, kinds: Mapping[str, Kind], source: Source) -> dict[str, Settings]:
    """`defaults:` by protocol."""
    found: dict[str, Settings] = {}
    for name, node, trail in _protocols(raw, kinds, source):
        if name not in kinds:
            continue
        found[name] = settings = read_settings(kinds[name], node, trail, source)
        if "interval" in settings and settings.get("timeout", 0.0) > settings["interval"]:
            source.error(node.line, trail, "config.interval_below_timeout", probe=name)
    return found


def read_credentials(raw: Raw | None, kinds: Mapping[str, Kind], source: Source) -> dict[str, dict[str, Login]]:
    """`credentials:` by name, then by protocol. Those of protocols not built yet are not opened."""
    found: dict[str, dict[str, Login]] = {}
    if raw is None:
        return found
    if not isinstance(raw.node, tree.Mapping):
        wrong_type(raw.node, raw.trail, source, "mapping")
        return found
    for name, node in raw.node.fields.items():
        found[name] = {}
        for protocol, child, trail in _protocols(Raw(node, (raw.trail, name), source), kinds, source, hush=True):
            if protocol in kinds:
                login = _login(kinds[protocol], child, trail, source)
                found[name] |= {protocol: login} if login is not None else {}
    return found


def _login(kind: Kind, node: tree.Node, trail: Trail, source: Source) -> Login | None:
    if kind.credential is None:
        source.error(node.line, trail, "config.no_login", probe=kind.name)
        return None
    if not isinstance(node, tree.Mapping):
        wrong_type(node, trail, source, "mapping")
        return Login(None)
    own = keys_of(kind.credential, hush=True)
    fields = {key.name for key in own.values()}
    values = read_keys({**setting_keys(kind), **own}, node, trail, source, hush=True)
    settings = {name: value for name, value in values.items() if name not in fields and value is not BAD}
    secret = {name: value for name, value in values.items() if name in fields}
    credential = build(kind.credential, secret, node, trail, source)
    return Login(None if credential is BAD else credential, settings)


def _protocols(
    raw: Raw | None, kinds: Mapping[str, Kind], source: Source, *, hush: bool = False
) -> list[tuple[str, tree.Node, Trail]]:
    """The protocols that a mapping names, with what stands behind each; unknown names are noted."""
    if raw is None:
        return []
    if not isinstance(raw.node, tree.Mapping):
        wrong_type(raw.node, raw.trail, source, "mapping")
        return []
    found: list[tuple[str, tree.Node, Trail]] = []
    for name, node in raw.node.fields.items():
        if name in kinds or name in NAMED:
            found.append((name, node, (raw.trail, name)))
        else:
            unknown_protocol(name, raw.node.line_of(name), raw.trail, source, kinds, hush=hush)
    return found


def unknown_protocol(
    name: str, line: int, trail: Trail, source: Source, kinds: Mapping[str, Kind], *, hush: bool = False
) -> None:
    """Note a protocol that the format does not know; one that stands among secrets only when it resembles one."""
    meant = near(name, known(kinds))
    if meant:
        source.error(line, trail, "config.no_protocol", meant, name=shown(name))
    else:
        word = "***" if hush else shown(name)
        source.error(line, trail, "config.no_protocol_of", name=word, known=", ".join(known(kinds)))


def read_ports(raw: Raw, kinds: Mapping[str, Kind], source: Source) -> dict[str, int]:
    """`ports:` of an address, by protocol."""
    found: dict[str, int] = {}
    for name, node, trail in _protocols(raw, kinds, source):
        port = read(Port, node, source, trail)
        if name in kinds and "port" not in keys_of(kinds[name].options):
            source.error(node.line, trail, "config.portless", probe=name)
        elif port is not BAD:
            found[name] = port
    return found
