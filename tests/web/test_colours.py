"""Text keeps a contrast of 4.5 to 1 (WCAG 2.1, 1.4.3 AA) on both grounds, in the light and in the dark."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

TEXT = (
    "ink", "dim", "link", "up", "down", "degraded", "shadowed", "maintenance", "unknown", "major", "serious", "general",
    "other", "latent", "late", "soon", "ok",
)  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` or `#rgb`."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_contrast(scheme: int) -> None:
    sheet = (files("agent.web") / "static" / "campus.css").read_text("utf-8")
    block = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([a-z_]+): (#[0-9a-f]+)", block))
    for name in TEXT:
        for ground in ("card", "ground"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
