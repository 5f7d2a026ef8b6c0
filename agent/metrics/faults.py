"""The family of what is confirmed to be wrong now, and those of a UPS."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from agent.metrics.survey import Survey
from agent.metrics.text import Turns, gauge, labels, portions, ratio
from agent.model import Device
from agent.plain.facts import power
from agent.plain.reader import Looks
from agent.view import View

FAULT = gauge("campus_fault", "1 while it is confirmed that a probe fails, or (check) that what it judges is bad.")
UPS = {
    "charge": ratio("campus_ups_charge_ratio", "How full the battery is, the emptiest of several."),
    "runtime": gauge("campus_ups_runtime_seconds", "How long the UPS will live on its battery, as it says."),
    "load": ratio("campus_ups_load_ratio", "How much of its power is asked of it."),
}
_MINUTE = 60


async def pieces(view: View, survey: Survey) -> AsyncIterator[str]:
    """The page in pieces, each family whole and in turn."""
    turns, memory = Turns(), view.monitor.memory
    yield FAULT.head
    for some in portions(list(memory.conditions.values())):
        yield "".join(f"{FAULT.name}{{{_labels(one.device, one.probe, one.reason)}}} 1\n" for one in some if one.fires)
        await turns.breathe()
    yield "".join(_power(view, [device for device in survey.devices if device.kind == "ups"]))


def _known(device: Device | None) -> bool:
    return device is not None and device.kind != "reference"


def _labels(device: str, key: str, reason: str) -> str:
    probe, _, check = key.partition(":")
    return labels(device=device, probe=probe, check=check, reason=reason)


def _power(view: View, devices: list[Device]) -> Iterator[str]:
    told = {device.id: power(_looks(view, device.id)) for device in devices}
    for name, family in UPS.items():
        yield family.head
        for device, figures in told.items():
            if name in figures:
                value = figures[name] * (_MINUTE if name == "runtime" else family.scale)
                yield f"{family.name}{{{labels(device=device)}}} {value:.10g}\n"


def _looks(view: View, device: str) -> Looks:
    return [(name, view.reading(device, name)) for name in view.monitor.frame.probes.get(device, ())]
