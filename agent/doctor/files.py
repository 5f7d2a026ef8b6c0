"""What the files say: their mistakes, and how long the calendar is good. Pure: what was read comes as arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from agent.calendar import AHEAD
from agent.config import Problem, Severity
from agent.doctor.finding import Finding, fail, ok, warn

MANY = 10
"""Mistakes that are told one by one; `check` tells all."""


def problems(found: Sequence[Problem], lang: str) -> Iterator[Finding]:
    """Errors and warnings of all files, the gravest first."""
    if not found:
        yield ok("setting")
    for problem in sorted(found, key=lambda problem: problem.severity is not Severity.ERROR)[:MANY]:
        bad = problem.severity is Severity.ERROR
        yield replace((fail if bad else warn)("setting", "mistake" if bad else "unwise"), said=problem.render(lang))
    if len(found) > MANY:
        yield warn("setting", "more", count=len(found) - MANY)


def calendar(valid_until: date | None, today: date, python: str) -> Finding:
    """valid_until: the last day whose holidays are known.  python: the interpreter whose library has the table."""
    if valid_until is None or valid_until < today:
        return warn("calendar", "over", day=str(valid_until or "-"), python=python)
    left = (valid_until - today).days
    if left < AHEAD:
        return warn("calendar", "ending", day=str(valid_until), left=left, python=python)
    return ok("calendar", day=str(valid_until))
