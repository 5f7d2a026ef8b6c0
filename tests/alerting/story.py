"""A ticket told event by event, without the engine: the clocks alone."""

from __future__ import annotations

from typing import Any

from agent.alerting import sla
from agent.alerting.events import Event
from agent.alerting.frame import Frame
from agent.alerting.sla import Limits
from agent.alerting.tickets import Ticket, fold, next_event
from agent.model import Ms
from tests.alerting.harness import CALENDAR, when

FRAME = Frame(calendar=CALENDAR)


def instant(moment: str | Ms) -> Ms:
    return when(moment) if isinstance(moment, str) else moment


class Story:
    """Appends events to one ticket's journal; `tick` books what is overdue, as the clock does."""

    def __init__(self, level: str, opened: str | Ms, *, number: str = "T20260302-0001", **args: Any) -> None:
        self.journal: list[Event] = []
        self.ticket: Ticket | None = None
        self.number = number
        full = {"root": "cam-1", "source": "agent", "level": level, "limits": Limits().as_json(), **args}
        self.add("opened", opened, **full)

    @property
    def now(self) -> Ticket:
        assert self.ticket is not None
        return self.ticket

    @property
    def times(self) -> sla.Times:
        return self.now.times

    def add(
        self, name: str, at: str | Ms, *, recorded: str | Ms | None = None, author: str = "li", **args: Any
    ) -> Story:
        moment = instant(at)
        now = moment if recorded is None else instant(recorded)
        event = next_event(self.ticket, self.number, name, at=moment, now=now, by=author, via="web", args=args)
        self.journal.append(event)
        self.ticket = fold(self.ticket, event)
        return self

    def take(self, at: str | Ms, **args: Any) -> Story:
        return self.add("taken", at, who="li", **args)

    def restore(self, at: str | Ms, by: str = "person", **args: Any) -> Story:
        due = FRAME.feedback_due(instant(at))
        return self.add(
            "restored", at, **{"by": by, "feedback_due": due, "stable_until": instant(at) + 3_600_000, **args}
        )

    def feed_back(self, at: str | Ms) -> Story:
        return self.add("fed_back", at, to="teacher", via="phone")

    def confirm(self, at: str | Ms) -> Story:
        return self.add("confirmed", at, by="chen")

    def tick(self, at: str | Ms) -> Story:
        """Whatever is overdue at `at` is booked: row 49."""
        for name in sla.overdue(self.times, instant(at)):
            self.add("breached", at, by="agent", clock=name)
        return self

    def due(self, name: str) -> Ms | None:
        return sla.deadline(self.times, name)
