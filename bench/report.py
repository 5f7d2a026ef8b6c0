"""What was measured, as rows, and the page that people read."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.cpu import Figure

PAGE = Path(__file__).with_name("RESULTS.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison. bar: the most that the ratio may be, or the figure itself where it is absolute.
    A figure is None where it could not be measured."""

    measured: str
    unit: str
    ours: Figure | None
    peer: str | None = None
    theirs: Figure | None = None
    bar: float
    absolute: bool = False

    @property
    def ratio(self) -> float | None:
        if self.ours is None or self.theirs is None:
            return None
        return self.ours.value / self.theirs.value

    @property
    def verdict(self) -> str:
        judged = (self.ours.value if self.ours else None) if self.absolute else self.ratio
        if judged is None:
            return "not measured"
        return "met" if judged <= self.bar else "MISSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one measurement brought: its rows and how they came about."""

    name: str
    how: str
    rows: Sequence[Row]
    seen: Sequence[str] = field(default=())


HEAD = """# The agent beside its peers

A figure is the median of its windows with the lowest and highest in brackets; of latencies it is the 99th percentile.
CPU is user and system time of the whole process tree, memory its PSS at the end (proc(5)). Where CPU is compared the
contenders run one at a time, on the same cores as their drivers and targets, which do not count. Each section says when
it was measured and by what; `make bench` measures all of them anew, `python -m bench NAME` one (`--help` says how many
minutes each takes).
"""


def merge(page: str, results: Iterable[Result], command: str) -> str:
    """The page with the sections of these results in place of their former ones; the others stay as they were."""
    _, *old = page.split("\n## ")
    sections = {text.partition("\n")[0]: text.rstrip() for text in old}
    sections |= {result.name: _section(result, command) for result in results}
    return "\n## ".join([HEAD, *(f"{text}\n" for text in sections.values())])


def _section(result: Result, command: str) -> str:
    lines = [result.name, "", *table([result]), "", result.how, "", *(f"- {line}" for line in result.seen), ""]
    return "\n".join([*lines, f"Measured {datetime.now(UTC):%Y-%m-%d} by `{command}`. {machine()}"])


def table(results: Iterable[Result]) -> Iterator[str]:
    yield "| measured | agent | peer | its figure | ratio | bar | verdict |"
    yield "|---|---|---|---|---|---|---|"
    for result in results:
        for row in result.rows:
            yield "| " + " | ".join(_cells(row)) + " |"


def machine() -> str:
    """Cores, processor, memory, kernel, and the versions compared; nothing that names this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kernel, python = platform.release().split("-")[0], platform.python_version()
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB, Linux {kernel}, Python {python}. "
        f"{'; '.join(_versions())}."
    )


def _cells(row: Row) -> list[str]:
    bar = f"≤ {row.bar:g} {row.unit}" if row.absolute else f"≤ {row.bar:.3g} ×"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return [row.measured, _shown(row.ours, row.unit), row.peer or "", _shown(row.theirs, row.unit), ratio, bar,
            row.verdict]  # fmt: skip


def _shown(figure: Figure | None, unit: str) -> str:
    if figure is None:
        return ""
    text = f"{figure.value:.3g} {unit}"
    return text if figure.low == figure.high else f"{text} ({figure.low:.3g}–{figure.high:.3g})"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _versions() -> list[str]:
    names = ("fping", "prometheus", "prometheus-blackbox-exporter", "prometheus-snmp-exporter")
    found = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *names], capture_output=True, text=True, check=False
    )
    return [line for line in found.stdout.splitlines() if line.split()[1:]]


def command_line() -> str:
    return " ".join(["python -m bench", *sys.argv[1:]])
