"""The ladder of a real camera (a fake on a socket) and the judge behind it: a wrong clock is not called a password."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from agent.alerting.tickets import Ticket
from agent.model import Secret
from agent.probes import onvif
from agent.probes.each import silent
from agent.probes.identities import Identities
from agent.probes.logins import Logins
from agent.probes.onvif.prober import Climber
from tests.alerting.harness import MINUTE, World, device, frame_of
from tests.fakes.onvif_camera import Camera, folder
from tests.probes.watching import Watch, lacking, target

pytestmark = pytest.mark.net

RIGHT = "correct horse"


@pytest.fixture(scope="module", autouse=True)
def replies() -> None:
    if not folder().is_dir():
        lacking("the recorded ONVIF replies are not here")


@pytest_asyncio.fixture
async def camera() -> AsyncIterator[Camera]:
    it = await Camera(password=RIGHT).start()
    yield it
    await it.close()


class Watched:
    """One camera, looked at as the schedule does, its readings judged."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self.climber = Climber(Watch().hooks())
        self.world = World(frame_of([device("cam-1")], services=[("cam-1", "onvif")]), "2026-03-02 10:00")

    async def look(self, password: str = RIGHT, times: int = 3) -> None:
        options = onvif.Options(port=self.camera.port, stream=False)
        login = onvif.Credential(username="admin", password=Secret(password))
        one = replace(target("onvif", "127.0.0.1", options, timeout=3.0, credential=login), device="cam-1")
        for _ in range(times):
            self.world.look("cam-1", ok=True)
            self.world.step(replace(await self.climber.look(one, silent), at=self.world.now))
            self.world.until(self.world.now + MINUTE).tick()

    @property
    def only(self) -> Ticket:
        return self.world.only


async def test_clock_first_then_password_and_one_ticket(camera: Camera) -> None:
    it = Watched(camera)
    camera.drift = 3600.0
    await it.look("wrong")
    assert (it.only.severity, it.only.cause) == ("general", "service")
    assert (it.only.title_args or {})["rung"] == "web.rung.clock"
    assert (it.only.title_args or {})["reason"] == "web.reason.clock_drift"
    camera.drift = 0.0
    await it.look("wrong")
    assert (it.only.severity, it.only.cause, it.only.title_key) == ("general", "credential", "ticket.title.credential")
    await it.look(RIGHT, times=4)
    assert it.only.state == "restored"
    await it.climber.close()


async def test_a_wrong_clock_alone_is_a_latent_defect(camera: Camera) -> None:
    it = Watched(camera)
    camera.drift = -8 * 3600.0
    await it.look()
    assert (it.only.severity, it.only.cause) == ("latent", "drift")
    assert [reason["rule"] for reason in it.only.reasons] == ["Z1"]
    await it.climber.close()


async def test_a_box_swapped_while_the_agent_was_down_is_noticed(camera: Camera) -> None:
    """What one start learned the next one is given; a person who asks for a look acknowledges the new box."""
    written: dict[tuple[str, str], str] = {}
    known = Identities(lambda device, what, value: written.__setitem__((device, what), value))
    one = target(
        "onvif", "127.0.0.1", onvif.Options(port=camera.port, stream=False), timeout=3.0,
        credential=onvif.Credential(username="admin", password=Secret(RIGHT)),
    )  # fmt: skip
    first = Climber(replace(Watch().hooks(), identities=known))
    assert (await first.look(one, silent)).outcome == "ok"
    await first.close()
    assert written == {("cam-1", "onvif:serial"): "00000000"} or list(written) == [(one.device, "onvif:serial")]

    written[one.device, "onvif:serial"] = "the box of yesterday"
    known = Identities(lambda device, what, value: written.__setitem__((device, what), value))
    known.load(dict(written))
    second = Climber(replace(Watch().hooks(), identities=known, logins=Logins()))
    for _ in range(2):
        reading = await second.look(one, silent)
        assert (reading.outcome, reading.reason) == ("failed", "identity_changed")
    assert written[one.device, "onvif:serial"] == "the box of yesterday"
    assert (await second.look(one, lambda line: None)).outcome == "ok", "a person asks"
    assert written[one.device, "onvif:serial"] == "00000000"
    assert (await second.look(one, silent)).outcome == "ok"
    await second.close()


def test_the_inventory_says_that_it_is_another_box() -> None:
    known = Identities()
    known.learn("cam-1", "onvif:serial", "1")
    known.forget({"cam-1"})
    assert known.of("cam-1", "onvif:serial") == ""
