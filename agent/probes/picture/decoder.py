"""The program that decodes pictures: requests on standard input, answers on standard output, nothing else.

Run as a file, apart from the agent's packages, so that it holds PyAV and little besides. It gives up its capabilities
and its right to open files, and has bounds of memory and of CPU for each picture. Whoever started it ends it by
closing standard input, or kills it.

    request: codec (h264, hevc or mjpeg, 5 bytes), width of the small picture (0: none), length; then the data
    answer:  status, width, height, colour, length of the small picture; where the status is OK the luma plane of
             COLUMNS x ROWS bytes; the small picture, a JPEG
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import struct
import sys
from fractions import Fraction
from typing import BinaryIO, NamedTuple

COLUMNS, ROWS = 160, 90
"""Cells of the luma plane that is given back, whatever the picture measures: full range, 0 black to 255 white. Of 1080p
a cell is the mean of 144 pixels, which leaves little of their noise.
"""
PIXELS = 8192 * 8192
LARGEST = (4 << 20) + 65536
"""Bytes of one picture's data, at most."""
SMALL = 640
"""Pixels of the small picture's width, at most."""
CPU = 5
"""Seconds of CPU for one picture: 8192 x 8192 need about one."""
MEMORY = 1 << 30
"""Bytes of address space: 150 MB are libraries and code, a frame of 8192 x 8192 has 100."""

OK, UNDECODABLE = 0, 1
REQUEST = struct.Struct("!5sHI")
ANSWER = struct.Struct("!BHHfI")
READY = b"ready\n"

_SECOND = "second"
_FROM_GREY = bytes(abs(value - 128) for value in range(256))
_CODECS = {"h264", "hevc", "mjpeg"}
_QUALITY = 6
"""mjpeg's quantiser, 1 to 31: a picture of 320 x 180 has about 12 KB."""
_CAPABILITIES_V3 = 0x20080522
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _CLEAR_ALL, _SIGKILL = 1, 38, 47, 4, 9


class Picture(NamedTuple):
    """width, height: of the decoded picture.  colour: how far its colour planes lie from grey, the mean, 0 to 128."""

    width: int
    height: int
    colour: float
    luma: bytes
    small: bytes


def decode(codec: str, data: bytes, small: int) -> Picture | None:
    """The first picture in `data`; None where there is none, or one with holes.

    Holes are known of H.264 alone: in H.265 and JPEG FFmpeg fills them in and does not say so, and its strict mode
    refuses what many cameras send.
    """
    import av

    context = av.CodecContext.create(codec, "r")
    assert isinstance(context, av.VideoCodecContext)
    context.thread_count = 1
    context.options = {"max_pixels": str(PIXELS), "skip_loop_filter": "all"}
    try:
        frames = [*context.decode(av.Packet(data)), *context.decode(None)]
    except (av.error.FFmpegError, MemoryError):
        return None
    if not frames or not isinstance(frame := frames[0], av.VideoFrame) or frame.is_corrupt:
        return None
    grid = frame.reformat(COLUMNS, ROWS, "yuv420p", interpolation="AREA", dst_color_range="JPEG")
    luma, u, v = (_plane(plane) for plane in grid.planes)
    jpeg = _jpeg(frame, small) if small else b""
    colour = sum((u + v).translate(_FROM_GREY)) / len(u + v)
    return Picture(frame.width, frame.height, colour, luma, jpeg)


def _plane(plane: object) -> bytes:
    """The pixels of a plane without the filling of its lines."""
    import av

    assert isinstance(plane, av.video.plane.VideoPlane)
    raw, line = bytes(plane), plane.line_size
    if line == plane.width:
        return raw[: plane.width * plane.height]
    return b"".join(raw[at : at + plane.width] for at in range(0, line * plane.height, line))


def _jpeg(frame: object, width: int) -> bytes:
    """A JPEG of at most this width, in the picture's own proportion."""
    import av

    assert isinstance(frame, av.VideoFrame)
    width = min(width, SMALL, frame.width) & ~1
    height = max(2, min(2 * SMALL, round(frame.height * width / frame.width)) & ~1)
    context = av.CodecContext.create("mjpeg", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuvj420p"
    context.time_base, context.thread_count = Fraction(1, 1), 1
    context.qmin = context.qmax = _QUALITY
    tiny = frame.reformat(width, height, "yuvj420p", interpolation="AREA", dst_color_range="JPEG")
    tiny.pts = 0
    return b"".join(bytes(packet) for packet in (*context.encode(tiny), *context.encode(None)))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the requests end."""
    while len(head := requests.read(REQUEST.size)) == REQUEST.size:
        name, small, size = REQUEST.unpack(head)
        codec = name.rstrip(b"\0").decode("ascii", "replace")
        if size > LARGEST or codec not in _CODECS:
            return
        data = requests.read(size)
        if len(data) < size:
            return
        _bound_cpu()
        picture = decode(codec, data, small)
        if picture is None:
            answers.write(ANSWER.pack(UNDECODABLE, 0, 0, 0.0, 0))
        else:
            width, height, colour, luma, jpeg = picture
            answers.write(ANSWER.pack(OK, width, height, colour, len(jpeg)) + luma + jpeg)
        answers.flush()


def _bound_cpu() -> None:
    """So many seconds from now on, then SIGXCPU: a picture that hangs ends, should whoever started this be gone."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _bound(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + CPU + 1, lasting=False)


def unprivileged() -> None:
    """Give up every capability. Where a sandbox forbids capset(2), ambient ones (CAP_NET_RAW) end by a second exec."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    libc.prctl(_PR_CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.capset(struct.pack("Ii", _CAPABILITIES_V3, 0), bytes(24)) and _SECOND not in sys.argv:
        os.execv(sys.executable, [sys.executable, "-I", __file__, _SECOND])


def confine() -> None:
    """Give up what a decoder does not need."""
    for what, bound in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        _bound(what, bound)


def _bound(what: int, bound: int, *, lasting: bool = True) -> None:
    """Lower a limit. lasting: for good, not to be raised again. A sandbox (seccomp) may refuse, and have its own."""
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(what)
        low = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(what, (low, low if lasting else hard))


def main() -> None:
    unprivileged()
    import av
    import av.error

    av.logging.set_level(av.logging.PANIC)
    for codec in ("h264", "hevc", "mjpeg"):
        av.CodecContext.create(codec, "r")  # what is loaded late is loaded now, while files may still be opened
    confine()
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
