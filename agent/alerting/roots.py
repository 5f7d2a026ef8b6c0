"""What a ticket's root may be beside a device: a place that a person reports, or a system that fails as a whole."""

from __future__ import annotations

PLACE, SYSTEM = "place:", "system:"


def system(family: str, fault: str = "", building: str = "", party: str = "us") -> str:
    """The name of a family of devices (`camera`, `broadcast`) as a whole, on the campus or in one building. fault: the
    cause class where the devices serve in spite of it; party: whose contract they are under."""
    parts = (SYSTEM, family, f".{fault}" if fault else "", "" if party == "us" else f"~{party}")
    return "".join((*parts, f"@{building}" if building else ""))


def is_system(root: str) -> bool:
    return root.startswith(SYSTEM)


def is_device(root: str) -> bool:
    return not root.startswith((PLACE, SYSTEM))
