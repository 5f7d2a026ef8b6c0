"""Every reason that a look can give has words in both languages, and so has every line of a journal."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import agent
from agent.alerting import conditions, findings
from agent.locale import catalogue
from agent.plain.journal import _INNER
from agent.probes.snmp import checks
from agent.probes.snmp.fields import CHECKS

ROOM = Path(agent.__file__).parent
SOURCES = (
    *sorted((ROOM / "probes").rglob("*.py")),
    ROOM / "controllers.py",
    ROOM / "monitor.py",
    ROOM / "documents.py",
)
KEY = re.compile(r"[a-z][a-z0-9_]+")
RAISED = ("Broken", "NoPicture", "WrongAnswer")
"""Exceptions whose first argument is a reason."""


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (text for each in (node.body, node.orelse) for text in _texts(each))
    elif isinstance(node, ast.BoolOp | ast.Dict):
        yield from (text for each in node.values for text in _texts(each))


def _outcome(node: ast.AST) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name.lstrip("_") in ("FAILED", "UNKNOWN")


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The expressions that stand where a reason does: behind an outcome, as `reason=`, in a table of reasons."""
    if isinstance(node, ast.Tuple) and len(node.elts) > 1 and _outcome(node.elts[0]):
        yield node.elts[1]
    elif isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        yield from (after for before, after in zip(node.args, node.args[1:], strict=False) if _outcome(before))
        yield from (word.value for word in node.keywords if word.arg == "reason")
        yield from node.args[:1] if name in RAISED else ()
    elif isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and "REASON" in to.id for to in node.targets):
        yield node.value


def reasons() -> dict[str, str]:
    """Every reason key that the source writes, and where."""
    found = dict.fromkeys(checks.REASONS.values(), "snmp/checks.py")
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for text in (text for each in _nodes(node) for text in _texts(each)):
                if KEY.fullmatch(text):
                    found.setdefault(text, f"{path.relative_to(ROOM)}:{getattr(node, 'lineno', 0)}")
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_reason_has_words(language: str) -> None:
    say, found = catalogue(language), reasons()
    assert {"ap_not_listed", "ap_offline", "auth", "timeout", "no_profile", "battery_bad"} <= found.keys()
    assert {key: where for key, where in found.items() if not say.has(f"web.reason.{key}")} == {}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_check_cause_and_hold_has_words(language: str) -> None:
    say = catalogue(language)
    named = {*CHECKS, *findings.CHECKS} - {"none"}
    assert [name for name in named if not say.has(f"web.check.{name}")] == []
    causes = {*findings.LATENT, *findings.BESIDE, *findings.CHECKS.values(), findings.UNREACHABLE, findings.SERVICE}
    assert [cause for cause in causes if not say.has(f"ticket.title.{cause}")] == []
    held = (
        conditions.COMPANY,
        conditions.QUARANTINE,
        conditions.MAINTENANCE,
        conditions.OFF_SCHEDULE,
        conditions.BLIND,
    )
    assert [why for why in held if not say.has(f"web.held.{why}")] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_argument_of_a_journal_has_a_name(language: str) -> None:
    """Names that the judge writes into an event: `write("x", {"name": ...})`, `case.write("x", "name", name=...)`."""
    say, found = catalogue(language), dict[str, str]()
    for path in sorted((ROOM / "alerting").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "write":
                words = [w.arg for w in node.keywords if w.arg and w.arg != "at"]
                words += [text for arg in node.args[1:] for text in _texts(arg) if isinstance(arg, ast.Constant)]
                keys = [key for arg in node.args if isinstance(arg, ast.Dict) for key in arg.keys if key is not None]
                words += [text for key in keys for text in _texts(key)]
                found |= dict.fromkeys(words, path.name)
    told = {name: at for name, at in found.items() if name not in _INNER and not say.has(f"ticket.event.{name}")}
    assert {name: at for name, at in told.items() if not say.has(f"web.arg.{name}")} == {}
