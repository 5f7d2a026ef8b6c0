"""A device whose pings are lost and whose other probes are good serves: a latent defect, until those fail as well."""

from __future__ import annotations

from agent.alerting import findings
from tests.alerting.harness import SECOND, World, device, frame_of, when

START, CUT = "2026-03-02 09:59", when("2026-03-02 10:00")
DEVICES = (
    device("sw", "switch", role="access"),
    device("cam", parent="sw"),
    *(device(f"far-{n}", building="Z") for n in range(4)),
)


def campus() -> World:
    """All is well a moment before the cut; the camera is watched by ping and by its port."""
    world = World(frame_of(DEVICES, services=[("cam", "tcp")]), START)
    world.until(CUT - 10 * SECOND)
    for one in DEVICES:
        world.look(one.id, ok=True)
    world.look("cam", ok=True, probe="tcp")
    return world


def look(world: World, second: int, *, ping: bool, port: bool | None = None) -> None:
    world.until(CUT + second * SECOND)
    world.look("sw", ok=True)
    if port is not None:
        world.look("cam", ok=port, probe="tcp")
    world.look("cam", ok=ping)
    world.tick()


def test_a_port_that_answered_after_the_pings_stopped_makes_it_a_latent_defect() -> None:
    world = campus()
    world.until(CUT).look("cam", ok=True, probe="tcp")
    look(world, 0, ping=False)
    assert (world.only.severity, world.only.cause) == ("latent", findings.PING)
    assert world.only.title_key == "ticket.title.ping"
    look(world, 100, ping=True)
    look(world, 300, ping=True)
    assert world.only.state == "restored"
    world.check()


def test_a_port_that_answered_before_says_nothing() -> None:
    world = campus()
    look(world, 0, ping=False)
    assert (world.only.severity, world.only.cause) == ("general", findings.UNREACHABLE)
    world.check()


def test_when_the_port_fails_too_the_device_does_not_answer_and_its_ticket_grows() -> None:
    world = campus()
    world.until(CUT).look("cam", ok=True, probe="tcp")
    look(world, 0, ping=False)
    look(world, 3600, ping=False, port=False)
    assert (world.only.severity, world.only.cause) == ("general", findings.UNREACHABLE)
    reclassified = next(e for e in world.journals[world.only.id] if e.event == "reclassified")
    assert reclassified.args["facts_since"] >= CUT + 3600 * SECOND, "until then it served"
    look(world, 4000, ping=True, port=True)
    look(world, 4200, ping=True, port=True)
    assert world.only.state == "restored"
    world.check()


def test_a_switch_that_serves_without_pings_shadows_nobody() -> None:
    devices = (device("sw", "switch", role="access"), device("cam", parent="sw"), DEVICES[2])
    world = World(frame_of(devices, services=[("sw", "tcp")]), START)
    world.until(CUT - 10 * SECOND)
    for one in devices:
        world.look(one.id, ok=True)
    world.until(CUT).look("sw", ok=True, probe="tcp")
    world.look("sw", ok=False)
    world.look("cam", ok=False)
    world.tick()
    world.until(CUT + 15 * SECOND)
    assert {ticket.root: ticket.severity for ticket in world.tickets.values()} == {"sw": "latent", "cam": "general"}
