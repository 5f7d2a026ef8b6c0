"""The verbs' options against the judge's own table, and the words for all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent import locale
from agent.alerting.table import TABLE
from agent.alerting.tickets import STATES
from agent.cli.commands import tickets
from agent.cli.verbs import VERBS, options
from agent.locale import catalogue

from .conftest import Campus

ROOMS = ("cli", "doctor")


def test_every_verb_of_the_table_and_no_other() -> None:
    assert {row.verb for row in TABLE if row.verb.islower()} == set(VERBS)


def test_whatever_a_row_needs_can_be_said() -> None:
    for row in TABLE:
        if row.verb.islower():
            assert set(row.needs) <= {option.name for option in options(row.verb)}, row


def test_the_arguments_that_the_judge_reads_can_be_said() -> None:
    """By the text of its source: `arg("x")` and `args.get("x")`."""
    text = "".join(Path("agent/alerting", name).read_text("utf-8") for name in ("commands.py", "orders.py"))
    read = set(re.findall(r"(?:arg|args\.get)\(\"(\w+)\"", text))
    known = {option.name for verb in VERBS for option in options(verb)}
    assert read - known <= {"late_entry", "verdict_at"}


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_has_its_help(verb: str, campus: Campus) -> None:
    for lang in ("zh", "en"):
        said = campus("ticket", verb, "--help", lang=lang)
        assert said.code == 0
        assert "cli." not in said.out
        assert all(f"--{option.name.replace('_', '-')}" in said.out for option in options(verb))


def test_states_and_severities_are_the_judges() -> None:
    assert set(tickets.STATES) == set(STATES)
    assert all(catalogue("en").has(f"ticket.severity.{level}") for level in tickets.SEVERITIES)


def test_both_languages_have_the_same_keys_and_arguments() -> None:
    for room in ROOMS:
        chinese, english = (
            {k: v for k, v in _sentences(lang).items() if k.startswith(f"{room}.")} for lang in ["zh", "en"]
        )
        assert chinese.keys() == english.keys()
        for key, sentence in chinese.items():
            assert set(re.findall(r"{(\w+)", sentence)) == set(re.findall(r"{(\w+)", english[key])), key


def test_every_key_in_the_source_has_words() -> None:
    source = "".join(file.read_text("utf-8") for file in Path("agent/cli").rglob("*.py") if "demo" not in file.name)
    used = set(re.findall(r"\"((?:cli|app|requests|device)\.[a-z_.]+)\"", source))
    assert {key for key in used if not catalogue("zh").has(key)} == set()


def _sentences(lang: str) -> dict[str, str]:
    return dict(locale.catalogue(lang)._sentences)
