"""R14: many people act on one ticket at the same moment, and the same request comes twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.agent.running import Running, until
from tests.hostile.given import SITE, agent_on, ask, door, raw_ask, tcp

pytestmark = pytest.mark.net

PLACE = {"place": "图书馆 201", "what": "没有网络"}


def school(port: int) -> dict[str, str]:
    return {"inventory.yaml": SITE + "devices:\n" + tcp("cam", port)}


def opened(agent: Running, **more: Any) -> dict[str, Any]:
    answer = ask(agent, do="command", verb="open", by="li", args=PLACE, **more)
    assert "items" in answer, answer
    item: dict[str, Any] = answer["items"][0]
    return item


def test_fifty_take_one_ticket(tmp_path: Path) -> None:
    with door() as port, agent_on(tmp_path, school(port)) as agent:
        ticket = opened(agent)
        with ThreadPoolExecutor(50) as people:
            answers = list(people.map(lambda n: (n, _take(agent, ticket, f"p{n}")), range(50)))
        won = [(n, answer) for n, answer in answers if "items" in answer]
        assert len(won) == 1
        winner = f"p{won[0][0]}"
        for _, answer in answers:
            if "error" in answer:
                assert answer["error"]["code"] == "conflict"
                assert winner in answer["error"]["message"] + answer["error"]["hint"], answer
        journal = ask(agent, do="ticket", id=ticket["id"])["journal"]
        assert [one["args"]["who"] for one in journal if one["event"] == "taken"] == [winner]
        assert [one["seq"] for one in journal] == list(range(1, len(journal) + 1))


def _take(agent: Running, ticket: dict[str, Any], by: str, version: int | None = None) -> dict[str, Any]:
    return ask(agent, do="command", verb="take", ids=[ticket["id"]], by=by, version=version)


def test_a_stale_version_is_a_conflict(tmp_path: Path) -> None:
    with door() as port, agent_on(tmp_path, school(port)) as agent:
        ticket = opened(agent)
        assert _take(agent, ticket, "li", ticket["version"])["items"][0]["version"] > ticket["version"]
        with ThreadPoolExecutor(50) as people:
            notes = list(people.map(lambda n: _note(agent, ticket["id"], ticket["version"] + 1, n), range(50)))
        assert sum("items" in answer for answer in notes) == 1
        assert {answer["error"]["code"] for answer in notes if "error" in answer} == {"conflict"}


def _note(agent: Running, number: str, version: int | None, n: int) -> dict[str, Any]:
    return ask(agent, do="command", verb="note", ids=[number], by=f"p{n}", version=version, args={"text": f"第 {n} 条"})


def test_two_hundred_open_at_once(tmp_path: Path) -> None:
    with door() as port, agent_on(tmp_path, school(port)) as agent:
        with ThreadPoolExecutor(50) as people:
            numbers = list(people.map(lambda n: opened(agent)["id"], range(200)))
        assert len(set(numbers)) == 200
        counted = sorted(int(number.split("-")[1]) for number in numbers)
        assert counted == list(range(counted[0], counted[0] + 200)) and counted[0] == 1


def test_the_same_key_writes_once(tmp_path: Path) -> None:
    with door() as port:
        with agent_on(tmp_path, school(port)) as agent:
            with ThreadPoolExecutor(20) as people:
                numbers = set(people.map(lambda n: opened(agent, key="k-1")["id"], range(20)))
            assert len(numbers) == 1
            assert ask(agent, do="tickets", all=True)["total"] == 1
            number = numbers.pop()
            before = _keyed_note(agent, number)
            assert _keyed_note(agent, number)["version"] == before["version"]
        with agent_on(tmp_path, school(port)) as agent:
            assert opened(agent, key="k-1")["id"] == number
            again = _keyed_note(agent, number)
            assert (again["version"], again["journal"]) == (before["version"], before["journal"])
            assert opened(agent, key="k-2")["id"] != number
            other = ask(agent, do="command", verb="take", ids=[number], by="li", key="n-1", args={})
            assert other["error"]["code"] == "conflict", "another verb is another command"
            other = ask(agent, do="command", verb="note", ids=[number], by="wang", key="n-1", args={"text": "到场"})
            assert other["error"]["code"] == "conflict", "and so is another person's"


def _keyed_note(agent: Running, number: str) -> dict[str, Any]:
    answer = ask(agent, do="command", verb="note", ids=[number], by="li", key="n-1", args={"text": "到场"})
    item: dict[str, Any] = answer["items"][0]
    return item


NONSENSE: list[tuple[bytes, str]] = [
    (b'{"do":"tickets","limit":"x"}', "limit"),
    (b'{"do":"command","verb":"note","ids":5}', "ids"),
    (b'{"do":"command","verb":"note","ids":["T1"],"args":[1]}', "args"),
    (b'{"do":"command","verb":"note","ids":["T1"],"at":"yesterday"}', "at"),
    (b'{"do":"command","verb":"open","at":-1000000000000000000,"args":{"place":"x","what":"y","reason":"r"}}', "at"),
    (b'{"do":"command","verb":"note","ids":["T1"],"version":1e400}', "version"),
    (b'{"do":"command","verb":"note","ids":["T1"],"version":NaN}', "version"),
    (b'{"do":"command","verb":"note","ids":["T1"],"args":{"text":{"a":{"b":1}}}}', "args.text"),
    (b'{"do":"command","verb":"note","ids":["T1"],"args":{"text":"' + b"x" * 20_000 + b'"}}', "args.text"),
    (b'{"do":"command","verb":"note","ids":["T1"],"by":"' + b"x" * 300 + b'"}', "by"),
    (b'{"do":["tickets"]}', "do"),
]


def test_nonsense_is_a_bad_request(tmp_path: Path) -> None:
    with door() as port, agent_on(tmp_path, school(port)) as agent:
        for line, where in NONSENSE:
            error = raw_ask(agent, line)["error"]
            assert (error["code"], error["where"]) == ("bad_request", where), line[:80]
        # A lone surrogate, NUL and a terminal's escape: no store takes the first two, no terminal should see the third.
        args = rb'{"place":"a\ud800b","what":"x\u001b[31m\u009by\u0000"}'
        ticket = raw_ask(agent, rb'{"do":"command","verb":"open","by":"l\ud800i\u0000","args":' + args + b"}")["items"][
            0
        ]
        assert (ticket["place"], ticket["owner"]) == ("ab", "li")
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in ticket["title"])
        until(lambda: ask(agent, do="status")["store_pending"] == 0, 5)
        assert agent.process.poll() is None and "Traceback" not in agent.log
