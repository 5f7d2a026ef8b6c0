"""`python -m bench [NAME ...] [--quick] [--windows N] [--shared] [--only agent|peers]`: into RESULTS.md, or printed."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import cameras, controller, grow, icmp, lab, onvif, poll, report, ticket, whole
from bench.report import Result
from bench.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """minutes: how long it takes in full, starts and warm-up included."""

    measure: Callable[[Run], Result]
    minutes: float


MEASUREMENTS: Mapping[str, Measurement] = {
    "icmp": Measurement(measure=icmp.measure, minutes=5),
    "poll": Measurement(measure=poll.measure, minutes=4),
    "whole": Measurement(measure=whole.measure, minutes=3.5),
    "ticket": Measurement(measure=ticket.measure, minutes=3.5),
    "growth": Measurement(measure=grow.measure, minutes=21.5),
    "cameras": Measurement(measure=cameras.measure, minutes=4.5),
    "onvif": Measurement(measure=onvif.measure, minutes=0.5),
    "controller": Measurement(measure=controller.measure, minutes=0.5),
}


def main() -> int:
    asked = _arguments()
    lab.enter()
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="campus-bench-") as folder, lab.campus() as campus:
        for name in asked.names or MEASUREMENTS:
            work = Path(folder, name)
            work.mkdir()
            run = _run(campus, work, asked)
            run.say(f"{name}: begins")
            results.append(MEASUREMENTS[name].measure(run))
            print(*report.table(results[-1:]), *results[-1].seen, sep="\n", flush=True)
            if not (asked.quick or asked.only):
                before = report.PAGE.read_text("utf-8") if report.PAGE.exists() else ""
                report.PAGE.write_text(report.merge(before, results[-1:], report.command_line()), "utf-8")
                print(f"written: {report.PAGE.name}, {results[-1].name}")
    return int(any(row.verdict == "MISSED" for result in results for row in result.rows))


def _arguments() -> argparse.Namespace:
    together = sum(one.minutes for one in MEASUREMENTS.values())
    each = ", ".join(f"{name} {one.minutes:g}" for name, one in MEASUREMENTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, epilog=f"minutes in full: {each}; together {together:g}"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--quick", action="store_true", help="one short window each, a twentieth of the cuts")
    parser.add_argument("--windows", type=int, default=2, metavar="N", help="windows of half a minute each (2)")
    parser.add_argument("--shared", action="store_true", help="other work runs here: real-time rank for growth's agent")
    parser.add_argument("--only", choices=("agent", "peers"), help="one side alone")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(MEASUREMENTS):
        parser.error(f"no measurement {', '.join(sorted(unknown))}; there are {', '.join(MEASUREMENTS)}")
    return asked


def _run(campus: lab.Campus, work: Path, asked: argparse.Namespace) -> Run:
    """A window holds whole rounds of the intervals measured: 10 and 15 seconds."""
    windows, cuts, watch = (1, 10, 120) if asked.quick else (asked.windows, 200, 900)
    return Run(
        campus=campus, work=work, windows=windows, window=30, warm=20, cuts=cuts, watch=watch, shared=asked.shared,
        only=asked.only,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
