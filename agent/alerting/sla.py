"""The clocks of one ticket, computed from its journal and never counted up (clocks.md section 4). The door:

`Times` is what the journal says of time; `fold` adds one event to it; `clock` reads one clock at a moment;
`consequences` says which results an event books or voids. All limits are inclusive, all moments whole milliseconds.
"""

from __future__ import annotations

from agent.alerting.booking import consequences
from agent.alerting.clocks import (
    SHARES,
    booked,
    clock,
    deadline,
    elapsed,
    ended_at,
    late,
    marks,
    measured,
    overdue,
    overrun,
    runs,
    standing,
    start,
)
from agent.alerting.timeline import fold
from agent.alerting.times import CLOCKS, RANK, REPAIR, RESPONSE, Booking, Limits, Pause, Shift, SlaClock, Times

__all__ = [
    "CLOCKS",
    "RANK",
    "REPAIR",
    "RESPONSE",
    "SHARES",
    "Booking",
    "Limits",
    "Pause",
    "Shift",
    "SlaClock",
    "Times",
    "booked",
    "clock",
    "consequences",
    "deadline",
    "elapsed",
    "ended_at",
    "fold",
    "late",
    "marks",
    "measured",
    "overdue",
    "overrun",
    "runs",
    "standing",
    "start",
]
