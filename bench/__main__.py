"""`python -m bench [NAME ...] [--quick] [--windows N] [--only agent|peers]`: into RESULTS.md, or to the screen."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import grow, icmp, lab, poll, report, ticket, whole
from bench.report import Result
from bench.run import Run

MEASUREMENTS: Mapping[str, Callable[[Run], Result]] = {
    "icmp": icmp.measure,
    "poll": poll.measure,
    "whole": whole.measure,
    "ticket": ticket.measure,
    "growth": grow.measure,
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
            results.append(MEASUREMENTS[name](run))
            print(*report.table(results[-1:]), *results[-1].seen, sep="\n", flush=True)
            if not (asked.quick or asked.only):
                before = report.PAGE.read_text("utf-8") if report.PAGE.exists() else ""
                report.PAGE.write_text(report.merge(before, results[-1:], report.command_line()), "utf-8")
                print(f"written: {report.PAGE.name}, {results[-1].name}")
    return int(any(row.verdict == "MISSED" for result in results for row in result.rows))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--quick", action="store_true", help="one short window each, a twentieth of the cuts")
    parser.add_argument("--windows", type=int, default=2, metavar="N", help="windows of a minute each (2)")
    parser.add_argument("--only", choices=("agent", "peers"), help="one side alone")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(MEASUREMENTS):
        parser.error(f"no measurement {', '.join(sorted(unknown))}; there are {', '.join(MEASUREMENTS)}")
    return asked


def _run(campus: lab.Campus, work: Path, asked: argparse.Namespace) -> Run:
    """A window holds whole rounds of every interval measured: 10, 15 and 60 seconds."""
    if asked.quick:
        return Run(campus=campus, work=work, windows=1, window=30, warm=20, cuts=10, only=asked.only)
    return Run(campus=campus, work=work, windows=asked.windows, window=60, warm=30, cuts=200, only=asked.only)


if __name__ == "__main__":
    sys.exit(main())
