"""A wireless controller of 2,000 access points, read whole by SNMP: seconds on the wall and of CPU for one poll."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator

from agent.clock import SystemClock
from agent.model import Outcome, Reading, Secret, Target
from agent.probes import snmp
from agent.probes.base import Hooks
from agent.probes.each import silent
from agent.simulator.plan import Box, Plan, to_json
from bench import lab
from bench.cameras import speaking
from bench.cpu import Figure
from bench.report import Result, Row
from bench.run import Run

ACCESS_POINTS, POLLS = 2_000, 5
COMMUNITY = "bench"
ADDRESS = lab.host(0x3000)
HOW = (
    f"A Ruijie controller of the practice campus with {ACCESS_POINTS:,} access points of two radios each, read by the "
    f"SNMP probe with the profile it recognises, {POLLS} times; every access point must be in the reading with its "
    "state. CPU is the probe's own process."
)


def measure(run: Run) -> Result:
    plan = run.work / "plan.json"
    plan.write_text(to_json(Plan(boxes=tuple(_boxes()))), "utf-8")
    with speaking(run.campus.within(sys.executable, "-m", "agent.simulator", str(plan))) as ready:
        if not ready:
            raise RuntimeError("the controller does not come up")
        walls, spent = asyncio.run(_polls())
    what = f"one poll of a controller, {ACCESS_POINTS:,} access points"
    return Result(
        name="Controller", how=HOW,
        rows=[Row(measured=f"{what}, on the wall", unit="s", ours=Figure.of(walls), bar=10, absolute=True)],
        seen=[f"CPU of a poll: {Figure.of(spent).value:.2f} s"],
    )  # fmt: skip


async def _polls() -> tuple[list[float], list[float]]:
    """Seconds of each poll: on the wall, and of CPU."""
    prober = snmp.KIND.open(Hooks(clock=SystemClock(), sink=lambda reading: None))
    target = Target(
        device="ac", probe="snmp", protocol="snmp", address=ADDRESS, interval=60.0, timeout=30.0,
        options=snmp.Options(), credential=snmp.Credential(version="2c", community=Secret(COMMUNITY)),
    )  # fmt: skip
    walls, spent = [], []
    for _ in range(POLLS):
        wall, used = time.monotonic(), time.process_time()
        _judge(await prober.look(target, silent))
        walls.append(time.monotonic() - wall)
        spent.append(time.process_time() - used)
    await prober.close()
    return walls, spent


def _judge(reading: Reading) -> None:
    """A poll that is not whole would be cheap."""
    rows = reading.tables.get("access_points", ())
    known = sum(getattr(row, "state", "") == "up" for row in rows)
    if reading.outcome is not Outcome.OK or known != ACCESS_POINTS:
        raise RuntimeError(f"{reading.outcome} {reading.reason}: {known} of {ACCESS_POINTS} access points are up")


def _boxes() -> Iterator[Box]:
    yield Box(id="ac", kind="controller", address=ADDRESS, vendor="Ruijie", model="RG-WS7880", community=COMMUNITY,
              ports=8)  # fmt: skip
    for number in range(1, ACCESS_POINTS + 1):
        yield Box(id=f"ap-{number:04}", kind="ap", vendor="Ruijie", model="RG-AP820-L", controller="ac")
