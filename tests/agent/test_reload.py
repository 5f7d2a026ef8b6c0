"""SIGHUP: what is new starts, what is gone stops, what changed changes, the rest never misses a beat."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from agent.alerting.engine import Removal
from agent.alerting.frame import build
from agent.model import Outcome, Reading, Target
from agent.monitor import _with_older_checks
from agent.probes import PROBES
from tests.agent.running import running, until, write
from tests.metrics.campus import campus
from tests.metrics.campus import device as campus_device
from tests.metrics.campus import target as campus_target

pytestmark = pytest.mark.net


def door() -> socket.socket:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(16)
    return listening


def device(name: str, port: int) -> str:
    return f"  - {{id: {name}, kind: camera, address: 127.0.0.1, probes: [{{tcp: {{port: {port}}}}}]}}\n"


def up(name: str) -> str:
    return f'campus_device_up{{device="{name}"}}'


def test_reload_by_difference(tmp_path: Path) -> None:
    with door() as one, door() as two, door() as three:
        a, b, c = (each.getsockname()[1] for each in (one, two, three))
        with running(tmp_path, device("kept", a) + device("gone", b)) as agent:
            until(lambda: agent.metric(up("kept")) == 1 and agent.metric(up("gone")) == 1, 10)
            write(tmp_path, device("kept", a) + device("new", c))
            agent.hup()
            until(lambda: agent.metric(up("new")) == 1, 10)
            assert agent.metric(up("gone")) is None
            assert agent.metric(up("kept")) == 1
            assert agent.metric("campus_agent_config_last_reload_successful") == 1
            # The port changes under the same name: the next looks go to the new one, where nobody listens.
            three.close()
            write(tmp_path, device("kept", c) + device("new", a))
            agent.hup()
            until(lambda: agent.metric(up("kept")) == 0, 15)
            until(lambda: agent.metric(up("new")) == 1, 15)


def test_checks_that_options_do_not_ask_for() -> None:
    rtsp, onvif = PROBES["rtsp"], PROBES["onvif"]
    assert rtsp.unasked(rtsp.options()) == {"picture"}
    assert rtsp.unasked(rtsp.options(picture=600.0)) == set()
    assert onvif.unasked(onvif.options()) == {"picture", "certificate"}
    assert onvif.unasked(onvif.options(picture=600.0, tls=True)) == set()
    assert onvif.unasked(onvif.options(picture=600.0, stream=False, by="stream", records="no", tls=True)) == {
        "picture", "storage_days", "recording",
    }  # fmt: skip
    assert PROBES["icmp"].unasked(PROBES["icmp"].options()) == set()


def test_a_broken_edit_changes_nothing(tmp_path: Path) -> None:
    with door() as one:
        port = one.getsockname()[1]
        with running(tmp_path, device("kept", port)) as agent:
            until(lambda: agent.metric(up("kept")) == 1, 10)
            write(tmp_path, device("kept", port) + "  - {id: kept, kind: kamera}\n")
            agent.hup()
            until(lambda: agent.metric("campus_agent_config_last_reload_successful") == 0, 10)
            assert "inventory.yaml:6" in agent.log
            assert agent.metric(up("kept")) == 1
            write(tmp_path, device("kept", port))
            agent.hup()
            until(lambda: agent.metric("campus_agent_config_last_reload_successful") == 1, 10)


def test_a_device_that_leaves_with_its_ticket_open(tmp_path: Path) -> None:
    with door() as one, door() as two:
        a, b = one.getsockname()[1], two.getsockname()[1]
        with running(tmp_path, device("cam-1", a) + device("cam-2", b)) as agent:
            two.close()
            until(lambda: 'device="cam-2",severity="' in agent.get("/metrics"), 20)
            write(tmp_path, device("cam-1", a))
            agent.hup()
            until(lambda: "reload.done" in agent.log, 10)
            shown = agent.run("tickets", "--json").stdout
            assert '"state": "new"' in shown
            number = shown.split('"id": "')[1].split('"')[0]
            assert '"event": "device_removed"' in agent.run("ticket", number, "--json").stdout


async def test_a_child_that_hangs_on_another_parent_now_is_judged_anew(tmp_path: Path) -> None:
    """Nothing was removed: the camera's shadow is gone all the same, and the old ticket no longer names it."""
    devices = [campus_device("sw-a"), campus_device("sw-b"), campus_device("cam", "sw-a", "camera")]
    async with campus(tmp_path, devices) as c:
        await c.pass_time(20)
        await c.pass_time(30, down=["sw-a", "cam"])
        (first,) = c.view.tickets()
        assert set(first.members) == {"sw-a", "cam"}
        moved = {**c.monitor.frame.devices, "cam": campus_device("cam", "sw-b", "camera")}
        c.monitor.reload(build(moved, [campus_target(name) for name in moved], {}), Removal())
        await c.pass_time(30, down=["sw-a", "cam"])
        second, old = c.view.tickets()
        assert (old.id, old.members) == (first.id, ("sw-a",))
        assert (second.root, second.members) == ("cam", ("cam",))


def test_a_second_agent_names_the_first(tmp_path: Path) -> None:
    with door() as one, running(tmp_path, device("cam-1", one.getsockname()[1])) as agent:
        second = agent.run("run", "--config", "config.yaml", "--listen", "127.0.0.1:0")
        assert second.returncode == 1
        assert str(agent.process.pid) in second.stderr


def test_it_stops_when_told(tmp_path: Path) -> None:
    with door() as one, running(tmp_path, device("cam-1", one.getsockname()[1])) as agent:
        assert agent.stop() == 0
        assert "Traceback" not in agent.log


def test_a_check_that_a_look_did_not_come_to_is_shown_as_last_judged() -> None:
    one = campus_target("cam-1", "onvif")
    before = Reading(one, 0, 0.1, Outcome.OK, checks={"picture": "picture_black"})

    def shown(checks: dict[str, str], target: Target = one) -> dict[str, str]:
        return dict(_with_older_checks(Reading(target, 1, 0.1, Outcome.OK, checks=checks), before).checks)

    assert shown({"clock": ""}) == {"picture": "picture_black", "clock": ""}
    assert shown({"picture": ""}) == {"picture": ""}
    assert shown({"clock": ""}, replace(one, interval=1.5)) == {"clock": ""}, "asked otherwise: nothing is known"
