"""What a new inventory changes: only that is touched on a reload, the rest never misses a beat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from agent.inventory.value import Inventory
from agent.model import Device, Target

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """changed: pairs (before, after) of the same id or key.  kept: equal in both, as in the new one."""

    added: tuple[T, ...] = ()
    removed: tuple[T, ...] = ()
    changed: tuple[tuple[T, T], ...] = ()
    kept: tuple[T, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class Difference:
    """Devices by id, targets by (device, probe). The line on which a device stands is no difference."""

    devices: Change[Device]
    targets: Change[Target]


def difference(old: Inventory, new: Inventory) -> Difference:
    """From `old` to `new`."""
    return Difference(
        devices=_change(old.devices, new.devices),
        targets=_change({each.key: each for each in old.targets}, {each.key: each for each in new.targets}),
    )


K = TypeVar("K")


def _change(old: Mapping[K, T], new: Mapping[K, T]) -> Change[T]:
    both = [(old[key], value) for key, value in new.items() if key in old]
    return Change(
        added=tuple(value for key, value in new.items() if key not in old),
        removed=tuple(value for key, value in old.items() if key not in new),
        changed=tuple((before, after) for before, after in both if before != after),
        kept=tuple(after for before, after in both if before == after),
    )
