"""The difference to the present inventory: new, gone, moved, changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from agent.discovery.boxes import vendor_of
from agent.discovery.proposal import Known, Proposal
from agent.model import Device

_FACTS = ("kind", "vendor", "model", "serial", "mac")
_LIKELY = ("asset", "server", "terminal")
"""Kinds that are a guess for want of words: they change nothing that somebody has written down, nor does a model like
`NVR`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing of one device that is not as written. field: address, parent, port, or a fact."""

    device: str
    field: str
    before: str
    after: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """new: found and not written.  gone: written within the ranges and not found.  moved: at another address or port.
    changed: another box, or one that says other things of itself."""

    new: tuple[Proposal, ...] = ()
    gone: tuple[Device, ...] = ()
    moved: tuple[Change, ...] = ()
    changed: tuple[Change, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.new or self.gone or self.moved or self.changed)


def known_of(devices: Mapping[str, Device]) -> Known:
    """What the inventory knows a box by. A mark that two devices have (an access point that is a controller, too) means
    neither without the id that was proposed; a MAC goes before an address. A controller may tell no more of an access
    point than its name."""
    ids: dict[str, str] = {}
    twice: set[str] = set()
    for device in devices.values():
        own = [mark for mark in (device.address, device.mac, device.serial) if mark]
        names = {f"ap: {device.id}", f"ap: {device.name}"} if device.kind == "ap" else ()
        for mark in (*own, *(f"{device.id} {mark}" for mark in own), *names):
            if ids.setdefault(mark, device.id) != device.id:
                twice.add(mark)
    above = {device.parent.device for device in devices.values() if device.parent}
    tops = [
        device.address for device in devices.values() if device.id in above and not device.parent and device.address
    ]
    return Known(
        ids={mark: name for mark, name in ids.items() if mark not in twice}, taken=frozenset(devices), tops=tops
    )


def compare(
    proposals: Iterable[Proposal], devices: Mapping[str, Device], looked_at: Callable[[str], bool],
    references: Collection[str] = (),
) -> Differences:  # fmt: skip
    """looked_at: whether an address lies in the ranges.  references: addresses that the inventory knows without calling
    them devices."""
    found = {each.id: each for each in proposals}
    both = [(devices[name], each) for name, each in found.items() if name in devices]
    above = {name: each.parent for name, each in found.items() if each.parent}
    moved = [change for device, each in both for change in _moves(device, each, above)]
    return Differences(
        new=tuple(each for name, each in found.items() if name not in devices and each.address not in references),
        gone=tuple(_gone(devices, found, looked_at)),
        moved=tuple(moved),
        changed=tuple(change for device, each in both for change in _facts(device, each)),
    )


def _gone(
    devices: Mapping[str, Device], found: Mapping[str, Proposal], looked_at: Callable[[str], bool]
) -> Iterator[Device]:
    """Beside those with an address, access points that their controller, which was read, no longer lists."""
    read = {each.controller for each in found.values() if each.controller}
    for name, device in devices.items():
        if name not in found and (looked_at(device.address) if device.address else device.controller in read):
            yield device


def _moves(device: Device, each: Proposal, above: Mapping[str, str]) -> Iterator[Change]:
    if device.address and each.address and device.address not in (each.address, *each.also):
        yield Change(device=device.id, field="address", before=device.address, after=each.address)
    if device.parent is None or not each.parent or above.get(device.parent.device) == device.id:
        return
    if device.parent.device != each.parent:
        yield Change(
            device=device.id, field="parent", before=f"{device.parent.device} {device.parent.port}".strip(),
            after=f"{each.parent} {each.port}".strip(), source=each.source,
        )  # fmt: skip
    elif device.parent.port and each.port and _plain(device.parent.port) != _plain(each.port):
        yield Change(device=device.id, field="port", before=device.parent.port, after=each.port, source=each.source)


def _facts(device: Device, each: Proposal) -> Iterator[Change]:
    for name in _FACTS:
        before, after = getattr(device, name), getattr(each, name)
        vague = after in _LIKELY if name == "kind" else name == "model" and not any(map(str.isdigit, after))
        if not before or not after or vague or _same(name, before, after):
            continue
        by = next((one.source for one in each.evidence if one.field == name), "")
        yield Change(device=device.id, field=name, before=before, after=after, source=by)


def _same(name: str, before: str, after: str) -> bool:
    """Models are written short in lists (`S5130` of `S5130S-52S-EI`), makers in Chinese."""
    one, other = before.casefold(), after.casefold()
    if name == "vendor" and vendor_of("", before) == after:
        return True
    return one == other or (name in ("model", "vendor") and (one in other or other in one))


def _plain(port: str) -> str:
    """`GigabitEthernet1/0/3`, `GE1/0/3` and `gi1/0/3` are one port: the first letter and the numbers."""
    found = re.match(r"([a-z]*)[^0-9]*([0-9].*)?", port.casefold())
    return f"{found[1][:1]}{found[2] or ''}" if found else port.casefold()
