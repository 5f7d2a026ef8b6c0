"""A device or a ticket document in words. Everything in it may come from a device: `clean` before colour."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from agent.calendar import ms
from agent.cli.closeup import Closeup, looks_of
from agent.cli.desk import Desk
from agent.cli.grid import Column, grid, width
from agent.cli.moment import shown, span
from agent.model import Ms
from agent.plain import journal
from agent.plain.advice import of_title
from agent.plain.reader import Reader
from agent.text import clean

Document = Mapping[str, Any]

STATE_COLOURS = {
    "up": "green", "degraded": "yellow", "down": "red", "shadowed": "magenta", "maintenance": "blue",
    "off_schedule": "grey", "unknown": "grey",
}  # fmt: skip
SEVERITY_COLOURS = {"major": "red", "serious": "yellow"}
ILL = ("down", "degraded", "shadowed")
RUNNING = ("new", "dispatched", "working", "suspended")
"""States of a ticket whose outage is not over."""
MEMBERS = 12
"""Members of a ticket that are listed; more are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Painter:
    """Paints for one reader at one moment."""

    desk: Desk
    zone: tzinfo
    now: Ms

    @property
    def words(self) -> Reader:
        return Reader(self.desk.say, self.zone)

    def time(self, stamp: str | None) -> str:
        return shown(stamp, self.zone, self.now)

    # -- lists

    def devices(self, items: Iterable[Document]) -> list[str]:
        """The table of devices."""
        say = self.desk.say.say
        words = {say(f"device.state.{state}"): colour for state, colour in STATE_COLOURS.items()}
        columns = (
            Column(say("cli.column.id")),
            Column(say("cli.column.name"), cut=True),
            Column(say("cli.column.kind")),
            Column(say("cli.column.state"), paint=lambda cell: self.desk.colour(cell, words.get(cell, ""))),
            Column(say("cli.column.since")),
            Column(say("cli.column.place"), cut=True),
            Column(say("cli.column.tickets"), cut=True),
        )
        rows = [
            (
                d["id"], d["name"], self.words.word("device_kind", d["kind"]), say(f"device.state.{d['state']}"),
                self.time(d["since"]), place(d), " ".join(d["tickets"]) or "-",
            )
            for d in items
        ]  # fmt: skip
        return grid(columns, rows, self.desk.wide)

    def tickets(self, items: Iterable[Document]) -> list[str]:
        """The table of tickets."""
        say = self.desk.say.say
        words = {say(f"ticket.severity.{level}"): colour for level, colour in SEVERITY_COLOURS.items()}
        columns = (
            Column(say("cli.column.number")),
            Column(say("cli.column.severity"), paint=lambda cell: self.desk.colour(cell, words.get(cell, ""))),
            Column(say("cli.column.state")),
            Column(say("cli.column.title"), cut=True),
            Column(say("cli.column.opened")),
            Column(say("ticket.clock.response"), paint=self._alarming),
            Column(say("ticket.clock.repair"), paint=self._alarming),
            Column(say("cli.column.handler"), cut=True),
        )
        return grid(columns, [self._row(ticket) for ticket in items], self.desk.wide)

    def _row(self, ticket: Document) -> tuple[str, ...]:
        say, clocks = self.desk.say.say, ticket["clocks"]
        return (
            ticket["id"],
            say(f"ticket.severity.{ticket['severity']}"),
            say(f"ticket.state.{ticket['state']}"),
            ticket["title"],
            self.time(ticket["opened_at"]),
            self.clock(clocks.get("response")),
            self.clock(clocks.get("repair")),
            ticket["handler"] or (f"→ {ticket['asked']}" if ticket.get("asked") else "-"),
        )

    def clock(self, clock: Document | None) -> str:
        """One clock in a few words: how it ended, else its deadline and what is left."""
        say = self.desk.say.say
        if clock is None:
            return "-"
        if clock["result"] and not clock["running"]:
            return say(f"ticket.result.{clock['result']}")
        if not clock["deadline_at"]:
            return "-"
        if not clock["running"]:
            return say("cli.held", span=span(clock["elapsed_seconds"] or 0))
        left = clock["remaining_seconds"]
        key = "cli.left" if left >= 0 else "cli.over"
        return f"{self.time(clock['deadline_at'])} {say(key, span=span(left))}"

    def _alarming(self, cell: str) -> str:
        say = self.desk.say.say
        late = say("cli.over", span="").strip() in cell or cell == say("ticket.result.breached")
        return self.desk.colour(cell, "red") if late else cell

    # -- one

    def device(self, d: Document) -> Iterator[str]:
        """One device: what it is, how it stands, what each probe last saw."""
        say = self.desk.say.say
        state = self.desk.colour(say(f"device.state.{d['state']}"), STATE_COLOURS.get(d["state"], ""))
        yield f"{clean(d['id'])}  {clean(d['name'])}  {state}"
        closeup = Closeup(desk=self.desk, words=self.words)
        parent = d["parent"] and " ".join(filter(None, (d["parent"]["device"], d["parent"]["port"])))
        kind, role = self.words.word("device_kind", d["kind"]), self.words.word("role", d["role"])
        yield from self._facts(
            ("kind", " ".join(filter(None, (kind, role)))),
            ("address", d["address"]),
            ("place", place(d)),
            ("model", " ".join(filter(None, (d["vendor"], d["model"])))),
            ("parent", parent or ""),
            ("since", self._since(d["since"])),
            ("tickets", " ".join(d["tickets"])),
            ("todo", closeup.advice(d) if d["state"] in ILL else ""),
        )
        yield ""
        for probe in d["probes"]:
            yield from self._verdict(probe)
        looks = looks_of(d["probes"])
        brought = list(closeup.brought(looks, d))
        yield from (["", *brought] if brought else [])
        yield from closeup.rows(looks)
        technical = list(closeup.technical(looks))
        yield from (["", self.words("technical"), *technical] if technical else [])

    def _since(self, stamp: str | None) -> str:
        if not stamp:
            return ""
        gone = (self.now - ms(datetime.fromisoformat(stamp))) / 1000
        return f"{self.time(stamp)} ({self.words.span(gone)})"

    def look(self, probe: Document) -> Iterator[str]:
        """One look and all that it brought."""
        yield from self._verdict(probe)
        closeup, looks = Closeup(desk=self.desk, words=self.words), looks_of([probe])
        yield from (f"    {line}" for line in (*closeup.brought(looks, {}), *closeup.technical(looks)))

    def _verdict(self, probe: Document) -> Iterator[str]:
        """One look: outcome, reason, time; then what else it judged, the good in one line."""
        say, outcome = self.desk.say.say, probe["outcome"]
        word = self.desk.colour(say(f"device.outcome.{outcome}"), {"ok": "green", "failed": "red"}.get(outcome, "grey"))
        took = "" if probe["duration_seconds"] is None else f"{probe['duration_seconds'] * 1000:.1f} ms"
        facts = probe.get("facts") or {}
        why = " ".join(filter(None, (self._word("reason", probe["reason"]), self._word("rung", facts.get("rung")))))
        parts = (clean(probe["name"]), word, why, self.time(probe["at"]), took)
        yield "  " + "  ".join(part for part in parts if part)
        checks = probe.get("checks") or {}
        for name, reason in checks.items():
            if reason:
                yield f"      {self._word('check', name)}  {self.desk.colour(self._word('reason', reason), 'red')}"
        good = "  ".join(self._word("check", name) for name, reason in checks.items() if not reason)
        if good:
            yield f"      {self.desk.colour(say('device.outcome.ok'), 'green')}  {good}"

    def _word(self, kind: str, name: object) -> str:
        return self.words.word(kind, name)

    def ticket(self, t: Document) -> Iterator[str]:
        """One ticket as it stands: what, who, until when, and its journal where it is there."""
        say = self.desk.say.say
        level = self.desk.colour(say(f"ticket.severity.{t['severity']}"), SEVERITY_COLOURS.get(t["severity"], ""))
        yield f"{clean(t['id'])}  {level}  {say('ticket.state.' + t['state'])}  {clean(t['title'])}"
        yield from self._facts(*self._about(t))
        for name, clock in t["clocks"].items():
            if clock is not None:
                yield from self._facts((f"ticket.clock.{name}", self.clock(clock)))
        if t.get("journal"):
            yield say("cli.journal")
            yield from (self.event(event) for event in t["journal"])

    def _about(self, t: Document) -> Iterator[tuple[str, str]]:
        say = self.desk.say.say
        members = list(t["members"])
        more = say("cli.more", count=len(members) - MEMBERS) if len(members) > MEMBERS else ""
        yield "device", t["device"] or t.get("place") or self._system(t.get("system") or "")
        yield "members", " ".join([*members[:MEMBERS], more]) if len(members) > 1 else ""
        yield "source", f"{say('ticket.source.' + t['source'])} / {say('ticket.kind.' + t['kind'])}"
        yield "why", " ".join(dict.fromkeys(str(reason.get("rule", "")) for reason in t["severity_reasons"]))
        running = t["state"] in RUNNING
        yield "todo", of_title(self.words, t["title_key"], t["title_args"] or {}) if running else ""
        yield "owner", t["owner"]
        yield "handler", t["handler"]
        yield "asked", t.get("asked") or ""
        yield "party", t.get("party") or ""
        for name in ("started", "opened", "restored", "confirmed"):
            yield name, self.time(t.get(f"{name}_at"))
        yield (
            "flags",
            " ".join(say(key) if self.desk.say.has(key := f"ticket.flag.{flag}") else flag for flag in t["flags"]),
        )
        yield "repeat_of", t["repeat_of"] or ""
        yield "merged_into", t.get("merged_into") or ""
        yield "pending", str(t["pending"].get("what", "")) if t.get("pending") else ""
        yield "version", str(t["version"])

    def _system(self, root: str) -> str:
        """A family of devices as a whole, with its building: `cameras` for `camera`, `broadcast.service@A`."""
        name, _, building = root.partition("@")
        family = re.split(r"[.~]", name)[0]
        key = f"ticket.system.{family}"
        return " ".join(filter(None, (self.desk.say.say(key) if self.desk.say.has(key) else family, building)))

    def event(self, event: Document) -> str:
        """One line of the journal."""
        args = "  ".join(f"{name}: {value}" for name, value in journal.told(self.words, event["args"]))
        by = journal.who(self.words, event["by"])
        who = by if event["via"] in ("agent", event["by"]) else f"{by} ({event['via']})"
        said = self.desk.say.say(f"ticket.event.{event['event']}")
        late = " *" if event["recorded_at"] != event["at"] else ""
        return (
            f"  {event['seq']:>3}  {self.time(event['at'])}{late}  {clean(said)}  {clean(who)}  {clean(args)}".rstrip()
        )

    def _facts(self, *facts: tuple[str, str]) -> Iterator[str]:
        """Lines `name value` under one another; what is empty is left out."""
        for name, value in facts:
            if value and value != "-":
                title = self.desk.say.say(name if "." in name else f"cli.fact.{name}")
                yield f"  {title}{' ' * max(1, 18 - width(title))}{clean(value)}"


def place(document: Document) -> str:
    """Building, floor and room in one."""
    return " ".join(filter(None, document["location"].values()))
