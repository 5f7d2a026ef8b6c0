"""The canned key frames of the practice campus's cameras: 1080p, small, one file each in `frames/`.

`good` is three looks at one corridor in which somebody walks; `frozen` is the first of them for ever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

GOOD = 3
"""Different good pictures there are."""
_START = re.compile(rb"\x00\x00\x00?\x01")
_FILES: Mapping[str, str] = {"H264": "h264", "H265": "h265"}


def frame(picture: str, codec: str, look: int, folder: str = "") -> tuple[bytes, ...]:
    """NAL units of what the camera shows at its `look`-th picture, parameter sets first. codec: H264 or H265.

    folder: other pictures than those shipped.
    """
    return _units(folder, f"{_name(picture, look)}.{_FILES[codec]}")


@cache
def _still(name: str) -> bytes:
    return (files("agent.simulator") / "frames" / f"{name}.jpg").read_bytes()


def still(picture: str, look: int) -> bytes:
    """The same picture as a JPEG, small: a snapshot."""
    return _still(_name(picture, look))


def _name(picture: str, look: int) -> str:
    return {"good": f"good-{look % GOOD + 1}", "frozen": "good-1"}.get(picture, picture)


@cache
def _units(folder: str, name: str) -> tuple[bytes, ...]:
    """The units of an Annex B byte stream (H.264 and H.265, annex B)."""
    shipped = files("agent.simulator") / "frames"
    raw = (Path(folder, name) if folder else shipped / name).read_bytes()
    return tuple(unit for unit in _START.split(raw) if unit)
