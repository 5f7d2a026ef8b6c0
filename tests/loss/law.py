"""How often lost round trips alone make an outage, by arithmetic. p: the chance that one echo stays unanswered.

A look at a device that answered last time fails when its heartbeat and the whole burst behind it are lost: q =
p^(1 + burst). A look at one that did not sends one echo and no burst: it fails with p. So looks form a chain of two
states, up and fallen: it falls with q, gets up with 1 - p, and is up in a share (1 - p) / (1 - p + q) of all looks.
A fall opens an outage unless one is still standing, and that stands until `hold` looks in a row behind the first good
one were good: an outage lasts a run of failed looks, 1 / (1 - p) on average, and then tries of such a run, each look
of which falls again with q.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """hold: good looks in a row, behind the first, after which an outage is over."""

    p: float
    burst: int
    hold: int

    @property
    def q(self) -> float:
        """The chance that a look at a device that answered last time fails."""
        return float(self.p ** (1 + self.burst))

    def falls(self, looks: int) -> float:
        """Failed looks that follow a good one."""
        return looks * self.q * (1 - self.p) / (1 - self.p + self.q)

    def outages(self, looks: int) -> float:
        """Falls while no outage stands."""
        run_is_good = (1 - self.q) ** self.hold
        run = (1 - run_is_good) / self.q if self.q > 0 else self.hold
        lasts = (1 / (1 - self.p) + run) / run_is_good
        return looks / (1 / self.q + lasts)
