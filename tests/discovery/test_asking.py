"""Who is asked with which credential, how often, and what real boxes are taken for."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from agent.discovery.asking import Asker, Login
from agent.discovery.box import Box, from_json, to_json
from agent.discovery.proposal import propose
from agent.model import Secret
from agent.probes.snmp import Credential
from tests.fakes.replay import Replay
from tests.fakes.snmp_agent import SnmpAgent, interfaces, system

RECORDINGS = Path(os.environ.get("CAMPUS_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "snmprec"
"""Recordings of real boxes, read where they lie."""


def login(name: str, port: int, community: str = "") -> Login:
    return Login(name=name, credential=Credential(version="2c", community=Secret(community or name)), port=port)


async def ask(asker: Asker, address: str = "127.0.0.1") -> Box:
    return await asker.ask(Box(address=address, heard=("icmp",)))


async def test_each_credential_once_and_the_right_one_kept() -> None:
    agent = await SnmpAgent(system() | interfaces(2), community=b"right").open()
    asker = Asker((login("wrong", agent.port), login("right", agent.port), login("never", agent.port)))
    box = await ask(asker)
    assert (box.credential, box.tried) == ("right", ("wrong", "right"))
    assert (box.name, box.location) == ("sw-a-1f", "A 1F")
    assert box.heard == ("icmp", "snmp")
    communities = [request.community for request in agent.requests]
    assert communities.count(b"wrong") == 2 and b"never" not in communities
    again = await asker.ask(box)
    assert b"wrong" not in [request.community for request in agent.requests[len(communities) :]]
    assert again.tried == ("wrong", "right", "never")
    agent.close()


async def test_the_credential_that_opened_a_neighbour_goes_first() -> None:
    agent = await SnmpAgent(system(), community=b"right").open()
    asker = Asker((login("wrong", agent.port), login("right", agent.port)))
    asker.remember("127.0.0.9", "right")
    assert (await ask(asker)).tried == ("right",)
    agent.close()


async def test_silence_and_a_closed_port_are_bounded() -> None:
    agent = await SnmpAgent(system(), community=b"right").open()
    many = tuple(login(f"wrong-{number}", agent.port) for number in range(3))
    begun = time.monotonic()
    box = await ask(Asker(many))
    assert time.monotonic() - begun < 3 * 1.5
    assert not box.spoke and len(box.tried) == 3
    agent.close()
    begun = time.monotonic()
    assert len((await ask(Asker(many))).tried) == 3
    assert time.monotonic() - begun < 0.5


async def test_a_box_survives_the_resume_file() -> None:
    agent = await SnmpAgent(system() | interfaces(3), community=b"right").open()
    box = await ask(Asker((login("right", agent.port),)))
    assert from_json(to_json(box)) == box
    agent.close()


EXPECTED = {
    "librenms__arubaos-cx_10.07": ("switch", "Aruba", "JL727A"),
    "librenms__axiscam_q6074": ("camera", "Axis", "Q6074"),
    "librenms__axisaudio_c3003": ("amplifier", "Axis", "C3003-E"),
    "librenms__comware_a5500": ("switch", "HPE", "JD377A"),
    "librenms__dahua-nvr": ("recorder", "Dahua", "DH-NVR4108HS-8P-4KS2"),
    "librenms__hikvision-cam": ("camera", "Hikvision", "DS-2CD2185FWD-I"),
    "librenms__hikvision-nvr": ("recorder", "Hikvision", ""),
    "librenms__ios_2960x": ("switch", "Cisco", "WS-C2960X-48FPS-L"),
    "librenms__vrp_5720": ("switch", "Huawei", "S5720-56C-PWR-EI-AC"),
    "librenms__apc_smt750x-nmc2": ("ups", "APC", "AP9631"),
    "librenms__unifi": ("ap", "Ubiquiti", ""),
    "snmpsimdata__huawei-acu2": ("controller", "Huawei", ""),
    "snmpsimdata__aruba-7010": ("controller", "Aruba", "Aruba7010"),
    "snmpsimdata__ruijie-s5750-24gt12sfp": ("switch", "Ruijie", "RG-S5750-24GT/12SFP"),
    "snmpsimdata__zte-zxr10-5250": ("switch", "ZTE", "ZXR10 5250-52TM-H"),
    "snmpsimdata__XP": ("terminal", "Microsoft", ""),
}


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="needs the recordings of the shared folder")
async def test_what_real_boxes_are_taken_for() -> None:
    replay = await Replay(RECORDINGS).open()

    async def one(name: str) -> tuple[str, str, str]:
        (found, *_) = propose([await ask(Asker((login(name, replay.port),)))], {})
        return found.kind, found.vendor, found.model

    found = await asyncio.gather(*map(one, EXPECTED))
    assert dict(zip(EXPECTED, found, strict=True)) == EXPECTED
    replay.close()


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="needs the recordings of the shared folder")
async def test_a_controller_s_access_points_are_devices() -> None:
    replay = await Replay(RECORDINGS).open()
    controller, *aps = propose([await ask(Asker((login("snmpsimdata__huawei-acu2", replay.port),)))], {})
    assert len(aps) == 20
    assert {ap.controller for ap in aps} == {controller.id}
    assert all(ap.kind == "ap" and ap.mac and ap.serial and ap.name for ap in aps)
    assert len({ap.id for ap in aps}) == 20
    replay.close()
