"""The histogram of how late looks are sent, `campus_agent_scheduler_lag_seconds`, out of pages of `/metrics`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Buckets = Mapping[float, float]
"""Upper bound in seconds -> looks at or below it."""


def read(page: str) -> Buckets:
    start = 'campus_agent_scheduler_lag_seconds_bucket{le="'
    lines = [line.removeprefix(start) for line in page.splitlines() if line.startswith(start)]
    return {float(bound): float(count) for bound, count in (line.split('"} ') for line in lines)}


def since(before: Buckets, after: Buckets) -> Buckets:
    return {bound: count - before[bound] for bound, count in after.items()}


def percentile(lag: Buckets, rank: float) -> float:
    """The upper bound of the bucket that the percentile lies in."""
    total = max(lag.values())
    return min(bound for bound, count in lag.items() if count >= rank * total)


def beyond(lag: Buckets, bound: float) -> float:
    return max(lag.values()) - lag[bound]


def told(lag: Buckets) -> str:
    bounds: Sequence[float] = sorted(lag)
    total = max(lag.values())
    shown = [f"{lag[bound] / total:.3%} ≤ {bound:g} s" for bound in bounds if bound in (0.01, 0.05, 0.1, 0.2, 0.5)]
    return f"{total:,.0f} looks, " + ", ".join(shown)
