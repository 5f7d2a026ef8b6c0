"""What one reading says about its device: findings, each with the cause class that a relapse must share."""

from __future__ import annotations

from dataclasses import dataclass

from agent.model import Device, Ms, Outcome, Reading

UNREACHABLE, SERVICE, MANAGEMENT, LOSS = "unreachable", "service", "management", "loss"
"""Cause classes: the device does not answer; one of its services does not; only its management does not; packets go
missing. The last two leave the device serving: a latent defect (隐患)."""
LATENT = frozenset((MANAGEMENT, LOSS))


@dataclass(frozen=True, slots=True)
class Finding:
    """`bad` at `at` by this probe of this device. `reason` is the reading's own key."""

    device: str
    probe: str
    cause: str
    bad: bool
    at: Ms
    reason: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return (self.device, self.probe)


def find(reading: Reading, device: Device, leading: str) -> Finding | None:
    """The finding of a reading, or None where the agent could not look.

    leading: the device's leading probe (`lead`): its failure means that the device itself does not answer.
    """
    if reading.outcome is Outcome.UNKNOWN:
        return None
    target = reading.target
    bad = reading.outcome is Outcome.FAILED
    return Finding(
        device.id, target.probe, cause(target.probe, target.protocol, leading), bad, reading.at, reading.reason
    )


def cause(probe: str, protocol: str, leading: str) -> str:
    """The cause class of a failing probe."""
    if probe == leading:
        return UNREACHABLE
    return MANAGEMENT if protocol == "snmp" else SERVICE


def lead(probes: tuple[str, ...]) -> str:
    """The probe whose failure means that the device does not answer: `icmp` where it is watched so, else the first."""
    return "icmp" if "icmp" in probes else probes[0] if probes else ""
