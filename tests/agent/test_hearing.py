"""A protocol that tells nothing is noticed though the others go on, and so is a database that does not answer."""

from __future__ import annotations

from agent.hearing import Hearing
from agent.model import Outcome, Reading
from tests.alerting.harness import target

WITHIN = {"icmp": 12.0, "tcp": 65.0}


def look(probe: str, outcome: Outcome, reason: str = "") -> Reading:
    return Reading(target("cam-1", probe), 0, 0.0, outcome, reason)


def test_one_dead_prober_among_others() -> None:
    """The pings are no longer allowed; the ports of the same devices are still looked at."""
    hearing = Hearing()
    hearing.listen(WITHIN, 0.0, 0.0)
    for mono in range(0, 300, 10):
        hearing.heard(look("icmp", Outcome.UNKNOWN, "local_error:EPERM"), mono)
        hearing.heard(look("tcp", Outcome.FAILED, "refused"), mono)
        hearing.listen(WITHIN, 0.0, mono)
        assert hearing.mute == (("icmp",) if mono > 22 else ())
    hearing.heard(look("icmp", Outcome.OK), 300.0)
    hearing.listen(WITHIN, 0.0, 301.0)
    assert hearing.mute == ()


def test_names_that_do_not_resolve_are_not_the_probers_fault() -> None:
    hearing = Hearing()
    for mono in range(0, 300, 10):
        hearing.heard(look("tcp", Outcome.UNKNOWN, "resolve"), mono)
        hearing.listen({"tcp": 65.0}, 0.0, mono)
    assert hearing.mute == ()


def test_while_the_process_stood_still_nobody_could_be_heard() -> None:
    hearing = Hearing()
    hearing.listen(WITHIN, 0.0, 0.0)
    hearing.listen(WITHIN, 599.0, 600.0)
    assert hearing.mute == ()


def test_a_protocol_gets_its_time_from_when_the_inventory_first_has_it() -> None:
    hearing = Hearing()
    hearing.listen({"icmp": 12.0}, 0.0, 1000.0)
    hearing.listen(WITHIN, 0.0, 1010.0)
    assert hearing.mute == ()
