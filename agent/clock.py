"""The only file that asks the time: wall clock (UTC, ms) and monotonic seconds; what becomes of a wall clock that is
stepped, or that nobody has set yet."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from agent.model import Ms

STEP_MS = 2_000
"""A wall clock that runs away from the monotonic one by more was stepped; by less, it is followed smoothly."""
SLEW_MS = 5
"""How far a smaller difference is made up for each time the clock is followed."""
SLACK_MS = 60_000
"""How far behind the last stored time a clock may begin and still be believed."""
PATIENCE = 600.0
"""Seconds given to NTP, from the machine's boot; and to a clock that is behind what is stored, from our start."""
RELEASED: Ms = 1_767_225_600_000
"""2026-01-01: this program is younger, so a clock before it was never set (no battery, no NTP)."""

_TIME_ERROR, _TIMEX_BYTES = 5, 512
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Runs on while the machine sleeps: sleep is time in which nobody was looked at, not a step of the wall clock."""


class Clock(Protocol):
    """What the program asks for the time; tests hand in one that stands still or jumps."""

    def now(self) -> Ms:
        """Wall time, milliseconds since the epoch, UTC."""

    def mono(self) -> float:
        """Monotonic seconds, for intervals and deadlines of looks; the zero means nothing."""


class Machine(Clock, Protocol):
    """A clock that can be asked what it is worth."""

    def synchronised(self) -> bool | None:
        """Whether somebody steers the wall clock (NTP, PTP); None where that cannot be known."""

    def boot(self) -> str:
        """Names the run of the machine in which `mono` counts."""


class SystemClock:
    """The machine's own clocks. `mono` counts from its boot, sleep included."""

    def now(self) -> Ms:
        return time.time_ns() // 1_000_000

    def mono(self) -> float:
        return time.clock_gettime(_STEADY)

    def synchronised(self) -> bool | None:
        return synchronised()

    def boot(self) -> str:
        try:
            return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        except OSError:
            return ""


kernel_now = time.time_ns
"""Nanoseconds of the clock by which the kernel stamps packets (CLOCK_REALTIME); only subtracted from such stamps."""


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def synchronised() -> bool | None:
    """The kernel's word on its wall clock (adjtimex(2)); None where it cannot be asked."""
    try:
        answer: int = _libc().adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if answer < 0 else answer != _TIME_ERROR


@dataclass(frozen=True, slots=True)
class Step:
    """The wall clock went by `ms` without that time having passed.

    since: only moments from here on were read from the wrong clock; None for all of them.
    """

    ms: int
    since: Ms | None = None


class Steady:
    """The agent's clock: the wall clock at one moment and the monotonic one from there.

    `now` never jumps but in `follow`, which says by how much: everything that bears a time is moved with it. sure:
    whether decisions may be built on the time. A new run of the machine has a clock that must first be worth it: not
    behind what is stored, and steered by NTP or given ten minutes to be. What is behind runs on from what is stored.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._offset = machine.now() - self._mono_ms()
        self._started = machine.mono()
        self._floor = RELEASED
        self._begun: Ms | None = None
        self.sure = True

    def now(self) -> Ms:
        return self._offset + self._mono_ms()

    def mono(self) -> float:
        return self._machine.mono()

    def _mono_ms(self) -> int:
        return int(self._machine.mono() * 1000)

    # -- across a restart

    def stored(self) -> Mapping[str, Any]:
        """What the next start must know."""
        return {"at": self.now(), "boot": self._machine.boot(), "offset": self._offset, "begun": self._begun}

    def resume(self, last: Mapping[str, Any] | None) -> None:
        """Go on from what an earlier start has `stored`. Once, before the first `follow`.

        In the same run of the machine the clock goes on where it was, and a step since then is seen by `follow`.
        """
        if last is not None and last["boot"] and last["boot"] == self._machine.boot():
            self._offset, self._begun = last["offset"], last["begun"]
            return
        self._floor = max(RELEASED, last["at"] - SLACK_MS) if last is not None else RELEASED
        wall = self._machine.now()
        self._offset += max(wall, last["at"] if last is not None and wall < self._floor else self._floor) - wall
        self._begun, self.sure = self.now(), False
        self._trust(wall)

    # -- while running

    def follow(self) -> Step | None:
        """Look at the wall clock; the step it has made, after which `now` says the new time. Call it every second."""
        wall = self._machine.now()
        away = wall - self.now()
        step = None
        if wall >= self._floor:
            if abs(away) > STEP_MS:
                step = self._stepped(away)
            else:
                self._offset += max(-SLEW_MS, min(SLEW_MS, away))
        self._trust(wall)
        return step

    def _stepped(self, away: int) -> Step:
        since = self._begun
        self._offset += away
        if since is not None:
            self._begun = since + away
        return Step(away, since)

    def _trust(self, wall: Ms) -> None:
        if self.sure and self._begun is None:
            return
        steered = self._machine.synchronised()
        if wall >= self._floor and steered is not False:
            self._begun = None
        mono = self._machine.mono()
        given_time = steered is not False or mono >= PATIENCE
        if (wall >= self._floor and given_time) or mono - self._started >= PATIENCE:
            self.sure, self._floor = True, RELEASED
