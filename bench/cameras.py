"""300 cameras: the ladder every minute, a picture every ten, decoded one at a time; the agent and its decoder measured.

The practice campus's own code serves them, one beside it is GStreamer's where that is installed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agent.simulator.plan import Box, Plan, Service, to_json
from bench import cpu, http, lab, lateness, watcher
from bench.cpu import Figure
from bench.report import Result, Row
from bench.run import Run
from tests.fakes import keyframes

CAMERAS, FIRST = 300, 0x2000
LADDER, PICTURE = 60, 600
"""Seconds between two ladders and two pictures of a camera."""
WARM, QUICK = 75.0, 90.0
WINDOW, WINDOWS = 150.0, 4
"""Seconds, and how many: ten minutes together, in which each camera is looked at ten times and seen once."""
_SEEN = 0.9
"""Share of the cameras that have to have been seen by then: the first pictures take a look or two longer."""
LOOKS = 3
"""Different good key frames there are."""
USER, PASSWORD = "admin", "practice-camera"
_SYSTEM_PYTHON = "/usr/bin/python3"
_GSTREAMER = Path(__file__).parents[1] / "tests" / "fakes" / "gst_rtsp.py"
_LAUNCH = (
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=1920,height=1080,framerate=5/1 ! "
    "x264enc tune=zerolatency key-int-max=5 speed-preset=ultrafast ! rtph264pay name=pay0 pt=96 )"
)
HOW = (
    f"{CAMERAS} cameras of the practice campus: ICMP each 10 s, the ONVIF ladder up to RTSP's description each "
    f"{LADDER} s, a picture each {PICTURE // 60} min, decoded one at a time and kept small; half of them ask for a "
    "WS-UsernameToken, half for HTTP digest, all for RTSP digest. A picture is one of three H.264 key frames of 1080p "
    "with a sensor's noise, 285 KB each. The first pictures lie spread over the ten minutes by the cameras' names, so "
    "a window holds about its share of them; how many it held is told below. CPU and memory are those of the agent and "
    "its decoder together. `/metrics` is read every 15 s. "
    f"{WINDOWS} windows of {WINDOW:g} s; with `--quick` one of {QUICK:g} s."
)


def measure(run: Run) -> Result:
    seen: list[str] = []
    rows = list(_measured(run, seen)) if run.with_agent else []
    return Result(name="Cameras", how=HOW, rows=rows, seen=seen)


def _measured(run: Run, seen: list[str]) -> Iterator[Row]:
    addresses = [lab.host(FIRST + number) for number in range(1, CAMERAS + 1)]
    with (
        _gstreamer(run, addresses[-1]) as port,
        _campus(run, _boxes(addresses, port)),
        watcher.watching(run.work / "agent", _entries(addresses), more=_more()) as pid,
        http.scraping(watcher.ADDRESS, ("/metrics",)),
    ):
        count, length = (WINDOWS, WINDOW) if run.windows > 1 else (1, QUICK)
        run.say(f"{WARM:g} s to warm up, then {count} windows of {length:g} s")
        time.sleep(WARM)
        spent, taken, lag = _windows(run, pid, count, length)
        held = cpu.pss([pid])
        yield _row("CPU", "% of a core", Figure.of(100 * share for share in spent), 25)
        yield _row("memory", "MB", Figure.of([held / 1e6]), 250)
        yield _row("lag of looks, p99", "s", Figure.of([lateness.percentile(lag, 0.99)]), 0.5)
        seen += _told(taken, lag, port, length)
        if run.windows > 1 and _kept(run) < _SEEN * CAMERAS:
            raise RuntimeError(f"only {_kept(run)} of {CAMERAS} cameras were seen in ten minutes")


def _windows(run: Run, pid: int, count: int, length: float) -> tuple[list[float], list[int], lateness.Buckets]:
    """CPU of each window as a share of a core, pictures kept in each, and the lag of all of them."""
    before = lateness.read(http.get(watcher.ADDRESS, "/metrics"))
    spent, taken = [], []
    for _ in range(count):
        used, kept, began = cpu.seconds([pid]), _kept(run), time.monotonic()
        time.sleep(length)
        spent.append((cpu.seconds([pid]) - used) / (time.monotonic() - began))
        taken.append(_kept(run) - kept)
    return spent, taken, lateness.since(before, lateness.read(http.get(watcher.ADDRESS, "/metrics")))


def _told(taken: Sequence[int], lag: lateness.Buckets, port: int, length: float) -> Iterator[str]:
    wanted = CAMERAS * length / PICTURE
    yield f"first pictures in the windows: {', '.join(map(str, taken))} ({wanted:g} would be their share)"
    yield f"lag: {lateness.told(lag)}; all {_standing()} ladders stand at the end"
    yield "one camera is GStreamer's" if port else "no GStreamer here: all cameras are the practice campus's"


def _standing() -> int:
    """Ladders that hold at the last look. RuntimeError when not all of them do: those that break are cheap."""
    lines = http.get(watcher.ADDRESS, "/metrics").splitlines()
    good = sum(line.startswith("campus_probe_success{") and line.endswith('probe="onvif"} 1') for line in lines)
    if good != CAMERAS:
        raise RuntimeError(f"{good} of {CAMERAS} ladders hold")
    return good


def _kept(run: Run) -> int:
    """Cameras of which a picture has been kept: in the first ten minutes each gets one."""
    return len({path.name.partition(".")[0] for path in (run.work / "agent" / "data").rglob("cam-*.jpg")})


def _row(what: str, unit: str, figure: Figure, bar: float) -> Row:
    measured = f"{what}, {CAMERAS} cameras, ladder each {LADDER} s, picture each {PICTURE // 60} min"
    return Row(measured=measured, unit=unit, ours=figure, bar=bar, absolute=True)


# --- what stands there --------------------------------------------------------------------------


def _entries(addresses: Sequence[str]) -> list[watcher.Entry]:
    return [
        {"id": f"cam-{number:03}", "kind": "camera", "address": address, "credentials": "cameras",
         "location": {"building": f"B{number // 50}", "floor": "1F", "room": f"R{number}"}, "probes": ["icmp", "onvif"]}
        for number, address in enumerate(addresses, 1)
    ]  # fmt: skip


def _more() -> dict[str, dict[str, object]]:
    onvif = {"interval": f"{LADDER}s", "picture": f"{PICTURE}s", "pictures": "keep"}
    login = {"onvif": {"username": USER, "password": PASSWORD}}
    return {"defaults": {"onvif": onvif}, "credentials": {"cameras": login}}


def _boxes(addresses: Sequence[str], port: int) -> tuple[Box, ...]:
    """port: of GStreamer's server, which the last of them names as its stream; 0 without."""
    boxes = []
    for number, address in enumerate(addresses, 1):
        foreign = bool(port) and number == CAMERAS
        stream = Service(name="rtsp", port=port if foreign else 554, username=USER, password=PASSWORD,
                         path="/cam", foreign=foreign)  # fmt: skip
        onvif = Service(name="onvif", port=80, username=USER, password=PASSWORD)
        vendor = "Dahua" if number % 2 else "Hikvision"
        boxes.append(
            Box(id=f"cam-{number:03}", kind="camera", address=address, vendor=vendor, model="bench",
                services=(onvif, stream))
        )  # fmt: skip
    return tuple(boxes)


@contextmanager
def _campus(run: Run, boxes: tuple[Box, ...]) -> Iterator[None]:
    """The practice campus's process, with richer pictures than those it ships."""
    frames = run.work / "frames"
    frames.mkdir()
    for look in range(1, LOOKS + 1):
        (frames / f"good-{look}.h264").write_bytes(keyframes.key_frame("h264", seed=look))
    plan = run.work / "plan.json"
    plan.write_text(to_json(Plan(boxes=boxes, frames=str(frames))), "utf-8")
    command = run.campus.within(sys.executable, "-m", "agent.simulator", str(plan))
    with speaking(command) as ready:
        if not ready:
            raise RuntimeError("the cameras do not come up")
        yield


@contextmanager
def _gstreamer(run: Run, address: str) -> Iterator[int]:
    """The port of GStreamer's RTSP server at that address; 0 where it is not installed."""
    command = [_SYSTEM_PYTHON, str(_GSTREAMER), address, USER, PASSWORD, f"cam={_LAUNCH}"]
    with speaking(run.campus.within(*command)) as line:
        if not line.strip().isdigit():
            run.say("skipped: the camera of GStreamer, which is not installed")
        yield int(line) if line.strip().isdigit() else 0


@contextmanager
def speaking(command: Sequence[str]) -> Iterator[str]:
    """A program that says one line when it is ready ("" when it ends instead) and ends with its standard input."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline()
        finally:
            process.terminate()
