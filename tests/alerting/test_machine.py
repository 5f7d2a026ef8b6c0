"""Random commands, looks and ticks against the whole judge: what no history may break (fault-table.md R15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.alerting import sla
from agent.alerting.commands import Refused
from agent.alerting.engine import Sight
from agent.alerting.events import Event
from agent.alerting.table import TABLE, rows
from agent.alerting.tickets import BROKEN, ENDS, Ticket
from tests.alerting.harness import HOUR, MINUTE, SECOND, World, device, frame_of, policy

DEVICES = [
    device("sw", "switch"),
    device("cam-0", parent="sw"),
    device("cam-1", parent="sw"),
    device("ap", "ap", building="B"),
    *(device(f"far-{n}", building="C") for n in range(6)),
    replace(device("desk", "asset"), address=""),
]
WATCHED = ("sw", "cam-0", "cam-1", "ap")
VERBS = sorted({row.verb for row in TABLE if row.verb.islower() and row.verb != "open"})
PEOPLE = ("li", "wang", "zhao", "chen", "hub")
_WORDS = "done tried contact asked cause measures root_cause improve evidence ask text file answers override"
ARGS: Mapping[str, Any] = {**dict.fromkeys(_WORDS.split(), "x"), "to": "wang", "reason": "drill", "how": "phone"}


class Campus(RuleBasedStateMachine):
    """A campus on which people and devices do what they like."""

    @initialize(binding=st.sampled_from(["strict", "net"]))
    def begin(self, binding: str) -> None:
        shipped = policy(suspend=True)
        contract = replace(shipped.contract, binding="net" if binding == "net" else "strict")
        self.world = World(frame_of(DEVICES, policy=replace(shipped, contract=contract)), "2026-03-02 10:00")
        self.seen: dict[str, list[Event]] = {}
        self.before: dict[str, Ticket] = {}

    # -- what may happen

    @rule(name=st.sampled_from(WATCHED), ok=st.booleans())
    def look(self, name: str, ok: bool) -> None:
        self.world.until(self.world.now + SECOND).look(name, ok=ok)

    @rule(names=st.lists(st.sampled_from(WATCHED), unique=True), ok=st.booleans())
    def all_look(self, names: list[str], ok: bool) -> None:
        for _ in range(2):
            for name in names:
                self.world.look(name, ok=ok)
            self.world.until(self.world.now + 3 * MINUTE)
        self.world.tick()

    @rule(seconds=st.sampled_from([1, 60, 20 * 60, 65 * 60, 5 * 3600, 26 * 3600]))
    def wait(self, seconds: int) -> None:
        self.world.until(self.world.now + seconds * SECOND)

    @rule(by=st.sampled_from(PEOPLE), where=st.sampled_from(["desk", "cam-0", "ap"]), take=st.booleans())
    def report(self, by: str, where: str, take: bool) -> None:
        self.world.say("open", by=by, device=where, what="broken", source="hotline", take=take)

    @rule(
        pick=st.integers(0, 99),
        verb=st.sampled_from(VERBS),
        by=st.sampled_from(PEOPLE),
        late=st.sampled_from([0, 0, 0, 2, 40]),
    )
    def command(self, pick: int, verb: str, by: str, late: int) -> None:
        known = sorted(self.world.tickets)
        if known:
            self._say(self.world.tickets[known[pick % len(known)]], verb, by, late)

    @rule(pick=st.integers(0, 99), choice=st.integers(0, 99), by=st.sampled_from(PEOPLE))
    def possible_command(self, pick: int, choice: int, by: str) -> None:
        known = sorted(self.world.tickets)
        if known:
            ticket = self.world.tickets[known[pick % len(known)]]
            verbs = [verb for verb in VERBS if rows(ticket.state, verb)]
            self._say(ticket, verbs[choice % len(verbs)], by, 0)

    def _say(self, ticket: Ticket, verb: str, by: str, late: int) -> None:
        now, args = self.world.now, dict(ARGS)
        args |= {"until": now + HOUR} if verb == "suspend" else {}
        args |= {"reason": "exam"} if verb == "suspend" else {}
        if verb == "reclassify":
            args["down" if sla.RANK[ticket.severity] > 1 and late == 0 else "up"] = "other" if late == 0 else "major"
        if verb == "merge":
            args["into"] = next((n for n in sorted(self.world.tickets) if n != ticket.id), "")
        journal = len(self.world.journals[ticket.id])
        answer = self.world.say(verb, ticket, by, at=now - late * MINUTE if late else None, **args)
        if isinstance(answer, Refused):
            assert answer.code in (403, 404, 409, 422)
            told = [event.event for event in self.world.journals[ticket.id][journal:]]
            assert told in ([], ["told"]), "a refusal changes nothing"

    @rule(minutes=st.integers(1, 90))
    def blind(self, minutes: int) -> None:
        world = self.world
        world.blind_since = world.now
        world.step(Sight(lost=True, why="uplink", since=world.now))
        world.until(world.now + minutes * MINUTE)
        world.hole, world.blind_since = (world.blind_since, world.now), None
        world.step(Sight(lost=False, why="uplink", since=world.now))

    # -- what always holds

    @invariant()
    def journals_only_grow_and_tell_the_tickets(self) -> None:
        self.world.check()
        for number, journal in self.world.journals.items():
            old = self.seen.get(number, [])
            assert journal[: len(old)] == old
            self.seen[number] = list(journal)

    @invariant()
    def an_outage_has_one_ticket(self) -> None:
        roots = [ticket.root for ticket in self.world.tickets.values() if ticket.holds_root]
        assert len(roots) == len(set(roots)), roots

    @invariant()
    def times_are_in_order(self) -> None:
        for ticket in self.world.tickets.values():
            times = ticket.times
            assert times.started_at <= times.opened_at
            if times.arrived_at is not None and times.taken_at is not None:
                assert times.taken_at <= times.arrived_at
            if times.confirmed_at is not None:
                assert times.restored_at is not None or not times.faulty
                assert (times.restored_at or 0) <= times.confirmed_at
            if ticket.state == "filed" and times.faulty:
                assert times.confirmed_at is not None
            assert (times.restored_at is not None) == (
                ticket.state in ("restored", "reported", "confirmed", "filed")
            ) or (not times.faulty or ticket.state in ENDS)

    @invariant()
    def books_are_kept(self) -> None:
        for ticket in self.world.tickets.values():
            for name in sla.CLOCKS[:2] + sla.CLOCKS[3:]:
                assert sum(1 for row in ticket.times.bookings if row.clock == name and not row.reason) <= 1
            assert not (ticket.times.void and sla.standing(ticket.times, "repair"))

    @invariant()
    def clocks_only_go_forward(self) -> None:
        for number, ticket in self.world.tickets.items():
            old = self.before.get(number)
            if old is not None:
                assert ticket.version >= old.version
                assert ticket.times.opened_at <= old.times.opened_at, (
                    "moved by a merge only, and only to an earlier time"
                )
                assert (
                    ticket.times.taken_at == old.times.taken_at
                    or old.times.taken_at is None
                    or (len(ticket.absorbed) > len(old.absorbed))
                )
                self._raised(old, ticket)
            self.before[number] = ticket

    def _raised(self, old: Ticket, new: Ticket) -> None:
        if (
            sla.RANK[new.severity] <= sla.RANK[old.severity]
            or old.severity == "latent"
            or old.times.freezes != new.times.freezes
        ):
            return
        for name in (*sla.RESPONSE, "repair_ceiling"):
            before, after = sla.deadline(old.times, name), sla.deadline(new.times, name)
            assert before is None or after is None or after <= before

    @invariant()
    def a_broken_ticket_is_somebodys(self) -> None:
        for ticket in self.world.tickets.values():
            if ticket.state in ("working", "suspended"):
                assert ticket.handler
                assert ticket.times.taken_at is not None or "refused" in self.world.names(ticket) or ticket.times.waived
            if ticket.state == "dispatched":
                assert ticket.asked or ticket.tier == 2
            assert ticket.state not in BROKEN or ticket.times.restored_at is None


Campus.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestCampus = Campus.TestCase
