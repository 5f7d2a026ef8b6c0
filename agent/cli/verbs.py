"""What can be done to a ticket: the verbs of ticket-life.md and the options of each, in one table.

An option's name is the argument that the judge reads (`agent.alerting.commands`, `orders`); what a verb must be given
is the judge's to say, not repeated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from agent.alerting.commands import PARTIES, SUSPEND_REASONS, WITHDRAW_REASONS
from agent.alerting.orders import SOURCES
from agent.alerting.sla import RANK
from agent.alerting.tickets import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """`--name`. kind: what its value is.  also: another spelling.  one_of: all values that there are."""

    name: str
    kind: Literal["text", "flag", "moment", "ahead", "file"] = "text"
    also: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    metavar: str = "TEXT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """either: of these options one may be given, not both.  numbers: whether it is told which tickets."""

    options: tuple[Option, ...] = ()
    either: tuple[str, ...] = ()
    numbers: bool = True


REASON = Option(name="reason")
EVIDENCE = Option(name="evidence")
"""Every verb takes these two: a late entry needs a reason, and evidence makes it weigh (rule 6)."""

_LEVELS = tuple(reversed(tuple(RANK)))
_TO = Option(name="to", metavar="WHO")
_KIND = Option(name="kind", one_of=KINDS)
_DONE = Option(name="done")
_TEXT = Option(name="text", also=("--note",))
_SATISFACTION = Option(name="satisfaction", metavar="1-5")

VERBS: Mapping[str, Verb] = {
    "open": Verb(
        options=(
            Option(name="device", metavar="ID"),
            Option(name="place"),
            Option(name="what"),
            Option(name="name"),
            Option(name="phone", metavar="NUMBER"),
            Option(name="severity", one_of=_LEVELS),
            _KIND,
            Option(name="source", one_of=SOURCES),
            Option(name="repeat_of", metavar="TICKET"),
            Option(name="take", kind="flag"),
            Option(name="danger", kind="flag"),
        ),
        either=("device", "place"),
        numbers=False,
    ),
    "admit": Verb(options=(_KIND,)),
    "dispatch": Verb(options=(_TO,)),
    "take": Verb(),
    "return": Verb(),
    "handover": Verb(options=(_TO, _DONE)),
    "escalate": Verb(
        options=(
            Option(name="to", metavar="|".join(("tier2", *PARTIES))),
            Option(name="tried"),
            Option(name="contact"),
            Option(name="asked"),
        )
    ),
    "arrive": Verb(options=(Option(name="waiting_for", one_of=("entry", "key", "escort", "break")),)),
    "suspend": Verb(
        options=(Option(name="reason", one_of=SUSPEND_REASONS), Option(name="until", kind="ahead", metavar="TIME"))
    ),
    "resume": Verb(),
    "restore": Verb(options=(_DONE, Option(name="override", kind="flag"), Option(name="workaround"))),
    "report": Verb(
        options=(
            Option(name="cause"),
            Option(name="measures"),
            Option(name="parts"),
            Option(name="root_cause"),
            Option(name="improve"),
        )
    ),
    "confirm": Verb(options=(_SATISFACTION, Option(name="customer", metavar="NAME"))),
    "refuse": Verb(options=(Option(name="customer", metavar="NAME"),)),
    "reopen": Verb(),
    "feedback": Verb(options=(_TO, Option(name="how"), Option(name="words"))),
    "withdraw": Verb(options=(Option(name="reason", one_of=WITHDRAW_REASONS),)),
    "false-alarm": Verb(),
    "merge": Verb(options=(Option(name="into", metavar="TICKET"),)),
    "split": Verb(),
    "reclassify": Verb(
        options=(
            Option(name="up", one_of=_LEVELS[:-1]),
            Option(name="down", one_of=_LEVELS[:-1]),
            Option(name="why", one_of=("corrected", "grew", "context")),
        ),
        either=("up", "down"),
    ),
    "urge": Verb(options=(_TEXT,)),
    "supervise": Verb(options=(Option(name="ask"), Option(name="reply_by", kind="ahead", metavar="TIME"))),
    "approve": Verb(),
    "decline": Verb(),
    "note": Verb(options=(_TEXT, Option(name="reply", kind="flag"))),
    "attach": Verb(options=(Option(name="file", kind="file", metavar="FILE"), _TEXT)),
    "file": Verb(),
    "followup": Verb(options=(Option(name="answers"), _SATISFACTION)),
}


def options(verb: str) -> tuple[Option, ...]:
    """All options of a verb; its own reading of `reason` before the common one."""
    own = VERBS[verb].options
    named = {option.name for option in own}
    return (*own, *(option for option in (REASON, EVIDENCE) if option.name not in named))
