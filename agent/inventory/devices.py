"""Entries of the file -> devices: ranges expanded, addresses and dates in one spelling, every device with its line."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agent.config import BAD, Raw, Source, read, shown, tree
from agent.config.reader import keys_of, unknown_key, wrong_type
from agent.config.source import Trail
from agent.inventory import hosts, ranges
from agent.inventory.entry import DeviceEntry, WarrantyEntry
from agent.inventory.protocols import read_ports
from agent.model import Device, Location, Parent, Warranty
from agent.probes.base import Kind
from agent.text import clean

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_OWN_WORDS = ("id", "name", "mac", "asset_no", "serial", "controller", "standby_of")
"""Fields of an entry that expand with its id; beside them the address, the room and the parent."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the file, read: where it stands, and what its devices share."""

    read: DeviceEntry
    node: tree.Mapping
    trail: Trail
    ports: Mapping[str, int] = field(default_factory=dict)

    def place(self, *keys: str) -> tuple[int, Trail]:
        """Line and path of a value in it; of the nearest thing around when it is not there."""
        return tree.place(self.node, self.trail, *keys)


@dataclass(frozen=True, slots=True)
class Made:
    """A device and the entry it comes from."""

    device: Device
    entry: Entry


@dataclass(slots=True)
class Devices:
    """What `devices:` holds. broken: ids of entries with mistakes, so that naming them elsewhere is no second one."""

    made: list[Made] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)


def read_devices(raw: Raw, kinds: Mapping[str, Kind], source: Source) -> Devices:
    """All devices of the file, in its order. Duplicates are still among them."""
    found = Devices()
    if not isinstance(raw.node, tree.Sequence):
        wrong_type(raw.node, raw.trail, source, "sequence")
        return found
    for index, node in enumerate(raw.node.items):
        before = source.errors
        entry = _entry(node, (raw.trail, index), kinds, source)
        if entry is not None:
            found.made += _expand(entry, len(found.made), source)
        if source.errors > before:
            found.broken |= _ids_of(node)
        if len(found.made) > ranges.MOST:
            source.error(node.line, (raw.trail, index), "config.too_many_devices", limit=ranges.MOST)
            break
    return found


def _entry(node: tree.Node, trail: Trail, kinds: Mapping[str, Kind], source: Source) -> Entry | None:
    entry = read(DeviceEntry, node, source, trail)
    if entry is BAD or not isinstance(node, tree.Mapping):
        return None
    address = None if entry.address is None else entry.address.node
    if not isinstance(address, tree.Mapping):
        return Entry(entry, node, trail)
    around = (trail, "address")
    for key in address.fields:
        if key not in ("address", "ports"):
            unknown_key(key, address, around, source, ("address", "ports"))
    if "address" not in address.fields:
        source.error(address.line, around, "config.missing", name="address")
    ports = address.fields.get("ports")
    return Entry(
        entry, node, trail, {} if ports is None else read_ports(Raw(ports, (around, "ports"), source), kinds, source)
    )


def _address_text(entry: Entry, source: Source) -> str:
    """The address as written, "" without one."""
    raw = entry.read.address
    node = None if raw is None else raw.node
    if isinstance(node, tree.Mapping):
        node = node.fields.get("address")
    if node is None:
        return ""
    if not isinstance(node, tree.Scalar):
        wrong_type(node, entry.place("address", "address")[1], source, "scalar")
        return ""
    return "" if node.null else node.text


def _ids_of(node: tree.Node) -> set[str]:
    """The ids that a broken entry was to have, as far as they can be read."""
    word = node.fields.get("id") if isinstance(node, tree.Mapping) else None
    if not isinstance(word, tree.Scalar):
        return set()
    try:
        return {made["id"] for made in ranges.expand({"id": word.text}, "id")} if _small(word.text) else set()
    except ranges.NotARange:
        return set()


def _small(text: str) -> bool:
    return ranges.count(text) <= ranges.MOST


def _texts(entry: Entry, source: Source) -> dict[str, str]:
    """The texts of an entry that may hold ranges."""
    made = entry.read
    texts = {name: getattr(made, name) for name in _OWN_WORDS}
    texts["name"] = made.name or made.id
    texts["address"] = _address_text(entry, source)
    texts["room"] = made.location.room
    if made.parent is not None:
        texts["parent"], texts["port"] = made.parent.device, made.parent.port
    return texts


def _expand(entry: Entry, before: int, source: Source) -> list[Made]:
    texts = _texts(entry, source)
    if not ranges.has_range(entry.read.id):
        if ranges.has_range(texts["address"]):
            source.error(*entry.place("address"), "config.range_without_id")
            return []
        return [Made(device, entry) for device in _device(texts, entry, source)]
    try:
        if before + ranges.count(entry.read.id) > ranges.MOST:
            source.error(*entry.place("id"), "config.too_many_devices", limit=ranges.MOST)
            return []
        members = ranges.expand(texts, "id")
    except ranges.NotARange as wrong:
        source.error(*entry.place("id"), wrong.key)
        return []
    return list(_members(members, entry, source))


def _members(members: Iterator[dict[str, str]], entry: Entry, source: Source) -> Iterator[Made]:
    """The devices of an entry; the first mistake ends it, since the rest would be the same."""
    for texts in members:
        devices = _device(texts, entry, source)
        if not devices:
            return
        yield Made(devices[0], entry)


def _device(texts: Mapping[str, str], entry: Entry, source: Source) -> list[Device]:
    """The device of one member, an empty list after noting why there is none."""
    if not _ID.fullmatch(texts["id"]):
        source.error(*entry.place("id"), "config.not", want="config.want.id", value=shown(texts["id"]))
        return []
    address = hosts.host(texts["address"]) if texts["address"] else ""
    if address is None:
        place = entry.place("address", "address")
        source.error(*place, "config.not", want="config.want.address", value=shown(texts["address"]))
        return []
    mac = hosts.mac(texts["mac"]) if texts["mac"] else ""
    if mac is None:
        source.error(*entry.place("mac"), "config.not", want="config.want.mac", value=shown(texts["mac"]))
        return []
    return [_build(texts, entry, address, mac, source)]


def _build(texts: Mapping[str, str], entry: Entry, address: str, mac: str, source: Source) -> Device:
    made = entry.read
    parent = texts.get("parent", "")
    return Device(
        id=texts["id"],
        name=clean(texts["name"], 200),
        kind=made.kind,
        role=made.role,
        address=address,
        location=_location(made.location, texts["room"]),
        parent=Parent(device=parent, port=texts["port"]) if parent else None,
        schedule=made.schedule,
        criticality=made.criticality,
        vendor=clean(made.vendor, 200),
        model=clean(made.model, 200),
        serial=clean(texts["serial"], 200),
        mac=mac,
        asset_no=clean(texts["asset_no"], 200),
        controller=texts["controller"],
        warranty=_warranty(made.warranty),
        tags=made.tags,
        standby_of=texts["standby_of"],
        owner_party=made.owner_party,
        pictures=made.pictures,
        source=f"{source.file}:{entry.node.line}",
    )


def _warranty(entry: WarrantyEntry | None) -> Warranty | None:
    return None if entry is None else Warranty(accepted=entry.accepted.isoformat(), months=entry.months)


def _location(location: Location, room: str) -> Location:
    return location if location.room == room else dataclasses.replace(location, room=room)


KEYS = tuple(keys_of(DeviceEntry))
"""What an entry may say; documents of the format list these."""
