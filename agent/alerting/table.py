"""THE table of the ticket life (ticket-life.md 3.4), row by row, as data: it can be printed, drawn and tested.

`who` uses the document's codes (Ag Ck Rp Cu De En Pm Cc Fo); a verb in lower case is a person's command, one in
capitals is what the agent sees or its clock does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.alerting.tickets import BROKEN, OPEN

ROLES: Mapping[str, tuple[str, ...]] = {
    "reporter": ("Rp",),
    "customer": ("Cu", "Rp"),
    "engineer": ("De", "En"),
    "manager": ("Pm",),
    "command": ("Cc",),
    "care": ("Fo",),
    "agent": ("Ag", "Ck"),
}
"""Which of the document's codes a person's role stands for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: from these states, this verb, by these people, to this state, writing this event.

    to: "" leaves the state; needs: arguments that must be given; approval: "†" waits for the project manager,
    "‡" takes effect at once and counts in the net reading after approval.
    """

    number: int
    states: tuple[str, ...]
    verb: str
    who: tuple[str, ...]
    to: str
    event: str
    needs: tuple[str, ...] = ()
    approval: str = ""


_ALIVE = ("new", "dispatched", "working", "suspended", "restored", "reported")
_NONE: tuple[str, ...] = ()

TABLE: tuple[Row, ...] = (
    Row(1, _NONE, "OPEN", ("Ag",), "new", "opened"),
    Row(2, _NONE, "open", ("Rp", "Cu"), "new", "opened", ("what",)),
    Row(3, _NONE, "open", ("De", "En", "Pm", "Cc"), "new", "opened", ("what",)),
    Row(4, ("new",), "admit", ("De", "Ag"), "new", "admitted"),
    Row(5, ("new",), "dispatch", ("De", "Pm", "Ag"), "dispatched", "dispatched", ("to",)),
    Row(6, ("dispatched",), "dispatch", ("De", "Pm", "Ck"), "dispatched", "dispatched", ("to",)),
    Row(7, ("new",), "take", ("De", "En"), "working", "taken"),
    Row(8, ("dispatched",), "take", ("En", "De"), "working", "taken"),
    Row(9, ("dispatched",), "return", ("En", "De"), "new", "returned", ("reason",)),
    Row(10, ("working",), "handover", ("En", "De", "Pm"), "dispatched", "handed_over", ("to", "done")),
    Row(11, ("working",), "escalate", ("En", "De", "Pm", "Ck"), "dispatched", "escalated", ("to", "tried")),
    Row(12, ("working",), "escalate", ("En", "Pm"), "working", "escalated", ("to", "contact", "asked")),
    Row(13, ("new",), "arrive", ("En", "De"), "working", "arrived"),
    Row(14, ("dispatched",), "arrive", ("En", "De"), "working", "arrived"),
    Row(15, ("working",), "arrive", ("En", "De"), "working", "arrived"),
    Row(16, ("suspended",), "arrive", ("En", "De"), "working", "arrived"),
    Row(17, ("working",), "suspend", ("En", "De"), "suspended", "suspended", ("reason", "until"), "‡"),
    Row(18, ("working",), "restore", ("De", "En"), "restored", "restored"),
    Row(19, ("suspended",), "resume", ("En", "De", "Pm", "Ck"), "working", "resumed"),
    Row(20, ("new",), "RECOVER", ("Ag",), "restored", "restored"),
    Row(21, ("dispatched",), "RECOVER", ("Ag",), "restored", "restored"),
    Row(22, ("working",), "RECOVER", ("Ag",), "restored", "restored"),
    Row(23, ("suspended",), "RECOVER", ("Ag",), "restored", "restored"),
    Row(24, ("restored",), "take", ("De", "En"), "restored", "taken"),
    Row(25, ("restored",), "STABLE", ("Ck",), "restored", "stable"),
    Row(26, ("restored",), "RELAPSE", ("Ag", "De"), "working", "relapsed"),
    Row(27, ("restored",), "RELAPSE", ("Ag",), "new", "relapsed"),
    Row(28, ("reported",), "RELAPSE", ("Ag", "De"), "working", "relapsed"),
    Row(29, ("restored",), "report", ("En", "De"), "reported", "reported_back", ("cause", "measures")),
    Row(30, ("reported",), "report", ("En", "De"), "reported", "reported_back", ("cause", "measures")),
    Row(31, ("restored",), "confirm", ("Cu", "De"), "confirmed", "confirmed"),
    Row(32, ("reported",), "confirm", ("Cu", "De", "Ck"), "confirmed", "confirmed"),
    Row(33, ("restored",), "refuse", ("Cu", "De"), "working", "refused", ("reason",)),
    Row(34, ("reported",), "refuse", ("Cu", "De"), "working", "refused", ("reason",)),
    Row(35, ("confirmed",), "reopen", ("Cu", "Pm"), "working", "reopened", ("reason",)),
    Row(36, ("confirmed",), "report", ("En", "De"), "confirmed", "reported_back", ("cause", "measures")),
    Row(37, ("restored", "reported", "confirmed"), "feedback", ("De", "Pm"), "", "fed_back", ("to", "how")),
    Row(38, BROKEN, "withdraw", ("De", "En", "Rp", "Cu", "Pm"), "withdrawn", "withdrawn", ("reason",), "†"),
    Row(39, _ALIVE, "false-alarm", ("En", "De"), "false_alarm", "false_alarm", ("evidence",), "†"),
    Row(40, (*BROKEN, "restored"), "merge", ("De", "En", "Pm", "Ag"), "merged", "merged", ("into",)),
    Row(41, ("confirmed",), "file", ("De", "Ag"), "filed", "filed"),
    Row(42, _ALIVE, "reclassify", ("De", "En", "Pm", "Ag"), "", "reclassified", ("up", "reason")),
    Row(43, _ALIVE, "reclassify", ("De", "En", "Pm"), "", "reclassified", ("down", "reason"), "†"),
    Row(44, ("merged",), "split", ("De", "En", "Ag"), "new", "split"),
    Row(45, OPEN, "urge", ("Rp", "Cu", "Cc"), "", "urged"),
    Row(46, OPEN, "supervise", ("Cc", "Pm"), "", "supervised", ("ask",)),
    Row(47, OPEN, "note", ("De", "En", "Pm", "Cc", "Cu", "Rp"), "", "noted", ("text",)),
    Row(47, OPEN, "attach", ("De", "En", "Pm", "Cc", "Cu", "Rp"), "", "noted", ("file",)),
    Row(48, OPEN, "WARN", ("Ck",), "", "warned"),
    Row(49, OPEN, "BREACH", ("Ck",), "", "breached"),
    Row(50, ("filed",), "followup", ("Fo", "Pm"), "", "followed_up", ("answers",)),
    Row(51, ("filed",), "REPEAT", ("Ag", "Rp"), "", "opened"),
    Row(52, ("restored", "reported", "confirmed"), "REPEAT", ("Ag", "Rp"), "", "opened"),
    Row(53, ("working",), "report", ("En", "De"), "reported", "reported_back", ("measures",)),
    Row(54, ("reported",), "file", ("De", "Ag"), "filed", "filed"),
    Row(55, ("restored", "reported"), "arrive", ("En", "De"), "", "arrived"),
    Row(56, OPEN, "approve", ("Pm",), "", "approved"),
    Row(56, OPEN, "decline", ("Pm",), "", "declined", ("reason",)),
    # Rule 2 of 3.3: what stays possible on an ended ticket, because it changes no state.
    Row(
        47, ("filed", "withdrawn", "false_alarm"), "note", ("De", "En", "Pm", "Cc", "Cu", "Rp"), "", "noted", ("text",)
    ),
    Row(50, ("withdrawn", "false_alarm"), "followup", ("Fo", "Pm"), "", "followed_up", ("answers",)),
)


def rows(state: str, verb: str) -> tuple[Row, ...]:
    """The rows by which `verb` is possible in `state`, in the table's order."""
    return tuple(row for row in TABLE if row.verb == verb and state in row.states)


def possible(state: str) -> tuple[str, ...]:
    """The commands a person can give in `state`."""
    return tuple(dict.fromkeys(row.verb for row in TABLE if state in row.states and row.verb.islower()))


def codes(role: str) -> tuple[str, ...]:
    """The document's codes for a role; nothing for an unknown one."""
    return ROLES.get(role, ())
