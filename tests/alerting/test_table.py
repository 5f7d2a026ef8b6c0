"""ticket-life.md 3.4: every row carried out, everything else refused; the table as printed equals the document's."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from agent.alerting.commands import Command, Refused, Scene, acting, perform
from agent.alerting.table import ROLES, TABLE, Row, possible, rows
from agent.alerting.tickets import BROKEN, OPEN, STATES, Ticket
from tests.alerting.harness import DAY, HOUR, World, device, frame_of, policy, when

PEOPLE = {"De": "li", "En": "li", "Pm": "zhao", "Cu": "chen", "Cc": "hub"}


def campus(**life: Any) -> World:
    """One watched camera and one desk that nobody watches; suspensions agreed."""
    desk = replace(device("desk", "asset"), address="")
    frame = frame_of([device("cam-1"), desk], policy=policy(suspend=True, **life))
    return World(frame, "2026-03-02 10:00")


def fault(world: World) -> Ticket:
    """A person's report of the desk, so that no probe has a say."""
    return world.do("open", device="desk", what="wobbles", source="hotline", name="sun", severity="general")


def _new(world: World) -> Ticket:
    return fault(world)


def _dispatched(world: World) -> Ticket:
    return world.do("dispatch", fault(world), to="li")


def _working(world: World) -> Ticket:
    return world.do("take", fault(world))


def _suspended(world: World) -> Ticket:
    return world.do("suspend", _working(world), reason="customer", until=world.now + HOUR)


def _restored(world: World) -> Ticket:
    return world.do("restore", _working(world), done="glued")


def _reported(world: World) -> Ticket:
    return world.do("report", _restored(world), cause="glue", measures="glued")


def _confirmed(world: World) -> Ticket:
    return world.do("confirm", _reported(world), by="chen")


def _filed(world: World) -> Ticket:
    ticket = world.do("feedback", _confirmed(world), to="sun", how="phone")
    world.until(world.now + 2 * DAY)
    return world.tickets[ticket.id]


def _withdrawn(world: World) -> Ticket:
    return world.do("withdraw", fault(world), by="zhao", reason="drill")


def _false_alarm(world: World) -> Ticket:
    world.down("cam-1", world.now)
    return world.do("false-alarm", evidence="picture") and world.do("approve", by="zhao")


def _merged(world: World) -> Ticket:
    first, second = fault(world), fault(world)
    world.do("merge", second, into=first.id)
    return world.tickets[second.id]


STATE: dict[str, Callable[[World], Ticket]] = {
    "new": _new, "dispatched": _dispatched, "working": _working, "suspended": _suspended, "restored": _restored,
    "reported": _reported, "confirmed": _confirmed, "filed": _filed, "withdrawn": _withdrawn,
    "false_alarm": _false_alarm, "merged": _merged,
}  # fmt: skip


def _unwatched(world: World, state: str) -> Ticket:
    ticket = STATE[state](world)
    assert ticket.state == state
    return ticket


def _enquiry(world: World, state: str) -> Ticket:
    ticket = world.do("open", place="office", what="how?", kind="enquiry", take=True)
    return ticket if state == "working" else world.do("report", ticket, measures="told them")


def _escalated(world: World, state: str) -> Ticket:
    ticket = world.do("escalate", _working(world), to="tier2", tried="restart")
    return world.do("take", ticket, by="wang")


def _by_agent(world: World, state: str) -> Ticket:
    """An agent ticket in that state."""
    world.down("cam-1", world.now)
    if state == "new":
        return world.do("return", by="li", role="engineer", reason="ill")
    if state != "dispatched":
        world.do("take")
    if state == "suspended":
        world.do("suspend", reason="power", until=world.now + HOUR)
        world.do("approve", by="zhao")
    if state in ("restored", "reported"):
        world.up("cam-1", world.now)
    if state == "reported":
        world.do("report", cause="power", measures="none")
    assert world.only.state == state
    return world.only


def _self_recovered(world: World, state: str) -> Ticket:
    return world.down("cam-1", world.now).up("cam-1", world.now + HOUR // 60).only


def _fed_back(world: World, state: str) -> Ticket:
    return world.do("feedback", _enquiry(world, "reported"), to="sun", how="phone")


def _complete(world: World, state: str) -> Ticket:
    ticket = world.do("feedback", _confirmed(world), to="sun", how="phone")
    world.now += 2 * DAY
    return ticket


@dataclass(frozen=True)
class Given:
    """How a row is tried: the ticket, what the command says, by whom, and the events it must write."""

    args: dict[str, Any] = field(default_factory=dict)
    make: Callable[[World, str], Ticket] = _unwatched
    by: str = "li"
    events: tuple[str, ...] = ()


CASES: dict[int, Given] = {
    4: Given({"kind": "repair"}),
    5: Given({"to": "wang"}),
    6: Given({"to": "wang"}),
    7: Given(),
    8: Given(),
    9: Given({"reason": "ill"}),
    10: Given({"to": "wang", "done": "looked"}),
    11: Given({"to": "tier2", "tried": "restart"}),
    12: Given(
        {"to": "maker", "contact": "400", "asked": "10:00 spare"},
        make=_escalated,
        by="wang",
        events=("escalated", "told"),
    ),
    13: Given({}, events=("taken", "arrived")),
    14: Given({}, events=("taken", "arrived")),
    15: Given({"waiting_for": "key"}),
    16: Given({}, events=("resumed", "arrived")),
    17: Given({"reason": "customer", "until": when("2026-03-02 20:00")}),
    18: Given({"done": "glued"}),
    19: Given(),
    24: Given(make=_self_recovered),
    29: Given({"cause": "glue", "measures": "glued"}),
    30: Given({"cause": "wood", "measures": "glued"}),
    31: Given({}, by="chen"),
    32: Given({}, by="chen"),
    33: Given({"reason": "wobbles"}, by="chen"),
    34: Given({"reason": "wobbles"}, by="chen"),
    35: Given({"reason": "wobbles"}, by="chen"),
    36: Given({"cause": "wood", "measures": "glued"}),
    37: Given({"to": "sun", "how": "phone"}),
    38: Given({"reason": "drill"}, by="zhao"),
    39: Given({"evidence": "picture"}, make=_by_agent),
    40: Given({"into": "?"}),
    41: Given({}, make=_complete),
    42: Given({"up": "serious", "reason": "the whole room"}),
    43: Given({"down": "other", "reason": "small"}, by="zhao"),
    44: Given({}),
    45: Given({}, by="chen"),
    46: Given({"ask": "when?"}, by="hub"),
    47: Given({"text": "looked", "file": "a.jpg"}),
    50: Given({"answers": "good"}, by="zhao"),
    53: Given({"measures": "told them"}, make=_enquiry),
    54: Given({}, make=_fed_back),
    55: Given({"evidence": "qr"}),
}
"""Rows that a person's command carries out. Row 56 has its own test, the rest are the agent's and its clock's."""

COMMANDS = [(row, state) for row in TABLE if row.number in CASES for state in row.states]


@pytest.mark.parametrize(("row", "state"), COMMANDS, ids=[f"{r.number}-{r.verb}-{s}" for r, s in COMMANDS])
def test_row(row: Row, state: str) -> None:
    world, case = campus(), CASES[row.number]
    ticket = case.make(world, state)
    args = dict(case.args)
    if row.number == 40:
        args["into"] = world.do("open", place="room 305", what="desk wobbles").id
    before = len(world.journals[ticket.id])
    told = {"role": "care"} if row.who == ("Fo", "Pm") else {}
    world.do(row.verb, ticket, case.by, **told, **args)
    now = world.tickets[ticket.id]
    written = [event.event for event in world.journals[ticket.id][before:] if event.event != "approved"]
    if row.number == 39:
        assert written == ["requested"] and now.state == state
        world.do("approve", ticket, by="zhao")
        now = world.tickets[ticket.id]
        written = [event.event for event in world.journals[ticket.id][before:] if event.event == "false_alarm"]
    assert [name for name in written if name != "admitted" or row.number == 4] == list(case.events or (row.event,))
    assert now.state == (row.to or state)
    world.check()


def test_every_row_of_a_person_is_tried() -> None:
    """Rows 1, 20-28, 48, 49, 51 and 52 are the agent's and its clock's: tests of the engine; 2, 3 open, 56 approves."""
    spoken = {row.number for row in TABLE if row.verb.islower()}
    assert spoken - set(CASES) == {2, 3, 56}


# --- what is not in the table -------------------------------------------------------------------------------

VERBS = sorted({row.verb for row in TABLE if row.verb.islower() and row.verb != "open"})


@pytest.mark.parametrize("state", STATES)
def test_everything_else_is_refused_with_what_is_possible(state: str) -> None:
    world = campus()
    ticket = STATE[state](world)
    assert ticket.state == state
    journal = len(world.journals[ticket.id])
    for verb in VERBS:
        if not rows(state, verb):
            refused = world.refused(verb, ticket, to="wang")
            assert (refused.code, refused.key) == (409, "not_now")
            assert refused.args["possible"] == list(possible(state))
            assert refused.args["state"] == state
    assert len(world.journals[ticket.id]) == journal, "a refusal writes nothing"


def test_ended_states_know_only_note_followup_and_split() -> None:
    assert set(possible("filed")) == {"note", "followup"}
    assert set(possible("withdrawn")) == set(possible("false_alarm")) == {"note", "followup"}
    assert possible("merged") == ("split",)


def _scene(health: str = "unwatched") -> Scene:
    return Scene(
        now=when("2026-03-02 12:00"), health=health, find=lambda number: None, close=lambda at, days: at + days * DAY,
        due=lambda at: at + DAY, stability_ms=HOUR,
    )  # fmt: skip


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.verb.islower() and row.states], ids=lambda r: str(r.number)
)
def test_who_may_not_is_told_so(row: Row) -> None:
    """403 for every role that the row does not name, unless another row of the same verb does."""
    world = campus()
    make = CASES[row.number].make if row.number in (53, 54) else _unwatched
    ticket = make(world, row.states[0])
    args = dict(CASES[row.number].args) if row.number in CASES else {}
    for role, codes in ROLES.items():
        rival = [r for r in rows(ticket.state, row.verb) if set(r.who) & set(codes)]
        if not rival:
            command = Command(ticket=ticket.id, verb=row.verb, by="somebody", role=role, args=args)
            answer = perform(ticket, command, _scene())
            assert isinstance(answer, Refused) and answer.code == 403, (role, answer)


@pytest.mark.parametrize("row", [row for row in TABLE if row.needs and row.states], ids=lambda r: str(r.number))
def test_what_is_missing_is_named(row: Row) -> None:
    world = campus()
    make = CASES[row.number].make if row.number in (53, 54) else _unwatched
    ticket = make(world, row.states[0])
    role = next(role for role, codes in ROLES.items() if set(codes) & set(row.who))
    chosen = {"up": "serious"} if row.number == 42 else {"down": "other"} if row.number == 43 else {}
    chosen |= {"to": "maker"} if row.number == 12 else {}
    command = Command(ticket=ticket.id, verb=row.verb, by="li", role=role, args=chosen)
    answer = perform(ticket, command, _scene())
    assert isinstance(answer, Refused)
    assert (answer.code, answer.key) == (422, "needs")
    assert set(answer.args["what"]) == set(row.needs) - set(chosen)


# --- the agent's own rows -----------------------------------------------------------------------------------


def _last(world: World) -> tuple[str, str]:
    return world.only.state, world.names(world.only)[-1]


def test_row_1_and_5_the_agent_opens_and_asks() -> None:
    world = campus().down("cam-1", "2026-03-02 10:01")
    assert world.names(world.only) == ["opened", "dispatched"]
    assert world.only.state == "dispatched"


@pytest.mark.parametrize(("number", "state"), [(20, "new"), (21, "dispatched"), (22, "working"), (23, "suspended")])
def test_rows_20_to_23_recovery_seen(number: int, state: str) -> None:
    world = campus()
    _by_agent(world, state)
    world.up("cam-1", world.now + HOUR // 12)
    names = world.names(world.only)
    assert names[-1] == "restored" and world.only.state == "restored"
    assert ("resumed" in names) == (number == 23)
    assert ("self_recovered" in world.only.flags) == (number in (20, 21))
    assert (world.only.times.frozen_at is not None) == (number in (20, 21))
    world.check()


def test_row_25_window_over() -> None:
    world = campus()
    _self_recovered(world, "restored")
    assert _last(world.until(world.now + 2 * HOUR)) == ("restored", "stable")


def test_row_26_relapse_taken_before() -> None:
    world = campus()
    _by_agent(world, "restored")
    assert _last(world.down("cam-1", world.now + HOUR // 2)) == ("working", "relapsed")


def test_row_27_relapse_never_taken() -> None:
    world = campus()
    _self_recovered(world, "restored")
    world.down("cam-1", world.now + HOUR // 2)
    assert world.names(world.only)[-2:] == ["relapsed", "dispatched"]


def test_row_28_relapse_after_the_report() -> None:
    world = campus()
    _by_agent(world, "reported")
    assert _last(world.down("cam-1", world.now + HOUR // 2)) == ("working", "relapsed")


@pytest.mark.parametrize("state", ["restored", "reported"])
def test_rows_26_and_28_by_intake_for_an_unwatched_asset(state: str) -> None:
    """Told again of the same thing within the window: the same ticket."""
    world = campus()
    ticket = STATE[state](world)
    world.until(world.now + HOUR // 2)
    again = world.do("open", device="desk", what="wobbles again", source="hotline", name="sun")
    assert (again.id, again.state, again.relapses) == (ticket.id, "working", 1)
    world.check()


def test_row_28_a_frozen_response_that_is_written_up_has_been_taken() -> None:
    """Row 29 before the window is over: whoever writes it up has it, so that a relapse finds a handler."""
    world = campus()
    _self_recovered(world, "restored")
    world.do("report", cause="短时中断, 自愈", measures="none")
    assert world.names(world.only)[-2:] == ["taken", "reported_back"]
    world.down("cam-1", world.now + HOUR // 2)
    assert (world.only.state, world.only.handler) == ("working", "li")


def test_rows_48_and_49_near_and_passed() -> None:
    world = campus()
    fault(world)
    world.until(world.now + 2 * HOUR + 1)
    spoken = [(e.event, e.args["clock"]) for e in world.events(world.only, "warned", "breached")]
    response = [("warned", "response"), ("warned", "response"), ("breached", "response")]
    assert spoken == [*response, ("breached", "response_ceiling")]


def test_rows_51_and_52_a_new_ticket_that_names_the_old_one() -> None:
    world = campus()
    first = _filed(world)
    second = fault(world)
    assert second.repeat_of == first.id
    world.do("confirm", world.do("restore", world.do("take", second), done="glued"), by="chen")
    third = fault(world)
    assert third.repeat_of == second.id, "confirmation ends the fault, whatever the window"
    assert world.tickets[first.id].state == "filed"


@pytest.mark.parametrize("state", [state for state in OPEN if state != "confirmed"])
@pytest.mark.parametrize("word", ["approve", "decline"])
def test_row_56(state: str, word: str) -> None:
    world = campus()
    ticket = STATE[state](world)
    if state != "suspended":
        ticket = world.do("reclassify", ticket, down="other", reason="small")
    assert ticket.pending is not None
    said = world.do(word, ticket, by="zhao", reason="seen")
    assert said.pending is None
    assert said.state == state
    changed = word == "approve" and state != "suspended"
    assert said.severity == ("other" if changed else ticket.severity)
    assert world.refused(word, ticket, by="zhao", reason="seen").key == "nothing_pending"
    world.check()


# --- the printed table --------------------------------------------------------------------------------------


def _document() -> list[tuple[int, str, str, str]]:
    shared = Path(os.environ.get("CAMPUS_SHARED", Path(__file__).parents[3] / "shared"))
    path = shared / "domain" / "ticket-life.md"
    if not path.exists():
        pytest.skip(f"no {path}")
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) >= 9 and cells[0].isdigit():
            found.append((int(cells[0]), cells[1], cells[2], cells[6]))
    return found


def _states(text: str) -> set[str]:
    every = {"every open state": set(OPEN), "–": set(), "same": set()}
    return every[text] if text in every else {word.strip() for word in text.split(",")}


_TRIGGERS = {
    1: "OPEN", 20: "RECOVER", 21: "RECOVER", 22: "RECOVER", 23: "RECOVER", 25: "STABLE", 26: "RELAPSE", 27: "RELAPSE",
    28: "RELAPSE", 48: "WARN", 49: "BREACH", 51: "REPEAT", 52: "REPEAT",
}  # fmt: skip


def test_the_table_is_the_documents() -> None:
    document = _document()
    assert [number for number, *_ in document] == list(range(1, 57))
    for number, start, command, to in document:
        ours = [row for row in TABLE if row.number == number and not set(row.states) & {"withdrawn", "false_alarm"}]
        ours = [row for row in ours if not (number == 47 and "filed" in row.states)]
        assert ours, number
        for row in ours:
            assert set(row.states) == _states(start), number
            if number in (51, 52):
                assert to.startswith("–") and row.to == ""
            else:
                assert ({row.to} - {""}) == _states(to), number
            if number not in _TRIGGERS:
                assert row.verb in command, number
            else:
                assert row.verb == _TRIGGERS[number]
                assert number == 1 or "`" not in command
        assert {row.verb for row in ours} == set(re.findall(r"`([a-z-]+)", command)) or number in _TRIGGERS, number


def test_broken_states_are_the_ones_in_which_the_fault_is_there() -> None:
    assert BROKEN == ("new", "dispatched", "working", "suspended")
    assert all(acting(row, Command(ticket="", verb=row.verb, by="root")) for row in TABLE if row.verb.islower())
