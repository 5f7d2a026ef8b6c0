"""Which probes a device gets, and with which options: kind <- defaults <- credentials <- ports <- its own words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.config import BAD, Source, shown, tree
from agent.config.reader import build, wrong_type
from agent.config.source import Trail
from agent.inventory.devices import Entry, Made
from agent.inventory.protocols import NAMED, Login, Settings, read_settings, unknown_protocol
from agent.model import Device, Target
from agent.probes.base import Kind
from agent.probes.picture.rights import bounded


@dataclass(frozen=True, slots=True)
class Asked:
    """One probe that an entry asks for. `settings` are those of its own item."""

    protocol: str
    settings: Settings
    node: tree.Node
    trail: Trail


@dataclass(frozen=True, slots=True)
class Plan:
    """A probe worked out; only device and address are missing."""

    probe: str
    protocol: str
    interval: float
    timeout: float
    options: Any
    credential: Any

    def target(self, device: Device) -> Target:
        return Target(
            device=device.id,
            probe=self.probe,
            protocol=self.protocol,
            address=device.address,
            interval=self.interval,
            timeout=self.timeout,
            options=bounded(self.options, device),
            credential=self.credential,
        )


class Planner:
    """Works out the probes of entries. The devices of one entry share one plan."""

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        defaults: Mapping[str, Settings],
        credentials: Mapping[str, Mapping[str, Login]],
        source: Source,
    ) -> None:
        self._kinds, self._defaults, self._credentials, self._source = kinds, defaults, credentials, source
        self._last: tuple[Entry, list[Plan]] | None = None
        self._known: dict[Any, list[Plan]] = {}
        self._unbuilt: dict[str, list[tuple[int, Trail]]] = {}

    def targets(self, made: Made) -> Iterator[Target]:
        """The targets of a device; none without an address."""
        if self._last is None or self._last[0] is not made.entry:
            self._last = made.entry, self._plans(made)
        if made.device.address:
            for plan in self._last[1]:
                yield plan.target(made.device)

    def tell_unbuilt(self) -> None:
        """One warning for each protocol that the format knows and nobody has built, at its first entry."""
        for name, places in self._unbuilt.items():
            self._source.warn(*places[0], "config.not_built", probe=name, count=len(places))

    def _plans(self, made: Made) -> list[Plan]:
        entry = made.entry
        asked = self._by_kind(entry) if entry.read.probes is None else self._asked(entry)
        if asked and entry.read.probes is not None and not made.device.address:
            self._source.error(*entry.place("probes"), "config.probe_without_address")
            return []
        if any(item.settings for item in asked):
            return self._work_out(asked, entry)
        mark = (entry.read.credentials, tuple(entry.ports.items()), tuple(item.protocol for item in asked))
        before = self._source.errors
        plans = self._known.get(mark) or self._work_out(asked, entry)
        if self._source.errors == before:
            self._known[mark] = plans
        return plans

    def _work_out(self, asked: list[Asked], entry: Entry) -> list[Plan]:
        plans: list[Plan] = []
        for item in asked:
            plan = self._plan(item, entry, [plan.probe for plan in plans])
            if plan is not None:
                plans.append(plan)
        return self._without_twins(plans, entry)

    def _logins(self, entry: Entry) -> Mapping[str, Login]:
        return self._credentials.get(entry.read.credentials, {})

    def _by_kind(self, entry: Entry) -> list[Asked]:
        """Without `probes:`: ICMP, and what the credentials open. An asset is watched only when it says so."""
        if entry.read.kind == "asset":
            return []
        names = ["icmp", *(name for name in self._kinds if name in self._logins(entry))]
        return [Asked(name, {}, entry.node, entry.trail) for name in dict.fromkeys(names) if name in self._kinds]

    def _asked(self, entry: Entry) -> list[Asked]:
        raw = entry.read.probes
        if raw is None or not isinstance(raw.node, tree.Sequence):
            if raw is not None:
                wrong_type(raw.node, raw.trail, self._source, "sequence")
            return []
        asked = []
        for index, node in enumerate(raw.node.items):
            asked += self._item(node, (raw.trail, index))
        return asked

    def _item(self, node: tree.Node, trail: Trail) -> list[Asked]:
        """A name, or one name with its settings."""
        if isinstance(node, tree.Scalar) and not node.null:
            name, inner = node.text, None
        elif isinstance(node, tree.Mapping) and len(node.fields) == 1:
            name, inner = next(iter(node.fields.items()))
        else:
            self._source.error(node.line, trail, "config.probe_item")
            return []
        if name in self._kinds:
            settings = {} if inner is None else read_settings(self._kinds[name], inner, (trail, name), self._source)
            return [Asked(name, settings, node, trail)]
        if name in NAMED:
            self._unbuilt.setdefault(name, []).append((node.line, trail))
        else:
            unknown_protocol(name, node.line, trail, self._source, self._kinds)
        return []

    def _plan(self, asked: Asked, entry: Entry, taken: list[str]) -> Plan | None:
        kind, login = self._kinds[asked.protocol], self._logins(entry).get(asked.protocol)
        if kind.credential is not None and not kind.anonymous and login is None:
            self._source.error(asked.node.line, asked.trail, "config.no_credential", probe=kind.name)
            return None
        port = entry.ports.get(kind.name)
        settings = {
            **self._defaults.get(kind.name, {}),
            **(login.settings if login else {}),
            **({} if port is None else {"port": port}),
            **asked.settings,
        }
        options = self._options(kind, settings, asked)
        interval = settings.get("interval", kind.interval)
        timeout = settings.get("timeout", min(kind.timeout, interval))
        if timeout > interval and not asked.settings.keys().isdisjoint({"interval", "timeout"}):
            self._source.error(asked.node.line, asked.trail, "config.interval_below_timeout", probe=kind.name)
        if options is BAD:
            return None
        return Plan(
            probe=self._name(kind, options, taken),
            protocol=kind.name,
            interval=interval,
            timeout=timeout,
            options=options,
            credential=login.credential if login else None,
        )

    def _options(self, kind: Kind, settings: Settings, asked: Asked) -> Any:
        fields = {field.name for field in dataclasses.fields(kind.options)}
        values = {name: value for name, value in settings.items() if name in fields}
        return build(kind.options, values, asked.node, asked.trail, self._source)

    def _name(self, kind: Kind, options: Any, taken: list[str]) -> str:
        """The protocol's name; a further probe of it adds its port."""
        if kind.name not in taken or not needs_port(kind):
            return kind.name
        return f"{kind.name}-{options.port}"

    def _without_twins(self, plans: list[Plan], entry: Entry) -> list[Plan]:
        """Each probe once: the same protocol twice needs two ports."""
        kept: list[Plan] = []
        for plan in plans:
            needs = needs_port(self._kinds[plan.protocol])
            same = [other for other in kept if other.protocol == plan.protocol]
            if any(not needs or other.options.port == plan.options.port for other in same):
                self._source.error(*entry.place("probes"), "config.probe_twice", probe=shown(plan.probe))
            else:
                kept.append(plan)
        return kept


def needs_port(kind: Kind) -> bool:
    """Whether a port must be named, so that one device may have several (TCP)."""
    return any(
        field.name == "port" and field.default is dataclasses.MISSING for field in dataclasses.fields(kind.options)
    )
