"""Who hangs on whom: three bridges of the kernel with their own forwarding tables, by LLDP and without it.

looker ── core ── acc-1 ── acc-2 ── hub (a bridge that tells nothing) ── pc, pd
           │        └── camera (a MAC of Hikvision's, tells nothing)
           └── gate (the looker's default gateway)
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.inventory import load_inventory

from .lab import COMMUNITY, ROOT, Lab, needed

pytestmark = pytest.mark.net

RANGE = "198.18.2.0/24"
WIRES = (("core", "p1", "looker", "eth0"), ("core", "p2", "acc-1", "p0"), ("core", "p3", "gate", "eth0"),
         ("acc-1", "p1", "camera", "eth0"), ("acc-1", "p2", "acc-2", "p0"), ("acc-2", "p1", "hub", "p0"),
         ("hub", "p1", "pc", "eth0"), ("hub", "p2", "pd", "eth0"))  # fmt: skip
BRIDGES = {"core": ("p1", "p2", "p3"), "acc-1": ("p0", "p1", "p2"), "acc-2": ("p0", "p1"), "hub": ("p0", "p1", "p2")}
NUMBERS = {"core": 1, "acc-1": 2, "acc-2": 3, "camera": 10, "pc": 21, "pd": 22, "looker": 250, "gate": 254}
ADDRESSES: dict[str, tuple[str, ...]] = {node: (f"198.18.2.{last}",) for node, last in NUMBERS.items()} | {"hub": ()}
HIKVISION = "44:a6:42:00:00:0a"
V3 = {"user": "noc", "auth": "SHA", "priv": "AES"}

INVENTORY = """\
version: 1
site: {id: school, timezone: Asia/Shanghai}
credentials:
  wrong: {snmp: {version: "3", user: noc, auth: SHA, auth_key_file: secrets/wrong, priv: AES, priv_key_file: secrets/p}}
  core: {snmp: {version: "3", user: noc, auth: SHA, auth_key_file: secrets/a, priv: AES, priv_key_file: secrets/p}}
  switches: {snmp: {version: "2c", community_file: secrets/ro}}
devices: []
"""


@pytest.fixture(scope="module")
def trunk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    needed("ip", "snmpd", "snmpwalk", "lldpd", "unshare", "bridge")
    one = Lab(tmp_path_factory.mktemp("trunk"), wires=WIRES, bridges=BRIDGES, addresses=ADDRESSES)
    try:
        one.build()
        one.ip("camera", "link", "set", "eth0", "down")
        one.ip("camera", "link", "set", "eth0", "address", HIKVISION, "up")
        one.sysctl("pd", "net.ipv4.icmp_echo_ignore_all=1")
        one.ip("looker", "route", "add", "default", "via", "198.18.2.254")
        bridge_mib = f"pass_persist .1.3.6.1.2.1.17 {sys.executable} {ROOT / 'tests/fakes/bridge_mib.py'}\n"
        user = "createUser noc SHA authphrase AES privphrase\nrouser noc priv\n"
        one.daemons("core", "acc-1", "acc-2", more=bridge_mib + user)
        for node, neighbours in (("core", 1), ("acc-1", 2), ("acc-2", 1)):
            one.sees(node, neighbours)
        _secrets(one.folder)
        yield one
    finally:
        one.close()


def _secrets(folder: Path) -> None:
    (folder / "secrets").mkdir()
    for name, text in (("ro", COMMUNITY), ("a", "authphrase"), ("p", "privphrase"), ("wrong", "not the phrase")):
        (folder / "secrets" / name).write_text(f"{text}\n")
        (folder / "secrets" / name).chmod(0o600)
    (folder / "inventory.yaml").write_text(INVENTORY)


@pytest.fixture(scope="module")
def found(trunk: Lab) -> dict[str, Any]:
    """The first discovery, written into another folder than the inventory that knows the secrets."""
    (trunk.folder / "elsewhere").mkdir()
    written = trunk.folder / "elsewhere" / "found.yaml"
    done = trunk.campus_agent("discover", RANGE, "--no-tcp", "--json", "--write", written)
    assert done.returncode == 0, done.stderr
    return {each["address"].rpartition(".")[2]: each for each in json.loads(done.stdout)["items"]}


def parents(found: dict[str, Any]) -> dict[str, str]:
    return {last: "{device} {port} {source}".format(**each["parent"]) for last, each in found.items() if each["parent"]}


EXPECTED = {"2": "core p2", "3": "acc-1 p2", "10": "acc-1 p1", "21": "acc-2 p1", "22": "acc-2 p1", "250": "core p1",
            "254": "core p3"}  # fmt: skip


def test_bridges_by_lldp_and_the_others_by_their_macs(found: dict[str, Any]) -> None:
    sources = {last: "lldp" if last in ("2", "3") else "fdb" for last in EXPECTED}
    assert parents(found) == {last: f"{place} {sources[last]}" for last, place in EXPECTED.items()}
    assert found["1"]["parent"] is None


def test_who_hides_from_ping_still_answers_arp(found: dict[str, Any]) -> None:
    assert found["22"]["heard"] == ["arp"]


def test_what_tells_nothing_has_the_maker_of_its_mac(found: dict[str, Any]) -> None:
    camera = found["10"]
    assert (camera["vendor"], camera["mac"], camera["kind"]) == ("Hikvision", HIKVISION, "asset")
    assert {"field": "vendor", "by": "mac", "words": HIKVISION} in camera["evidence"]
    assert found["21"]["vendor"] == ""  # a veth's MAC is its own invention


def test_this_server_and_its_gateway_are_no_strangers(found: dict[str, Any]) -> None:
    assert (found["250"]["kind"], found["250"]["heard"]) == ("server", ["icmp", "self"])
    assert {"field": "kind", "by": "gateway", "words": "198.18.2.254"} in found["254"]["evidence"]
    assert found["254"]["kind"] == "gateway"


def test_a_refused_login_costs_one_message(trunk: Lab, found: dict[str, Any]) -> None:
    """By net-snmp's own count of wrong digests (RFC 3414)."""
    for node in ("core", "acc-1", "acc-2"):
        words = ["snmpget", "-v2c", "-c", COMMUNITY, "-Oqv", ADDRESSES[node][0], "1.3.6.1.6.3.15.1.1.5.0"]
        said = subprocess.run(
            ["ip", "netns", "exec", trunk.space("looker"), "env", "MIBS=", *words], capture_output=True, text=True
        ).stdout.strip()
        each = found[str(NUMBERS[node])]
        assert each["credentials"] in ("core", "switches")
        assert (said, each["refused_credentials"]) in (("1", ["wrong"]), ("0", []))


def test_written_elsewhere_it_finds_its_secrets_and_tells_no_difference(trunk: Lab, found: dict[str, Any]) -> None:
    written = trunk.folder / "elsewhere" / "found.yaml"
    assert load_inventory(written).errors == ()
    again = trunk.campus_agent("discover", RANGE, "--no-tcp", "--json", "--inventory", written)
    assert json.loads(again.stdout)["difference"] == {"new": [], "gone": [], "moved": [], "changed": []}


def test_without_lldp_the_forwarding_tables_tell_the_same(trunk: Lab, found: dict[str, Any]) -> None:
    """Last, since LLDP does not come back. The range is wider than the subnet: its broadcast address is left out."""
    for node in ("core", "acc-1", "acc-2"):
        trunk.quieten(node, "lldpd")
    words = ("198.18.2.0/23", "--no-tcp", "--no-onvif", "--json", "--inventory", "inventory.yaml")
    done = trunk.campus_agent("discover", *words)
    assert "could not be sent" not in done.stderr
    alone = {each["address"].rpartition(".")[2]: each for each in json.loads(done.stdout)["items"]}
    assert parents(alone) == {last: f"{place} fdb" for last, place in EXPECTED.items()}
