"""The families of devices and of their last looks, about 14 samples a device, written by hand.

What only the inventory decides is written once and kept until the inventory changes: labels, and the whole of
`campus_device_info`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass

from agent.alerting.frame import THROUGH
from agent.alerting.standing import STATES
from agent.alerting.state import Key
from agent.metrics.survey import Survey
from agent.metrics.text import Family, Turns, days, gauge, label, labels, portions, ratio
from agent.model import Device, Outcome, Reading
from agent.view import View

INFO = gauge("campus_device_info", "A device of the inventory; always 1.")
UP = gauge(
    "campus_device_up",
    "1 while the device answers, 0 while it is confirmed not to, whatever the reason; absent while unknown.",
)
STATE = gauge("campus_device_state", "1 for the one state that the device is in, 0 for the others.")
SUCCESS = gauge("campus_probe_success", "Whether the last look was good; absent while the agent cannot look.")
DURATION = gauge("campus_probe_duration_seconds", "How long the last look took.")
TIMESTAMP = gauge("campus_probe_last_timestamp_seconds", "When the last look began.")

_PICTURE = (
    ("picture_brightness_ratio", gauge("campus_camera_picture_brightness_ratio", "Mean luma of the last picture.")),
    ("picture_contrast_ratio", gauge("campus_camera_picture_contrast_ratio", "Spread of luma of the last picture.")),
    ("picture_sharpness_ratio", gauge("campus_camera_picture_sharpness_ratio", "Edges in the last picture.")),
)
"""A camera has its picture checked by one of its probes."""

BY_DEVICE: Mapping[str, tuple[tuple[str, Family], ...]] = {
    "icmp": (
        ("rtt_seconds", gauge("campus_icmp_rtt_seconds", "Round trip of the last answer.")),
        (
            "loss_ratio",
            gauge("campus_icmp_loss_ratio", "Heartbeats lost / sent in 5 minutes, bursts not counted."),
        ),
    ),
    "snmp": (
        ("uptime_seconds", gauge("campus_snmp_uptime_seconds", "Time since the device, or its agent, started.")),
        ("ports", gauge("campus_snmp_ports", "Rows of the device's port table.")),
        ("ports_up", gauge("campus_snmp_ports_up", "Ports whose ifOperStatus is up.")),
        ("cpu_percent", ratio("campus_snmp_cpu_ratio", "How busy the busiest processor is.")),
        ("memory_percent", ratio("campus_snmp_memory_ratio", "How full the first memory is.")),
        ("temperature_celsius", gauge("campus_snmp_temperature_celsius", "The hottest place in the box.")),
        ("poe_watts", gauge("campus_poe_watts", "Power that the ports give away now.")),
        ("poe_budget_watts", gauge("campus_poe_budget_watts", "Power that the ports may give away.")),
        ("aps", gauge("campus_controller_access_points", "Access points that the controller knows.")),
        ("aps_up", gauge("campus_controller_access_points_up", "Access points that work, by their controller.")),
        ("clients", gauge("campus_wireless_clients", "Wireless clients now.")),
    ),
    THROUGH: (("clients", gauge("campus_access_point_clients", "Wireless clients of one access point.")),),
    "onvif": (
        ("clock_drift_seconds", gauge("campus_camera_clock_drift_seconds", "Camera's clock minus the agent's.")),
        ("profiles", gauge("campus_camera_profiles", "Media profiles.")),
        ("recordings", gauge("campus_camera_recordings", "Recordings that the device keeps (ONVIF Profile G).")),
        ("recorded_days", days("campus_camera_recorded_seconds", "From the oldest recording to the newest.")),
        (
            "recorded_until_timestamp_seconds",
            gauge("campus_camera_recorded_until_timestamp_seconds", "The newest recording's end."),
        ),
    ),
    "barix": (
        ("buffer_level", gauge("campus_broadcast_buffer_level", "Audio buffer of a Barix device, as it says.")),
        ("reconnects", gauge("campus_broadcast_reconnects", "Times its stream was lost, as it says.")),
        ("soft_errors", gauge("campus_broadcast_soft_errors", "Stream errors, as it says.")),
        ("volume", gauge("campus_broadcast_volume", "Its volume, as it says.")),
    ),
}
"""By protocol, samples of the device's first probe of it, told under the device's own name."""
_ANSWERED = (
    ("status_code", gauge("campus_probe_status_code", "Status of the last HTTP or SIP answer.")),
    ("answer_seconds", gauge("campus_probe_answer_seconds", "How long the last answer took.")),
)
BY_PROBE: Mapping[tuple[str, ...], tuple[tuple[str, Family], ...]] = {
    ("tcp",): (("connect_seconds", gauge("campus_tcp_connect_seconds", "How long the last connection took to open.")),),
    ("http", "https", "sip"): _ANSWERED,
    ("http", "https", "onvif", "sip"): (
        ("tls_days_left", days("campus_probe_tls_left_seconds", "Until the certificate ends.")),
    ),
    ("onvif", "rtsp"): _PICTURE,
}
"""By protocol, samples of every probe."""

_STATES: Mapping[str, tuple[str, ...]] = {
    state: ("", *(f'{other}"}} {int(other == state)}\n' for other in STATES)) for state in STATES
}
"""What stands between seven repetitions of `campus_device_state{device="x",state="`."""


@dataclass(frozen=True, slots=True)
class _Probe:
    """key, device label, device and probe labels, protocol; `first`: the device's first probe of that protocol."""

    key: Key
    device: str
    both: str
    protocol: str
    first: bool


Look = tuple[_Probe, Reading]
_OK, _UNKNOWN = Outcome.OK, Outcome.UNKNOWN
"""Looking a member up on its enumeration costs as much as writing its line."""


class DevicePages:
    """Writes the families; keeps the labels."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._of: tuple[object, int] = (None, 0)
        self._labels: dict[str, str] = {}
        self._probes: list[_Probe] = []
        self._info: list[str] = []

    async def pieces(self, survey: Survey) -> AsyncIterator[str]:
        """The page in pieces, each family whole and in turn."""
        turns = Turns()
        await self._learn(turns)
        looks = await self._looks(turns)
        for piece in self._pieces(survey, looks):
            yield piece
            await turns.breathe()

    async def _learn(self, turns: Turns) -> None:
        """Write down what only the inventory decides, if it has changed."""
        monitor = self._view.monitor
        frame = monitor.frame
        of = (frame, len(monitor.scheduler))
        if self._of[0] is frame and self._of[1] == of[1]:
            return
        protocols = {target.key: target.protocol for target in monitor.scheduler.targets}
        names: dict[str, str] = {}
        probes: list[_Probe] = []
        info: list[str] = []
        for devices in portions(list(self._view.devices())):
            for device in devices:
                names[device.id] = own = labels(device=device.id)
                probes += _probes(device.id, own, frame.probes.get(device.id, ()), protocols)
            info.append("".join(map(_info, devices)))
            await turns.breathe()
        self._of, self._labels, self._probes, self._info = of, names, probes, info

    async def _looks(self, turns: Turns) -> list[Look]:
        """The last look of every probe that could look."""
        looks = self._view.monitor.looks
        found: list[Look] = []
        for probes in portions(self._probes):
            for probe in probes:
                reading = looks.get(probe.key)
                if reading is not None and reading.outcome is not _UNKNOWN:
                    found.append((probe, reading))
            await turns.breathe()
        return found

    def _pieces(self, survey: Survey, looks: list[Look]) -> Iterator[str]:
        yield INFO.head
        yield from self._info
        yield from self._standings(survey)
        yield SUCCESS.head
        for some in portions(looks):
            yield "".join([f"campus_probe_success{{{p.both}}} {1 if r.outcome is _OK else 0}\n" for p, r in some])
        yield DURATION.head
        for some in portions(looks):
            yield "".join([f"campus_probe_duration_seconds{{{p.both}}} {r.duration:.6g}\n" for p, r in some])
        yield TIMESTAMP.head
        for some in portions(looks):
            yield "".join(
                [f"campus_probe_last_timestamp_seconds{{{p.both}}} {r.at // 1000}.{r.at % 1000:03}\n" for p, r in some]
            )
        yield from _samples(looks)

    def _standings(self, survey: Survey) -> Iterator[str]:
        known = self._labels
        names = [known.get(device.id) for device in survey.devices]
        ups = [standing.up for standing in survey.standings]
        states = [_STATES[standing.state] for standing in survey.standings]
        yield UP.head
        for some in portions(list(zip(names, ups, strict=True))):
            yield "".join([f"campus_device_up{{{own}}} {int(up)}\n" for own, up in some if own and up is not None])
        yield STATE.head
        for own_states in portions(list(zip(names, states, strict=True))):
            yield "".join([f'campus_device_state{{{own},state="'.join(parts) for own, parts in own_states if own])


def _probes(device: str, own: str, names: tuple[str, ...], protocols: Mapping[Key, str]) -> Iterator[_Probe]:
    seen: set[str] = set()
    for name in names:
        protocol = protocols.get((device, name), name if name == THROUGH else "")
        yield _Probe((device, name), own, f'{own},probe="{label(name)}"', protocol, protocol not in seen)
        seen.add(protocol)


def _info(device: Device) -> str:
    told = labels(
        device=device.id, name=device.name, kind=device.kind, role=device.role, building=device.location.building,
        room=device.location.room, vendor=device.vendor, model=device.model,
    )  # fmt: skip
    return f"{INFO.name}{{{told}}} 1\n"


def _samples(looks: list[Look]) -> Iterator[str]:
    """Numbers of the looks themselves, one family a number."""
    of: dict[str, list[Look]] = {}
    for look in looks:
        of.setdefault(look[0].protocol, []).append(look)
    for protocol, families in BY_DEVICE.items():
        told = [(probe.device, reading) for probe, reading in of.get(protocol, ()) if probe.first]
        for sample, family in families:
            yield from _family(family, sample, told)
    for protocols, families in BY_PROBE.items():
        told = [(probe.both, reading) for protocol in protocols for probe, reading in of.get(protocol, ())]
        for sample, family in families:
            yield from _family(family, sample, told)


def _family(family: Family, sample: str, told: list[tuple[str, Reading]]) -> Iterator[str]:
    yield family.head
    name, scale = family.name, family.scale
    for some in portions(told):
        found = [(own, reading.samples.get(sample)) for own, reading in some]
        yield "".join([f"{name}{{{own}}} {value * scale:.10g}\n" for own, value in found if value is not None])
