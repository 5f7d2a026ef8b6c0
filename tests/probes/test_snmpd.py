"""The SNMP look against net-snmp's own agent: all three versions, logins, restarts."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from agent.model import Outcome, Secret, Target
from agent.probes import snmp
from agent.probes.snmp.prober import Poller
from tests.fakes.udp_pipe import UdpPipe

from .watching import Watch, lacking, target

pytestmark = pytest.mark.net

AUTH, PRIV = "an-auth-phrase", "a-priv-phrase"
USERS = [("SHA", "AES"), ("SHA256", "AES"), ("SHA512", "AES256"), ("MD5", "DES"), ("SHA224", "AES192")]


class Snmpd:
    """One snmpd on a free port of 127.0.0.1, with its own files; it can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        users = "".join(_user(f"u-{auth}-{priv}", auth, priv) for auth, priv in USERS)
        (folder / "snmpd.conf").write_text(
            f"rocommunity public\nsysName box\nsysLocation room 3\nsysContact noc\n{users}"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        kept = self.folder / "kept"  # engine id, boots and users; read again only when named in the path
        own = {"MIBS": "", "SNMPCONFPATH": f"{self.folder}:{kept}", "SNMP_PERSISTENT_DIR": str(kept)}
        environ = {**os.environ, **own}
        command = ["snmpd", "-f", "-Ln", f"udp:127.0.0.1:{self.port}"]
        self._process = subprocess.Popen(command, env=environ)
        asked = ["snmpget", "-v2c", "-cpublic", "-t0.2", "-r50", f"127.0.0.1:{self.port}", ".1.3.6.1.2.1.1.3.0"]
        subprocess.run(asked, check=True, env=environ, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)


def _user(name: str, auth: str, priv: str) -> str:
    long = auth.replace("SHA", "SHA-") if len(auth) > 3 and auth != "MD5" else auth
    return f"createUser {name} {long} {AUTH} {priv} {PRIV}\nrouser {name} priv\n"


def at(port: int, credential: snmp.Credential) -> Target:
    return target("snmp", "127.0.0.1", snmp.Options(port=port), credential=credential, timeout=2.0)


def v3(auth: str = "SHA", priv: str = "AES", auth_key: str = AUTH, priv_key: str = PRIV) -> snmp.Credential:
    return snmp.Credential(
        version="3", user=f"u-{auth}-{priv}", auth=auth, auth_key=Secret(auth_key), priv=priv, priv_key=Secret(priv_key)
    )


def silent(line: str) -> None:
    pass


@pytest.fixture
def snmpd(tmp_path: Path) -> Iterator[Snmpd]:
    if shutil.which("snmpd") is None or shutil.which("snmpget") is None:
        lacking("needs the Debian packages snmpd and snmp")
    it = Snmpd(tmp_path)
    it.start()
    yield it
    it.stop()


@pytest_asyncio.fixture
async def poller() -> AsyncIterator[Poller]:
    it = Poller(Watch().hooks())
    yield it
    await it.close()


async def test_every_version_tells_the_same(snmpd: Snmpd, poller: Poller) -> None:
    readings = [
        await poller.look(at(snmpd.port, credential), silent)
        for credential in (
            snmp.Credential(version="1", community=Secret("public")),
            snmp.Credential(version="2c", community=Secret("public")),
            v3(),
        )
    ]
    assert {reading.outcome for reading in readings} == {Outcome.OK}
    facts = readings[1].facts
    assert (facts["sys_name"], facts["sys_location"], facts["sys_contact"]) == ("box", "room 3", "noc")
    assert facts["sys_object_id"] == "1.3.6.1.4.1.8072.3.2.10"
    assert readings[0].facts == facts == readings[2].facts
    names = {port.descr: port for port in readings[2].tables["ports"].values()}
    assert names["lo"].oper == 1 and names["lo"].wide
    assert readings[2].samples["ports"] == len(socket.if_nameindex())
    assert readings[2].samples["uptime_seconds"] > 0


@pytest.mark.parametrize(("auth", "priv"), USERS)
async def test_logins_of_version_3(auth: str, priv: str, snmpd: Snmpd, poller: Poller) -> None:
    assert (await poller.look(at(snmpd.port, v3(auth, priv)), silent)).reason == ""


@pytest.mark.parametrize(
    "wrong",
    [v3(auth_key="not-the-phrase"), v3(priv_key="not-the-phrase"), v3(auth="SHA384")],
    ids=["auth", "priv", "user"],
)
async def test_a_refused_login_says_so(wrong: snmp.Credential, snmpd: Snmpd, poller: Poller) -> None:
    reading = await poller.look(at(snmpd.port, wrong), silent)
    assert (reading.outcome, reading.reason) == (Outcome.FAILED, "auth")


async def test_a_restart_is_neither_a_login_fault_nor_a_reboot(snmpd: Snmpd, poller: Poller) -> None:
    one = at(snmpd.port, v3())
    before = await poller.look(one, silent)
    snmpd.stop()
    assert (await poller.look(one, silent)).reason == "refused"
    snmpd.start()
    after = await poller.look(one, silent)
    assert (after.outcome, after.reason) == (Outcome.OK, "")
    assert after.facts["engine_boots"] == int(str(before.facts["engine_boots"])) + 1
    assert "rebooted" not in after.facts, "the host's own clock went on"
    assert "identity_changed" not in after.facts


async def test_a_lost_packet_is_no_login_fault(snmpd: Snmpd, poller: Poller) -> None:
    pipe = await UdpPipe(snmpd.port).open()
    one, lost = at(pipe.port, v3()), 0

    def every_third(from_server: bool, datagram: bytes) -> bool:
        nonlocal lost
        lost += from_server
        return not from_server or lost % 3 > 0

    pipe.passes = every_third
    for _ in range(2):
        reading = await poller.look(one, silent)
        assert (reading.reason, reading.facts.get("tables_failed")) == ("", None)
    pipe.close()


async def test_large_answers_lost_are_a_smaller_bulk_and_no_login_fault(snmpd: Snmpd, poller: Poller) -> None:
    pipe = await UdpPipe(snmpd.port).open()
    pipe.passes = lambda from_server, datagram: len(datagram) < 900
    for _ in range(2):
        reading = await poller.look(at(pipe.port, v3()), silent)
        assert (reading.reason, reading.facts.get("tables_failed")) == ("", None)
        assert reading.samples["ports"] == len(socket.if_nameindex())
    assert reading.duration < 0.5, "remembered"
    pipe.close()


async def test_another_box_at_the_address_is_an_identity_changed(snmpd: Snmpd, poller: Poller) -> None:
    one = at(snmpd.port, v3())
    before = await poller.look(one, silent)
    snmpd.stop()
    shutil.rmtree(snmpd.folder / "kept")
    await asyncio.sleep(1.1)  # net-snmp makes its engine id of the second it starts in
    snmpd.start()
    after = await poller.look(one, silent)
    assert after.outcome is Outcome.OK
    assert after.facts["identity_changed"] is True
    assert after.facts["engine_id_before"] == before.facts["engine_id"] != after.facts["engine_id"]
