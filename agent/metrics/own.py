"""The agent's own metrics: a registry of prometheus-client that reads the running parts when it is scraped."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from agent import __version__
from agent.calendar import at_local
from agent.scheduler import LAG_BOUNDS, Lag
from agent.store import Writer
from agent.traps.hearing import Hearing
from agent.view import View

Families = Iterator[GaugeMetricFamily | CounterMetricFamily | HistogramMetricFamily]


class Own:
    """What the agent counts of itself and nobody else keeps."""

    def __init__(self) -> None:
        self.replies: Counter[tuple[str, str]] = Counter()
        self.traps: Hearing | None = None

    def rejected(self, probe: str, reason: str) -> None:
        """A reply that was not believed."""
        self.replies[probe, reason] += 1


class OwnCollector(Collector):
    """Reads the parts. reload_good: whether the last reading of the files went well."""

    def __init__(self, view: View, own: Own, writer: Writer, reload_good: Callable[[], bool]) -> None:
        self._view, self._own, self._writer, self._reload_good = view, own, writer, reload_good

    def collect(self) -> Families:
        yield from self._program()
        yield from self._sight()
        yield from self._store()
        yield from self._policy()

    def _program(self) -> Families:
        build = GaugeMetricFamily(
            "campus_agent_build_info", "The running program; always 1.", labels=["version", "python"]
        )
        build.add_metric([__version__, platform.python_version()], 1)
        yield build
        good = float(self._reload_good())
        yield GaugeMetricFamily(
            "campus_agent_config_last_reload_successful", "Whether the last reading of the files went well.", good
        )

    def _sight(self) -> Families:
        monitor = self._view.monitor
        yield _lag(monitor.scheduler.lag)
        yield CounterMetricFamily(
            "campus_agent_blind_seconds", "Time in which the agent could not look, all of it.", monitor.blind_seconds
        )
        yield GaugeMetricFamily(
            "campus_agent_clock_trusted",
            "Whether decisions are built on the wall clock; 0 while it is behind or not yet synchronised after a boot.",
            float(monitor.memory.sure),
        )
        yield CounterMetricFamily(
            "campus_agent_clock_steps", "Steps of the wall clock seen since the start.", monitor.timekeeper.steps
        )
        rejected = CounterMetricFamily(
            "campus_agent_rejected_replies",
            "Replies that were not believed: strangers, wrong numbers, broken packets.",
            labels=["probe", "reason"],
        )
        for (probe, reason), count in sorted(self._own.replies.items()):
            rejected.add_metric([probe, reason], count)
        yield rejected
        traps = CounterMetricFamily(
            "campus_agent_traps",
            "Datagrams at the trap socket: stranger, held (too often), passed on; of those malformed, refused, heard.",
            labels=["result"],
        )
        for result, count in sorted(self._own.traps.counts.items() if self._own.traps else ()):
            traps.add_metric([result], count)
        yield traps

    def _store(self) -> Families:
        writer = self._writer
        yield GaugeMetricFamily(
            "campus_agent_store_writable", "Whether the last write reached the disk.", float(writer.writable)
        )
        yield GaugeMetricFamily(
            "campus_agent_store_pending_entries", "Journal lines not yet on the disk.", writer.pending_entries
        )
        yield GaugeMetricFamily(
            "campus_agent_store_pending_ratio",
            "Rows that wait in memory, of those that may; from 1 on nothing more is judged.",
            writer.pending_rows / writer.most,
        )
        reserve = GaugeMetricFamily(
            "campus_agent_store_reserve_bytes",
            "Disk space set aside for a full disk; 0 while it is given back.",
            labels=[],
        )
        if writer.reserve_bytes is not None:
            reserve.add_metric([], writer.reserve_bytes)
        yield reserve
        # Nothing is sent yet, so nothing waits: a 0 would promise an outbox that is watched.
        yield GaugeMetricFamily(
            "campus_agent_outbox_oldest_seconds", "Age of the oldest notification that is not delivered.", labels=[]
        )

    def _policy(self) -> Families:
        frame = self._view.monitor.frame
        until = GaugeMetricFamily(
            "campus_calendar_valid_until_timestamp_seconds",
            "Until when public holidays and make-up days are known; behind it the weekday alone decides.",
            labels=[],
        )
        if frame.calendar.valid_until is not None:
            end = at_local(frame.calendar.valid_until + timedelta(days=1), "00:00", frame.zone)
            until.add_metric([], end / 1000)
        yield until
        info = GaugeMetricFamily(
            "campus_severity_policy_info", "The policy in force; always 1.", labels=["version", "sha256"]
        )
        info.add_metric([str(frame.policy.severity.version), frame.policy.sha256], 1)
        yield info


def _lag(lag: Lag) -> HistogramMetricFamily:
    bounds = [*(repr(bound) for bound in LAG_BOUNDS), "+Inf"]
    counted = accumulate(map(float, lag.counts))
    return HistogramMetricFamily(
        "campus_agent_scheduler_lag_seconds",
        "How late looks were sent: sent minus due.",
        buckets=list(zip(bounds, counted, strict=True)),
        sum_value=lag.sum,
    )


def registry(view: View, own: Own, writer: Writer, reload_good: Callable[[], bool]) -> CollectorRegistry:
    """A registry of our own: what a library registers globally is not ours to tell."""
    made = CollectorRegistry(auto_describe=False)
    made.register(OwnCollector(view, own, writer, reload_good))
    ProcessCollector(registry=made)
    return made
