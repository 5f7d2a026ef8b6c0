"""The RTSP look at a camera that is not ours: GStreamer's server with Digest, its H.264 and H.265."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from agent.clock import SystemClock
from agent.model import Outcome, Reading, Secret, Target
from agent.probes import onvif, rtsp
from agent.probes.base import Hooks
from agent.probes.onvif.prober import Climber
from agent.probes.rtsp.prober import Watcher
from tests.fakes.onvif_recorder import Device

from .watching import lacking

pytestmark = pytest.mark.net

_PYTHON = "/usr/bin/python3"
_SERVER = Path(__file__).parent.parent / "fakes" / "gst_rtsp.py"
_NEEDED = (
    "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstRtspServer', '1.0');"
    "from gi.repository import Gst, GstRtspServer; Gst.init(None);"
    "print(*(n for n in ('x264enc', 'x265enc', 'rtph264pay', 'alawenc') if not Gst.ElementFactory.find(n)))"
)


def piped(encoder: str, payloader: str, pattern: str) -> str:
    raw = f"videotestsrc is-live=true pattern={pattern} ! video/x-raw,width=640,height=360,framerate=10/1"
    return f"( {raw} ! {encoder} ! {payloader} name=pay0 pt=96 )"


_X264 = "x264enc tune=zerolatency key-int-max=20 speed-preset=ultrafast"
_X265 = "x265enc tune=zerolatency key-int-max=20 speed-preset=ultrafast"
MOUNTS = {
    "h264": piped(_X264, "rtph264pay", "smpte75"),
    "h265": piped(_X265, "rtph265pay", "smpte75"),
    "sliced": piped(f"{_X264} sliced-threads=true threads=4", "rtph264pay", "smpte75"),
    "aggregated": piped(_X264, "rtph264pay aggregate-mode=zero-latency config-interval=-1", "smpte75"),
    "black": piped(_X264, "rtph264pay", "black"),
    "sound": "( audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay0 pt=8 )",
}


@asynccontextmanager
async def serving(password: str = "secret") -> AsyncIterator[int]:
    """The port of a server with all MOUNTS; it ends with its standard input."""
    server = await asyncio.create_subprocess_exec(
        _PYTHON, str(_SERVER), "127.0.0.1", "cam", password, *(f"{name}={launch}" for name, launch in MOUNTS.items()),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert server.stdout is not None
    assert server.stdin is not None
    try:
        async with asyncio.timeout(20):
            port = int(await server.stdout.readline())
        yield port
    finally:
        server.stdin.close()
        await server.wait()


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    try:
        found = subprocess.run([_PYTHON, "-c", _NEEDED], capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        lacking("no Python of the system's with GStreamer's RTSP server (gir1.2-gst-rtsp-server-1.0, python3-gi)")
        return
    if found.returncode or found.stdout.strip():
        lacking(f"GStreamer's RTSP server or encoders: {found.stdout.strip() or found.stderr[-200:]}")


@pytest_asyncio.fixture
async def prober() -> AsyncIterator[Watcher]:
    it = Watcher(Hooks(clock=SystemClock(), sink=print))
    yield it
    await it.close()


async def look(prober: Watcher, port: int, path: str, password: str = "secret", picture: float = 600.0) -> Reading:
    target = Target(
        device=f"cam-{path}", probe="rtsp", protocol="rtsp", address="127.0.0.1", interval=60.0, timeout=5.0,
        options=rtsp.Options(port=port, path=path, picture=picture),
        credential=rtsp.Credential(username="cam", password=Secret(password)),
    )  # fmt: skip
    return await prober.look(target, print)


async def test_the_whole_ladder(prober: Watcher, capsys: pytest.CaptureFixture[str]) -> None:
    async with serving() as port:
        for path, codec in (("h264", "h264"), ("h265", "hevc"), ("sliced", "h264"), ("aggregated", "h264")):
            reading = await look(prober, port, path)
            assert (reading.outcome, reading.checks) == (Outcome.OK, {"picture": ""}), path
            assert reading.facts["codec"] == codec
            assert (reading.facts["picture_width"], reading.facts["picture_height"]) == (640, 360)
            assert reading.facts["rtsp_server"] == "GStreamer RTSP server"
        frozen = [await look(prober, port, path) for path in ("h264", "h264")]
        assert [reading.checks for reading in frozen] == [{}, {"picture": "picture_frozen"}], (
            "a test picture stands still"
        )
        assert len(re.findall("TEARDOWN .*: 200", capsys.readouterr().out)) == 6


async def test_what_its_pictures_are(prober: Watcher) -> None:
    async with serving() as port:
        black = [await look(prober, port, "black") for _ in range(2)]
    assert [reading.checks for reading in black] == [{}, {"picture": "picture_black"}]


async def test_what_is_wrong(prober: Watcher) -> None:
    async with serving() as port:
        refused = await look(prober, port, "h264", password="wrong")
        absent = await look(prober, port, "nothing")
        other = await look(prober, port, "sound")
        plain = await look(prober, port, "h265", picture=0.0)
    assert (refused.reason, refused.facts["rung"]) == ("auth", "login")
    assert (absent.reason, absent.facts["rung"]) == ("no_stream", "stream")
    assert (other.reason, other.facts["rung"]) == ("no_video", "stream")
    assert (plain.outcome, plain.checks) == (Outcome.OK, {})


@pytest.mark.parametrize(("path", "codec"), [("h264", "h264"), ("h265", "hevc")])
async def test_behind_an_onvif_camera_of_media2(path: str, codec: str) -> None:
    """Its H.265 is busy for a moment, after it has been described: the picture comes all the same."""
    climber = Climber(Hooks(clock=SystemClock(), sink=print))
    camera = await Device(username="cam", password="secret", services=("media2",)).start()
    async with serving() as port:
        camera.stream_uri = f"rtsp://127.0.0.1:{port}/{path}"
        reading = await climber.look(_camera(camera.port), print)
    await climber.close()
    await camera.close()
    assert (reading.outcome, reading.checks["picture"], reading.facts["codec"]) == (Outcome.OK, "", codec)


def _camera(port: int) -> Target:
    return Target(
        device="cam", probe="onvif", protocol="onvif", address="127.0.0.1", interval=60.0, timeout=8.0,
        options=onvif.Options(port=port, picture=600.0),
        credential=onvif.Credential(username="cam", password=Secret("secret")),
    )  # fmt: skip
