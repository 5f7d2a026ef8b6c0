"""Whether the probers say anything: a protocol all of whose looks tell nothing is broken here, not on the campus."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from agent.model import Outcome, Reading

PATIENCE = 10.0
"""Seconds behind the time in which some look of a protocol must have told something."""

_NAMELESS = "resolve"
"""The reason of a look that had no address to go to: that is the name server's fault, and is told of elsewhere."""

_UNKNOWN = Outcome.UNKNOWN

_log = logging.getLogger(__name__)


class Hearing:
    """When each protocol last told something of any device, good or bad. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self.mute: tuple[str, ...] = ()
        """Protocols that tell nothing, as of the last `listen`."""

    def heard(self, reading: Reading, mono: float) -> None:
        if reading.outcome is not _UNKNOWN or reading.reason == _NAMELESS:
            self._last[reading.target.protocol] = mono

    def listen(self, within: Mapping[str, float], awake_since: float, mono: float) -> None:
        """within: seconds in which at least one look of each protocol must end.  awake_since: while the process stood
        still nobody could be heard."""
        last = {protocol: max(self._last.get(protocol, mono), awake_since) for protocol in within}
        self._last = last
        mute = tuple(name for name, allowed in within.items() if mono - last[name] > allowed + PATIENCE)
        for name in (name for name in mute if name not in self.mute):
            _log.error("probe.mute probe=%s seconds=%.0f", name, mono - last[name])
        for name in (name for name in self.mute if name not in mute):
            _log.warning("probe.heard_again probe=%s", name)
        self.mute = mute
