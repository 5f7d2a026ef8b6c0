"""Looks without an agent: the probes of the inventory, opened here, for one device and once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from agent import documents
from agent.cli.alone import known_inventory, unknown_device
from agent.cli.stop import USAGE, Stop
from agent.cli.talk import Talk
from agent.clock import Clock
from agent.logs import set_up
from agent.model import Reading, Target
from agent.probes import PROBES
from agent.probes.base import Hooks


def look_alone(talk: Talk, device: str, probe: str | None) -> dict[str, Any]:
    """The looks, as the agent's socket answers them. Stops for a device or probe that the inventory does not know."""
    desk, inventory = talk.desk, known_inventory(talk)
    if device not in inventory.devices:
        raise Stop(USAGE, *unknown_device(desk, device, inventory))
    targets = [target for target in inventory.targets if target.device == device]
    wanted = [target for target in targets if probe in (None, target.probe)]
    if probe is not None and not wanted:
        known = ", ".join(target.probe for target in targets) or "-"
        raise Stop(USAGE, desk.say.say("requests.no_probe", device=device, probes=known))
    set_up("debug" if desk.debug else "critical", "text")
    return {"device": device, "looks": asyncio.run(_looks(wanted, desk.clock))}


async def _looks(targets: Sequence[Target], clock: Clock) -> list[dict[str, Any]]:
    found = []
    for target in targets:
        log: list[str] = []
        reading = await _look(target, clock, log)
        found.append({"probe": target.probe, "log": log, **documents.look(reading)})
    return found


async def _look(target: Target, clock: Clock, log: list[str]) -> Reading:
    prober = PROBES[target.protocol].open(Hooks(clock=clock, sink=_nobody))
    try:
        return await prober.look(target, log.append)
    finally:
        await prober.close()


def _nobody(reading: Reading) -> None:
    """Scheduled readings; there are none here."""
