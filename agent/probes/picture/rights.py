"""Where no picture is taken, sent or kept: the inventory's word, before any option of a probe. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.model import Device, Target

DORMITORY = "dormitory"
"""The tag of what hangs in a dormitory. Minors live there."""


def allowed(device: Device) -> bool:
    """False where the device says `pictures: never`, and in dormitories, whatever else is said."""
    return device.pictures != "never" and DORMITORY not in device.tags


def bounded(options: Any, device: Device) -> Any:
    """A camera probe's options as they may be used: no picture where none is allowed. Others pass through."""
    if allowed(device) or not hasattr(options, "picture"):
        return options
    return replace(options, picture=0.0, pictures="never")


def keeping(targets: Iterable[Target]) -> frozenset[str]:
    """Devices of which some probe keeps pictures; its options are `bounded`."""
    return frozenset(
        target.device
        for target in targets
        if getattr(target.options, "pictures", "never") == "keep" and getattr(target.options, "picture", 0.0)
    )
