"""Who is asked with which credential, how often, and what real boxes are taken for."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from agent.discovery.asking import PATIENCE, Asker, Login
from agent.discovery.box import Box, from_json, to_json
from agent.discovery.proposal import propose
from agent.model import Secret
from agent.probes.snmp import Credential
from tests.fakes import ber
from tests.fakes.replay import Replay
from tests.fakes.snmp_agent import SnmpAgent, interfaces, system
from tests.probes.test_snmpd import Snmpd, v3

from .lab import needed

RECORDINGS = Path(os.environ.get("CAMPUS_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "snmprec"
"""Recordings of real boxes, read where they lie."""


def login(name: str, port: int, community: str = "") -> Login:
    return Login(name=name, credential=Credential(version="2c", community=Secret(community or name)), port=port)


async def ask(asker: Asker, address: str = "127.0.0.1") -> Box:
    return await asker.ask(Box(address=address, heard=("icmp",)))


@pytest.mark.net
async def test_each_credential_once_and_the_right_one_kept() -> None:
    agent = await SnmpAgent(system() | interfaces(2), community=b"right").open()
    asker = Asker((login("wrong", agent.port), login("right", agent.port), login("never", agent.port)))
    box = await ask(asker)
    assert (box.credential, box.tried) == ("right", ("wrong", "right"))
    assert (box.name, box.location) == ("sw-a-1f", "A 1F")
    assert box.heard == ("icmp", "snmp")
    communities = [request.community for request in agent.requests]
    assert communities.count(b"wrong") == 1 and b"never" not in communities
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


@pytest.mark.net
async def test_silence_and_a_closed_port_are_bounded() -> None:
    agent = await SnmpAgent(system(), community=b"right").open()
    many = tuple(login(f"wrong-{number}", agent.port) for number in range(3))
    begun = time.monotonic()
    box = await ask(Asker(many))
    assert time.monotonic() - begun < 3 * PATIENCE + 1
    assert not box.spoke and len(box.tried) == 3
    agent.close()
    await asyncio.sleep(0.05)
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
    "librenms__comware_a5500": ("switch", "HPE", "A5500-24G EI"),
    "librenms__dahua-nvr": ("recorder", "Dahua", "DH-NVR4108HS-8P-4KS2"),
    "librenms__hikvision-cam": ("camera", "Hikvision", "DS-2CD2185FWD-I"),
    "librenms__hikvision-nvr": ("recorder", "Hikvision", ""),
    "librenms__ios_2960x": ("switch", "Cisco", "WS-C2960X-48FPS-L"),
    "librenms__vrp_5720": ("switch", "Huawei", "S5720-56C-PWR-EI-AC"),
    "librenms__apc_smt750x-nmc2": ("ups", "APC", ""),
    "librenms__unifi": ("ap", "Ubiquiti", ""),
    "snmpsimdata__huawei-acu2": ("controller", "Huawei", "ACU2"),
    "snmpsimdata__aruba-7010": ("controller", "Aruba", "Aruba7010"),
    "snmpsimdata__ruijie-s5750-24gt12sfp": ("switch", "Ruijie", "S5750-24GT/12SFP"),
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
    got = dict(zip(EXPECTED, found, strict=True))
    assert {name: told[:2] for name, told in got.items()} == {name: told[:2] for name, told in EXPECTED.items()}
    assert [name for name, (_, _, model) in EXPECTED.items() if model not in got[name][2]] == []
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


@pytest.mark.net
def test_a_refused_login_is_tried_once(tmp_path: Path) -> None:
    """By net-snmp's own counts (usmStatsWrongDigests, usmStatsUnknownUserNames, RFC 3414): one signed message each."""
    needed("snmpd", "snmpget")
    box = Snmpd(tmp_path)
    box.start()
    try:
        wrong = Login(name="wrong", credential=v3(auth_key="not the phrase"), port=box.port)
        stranger = Login(name="stranger", credential=replace(v3(), user="nobody"), port=box.port)
        right = Login(name="right", credential=v3(), port=box.port)
        found = asyncio.run(ask(Asker((stranger, wrong, right))))
        assert (found.credential, found.refused, found.name) == ("right", ("stranger", "wrong"), "box")
        counts = ["1.3.6.1.6.3.15.1.1.5.0", "1.3.6.1.6.3.15.1.1.3.0"]
        words = ["snmpget", "-v2c", "-cpublic", "-Oqv", f"127.0.0.1:{box.port}", *counts]
        said = subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, "MIBS": ""})
        assert said.stdout.split() == ["1", "1"]
    finally:
        box.stop()


COLUMNS = (
    "1.3.6.1.2.1.1.1", "1.3.6.1.2.1.1.2", "1.3.6.1.2.1.1.5", "1.3.6.1.2.1.1.7", "1.3.6.1.2.1.17.1.1",
    "1.3.6.1.2.1.17.1.2", "1.3.6.1.6.3.10.2.1.1", "1.3.6.1.2.1.2.2.1.2", "1.3.6.1.2.1.2.2.1.6",
    "1.3.6.1.2.1.4.20.1.1", "1.3.6.1.2.1.4.22.1.2", "1.3.6.1.2.1.17.1.4.1.2", "1.3.6.1.2.1.17.7.1.2.2.1.2",
    "1.3.6.1.2.1.17.4.3.1.2", "1.3.6.1.2.1.47.1.1.1.1.5", "1.3.6.1.2.1.47.1.1.1.1.13", "1.0.8802.1.1.2.1.3.7.1.2",
    "1.0.8802.1.1.2.1.3.7.1.3", "1.0.8802.1.1.2.1.4.1.1.5", "1.0.8802.1.1.2.1.4.1.1.7", "1.0.8802.1.1.2.1.4.1.1.9",
    "1.0.8802.1.1.2.1.4.1.1.12", "1.0.8802.1.1.2.1.4.2.1.3", "1.3.6.1.4.1.9.9.23.1.2.1.1.4",
    "1.3.6.1.4.1.9.9.23.1.2.1.1.6", "1.3.6.1.4.1.25506.2.75.2.1.2.1.8", "1.3.6.1.4.1.25506.2.75.2.1.1.1.2",
)  # fmt: skip
"""All that is asked for, or nearly."""

VALUES = (
    ber.tlv(ber.OCTETS, b""), ber.tlv(ber.OCTETS, b"\xff\x00" * 40), ber.tlv(ber.OCTETS, b"\xff" * 6),
    ber.tlv(ber.OCTETS, "\u202e\u0000名".encode()), ber.integer(-1), ber.integer(2**31 - 1),
    ber.integer(2**63, ber.COUNTER64), ber.tlv(0x40, b"\x7f\x00\x00\x01"), ber.oid(ber.dotted("1.3.6.1.4.1.25506.1.1")),
    ber.tlv(ber.NULL, b""), ber.tlv(0x44, b"\x9f\x78\x04\x42\xf6\x00\x00"),
)  # fmt: skip


def _index(chance: random.Random) -> list[int]:
    return [chance.choice((0, 1, 6, 127, 255, 300, 2**31)) for _ in range(chance.randint(1, 9))]


@pytest.mark.net
async def test_whatever_the_tables_hold_the_box_is_read() -> None:
    chance = random.Random(4)
    for _ in range(60):
        names = [(*ber.dotted(column), *_index(chance)) for column in COLUMNS for _ in range(chance.randint(0, 4))]
        rows = {name: chance.choice(VALUES) for name in names}
        rows[ber.dotted("1.3.6.1.2.1.1.2.0")] = ber.oid(ber.dotted("1.3.6.1.4.1.25506.1.1"))
        agent = await SnmpAgent(rows, community=b"right").open()
        box = await ask(Asker((login("right", agent.port),)))
        assert box.spoke
        assert from_json(json.loads(json.dumps(to_json(box)))) == box
        propose([box], {})
        agent.close()
