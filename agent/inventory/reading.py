"""`inventory.yaml` -> `Inventory`, or every mistake in it."""

from __future__ import annotations

import gc
import os
import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from agent.calendar import ALWAYS, WEEKDAYS, Schedule, always
from agent.config import BAD, Loaded, Raw, Source, near, open_file, shown, tree
from agent.config.reader import build, keys_of, read_keys, wrong_type
from agent.inventory import hosts
from agent.inventory.checks import Checks
from agent.inventory.devices import Devices, Made, read_devices
from agent.inventory.entry import FileEntry, SiteEntry
from agent.inventory.protocols import Settings, read_credentials, read_defaults
from agent.inventory.targets import Planner
from agent.inventory.value import REFERENCE, Inventory, Site
from agent.model import KINDS, Device, Target
from agent.probes import PROBES
from agent.probes.base import Kind


def load_inventory(path: str | os.PathLike[str], kinds: Mapping[str, Kind] = PROBES) -> Loaded[Inventory]:
    """Read an inventory. `kinds`: the table of probes.

    20,000 devices take two to three seconds: not in the loop's own thread.
    """
    with _collector_paused():
        return _load(path, kinds)


def _load(path: str | os.PathLike[str], kinds: Mapping[str, Kind]) -> Loaded[Inventory]:
    source, node = open_file(path)
    if node is None:
        return source.loaded(None)
    if not isinstance(node, tree.Mapping):
        wrong_type(node, None, source, "mapping")
        return source.loaded(None)
    return source.loaded(_inventory(node, kinds, source))


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A million objects and no circle among them: the cycle collector would double the time looking for one."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _inventory(node: tree.Mapping, kinds: Mapping[str, Kind], source: Source) -> Inventory | None:
    source.names = {"schedule": {ALWAYS, *_names(node, "schedules")}}
    values = read_keys(keys_of(FileEntry), node, None, source)
    entry = build(FileEntry, values, node, None, source)
    defaults = read_defaults(values.get("defaults"), kinds, source)
    made, targets = _devices(values, kinds, defaults, source)
    schedules = _schedules(values.get("schedules"), node, source)
    if "site" not in values:
        return None
    site = _site(values["site"], source)
    ids, strangers = _references(site.references, values["site"], made, source)
    if entry is BAD:
        return None
    devices = {each.device.id: each.device for each in made}
    return Inventory(
        site=site,
        devices=devices | {f"@{host}": _reference_device(host, source) for host in strangers},
        targets=(*targets, *(each for host in strangers for each in _reference_target(host, kinds, defaults))),
        schedules=schedules,
        references=ids,
        sha256=source.sha256,
        file=source.file,
    )


def _devices(
    values: Mapping[str, Any], kinds: Mapping[str, Kind], defaults: Mapping[str, Settings], source: Source
) -> tuple[list[Made], list[Target]]:
    """Every device once, and the targets of all."""
    credentials = read_credentials(values.get("credentials"), kinds, source)
    devices = read_devices(values["devices"], kinds, source) if "devices" in values else Devices()
    checks = Checks(devices, source)
    unique = checks.unique()
    checks.run(credentials)
    planner = Planner(kinds, defaults, credentials, source)
    targets = [target for made in unique for target in planner.targets(made)]
    planner.tell_unbuilt()
    return unique, targets


def _names(node: tree.Mapping, key: str) -> list[str]:
    child = node.fields.get(key)
    return list(child.fields) if isinstance(child, tree.Mapping) else []


def _site(raw: Raw, source: Source) -> Site:
    """The site as far as it can be read: its parts are looked at one by one, so that each mistake is told."""
    if not isinstance(raw.node, tree.Mapping):
        wrong_type(raw.node, raw.trail, source, "mapping")
        return Site(id="", name="", timezone="UTC")
    values = read_keys(keys_of(SiteEntry), raw.node, raw.trail, source)
    entry = build(SiteEntry, values, raw.node, raw.trail, source)
    if entry is BAD:
        good = {name: value for name, value in values.items() if value is not BAD}
        entry = SiteEntry(**{"id": "", **good})
    _check_zone(entry.timezone, raw, source)
    return Site(id=entry.id, name=entry.name or entry.id, timezone=entry.timezone, references=entry.references)


def _check_zone(name: str, raw: Raw, source: Source) -> None:
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        meant = near(name, zoneinfo.available_timezones())
        where = tree.place(raw.node, raw.trail, "timezone")
        source.error(*where, "config.not", meant, want="config.want.zone", value=shown(name))


def _schedules(entries: Any, node: tree.Mapping, source: Source) -> dict[str, Schedule]:
    """`entries`: what `schedules:` was read as, None or BAD included."""
    schedules = {ALWAYS: always()}
    for name, entry in (entries if isinstance(entries, dict) else {}).items():
        if name == ALWAYS:
            source.error(*tree.place(node, None, "schedules", name), "config.schedule_always")
        elif not entry.weekdays or not entry.hours:
            source.error(*tree.place(node, None, "schedules", name), "config.schedule_never")
        else:
            days = frozenset(map(WEEKDAYS.index, entry.weekdays))
            schedules[name] = Schedule(name=name, weekdays=days, hours=entry.hours, terms_only=entry.terms_only)
    return schedules


def _references(
    names: tuple[str, ...], site: Raw, made: list[Made], source: Source
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(device ids, addresses that no device stands for). A kind's name means every device of it with an address."""
    ids: dict[str, None] = {}
    strangers: dict[str, None] = {}
    known = {each.device.id for each in made}
    meant_by = _meant_by(made)
    for index, name in enumerate(names):
        host = hosts.host(name)
        if name in known:
            ids[name] = None
        elif name in meant_by or host in meant_by:
            ids |= dict.fromkeys(meant_by.get(name) or meant_by[host or ""])
        elif host and (hosts.is_address(host) or "." in host):
            strangers[host] = ids[f"@{host}"] = None
        else:
            meant = near(name, (*known, *KINDS))
            where = tree.place(site.node, site.trail, "references", index)
            source.error(*where, "config.absent.reference", meant, name=shown(name))
    return tuple(ids), tuple(strangers)


def _meant_by(made: list[Made]) -> dict[str, list[str]]:
    """Ids of the devices that have an address, by their kind and by the address."""
    found: dict[str, list[str]] = {}
    for each in made:
        if each.device.address:
            found.setdefault(each.device.kind, []).append(each.device.id)
            found.setdefault(each.device.address, [each.device.id])
    return found


def _reference_device(host: str, source: Source) -> Device:
    return Device(id=f"@{host}", name=host, kind=REFERENCE, address=host, source=source.file)


def _reference_target(host: str, kinds: Mapping[str, Kind], defaults: Mapping[str, Settings]) -> list[Target]:
    """One heartbeat, like that of a device."""
    if "icmp" not in kinds:
        return []
    kind, settings = kinds["icmp"], defaults.get("icmp", {})
    options = {name: value for name, value in settings.items() if name not in ("interval", "timeout")}
    interval = settings.get("interval", kind.interval)
    return [
        Target(
            device=f"@{host}",
            probe="icmp",
            protocol="icmp",
            address=host,
            interval=interval,
            timeout=settings.get("timeout", min(kind.timeout, interval)),
            options=kind.options(**options),
        )
    ]
