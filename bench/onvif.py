"""CPU and memory of ONVIF ladders: cameras in a process of their own, the prober alone in this one.

`python -m bench.onvif [CAMERAS]` prints the figures; `ladders` is what a measurement takes.
"""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from agent.clock import SystemClock
from agent.model import Outcome, Reading, Secret, Target
from agent.probes import onvif
from agent.probes.base import Hooks, Prober
from agent.probes.each import silent
from bench.cpu import Figure
from bench.report import Result, Row
from bench.run import Run
from tests.fakes.onvif_camera import folder

ROUNDS = 5
HOW = (
    "The prober alone in the bench's own process, the cameras (a fake with the replies of a real encoder and a real "
    "check of the login) in another; each ladder in turn, the median of five rounds. The first ladder of a camera, "
    "which asks for more, and what zeep and its WSDLs take once, do not count."
)
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladders:
    """milliseconds: of CPU for the five calls of one ladder, the median of the rounds.  first: of the first one, which
    asks for more.  megabytes: of a camera that is known.  loaded: of zeep and the WSDLs, once.
    """

    cameras: int
    milliseconds: float
    first: float
    megabytes: float
    loaded: float


def measure(run: Run) -> Result:
    """Nothing where the recorded replies of a real camera are absent."""
    rows: list[Row] = []
    if run.with_agent and folder().is_dir():
        found = ladders()
        rows += _rows(found)
        run.say(f"{found.first:.2f} ms the first ladder, {found.loaded:.1f} MB once for zeep and its WSDLs")
    return Result(name="ONVIF", how=HOW, rows=rows)


def _rows(found: Ladders) -> Iterator[Row]:
    what = f"of {found.cameras} cameras"
    for measured, unit, value, bar in (
        (f"CPU, the five calls of one ladder, {what}", "ms", found.milliseconds, 3),
        (f"memory, a camera, {what}", "MB", found.megabytes, 0.1),
    ):
        yield Row(measured=measured, unit=unit, ours=Figure.of([value]), bar=bar, absolute=True)


def ladders(cameras: int = 300, rounds: int = ROUNDS) -> Ladders:
    """Each camera is climbed in turn, `rounds` times; the bar is 3 ms and 0.1 MB."""
    with _serving(cameras) as ports:
        return asyncio.run(_measure([_target(number, port) for number, port in enumerate(ports)], rounds))


async def _measure(targets: list[Target], rounds: int) -> Ladders:
    before = _resident()
    prober = onvif.KIND.open(Hooks(clock=SystemClock(), sink=lambda reading: None))
    await _climbed(prober, targets[:1])
    gc.collect()
    loaded = _resident()
    first = await _climbed(prober, targets)
    gc.collect()
    known = _resident()
    times = [await _climbed(prober, targets) for _ in range(rounds)]
    await prober.close()
    return Ladders(
        cameras=len(targets), milliseconds=median(times), first=first, megabytes=(known - loaded) / len(targets),
        loaded=loaded - before,
    )  # fmt: skip


async def _climbed(prober: Prober, targets: list[Target]) -> float:
    """Milliseconds of CPU a ladder. The looks are not timed when one of them fails: that would be cheap."""
    begun = time.process_time()
    readings: list[Reading] = [await prober.look(target, silent) for target in targets]
    spent = time.process_time() - begun
    bad = [reading.reason for reading in readings if reading.outcome is not Outcome.OK]
    if bad:
        raise RuntimeError(f"{len(bad)} ladders broke: {bad[0]}")
    return spent / len(targets) * 1000


def _target(number: int, port: int) -> Target:
    return Target(
        device=f"cam-{number}", probe="onvif", protocol="onvif", address="127.0.0.1", interval=60.0, timeout=8.0,
        options=onvif.Options(port=port, stream=False),
        credential=onvif.Credential(username="admin", password=Secret("correct horse")),
    )  # fmt: skip


@contextmanager
def _serving(count: int) -> Iterator[list[int]]:
    """Fake cameras in a process of their own: their ports."""
    command = [sys.executable, "-m", "tests.fakes.onvif_camera", str(count)]
    root = Path(__file__).parents[1]
    process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield [int(port) for port in process.stdout.readline().split()]
    finally:
        process.kill()
        process.communicate()


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_MB


def main() -> None:
    found = ladders(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
    print(f"{found.cameras} cameras: {found.milliseconds:.2f} ms a ladder ({found.first:.2f} ms the first),")
    print(f"{found.megabytes:.4f} MB a camera, {found.loaded:.1f} MB once for zeep and its WSDLs")


if __name__ == "__main__":
    main()
