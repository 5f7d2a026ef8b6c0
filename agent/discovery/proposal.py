"""What the boxes said, judged: kind, vendor, model, name and uplink of each device, with the evidence. Pure."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agent.discovery.box import Box, Managed, Neighbour
from agent.discovery.boxes import kind_of, model_of, room_of, vendor_of
from agent.discovery.makers import Makers, maker_of
from agent.discovery.onvif import Match
from agent.discovery.sameness import macs_of, one_each
from agent.discovery.uplinks import Names, Uplink, Wiring, uplinks
from agent.inventory import hosts
from agent.text import clean

_SLUG = re.compile(r"[^a-z0-9]+")
_LONGEST_ID, _LONGEST_TEXT = 48, 100
_NUMBERED = "AP:"
_NO_MAKERS: Makers = {}
_PROFILED = {"ups": "ups", "recorder": "recorder", "camera": "camera", "wlc": "controller", "ap": "ap"}
"""Kinds by the last word of a profile's name: `hikvision-recorder`."""
_CAMERA_PORTS, _TERMINAL_PORTS = frozenset((554, 37777)), frozenset((3389, 5900))

Prove = Callable[[str, str, str, str], str]
"""(field, value, source, words) -> the value; notes the evidence where there is a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """why a field says what it says. source: a key of `discovery.by`.  words: of the device, cleaned."""

    field: str
    source: str
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One device. host: its address, or the MAC or serial number of an access point without one.

    parent, controller: ids.  also: further addresses of the same box.  refused: credentials that it did not take.
    """

    id: str
    host: str
    kind: str
    address: str = ""
    name: str = ""
    vendor: str = ""
    model: str = ""
    serial: str = ""
    mac: str = ""
    room: str = ""
    credentials: str = ""
    parent: str = ""
    port: str = ""
    source: str = ""
    controller: str = ""
    also: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    refused: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What an inventory says already. ids: by address, MAC and serial number, by id and one of them, and
    `ap: NAME` (no id has a colon).  taken: all ids.  tops: addresses of devices that others hang on and that hang on
    nobody."""

    ids: Mapping[str, str] = field(default_factory=dict)
    taken: Collection[str] = ()
    tops: Collection[str] = ()


def propose(
    boxes: Iterable[Box], arp: Mapping[str, str], known: Known | None = None, makers: Makers = _NO_MAKERS
) -> tuple[Proposal, ...]:
    """The devices. arp: address -> MAC as this machine's own kernel has it."""
    known = known or Known()
    told = one_each(boxes, known.ids)
    names = Names.of(told)
    macs = macs_of(told, arp)
    wiring = Wiring({box.address: box for box in told}, names)
    wiring.learn({mac: address for address, mac in macs.items() if address in wiring.boxes})
    ups = uplinks(wiring, known.tops)
    seen = _seen_by(told, names)
    drafts = [_device(box, macs.get(box.address, ""), seen.get(box.address, ()), makers) for box in told]
    drafts = [_short(draft) for draft in _with_controllers(drafts, told)]
    return _named(drafts, ups, known)


def _seen_by(boxes: Iterable[Box], names: Names) -> dict[str, list[tuple[Box, Neighbour]]]:
    """What the neighbours of a host say of it."""
    found: dict[str, list[tuple[Box, Neighbour]]] = {}
    for box in boxes:
        for neighbour in box.neighbours:
            host = names.meant(neighbour)
            if host and host != box.address:
                found.setdefault(host, []).append((box, neighbour))
    return found


# -- one device ------------------------------------------------------------------------------------------------------


def _device(box: Box, mac: str, seen: Sequence[tuple[Box, Neighbour]], makers: Makers) -> Proposal:
    evidence: list[Evidence] = []

    def prove(field: str, value: str, source: str, words: str) -> str:
        if value:
            evidence.append(Evidence(field=field, source=source, words=words))
        return value

    match, own_mac = box.match or Match(), hosts.mac(mac) or ""
    beside = next((row for _, row in seen if row.descr), None)
    return Proposal(
        id="",
        host=box.address,
        kind=_kind(box, seen, prove),
        address=box.address,
        name=_name(box, match, seen, prove),
        vendor=_vendor(box, match, beside, prove) or prove("vendor", maker_of(own_mac, makers), "mac", own_mac),
        model=_model(box, match, beside, prove),
        serial=box.serial,
        mac=own_mac,
        room=room_of(box.location) or room_of(match.location),
        credentials=box.credential,
        also=tuple(address for address in box.own if address != box.address),
        heard=box.heard,
        ports=box.ports,
        refused=box.refused,
        evidence=tuple(evidence),
    )


def _name(box: Box, match: Match, seen: Sequence[tuple[Box, Neighbour]], prove: Prove) -> str:
    neighbour = next((row.name for _, row in seen if row.name), "")
    return (
        prove("name", box.name, "sysName" if box.spoke else "self", box.name)
        or prove("name", match.name, "onvif", match.name)
        or prove("name", neighbour, "lldp", neighbour)
    )


def _vendor(box: Box, match: Match, beside: Neighbour | None, prove: Prove) -> str:
    """HPE sold Comware as its own: there the words say more than the profile."""
    announced, spoken = f"{match.name} {match.hardware}".strip(), beside.descr if beside else ""
    own = vendor_of(box.object_id, box.descr)
    maker = box.ups if box.ups != box.model else ""
    return (
        prove("vendor", box.vendor if own != "HPE" else "", "profile", box.profile)
        or prove("vendor", own, "sysObjectID", box.object_id or box.descr)
        or prove("vendor", vendor_of("", box.ups) or maker, "ups", box.ups)
        or prove("vendor", vendor_of("", announced), "onvif", announced)
        or prove("vendor", vendor_of("", spoken), "lldp", spoken)
    )


def _model(box: Box, match: Match, beside: Neighbour | None, prove: Prove) -> str:
    """A profile may know the series alone: what sysDescr says goes before it when it begins with that."""
    said, spoken = model_of(box.descr), beside.descr if beside else ""
    short = box.model and (said.startswith(box.model) or not any(map(str.isdigit, box.model)))
    return (
        prove("model", said if short else "", "sysDescr", box.descr)
        or prove("model", box.model, "profile" if box.profile else "entity", box.profile or box.model)
        or prove("model", said, "sysDescr", box.descr)
        or prove("model", match.hardware, "onvif", f"{match.name} {match.hardware}".strip())
        or prove("model", model_of(spoken), "lldp", spoken)
    )


def _kind(box: Box, seen: Sequence[tuple[Box, Neighbour]], prove: Prove) -> str:
    """The first that tells: its tables, its words, ONVIF, its neighbours, its ports."""
    for kind, source, words in _kinds(box, seen):
        if kind:
            prove("kind", kind, source, words)
            return kind
    return "asset"


def _kinds(box: Box, seen: Sequence[tuple[Box, Neighbour]]) -> Iterable[tuple[str, str, str]]:
    if "self" in box.heard:
        yield "server", "self", box.name
    if box.managed:
        yield "controller", "aps", str(len(box.managed))
    yield _PROFILED.get(box.profile.rpartition("-")[2], ""), "profile", box.profile
    yield ("ups" if box.ups else ""), "ups", box.ups
    if box.spoke:
        words = " ".join((box.descr, box.model))
        yield kind_of(box.object_id, words), "sysDescr" if box.descr else "sysObjectID", words or box.object_id
    if box.match is not None and box.match.camera_like:
        words = f"{box.match.name} {box.match.hardware}"
        said = kind_of("", words)
        yield said if said in ("camera", "recorder", "amplifier") else "camera", "onvif", words
    if "onvif-clock" in box.heard:
        yield "camera", "onvif_clock", ""
    for switch, row in seen:
        said = "ap" if "ap" in row.capabilities else kind_of("", row.descr)
        yield said, "lldp", f"{switch.name or switch.address} {row.local_port}: {row.descr}"
    yield from _kinds_by_signs(box)


def _kinds_by_signs(box: Box) -> Iterable[tuple[str, str, str]]:
    """What is only likely."""
    yield ("gateway" if "gateway" in box.heard and not box.bridge_ports > 1 else ""), "gateway", box.address
    if box.spoke:
        yield ("switch" if box.bridge_ports > 1 else ""), "bridge", str(box.bridge_ports)
        yield ("gateway" if box.services & 6 == 4 and len(box.own) > 1 else ""), "services", str(box.services)
    ports = ", ".join(map(str, box.ports))
    yield ("camera" if _CAMERA_PORTS & {*box.ports} else ""), "ports", ports
    yield ("terminal" if _TERMINAL_PORTS & {*box.ports} else ""), "ports", ports
    if box.spoke:
        yield "server", "snmp_only", box.descr


def _short(draft: Proposal) -> Proposal:
    """No text longer than an inventory keeps."""
    texts = (clean(text, _LONGEST_TEXT) for text in (draft.name, draft.vendor, draft.model, draft.serial, draft.room))
    name, vendor, model, serial, room = texts
    return dataclasses.replace(draft, name=name, vendor=vendor, model=model, serial=serial, room=room)


# -- access points, names, uplinks -----------------------------------------------------------------------------------


def _with_controllers(drafts: list[Proposal], boxes: Iterable[Box]) -> list[Proposal]:
    """Access points by their controllers' tables: those that were found learn of it, the others are added."""
    by_mac = {draft.mac: draft for draft in drafts if draft.mac}
    made = {draft.host: draft for draft in drafts}
    for box in boxes:
        for ap in box.managed:
            known = made.get(ap.address) or by_mac.get(ap.mac)
            host = known.host if known else ap.mac or f"{_NUMBERED}{ap.serial}"
            if host == box.address or host == _NUMBERED:
                continue
            made[host] = _access_point(known, host, ap, made[box.address])
    return list(made.values())


def _access_point(known: Proposal | None, host: str, ap: Managed, controller: Proposal) -> Proposal:
    words = f"{controller.name or controller.host}: {ap.name}"
    base = known or Proposal(id="", host=host, kind="ap")
    evidence = Evidence(field="kind", source="controller", words=words)
    return dataclasses.replace(
        base,
        kind="ap",
        name=ap.name or base.name,
        vendor=base.vendor or controller.vendor,
        model=ap.model or base.model,
        serial=ap.serial or base.serial,
        mac=hosts.mac(ap.mac) or base.mac,
        controller=controller.host,
        evidence=(*(each for each in base.evidence if each.field != "kind"), evidence),
    )


def _named(drafts: list[Proposal], ups: Mapping[str, Uplink], known: Known) -> tuple[Proposal, ...]:
    """Ids given, parents and controllers told by id."""
    taken, ids = set(known.taken), dict[str, str]()
    wishes = {draft.host: _slug(draft) for draft in drafts}
    alike = Counter(wishes.values())
    for draft in drafts:
        wish = wishes[draft.host] if alike[wishes[draft.host]] == 1 else ""
        own = _known_id(draft, known)
        ids[draft.host] = own if own not in ("", *ids.values()) else _fresh(wish or _plain_id(draft), taken)
        taken.add(ids[draft.host])
    return tuple(_placed(draft, ids, ups.get(draft.host)) for draft in drafts)


def _known_id(draft: Proposal, known: Known) -> str:
    marks = (draft.mac, draft.serial, draft.address, *draft.also)
    told = [mark for mark in marks if mark]
    told += [f"{name} {mark}" for mark in told for name in (_slug(draft), _plain_id(draft))]
    if draft.controller and not draft.address:
        told.append(f"ap: {draft.name}")
    return next((known.ids[mark] for mark in told if mark in known.ids), "")


def _placed(draft: Proposal, ids: Mapping[str, str], up: Uplink | None) -> Proposal:
    placed = dataclasses.replace(draft, id=ids[draft.host], controller=ids.get(draft.controller, ""))
    if up is None or up.parent not in ids:
        return placed
    words = f"{up.parent} {up.port}" + (f" (+{up.beside} MAC)" if up.beside else "")
    evidence = (*draft.evidence, Evidence(field="parent", source=up.source, words=words))
    return dataclasses.replace(placed, parent=ids[up.parent], port=up.port, source=up.source, evidence=evidence)


def _slug(draft: Proposal) -> str:
    """Its name where that can be an id and is its own: a camera's ONVIF name is that of its model. "" otherwise."""
    of_model = any(each.field == "name" and each.source == "onvif" for each in draft.evidence)
    first = "" if of_model or draft.name.replace(".", "").isdigit() else draft.name.split(".")[0]
    slug = _SLUG.sub("-", first.lower()).strip("-")[:_LONGEST_ID].strip("-")
    return slug if len(slug) > 1 and first.isascii() else ""


def _plain_id(draft: Proposal) -> str:
    """Kind and address: the same at the next discovery."""
    mark = draft.address or draft.mac or draft.serial
    return f"{draft.kind}-{_SLUG.sub('-', mark.lower()).strip('-')}"[:_LONGEST_ID].strip("-")


def _fresh(wish: str, taken: Collection[str]) -> str:
    if wish not in taken:
        return wish
    return next(name for number in range(2, 1_000_000) if (name := f"{wish}-{number}") not in taken)
