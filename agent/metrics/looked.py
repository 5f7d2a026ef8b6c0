"""The page of `/probe?target=ID`: one look, told in the names of blackbox_exporter, so that its dashboards fit."""

from __future__ import annotations

from agent.metrics.text import gauge
from agent.model import Outcome, Reading

_SUCCESS = gauge("probe_success", "Displays whether or not the probe was a success")
_DURATION = gauge("probe_duration_seconds", "Returns how long the probe took to complete in seconds")
_ICMP = gauge("probe_icmp_duration_seconds", "Duration of icmp request by phase")


def probe_page(reading: Reading) -> str:
    """The look's samples. A look that could not be made (`unknown`) is not for this page: it is no failure."""
    rtt = reading.samples.get("rtt_seconds") if reading.target.protocol == "icmp" else None
    parts = [
        f"{_SUCCESS.head}{_SUCCESS.name} {int(reading.outcome is Outcome.OK)}\n",
        f"{_DURATION.head}{_DURATION.name} {reading.duration:.9g}\n",
    ]
    if rtt is not None and reading.outcome is Outcome.OK:
        parts.append(f'{_ICMP.head}{_ICMP.name}{{phase="rtt"}} {rtt:.9g}\n')
    return "".join(parts)
