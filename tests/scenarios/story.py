"""A story: one text file that says what stands on a campus, what happens to it, and what the agent makes of it.

# title
start 2026-03-02 08:55
--- inventory        (YAML; also: policy, roster, calendar)
--- script
09:00 power off sw-a                  faults, as the demo's console knows them; `cam-[1-5]` for each of them
09:20 ticket take sw-a by=li          a person's command on the latest ticket of that root (or `open`)
09:30 expect ticket device=sw-a state=working count=1
09:30 journal sw-a opened taken       the names of its journal, warnings left out
09:30 due sw-a response 10:00         a clock's deadline, `none` when it has none; [DATE ]hh:mm
09:30 result sw-a response met        what the books say
day +1                                the following times are of the next day
"""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from agent import documents
from agent.alerting import sla
from agent.alerting.commands import Command
from agent.alerting.events import broken_link
from agent.alerting.tickets import Ticket, replay
from agent.calendar import local, ms
from agent.cli.demo_plan import plan_of
from agent.clock import Steady
from agent.inventory.setting import Setting, frame_of, load_setting
from agent.locale import catalogue
from agent.memory import Memory
from agent.model import Ms
from agent.monitor import Answer, Monitor
from agent.probes import PROBES
from agent.probes.base import Hooks, Kind, Prober
from agent.scheduler import Scheduler
from agent.simulator.campus import GONE, Campus
from agent.simulator.campus import Path as Way
from agent.simulator.expect import Expect, holds
from agent.simulator.script import Fault, parse_now
from agent.store import Batch, Writer, open_store
from tests.fakes.scripted import ScriptedProber, Verdict
from tests.scenarios.virtual import Inline, VirtualClock, VirtualLoop

QUIET = ("warned", "told", "observation_lost", "observation_back")
"""Journal lines that a story's `journal` leaves out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    number: int
    at: Ms
    text: str


@dataclass(slots=True, kw_only=True)
class Story:
    """The sections of a file."""

    path: Path
    start: str = ""
    sections: dict[str, str] = field(default_factory=dict)
    script: list[tuple[int, str]] = field(default_factory=list)


def read(path: Path) -> Story:
    story, section = Story(path=path), ""
    for number, raw in enumerate(path.read_text("utf-8").splitlines(), 1):
        if raw.startswith("--- "):
            section = raw.removeprefix("--- ").strip()
        elif section == "script":
            if raw.strip() and not raw.lstrip().startswith("#"):
                story.script.append((number, raw.split("  #")[0].strip()))
        elif section:
            story.sections[section] = story.sections.get(section, "") + raw + "\n"
        elif raw.startswith("start "):
            story.start = raw.removeprefix("start ").strip()
    return story


class Play:
    """One story being played in virtual time, by the agent's own parts on a real database."""

    def __init__(self, story: Story, folder: Path) -> None:
        self.story, self.folder = story, folder
        self.loop = VirtualLoop()
        self.setting = self._setting()
        self.zone = self.setting.inventory.site.zone
        start = datetime.fromisoformat(story.start).replace(tzinfo=self.zone)
        self.wall = VirtualClock(self.loop, ms(start))
        self.clock = Steady(self.wall)
        self.campus = Campus(plan_of(self.setting.inventory, loopback=False), 0.0)
        self.store = open_store(folder / "campus.db")
        self.errors: list[BaseException] = []
        self.monitor = self._monitor()

    def _setting(self) -> Setting:
        for name, text in self.story.sections.items():
            (self.folder / f"{name}.yaml").write_text(text, "utf-8")
        extra = [name for name in ("policy", "roster", "calendar") if name in self.story.sections]
        config = self.folder / "config.yaml"
        config.write_text(
            "version: 1\ninventory: inventory.yaml\n" + "".join(f"{n}: {n}.yaml\n" for n in extra), "utf-8"
        )
        loaded = load_setting(config, None)
        assert loaded.value is not None, loaded.problems
        return loaded.value

    def _monitor(self) -> Monitor:
        scheduler = Scheduler(PROBES, self._open)
        writer = Writer(self.store, Inline(), lambda batch: None, self._refused)
        return Monitor(self.clock, frame_of(self.setting), Memory(), scheduler, writer, lambda *args: None)

    def _refused(self, error: BaseException, batch: Batch) -> None:
        self.errors.append(error)

    def _open(self, kind: Kind) -> Prober:
        hooks = Hooks(clock=self.clock, sink=self.monitor.receive, missed=self.monitor.missed)
        return ScriptedProber(hooks, self._way, said=self._said)

    def _said(self, device: str, protocol: str) -> Verdict:
        """A camera's ladder: its clock is measured before its login, and a login that is refused while the clock is
        wrong is the clock's fault."""
        if protocol != "onvif":
            return "", {}
        wrong = self.campus.setting(device, "clock", "0") != "0"
        refused = self.campus.setting(device, "password", "right") != "right"
        clock = "clock_drift" if wrong else ""
        return (clock or "auth") if refused else "", {"clock": clock}

    def _way(self, device: str, service: str) -> Way:
        self.campus.tick(self.loop.time())
        if self.campus.service(device, service):
            return GONE
        return self.campus.paths[device]

    # -- playing

    def run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(self._run())
        finally:
            self.store.close()
            asyncio.set_event_loop(None)
            self.loop.close()

    async def _run(self) -> None:
        for target in self.setting.inventory.targets:
            self.monitor.scheduler.add(target)
        self.monitor.start()
        for line in self._lines():
            wait = (line.at - self.wall.now()) / 1000
            assert wait >= 0, f"{self.where(line)}: this line lies before the one above it"
            await asyncio.sleep(wait)
            await self._play(line)
            assert not self.errors, self.errors
        self.monitor.stop()
        await self.monitor.scheduler.close()

    def _lines(self) -> Iterator[Line]:
        day = local(self.clock.now(), self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        for number, text in self.story.script:
            first, _, rest = text.partition(" ")
            if first == "day":
                day += timedelta(days=int(rest))
                continue
            hours, minutes, *seconds = map(int, first.split(":"))
            moment = day.replace(hour=hours, minute=minutes, second=seconds[0] if seconds else 0)
            yield Line(number=number, at=ms(moment), text=rest.strip())

    def where(self, line: Line) -> str:
        return f"{self.story.path.name}:{line.number}"

    async def _play(self, line: Line) -> None:
        verb, _, rest = line.text.partition(" ")
        own = {"ticket": self._command, "journal": self._journal, "due": self._due, "result": self._result}
        if verb == "refused":
            answer = await self._order(shlex.split(rest)[2:])
            key = answer.refused.key if answer.refused else "carried out"
            assert key == rest.split()[0], f"{self.where(line)}: {key}"
        elif verb in own:
            await own[verb](line, shlex.split(rest))
        else:
            self._deed(line)

    def _deed(self, line: Line) -> None:
        span = re.search(r"\[(\d+)-(\d+)\]", line.text)
        if span is not None:
            for number in range(int(span[1]), int(span[2]) + 1):
                self._deed(replace(line, text=line.text.replace(span[0], str(number), 1)))
            return
        do = parse_now(line.text, self.story.path.name, self.setting.inventory.devices, line.number)
        if isinstance(do, Fault) and do.verb == "clock":
            self.wall.step += round(do.number * 1000)
        elif isinstance(do, Fault):
            self.campus.apply(do, self.loop.time())
        elif isinstance(do, Expect):
            shown = [documents.ticket(t, self.clock.now(), catalogue("en")) for t in self.tickets()]
            brief = [(t["id"], t["device"], t["state"], t["severity"], t["members"]) for t in shown]
            assert holds(do, shown), f"{self.where(line)}: {line.text}\n  tickets: {brief}"

    def tickets(self) -> list[Ticket]:
        """Every ticket in the database, replayed from its journal, oldest first."""
        rows = self.store.tickets(limit=1000).items
        journals = [self.store.journal(row.number) for row in rows]
        assert all(broken_link(journal) is None for journal in journals)
        return sorted((t for journal in journals if (t := replay(journal))), key=lambda ticket: ticket.id)

    def ticket(self, name: str) -> Ticket:
        """The latest ticket at a root; `ROOT#2` is the second oldest."""
        root, _, place = name.partition("#")
        found = [ticket for ticket in self.tickets() if root in (ticket.root, ticket.root.removeprefix("place:"))]
        assert found, f"no ticket at {root}"
        return found[int(place) - 1] if place else found[-1]

    async def _command(self, line: Line, words: list[str]) -> None:
        answer = await self._order(words)
        assert answer.refused is None, f"{self.where(line)}: {answer.refused}"

    async def _order(self, words: list[str]) -> Answer:
        verb, *rest = words
        name = "" if verb == "open" else rest.pop(0)
        args: dict[str, Any] = dict(word.partition("=")[::2] for word in rest)
        by, role, via = args.pop("by", "operator"), args.pop("role", ""), args.pop("via", "cli")
        at = self._moment(args.pop("at")) if "at" in args else None
        if "until" in args:
            args["until"] = self._moment(args["until"])
        if "into" in args:
            args["into"] = self.ticket(args["into"]).id
        role = role or self.setting.roster.role_of(by) or ""
        number = self.ticket(name).id if name else ""
        return await self.monitor.command(
            Command(ticket=number, verb=verb, by=by, role=role, via=via, at=at, args=args),
            ended=self.ticket(name) if name and not self.ticket(name).is_open else None,
        )

    async def _journal(self, line: Line, words: list[str]) -> None:
        journal = self.store.journal(self.ticket(words[0]).id)
        names = [event.event for event in journal if event.event not in QUIET]
        assert names == words[1:], f"{self.where(line)}: journal is {' '.join(names)}"

    async def _due(self, line: Line, words: list[str]) -> None:
        name, clock, *when = words
        shown = sla.clock(self.ticket(name).times, clock, self.clock.now()).deadline
        wanted = None if when == ["none"] else self._moment(" ".join(when))
        # A heartbeat every 10 s finds an outage up to 14 s late: the clock begins there.
        near = shown == wanted if wanted is None or shown is None else 0 <= shown - wanted <= 15_000
        assert near, f"{self.where(line)}: due {shown and local(shown, self.zone)}"

    async def _result(self, line: Line, words: list[str]) -> None:
        name, clock, wanted = words
        booked = sla.standing(self.ticket(name).times, clock) or "open"
        assert booked == wanted, f"{self.where(line)}: {clock} is {booked}"

    def _moment(self, text: str) -> Ms:
        """`hh:mm` of today, or `YYYY-MM-DD hh:mm`."""
        if " " in text:
            return ms(datetime.fromisoformat(text).replace(tzinfo=self.zone))
        today = local(self.clock.now(), self.zone)
        hours, minutes = map(int, text.split(":"))
        return ms(today.replace(hour=hours, minute=minutes, second=0, microsecond=0))


def play(path: Path, folder: Path) -> None:
    """Play a story from its first line to its last."""
    Play(read(path), folder).run()
