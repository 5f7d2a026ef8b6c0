"""What one reading says about its device: findings, each with the cause class that a relapse must share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent.model import Device, Ms, Outcome, Reading

UNREACHABLE, SERVICE, MANAGEMENT, LOSS = "unreachable", "service", "management", "loss"
"""Cause classes: the device does not answer; one of its services does not; only its management does not; packets go
missing."""
CREDENTIAL, PICTURE = "credential", "picture"
"""It answers and refuses our login (口令失效); it answers and what it shows is worth nothing."""
RECORDING, RETENTION, DISK, POWER = "recording", "retention", "disk", "power"
"""It serves, and a duty beside its service is not done: no recording, too few days kept, a disk gone, on battery."""
PING = "ping"
"""It answers no ping, and another probe of it has been good since: something on the way takes them."""
HARDWARE, DRIFT = "hardware", "drift"
"""It serves, and something in it goes: a fan, a power supply, heat, optics, the PoE budget; its clock runs away."""

_ANSWERED = frozenset(
    ("clock_drift", "identity_changed", "wrong_status", "wrong_content", "wrong_answer", "no_tls", "plain_login")
)
"""Reasons that only a device which answers can give."""

LATENT = frozenset((MANAGEMENT, LOSS, PING, HARDWARE, DRIFT))
"""The device serves in spite of it: a latent defect (隐患)."""
BESIDE = frozenset((RECORDING, RETENTION, DISK, POWER))
"""Faults with levels of their own in the annex; what the device is for is not lost."""

CHECKS: Mapping[str, str] = {
    "login": CREDENTIAL,
    "picture": PICTURE,
    "recording": RECORDING,
    "storage_days": RETENTION,
    "disk": DISK,
    "ups": POWER,
    "clock": DRIFT,
}
"""Cause classes of what a look judged beside its outcome (`Reading.checks`); any other name is HARDWARE."""
CONFIRM = 2
"""Looks in a row in which a check must be bad at least: one reading of a fan is none."""
SURE = frozenset(("picture", "login", "certificate"))
"""Checks that are sure when they are told: a picture has been looked at twice by then."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`bad` at `at` by this probe of this device. `reason` is the reading's own key; a check's `probe` is
    `PROBE:CHECK`. extent: how many channels, disks or ports it is about, where that is known.  rung: the first broken
    one of a probe that climbs a ladder (fact `rung`)."""

    device: str
    probe: str
    cause: str
    bad: bool
    at: Ms
    reason: str = ""
    extent: int = 1
    rung: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return (self.device, self.probe)

    @property
    def confirm(self) -> int:
        """Looks in a row in which it must be bad at least."""
        name = self.probe.partition(":")[2]
        return CONFIRM if name and name not in SURE else 1


def find(reading: Reading, device: Device, leading: str) -> Iterator[Finding]:
    """The findings of a reading: that of its outcome, none where the agent could not look, and one for each check.

    leading: the device's leading probe (`lead`): its failure means that the device itself does not answer.
    """
    target, at = reading.target, reading.at
    if reading.outcome is Outcome.UNKNOWN:
        return
    bad = reading.outcome is Outcome.FAILED
    why = cause(target.probe, target.protocol, leading, reading.reason)
    rung = str(reading.facts.get("rung", "")) if bad else ""
    yield Finding(device.id, target.probe, why, bad, at, reading.reason, rung=rung)
    for name, reason in reading.checks.items():
        extent = max(1, round(reading.samples.get(f"{name}_count", 1)))
        why = CHECKS.get(name, HARDWARE)
        yield Finding(device.id, check(target.probe, name), why, bool(reason), at, reason, extent)


def check(probe: str, name: str) -> str:
    """The name under which a probe's check is kept."""
    return f"{probe}:{name}"


def cause(probe: str, protocol: str, leading: str, reason: str = "") -> str:
    """The cause class of a failing probe. Who refuses a login has answered."""
    if protocol == "snmp" and (probe != leading or reason == "auth"):
        return MANAGEMENT
    if reason in ("auth", "locked"):
        return CREDENTIAL
    if reason in _ANSWERED:
        return SERVICE
    return UNREACHABLE if probe == leading else SERVICE


def lead(probes: tuple[str, ...]) -> str:
    """The probe whose failure means that the device does not answer: `icmp` where it is watched so, else the first."""
    return "icmp" if "icmp" in probes else probes[0] if probes else ""
