"""Pictures as cameras send them: scenes drawn, spoiled and encoded by PyAV's encoders (libx264, libx265, mjpeg)."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache

import av

FULL_HD = (1920, 1080)
_SKETCH = (240, 135)
_ENCODERS = {
    "h264": ("libx264", {"preset": "veryfast", "crf": "26", "tune": "zerolatency"}),
    "hevc": ("libx265", {"preset": "ultrafast", "crf": "28", "x265-params": "log-level=none"}),
    "mjpeg": ("mjpeg", {}),
}


def missing() -> str:
    """The encoder that this build of PyAV lacks, "" where none does."""
    return next((name for name, _ in _ENCODERS.values() if name not in av.codecs_available), "")


def scene(size: tuple[int, int] = FULL_HD, *, spoil: str = "", noise: int = 6, seed: int = 1) -> av.VideoFrame:
    """A corridor of rectangles in colour, with a sensor's noise. spoil: filters of FFmpeg before the noise.

    noise: its strength, 0 none; `seed` makes it another look at the same scene.
    """
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=_SKETCH[0], height=_SKETCH[1], format=av.VideoFormat("yuv420p"), time_base=Fraction(1, 25)
    )
    chain = [source, graph.add("scale", f"{size[0]}:{size[1]}:flags=bicubic")]
    for word in (*filter(None, spoil.split(",")), *((f"noise=alls={noise}:allf=t:all_seed={seed}",) if noise else ())):
        name, _, args = word.partition("=")
        chain.append(graph.add(name, args))
    chain.append(graph.add("format", "yuv420p"))
    chain.append(graph.add("buffersink"))
    graph.link_nodes(*chain).configure()
    graph.push(_sketch())
    frame = graph.pull()
    assert isinstance(frame, av.VideoFrame)
    return frame


NIGHT = "lutyuv=y=16+(val-16)*0.02:u=128:v=128"
INFRARED = "lutyuv=y=16+(val-16)*0.7:u=128:v=128"
BLACK = "lutyuv=y=16:u=128:v=128"
COVERED = "lutyuv=y=110+(val-110)*0.01:u=120:v=135"
FOG = "lutyuv=y=150+(val-150)*0.3"
THICK_FOG = "lutyuv=y=160+(val-128)*0.12"
DIM = "lutyuv=y=16+(val-16)*0.2"
LAMP = "lutyuv=y=16+(val-16)*0.05,drawbox=x=iw*0.6:y=ih*0.3:w=iw*0.15:h=ih*0.18:color=white:t=fill"
SCREEN = "lutyuv=y=16+(val-16)*0.05,drawbox=x=iw*0.3:y=ih*0.25:w=iw*0.35:h=ih*0.35:color=0xe0e0e0:t=fill"
WALL = "lutyuv=y=180+(val-128)*0.03,drawbox=x=iw*0.4:y=ih*0.3:w=iw*0.12:h=ih*0.6:color=0x9a9080:t=fill"
TAPE = "gblur=sigma=150,lutyuv=y=45+(val-128)*0.06"
PAPER = "lutyuv=y=215+(val-128)*0.01:u=128:v=128"
HAND = "gblur=sigma=120,lutyuv=y=70+(val-128)*0.15:u=110:v=150"
"""What may happen to a scene: weather and light, a lit screen in a dark room, a bare wall with a door; what covers a
lens."""


@cache
def key_frame(
    codec: str, spoil: str = "", *, size: tuple[int, int] = FULL_HD, noise: int = 6, seed: int = 1, quality: str = ""
) -> bytes:
    """One key frame of a scene with its parameter sets (Annex B), or a JPEG file. quality: another `crf`."""
    name, options = _ENCODERS[codec]
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = size
    context.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    context.time_base, context.framerate, context.thread_count = Fraction(1, 25), Fraction(25, 1), 1
    context.options = {**options, **({"crf": quality} if quality else {})}
    if codec == "mjpeg":
        context.qmin = context.qmax = 4
    frame = scene(size, spoil=spoil, noise=noise, seed=seed)
    frame = frame.reformat(format=context.pix_fmt)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))


@cache
def _sketch() -> av.VideoFrame:
    chance, (width, height) = random.Random(7), _SKETCH
    luma = [[90 + 60 * x // width + 40 * y // height for x in range(width)] for y in range(height)]
    for _ in range(70):
        left, top = chance.randrange(width), chance.randrange(height)
        wide, high, level = chance.randrange(3, 40), chance.randrange(3, 30), chance.randrange(30, 225)
        for y in range(top, min(top + high, height)):
            luma[y][left : left + wide] = [level] * len(luma[y][left : left + wide])
    frame = av.VideoFrame(width, height, "yuv420p")
    half = (width // 2, (height + 1) // 2)
    _fill(frame.planes[0], [bytes(line) for line in luma])
    for plane, phase in ((frame.planes[1], 0), (frame.planes[2], 40)):
        _fill(plane, [bytes(96 + (x + y + phase) % 64 for x in range(half[0])) for y in range(half[1])])
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    return frame


def _fill(plane: av.video.plane.VideoPlane, lines: list[bytes]) -> None:
    plane.update(b"".join(line.ljust(plane.line_size, b"\0") for line in lines).ljust(plane.buffer_size, b"\0"))
