"""Makes the practice campus's canned key frames anew: `python -m tests.fakes.frames` (needs PyAV's x264 and x265).

A corridor in which somebody walks, drawn and encoded here; nothing is anybody's picture. What it writes is shipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import av

FOLDER = Path(__file__).parents[2] / "agent" / "simulator" / "frames"
WIDTH, HEIGHT = 1920, 1080
_SMALL = (240, 135)
_ENCODERS = {
    "h264": ("libx264", {"preset": "veryslow", "crf": "30", "tune": "zerolatency", "x264-params": "slices=1"}),
    "h265": ("libx265", {"preset": "slow", "crf": "32", "x265-params": "log-level=none:info=0:slices=1"}),
}

Drawn = tuple[list[list[int]], int, int]
"""Rows of luma at a small size, and the two planes' colour."""


def corridor(walker: int) -> list[list[int]]:
    """Doors left and right, a bright floor and windows; somebody stands `walker` cells from the left."""
    width, height = _SMALL
    rows = [[110 + 50 * y // height + 20 * x // width for x in range(width)] for y in range(height)]

    def box(left: int, top: int, right: int, bottom: int, level: int) -> None:
        for y in range(max(0, top), min(height, bottom)):
            rows[y][max(0, left) : min(width, right)] = [level] * (min(width, right) - max(0, left))

    for door in range(6):
        box(8 + 40 * door, 30, 26 + 40 * door, 84, 60 + 12 * (door % 3))
        box(10 + 40 * door, 33, 24 + 40 * door, 46, 205)
        box(23 + 40 * door, 60, 25 + 40 * door, 63, 225)
    box(0, 84, width, 88, 40)
    for tile in range(0, width, 24):
        box(tile, 88, tile + 1, height, 120)
    box(walker, 50, walker + 12, 104, 45)
    box(walker + 2, 40, walker + 10, 50, 150)
    return rows


def pictures() -> Mapping[str, Drawn]:
    """What is seen, by the name of the file."""
    day = {f"good-{look}": (corridor(20 + 60 * look), 118, 136) for look in (1, 2, 3)}
    night = [[16 + (level - 16) * 4 // 100 + (x * 7 + y * 13) % 3 for x, level in enumerate(row)]
             for y, row in enumerate(corridor(80))]  # fmt: skip
    flat = [[100 + (x + y) % 2 for x in range(_SMALL[0])] for y in range(_SMALL[1])]
    black = [[16] * _SMALL[0] for _ in range(_SMALL[1])]
    return {**day, "night": (night, 128, 128), "covered": (flat, 122, 134), "black": (black, 128, 128)}


def encoded(codec: str, drawn: Drawn) -> bytes:
    """One key frame with its parameter sets, Annex B."""
    name, options = _ENCODERS[codec]
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context.time_base, context.framerate, context.thread_count = Fraction(1, 25), Fraction(25, 1), 1
    context.options = options
    frame = _frame(*drawn).reformat(WIDTH, HEIGHT, "yuv420p", interpolation="POINT")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))


def _frame(rows: list[list[int]], blue: int, red: int) -> av.VideoFrame:
    width, height = _SMALL
    frame = av.VideoFrame(width, height, "yuv444p")
    for plane, lines in zip(
        frame.planes, ([bytes(row) for row in rows], [bytes([blue]) * width] * height, [bytes([red]) * width] * height),
        strict=True,
    ):  # fmt: skip
        plane.update(b"".join(line.ljust(plane.line_size, b"\0") for line in lines).ljust(plane.buffer_size, b"\0"))
    return frame


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for codec in _ENCODERS:
        for name, drawn in pictures().items():
            path = FOLDER / f"{name}.{codec}"
            path.write_bytes(encoded(codec, drawn))
            print(f"{path.name} {path.stat().st_size}")


if __name__ == "__main__":
    main()
