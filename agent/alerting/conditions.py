"""Is it so, and is it sure? A condition is pending, firing or flapping; an inactive one is no row at all.

`observe` takes a finding and gives the next value; nothing changes by time alone: a hole in looking is no evidence.
A good look on a good device gives back the same object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from agent.alerting.findings import CREDENTIAL, SERVICE, Finding
from agent.alerting.times import Shift
from agent.model import Ms
from agent.units import Duration

PENDING, FIRING, FLAPPING, CLEAR = "pending", "firing", "flapping", "clear"
"""`clear`: over, and kept only until its ticket has taken note; a condition without a ticket vanishes instead."""

PARENT, SHADOW, QUARANTINE = "parent", "shadowed", "quarantine"
MAINTENANCE, OFF_SCHEDULE, BLIND = "maintenance", "off_schedule", "blind"
COMPANY = "company"
"""Why a firing condition has no ticket yet (`Condition.held`); all but SHADOW are judged again by the tick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When a failure is sure and when it is over; seconds.

    wait: per device kind, how long a failure must last before it is confirmed (shipped: nothing, since the burst
    confirms); per cause class too, for what is judged beside the outcome (`recording: 1h`).  hold: run of good looks
    after which it is over.  flaps / flap_window: this many returns within the window make it flapping, and then
    flap_hold must pass.
    """

    wait: Mapping[str, Duration] = field(default_factory=lambda: {"recording": 3600.0})
    hold: Duration = 120.0
    flaps: int = 3
    flap_window: Duration = 900.0
    flap_hold: Duration = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that is wrong with one device, seen by one probe.

    since: the first failed look.  good_since: the first good look of the present run of good ones, None while bad.
    fails: failed looks in a row while pending.  turns: the moments it came back and failed again.
    held: why no ticket carries it yet (`judge`'s words), "" when one does.
    unseen: nobody could look since `last_bad`; the first look after the hole decides.  extent: how many channels,
    disks or ports it is about.  rung: of a ladder, the first broken one.
    """

    device: str
    probe: str
    cause: str
    state: str
    since: Ms
    reason: str
    last_bad: Ms
    fired_at: Ms | None = None
    good_since: Ms | None = None
    fails: int = 1
    turns: tuple[Ms, ...] = ()
    held: str = ""
    quarantine_until: Ms | None = None
    unseen: bool = False
    extent: int = 1
    rung: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return (self.device, self.probe)

    @property
    def fires(self) -> bool:
        """Sure, and not over: it may be on its way back (`good_since`)."""
        return self.state in (FIRING, FLAPPING)


def observe(
    condition: Condition | None, finding: Finding, now: Ms, thresholds: Thresholds, kind: str, confirm: int
) -> Condition | None:
    """The condition after one look. confirm: how many looks of this probe in a row must fail before it is sure."""
    if not finding.bad:
        return _good(condition, finding, thresholds)
    if condition is None:
        fresh = Condition(
            device=finding.device, probe=finding.probe, cause=finding.cause, state=PENDING, since=finding.at,
            reason=finding.reason, last_bad=finding.at, extent=finding.extent, rung=finding.rung,
        )  # fmt: skip
        return _confirm(fresh, now, thresholds, kind, confirm)
    if condition.state == PENDING:
        more = replace(
            condition, fails=condition.fails + 1, last_bad=finding.at, reason=finding.reason, extent=finding.extent,
            rung=finding.rung,
        )  # fmt: skip
        return _confirm(more, now, thresholds, kind, confirm)
    return _bad_again(condition, finding, thresholds)


def _good(condition: Condition | None, finding: Finding, thresholds: Thresholds) -> Condition | None:
    if condition is None or condition.state == PENDING:
        return None
    if condition.good_since is None:
        return replace(condition, good_since=finding.at)
    if condition.fires and finding.at >= condition.good_since + hold(condition, thresholds):
        return replace(condition, state=CLEAR)
    return condition


def _confirm(condition: Condition, now: Ms, thresholds: Thresholds, kind: str, confirm: int) -> Condition:
    wait = max(thresholds.wait.get(kind, 0.0), thresholds.wait.get(condition.cause, 0.0))
    if condition.fails >= confirm and now - condition.since >= wait * 1000:
        return replace(condition, state=FIRING, fired_at=now)
    return condition


def _bad_again(condition: Condition, finding: Finding, thresholds: Thresholds) -> Condition:
    if condition.good_since is None:
        # Every failed look of a long outage would be a write; what it says is already known, but after a hole.
        if condition.unseen or finding.extent > condition.extent:
            return replace(condition, unseen=False, last_bad=finding.at, extent=finding.extent)
        return _named_anew(condition, finding)
    oldest = finding.at - thresholds.flap_window * 1000
    turns = (*(turn for turn in condition.turns if turn > oldest), finding.at)
    state = FLAPPING if len(turns) >= thresholds.flaps else FIRING
    again = replace(condition, state=state, turns=turns, good_since=None, last_bad=finding.at, unseen=False)
    return replace(again, reason=finding.reason, rung=finding.rung)


def _named_anew(condition: Condition, finding: Finding) -> Condition:
    """What began as a silent service and is now a refused login needs a password and no ladder."""
    if finding.cause != CREDENTIAL or condition.cause != SERVICE:
        return condition
    return replace(condition, cause=finding.cause, reason=finding.reason, rung=finding.rung, last_bad=finding.at)


def hold(condition: Condition, thresholds: Thresholds) -> int:
    """Milliseconds of good looks after which the condition is over."""
    return round((thresholds.flap_hold if condition.state == FLAPPING else thresholds.hold) * 1000)


def moved(condition: Condition, shift: Shift) -> Condition:
    """The condition after a step of the wall clock: as long ago as it was."""
    return replace(
        condition,
        since=shift(condition.since),
        last_bad=shift(condition.last_bad),
        fired_at=shift.maybe(condition.fired_at),
        good_since=shift.maybe(condition.good_since),
        turns=tuple(shift(turn) for turn in condition.turns),
        quarantine_until=shift.maybe(condition.quarantine_until),
    )
