"""How bad a fault is for the school: the rules of the policy file over the facts of one incident (severity.md).

The highest matching rule wins and every match is kept as a reason. The rules' names and defaults are the annex's
(N1 ... Z1); their levels and numbers are data. The agent only ever raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.alerting.findings import BESIDE, LATENT
from agent.alerting.severity import beside, cameras, network, rooms
from agent.alerting.severity.annex import Annex, Rule
from agent.alerting.severity.incident import Facts, Reason, Test
from agent.alerting.times import RANK

__all__ = ["Annex", "Facts", "Reason", "Rule", "assess", "raised"]


def assess(facts: Facts, annex: Annex) -> tuple[str, tuple[Reason, ...]]:
    """The level of an incident and every reason for it, the highest first."""
    reasons = [
        reason for name, test in _TESTS.items() if name in annex.rules for reason in test(facts, annex.rules[name])
    ]
    reasons = reasons or [Reason("D1", facts.stated or annex.rules["D1"].level, {})]
    reasons.sort(key=lambda reason: -RANK[reason.level])
    again = annex.rules.get("X1")
    if again and reasons[0].level != "latent" and facts.recent + 1 >= again.count > 0:
        reasons.insert(0, Reason("X1", raised(reasons[0].level), {"count": facts.recent + 1}))
    return reasons[0].level, tuple(reasons)


def raised(level: str) -> str:
    """One level higher, 重大 at most."""
    order = sorted(RANK, key=lambda name: RANK[name])
    return order[min(RANK[level] + 1, len(order) - 1)]


def _s1(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.danger:
        yield Reason("S1", rule.level, {})


def _latent(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.cause in LATENT:
        yield Reason("Z1", rule.level, {"cause": facts.cause})


def _lost(test: Test) -> Test:
    """Only where function is lost: a latent defect matches no rule of the contract's levels, and what is not done
    beside the function has rules of its own (`beside`)."""

    def guarded(facts: Facts, rule: Rule) -> Iterator[Reason]:
        return iter(()) if facts.cause in LATENT or facts.cause in BESIDE else test(facts, rule)

    return guarded


_TESTS: Mapping[str, Test] = {
    **{name: _lost(test) for name, test in {**network.RULES, **cameras.RULES, **rooms.RULES}.items()},
    **beside.RULES,
    "S1": _s1,
    "Z1": _latent,
}
