"""The heartbeat of all targets: one echo a look, one wake-up a tick, a burst on a miss.

Answers wait in the socket's buffer, stamped by the kernel, until the next tick or deadline reads them all: a wake-up
for each costs several times the echo itself.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import deque
from collections.abc import Sequence

from agent.clock import kernel_now
from agent.model import Ms, Outcome, Reading, Target
from agent.probes.base import Hooks, Log
from agent.probes.errors import classify, local
from agent.probes.icmp import LAST_WAIT, MOST_BURST, SPACING
from agent.probes.icmp.heartbeat import Heartbeat
from agent.probes.icmp.sockets import EchoSocket

_CHUNK, _CHUNK_GAP = 128, 0.01
"""Echoes sent in a row, and the pause after them: their answers fit in the smallest default receive buffer."""
_READ_EVERY = 0.12
"""Seconds between two readings of the socket while a look is open; just above the scheduler's tick, which reads too."""
_READ_MOST = 4096
_REOPEN_AFTER = 10.0
_SLACK_NS = 50_000_000
_LOOK_ECHOES, _LOOK_READ, _LOOK_GAP = 3, 0.01, 0.1
_MAYBE_ANOTHERS = frozenset((errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ECONNREFUSED, errno.EACCES, errno.EPROTO))


class Pinger:
    """The ICMP prober."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self._clock = hooks.clock
        self._resolver = hooks.resolver
        self._beats: dict[tuple[str, str], Heartbeat] = {}
        self._by_cookie: dict[bytes, Heartbeat] = {}
        self._open: dict[Heartbeat, None] = {}
        self._queue: deque[Target | Heartbeat] = deque()
        self._lines: dict[socket.AddressFamily, EchoSocket] = {}
        self._refused: dict[socket.AddressFamily, tuple[float, str]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._stepping = False

    def start(self, targets: Sequence[Target]) -> None:
        self._queue.extend(targets)
        self._step()

    async def look(self, target: Target, log: Log) -> Reading:
        """Up to three heartbeats in a row, each with its burst on a miss; the first that fails is the verdict."""
        await self._resolver.address(target.address)
        inbox: list[Reading] = []
        beat = Heartbeat(target, inbox.append, lambda missed: log("no answer in time: a burst of echoes follows"))
        beat.kept = False
        for number in range(_LOOK_ECHOES):
            await asyncio.sleep(_LOOK_GAP if number else 0)
            self._by_cookie[beat.cookie] = beat
            self._queue.append(beat)
            self._step()
            while not inbox:
                await asyncio.sleep(_LOOK_READ)
                self._step()
            log(_told(beat, inbox[-1]))
            if inbox[-1].outcome is not Outcome.OK:
                break
            if number < _LOOK_ECHOES - 1:
                inbox.clear()
        return inbox[-1]

    def forget(self, target: Target) -> None:
        beat = self._beats.pop(target.key, None)
        if beat is not None:
            beat.kept = False
            if not beat.open:
                self._by_cookie.pop(beat.cookie, None)

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._queue.clear()
        self._open.clear()
        self._by_cookie.clear()
        for line in self._lines.values():
            line.close()
        self._lines.clear()
        self._resolver.close()

    # -- the step: read what came, act on what did not, send what is due ------------------------------------------

    def _step(self) -> None:
        if self._stepping:  # a sink or `missed` started more: they wait in the queue for the step under way
            return
        self._stepping = True
        try:
            if self._open:
                mono = self._clock.mono()
                for line in self._lines.values():
                    self._read(line, mono)
                for beat in [beat for beat in self._open if beat.due <= mono]:
                    self._overdue(beat, mono)
            if self._queue:
                self._send_queued()
        finally:
            self._stepping = False
            self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._queue:
            pause = _CHUNK_GAP
        elif self._open:
            pause = min(_READ_EVERY, max(0.0, min(beat.due for beat in self._open) - self._clock.mono()))
        else:
            return
        self._timer = asyncio.get_running_loop().call_later(pause, self._step)

    def _send_queued(self) -> None:
        at, mono = self._clock.now(), self._clock.mono()
        queue = self._queue
        for _ in range(min(len(queue), _CHUNK)):
            item = queue.popleft()
            self._begin(item if isinstance(item, Heartbeat) else self._known(item), at, mono)

    # -- one look ---------------------------------------------------------------------------------------------------

    def _begin(self, beat: Heartbeat, at: Ms, mono: float) -> None:
        beat.begin(at, mono)
        self._open[beat] = None
        if beat.named or beat.line is None:
            blind = self._aim(beat)
            if blind:
                self._end(beat, 0.0, Outcome.UNKNOWN, blind)
                return
        beat.sent = kernel_now()
        self._echo(beat, mono)

    def _echo(self, beat: Heartbeat, mono: float) -> None:
        """Send the echo `beat.sequence`; what the kernel refuses ends the look, unless the refusal is the device's."""
        line = beat.line
        assert line is not None  # `_begin` aimed it
        try:
            line.sendto(beat.packet(beat.sequence), beat.to)
        except OSError as error:
            self._not_sent(beat, line, error, mono)

    def _not_sent(self, beat: Heartbeat, line: EchoSocket, error: OSError, mono: float) -> None:
        if error.errno in _MAYBE_ANOTHERS:  # the kernel may be telling of an earlier echo: see to that, then try again
            self._read_errors(line)
            try:
                line.sendto(beat.packet(beat.sequence), beat.to)
                return
            except OSError as again:
                error = again
        outcome, reason = classify(error)
        if outcome is Outcome.UNKNOWN:
            self._end(beat, mono - beat.begun, outcome, reason)
        else:
            beat.reason = reason

    def _overdue(self, beat: Heartbeat, mono: float) -> None:
        """Nothing came in time: begin the burst, go on with it, or give the verdict."""
        if not beat.open:
            return
        if beat.burst < 0:
            beat.beat(lost=True)
            beat.burst = 0 if beat.known_down else min(MOST_BURST, beat.target.options.burst)
            if beat.burst:
                beat.missed(beat.target)
        if not beat.burst:
            beat.known_down = True
            self._end(beat, mono - beat.begun, Outcome.FAILED, beat.reason or "timeout")
            return
        beat.burst -= 1
        beat.due = mono + (SPACING if beat.burst else min(LAST_WAIT, beat.wait()))
        beat.sequence = (beat.sequence + 1) & 0xFFFF
        beat.sent_more.append(kernel_now())
        self._echo(beat, mono)

    def _end(self, beat: Heartbeat, duration: float, outcome: Outcome, reason: str = "") -> None:
        beat.open = False
        del self._open[beat]
        if not beat.kept:
            self._by_cookie.pop(beat.cookie, None)
        beat.sink(beat.reading(duration, outcome, reason))

    # -- what comes back --------------------------------------------------------------------------------------------

    def _read(self, line: EchoSocket, mono: float) -> None:
        self._read_errors(line)
        find = self._by_cookie.get
        for data, start, sender, stamp in line.answers(_READ_MOST):
            beat = find(data[start + 8 : start + 16])
            if beat is None or start < 0:
                self._hooks.rejected("icmp", _strange(data, start, line))
            elif sender != beat.address:
                self._hooks.rejected("icmp", "wrong_address")
            elif not beat.open or not (sent := beat.sent_at(data[start + 6] << 8 | data[start + 7])):
                self._hooks.rejected("icmp", "late")
            else:
                self._answered(beat, stamp - sent, stamp - beat.sent, mono)

    def _answered(self, beat: Heartbeat, rtt_ns: int, took_ns: int, mono: float) -> None:
        elapsed = mono - beat.begun
        if beat.burst < 0:
            beat.beat(lost=False)
        beat.known_down = False
        if 0 <= rtt_ns <= took_ns <= elapsed * 1e9 + _SLACK_NS:
            beat.answered(rtt_ns * 1e-9)
            elapsed = took_ns * 1e-9
        self._end(beat, elapsed, Outcome.OK)  # else the wall clock was stepped meanwhile: an answer without its time

    def _read_errors(self, line: EchoSocket) -> None:
        for address, quoted in line.errors(_READ_MOST):
            sequence = int.from_bytes(quoted[6:8], "big")
            for beat in self._open:
                if beat.address == address and quoted[8:16] in (b"", beat.cookie) and beat.sent_at(sequence):
                    beat.reason = "unreachable"
                    break
            else:
                self._hooks.rejected("icmp", "strange_error")

    # -- who is known ------------------------------------------------------------------------------------------------

    def _known(self, target: Target) -> Heartbeat:
        beat = self._beats.get(target.key)
        if beat is not None and beat.target is target:
            return beat
        if beat is not None and (beat.target.address, beat.target.interval) == (target.address, target.interval):
            beat.target = target
            return beat
        self.forget(target)
        beat = self._beats[target.key] = Heartbeat(target, self._hooks.sink, self._hooks.missed)
        self._by_cookie[beat.cookie] = beat
        return beat

    def _aim(self, beat: Heartbeat) -> str:
        """Find the address and the socket; the reason if there is none."""
        address = self._resolver.known(beat.target.address)
        if address is None:
            return "resolve"
        if beat.line is not None and address == beat.address:
            return ""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        line, reason = self._line(family)
        if line is not None:
            beat.aim(address, line)
        return reason

    def _line(self, family: socket.AddressFamily) -> tuple[EchoSocket | None, str]:
        if family in self._lines:
            return self._lines[family], ""
        again, reason = self._refused.get(family, (0.0, ""))
        if reason and self._clock.mono() < again:
            return None, reason
        try:
            self._lines[family] = EchoSocket(family)
        except OSError as error:
            reason = local(error.errno)
            self._refused[family] = (self._clock.mono() + _REOPEN_AFTER, reason)
            return None, reason
        return self._lines[family], ""


def _strange(data: bytes, start: int, line: EchoSocket) -> str:
    """Why nobody knows this message."""
    if start < 0 or len(data) < start + 16:
        return "malformed"
    if line.raw and int.from_bytes(data[start + 4 : start + 6], "big") != line.ident:
        return "other_program"
    return "stranger"


def _told(beat: Heartbeat, reading: Reading) -> str:
    echoes = 1 + len(beat.sent_more)
    if reading.outcome is Outcome.OK:
        return f"{beat.address} answered in {beat.rtt * 1000:.3f} ms ({echoes} sent)"
    return f"{beat.address or reading.target.address}: {reading.reason} after {reading.duration:.2f} s ({echoes} sent)"
