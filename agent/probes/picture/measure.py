"""Numbers of a picture, from a small plane of its brightness. Pure, and about 3 ms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from math import sqrt
from operator import mul, sub

_LIT, _SHARPEST = 0.99, 0.998
"""The brightest hundredth of the cells, the sharpest two thousandths of the steps. A lamp, a lit screen in a dark room,
a door in a bare wall have few edges, and sharp ones: the sharpest hundredth of the steps would miss them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Shares of full scale, 0 to 1. Overlays (name, clock) stand in the top and bottom eighth, which is left out.

    brightness: mean.  contrast: standard deviation.  edges: what the sharpest steps from cell to cell reach.  grain:
    the mean step; where there is nothing but noise, edges are no more than five times that.  lit: what the brightest
    hundredth of the cells reaches.  flat: share of neighbours that are exactly alike; a live sensor has noise.
    colour: mean distance from grey; next to none is night mode under infrared.  cells: what was measured, to be
    compared with the next picture's.
    """

    width: int
    height: int
    brightness: float
    contrast: float
    edges: float
    grain: float
    lit: float
    flat: float
    colour: float
    cells: bytes

    @property
    def sharpness(self) -> float:
        """Edges for the contrast there is, so that dusk and a camera's gain do not count."""
        return self.edges / max(self.contrast, 1 / 255)


def measure(luma: bytes, columns: int, size: tuple[int, int], colour: float) -> Measures:
    """Measures of a plane with so many cells a line. size: of the picture itself, in pixels.  colour: 0 to 128."""
    rows = len(luma) // columns
    picked = range(rows // 8, rows - rows // 8 - 1)
    lines = [luma[row * columns : (row + 1) * columns] for row in picked]
    below = [luma[(row + 1) * columns : (row + 2) * columns] for row in picked]
    cells = b"".join(lines)
    mean = sum(cells) / len(cells)
    spread = sum(map(mul, cells, cells)) / len(cells) - mean * mean
    across = [*chain.from_iterable(map(abs, map(sub, line[1:], line)) for line in lines)]
    steps = [*across, *map(abs, map(sub, b"".join(below), cells))]
    return Measures(
        width=size[0],
        height=size[1],
        brightness=mean / 255,
        contrast=sqrt(max(0.0, spread)) / 255,
        edges=_reached(steps, _SHARPEST),
        grain=sum(steps) / len(steps) / 255,
        lit=_reached(cells, _LIT),
        flat=across.count(0) / len(across),
        colour=colour / 128,
        cells=cells,
    )


def _reached(levels: Iterable[int], share: float) -> float:
    """The level below which this share of them lies."""
    ordered = sorted(levels)
    return ordered[int(len(ordered) * share)] / 255
