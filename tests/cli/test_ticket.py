"""`ticket VERB`: what is asked of the agent, and what becomes of its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.clock import SystemClock

from .conftest import Campus
from .given import Answers, Books, agent

REFUSAL = {"error": {"code": "conflict", "message": "the ticket is filed", "hint": "possible now: note", "where": None}}
UNKNOWN = {"error": {"code": "not_found", "message": "there is no ticket T2", "hint": "", "where": None}}


@pytest.fixture
def taken(campus: Campus, books: Books) -> dict[str, Any]:
    """A real ticket document."""
    document: dict[str, Any] = campus("--json", "ticket", books.open()).document
    return document


def answering(answer: dict[str, Any]) -> Answers:
    return {"command": lambda request: answer}


def listing(*items: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(items), "total": len(items), "next": None}


def test_it_prints_the_ticket_as_it_now_stands(campus: Campus, taken: dict[str, Any]) -> None:
    with agent(campus.folder, answering(listing(taken))) as served:
        said = campus("ticket", "take", "t1", "--by", "wang", "--at", "-2m", "--if-version", "3", "--key", "k")
        told = campus("--json", "ticket", "take", "T1")
    assert (said.code, said.err) == (0, "")
    assert taken["id"] in said.out
    assert told.document == taken
    asked = next(request for request in served.asked if request["do"] == "command")
    at = asked.pop("at")
    assert abs(SystemClock().now() - 120_000 - at) < 20_000
    assert asked == {
        "do": "command", "verb": "take", "ids": ["T1"], "by": "wang", "role": None, "via": "cli", "version": 3,
        "key": "k", "args": {}, "lang": "en",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("argv", "args"),
    [
        (["open", "--device", "desk-1", "--what", "坏了", "--take", "--phone", "1"],
         {"device": "desk-1", "what": "坏了", "take": True, "phone": "1"}),
        (["note", "T1", "--note", "看过"], {"text": "看过"}),
        (["note", "--text", "a", "T1", "--reply"], {"text": "a", "reply": True}),
        (["restore", "T1", "--override", "--reason", "r", "--done", "d"],
         {"override": True, "reason": "r", "done": "d"}),
        (["escalate", "T1", "--to", "maker", "--contact", "c", "--asked", "a"],
         {"to": "maker", "contact": "c", "asked": "a"}),
        (["reclassify", "T1", "--down", "general", "--reason", "r", "--evidence", "e"],
         {"down": "general", "reason": "r", "evidence": "e"}),
        (["report", "T1", "--cause", "c", "--measures", "m", "--root-cause", "x", "--improve", "i"],
         {"cause": "c", "measures": "m", "root_cause": "x", "improve": "i"}),
        (["attach", "T1", "--file", "https://x/y"], {"file": "https://x/y"}),
        (["arrive", "T1", "--waiting-for", "key"], {"waiting_for": "key"}),
    ],
)  # fmt: skip
def test_what_is_said_reaches_the_agent(
    argv: list[str], args: dict[str, Any], campus: Campus, taken: dict[str, Any]
) -> None:
    with agent(campus.folder, answering(listing(taken))) as served:
        assert campus("ticket", *argv).code == 0
    assert served.commanded["args"] == args
    assert served.commanded["verb"] == argv[0]
    assert served.commanded["ids"] == ([] if argv[0] == "open" else ["T1"])


def test_times_are_milliseconds_and_files_are_found(campus: Campus, taken: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "slip.jpg").write_bytes(b"x")
    with agent(campus.folder, answering(listing(taken))) as served:
        assert campus("ticket", "suspend", "T1", "--reason", "exam", "--until", "+2h").code == 0
        until = served.commanded["args"]["until"]
        assert campus("ticket", "attach", "T1", "--file", "slip.jpg").code == 0
        attached = served.commanded["args"]["file"]
        missing = campus("ticket", "attach", "T1", "--file", "none.jpg")
    assert abs(SystemClock().now() + 7_200_000 - until) < 20_000
    assert attached == str(tmp_path / "slip.jpg")
    assert (missing.code, missing.err) == (2, "there is no file none.jpg\n")


def test_several_at_once_with_a_word_for_each_refusal(campus: Campus, taken: dict[str, Any]) -> None:
    answer = {**listing(taken), "errors": [{"id": "T2", **UNKNOWN}, {"id": "T3", **REFUSAL}]}
    with agent(campus.folder, answering(answer)) as served:
        said = campus("ticket", "confirm", "T1", "T2", "T3")
        told = campus("--json", "ticket", "confirm", "T1", "T2", "T3")
    assert served.commanded["ids"] == ["T1", "T2", "T3"]
    assert said.code == 1
    assert "T3: the ticket is filed\n→ possible now: note\n" in said.err
    assert told.document == answer


@pytest.mark.parametrize(("answer", "code"), [(REFUSAL, 1), (UNKNOWN, 2)])
def test_a_refusal_is_1_an_unknown_number_2(answer: dict[str, Any], code: int, campus: Campus) -> None:
    with agent(campus.folder, answering(answer)):
        said = campus("ticket", "take", "T2")
    assert (said.code, said.out) == (code, "")
    assert answer["error"]["message"] in said.err


def test_without_an_agent_a_verb_is_4(campus: Campus, books: Books) -> None:
    number = books.open()
    said = campus("ticket", "take", number)
    assert (said.code, said.out) == (4, "")
    assert "agent.sock" in said.err
    assert "campus-agent run" in said.err


def test_a_silent_agent_is_told_apart(campus: Campus) -> None:
    """A stale socket file of an agent that was killed is no agent; the database beside it is read."""
    with agent(campus.folder, {}):
        (campus.folder / "agent.sock").rename(campus.folder / "kept")
    (campus.folder / "kept").rename(campus.folder / "agent.sock")
    assert campus("ticket", "take", "T1").code == 4
