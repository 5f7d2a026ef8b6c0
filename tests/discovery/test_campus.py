"""The whole command against real programs in network namespaces: snmpd, lldpd, a WS-Discovery publisher, ping."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.inventory import load_inventory

from .lab import COMMUNITY, ROOT, Lab, lab, lacking

pytestmark = pytest.mark.net

RANGE = "198.18.1.0/24"


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(tmp_path_factory.mktemp("campus")) as one:
        secret = one.folder / "ro"
        secret.write_text(f"{COMMUNITY}\n")
        secret.chmod(0o600)
        yield one


@pytest.fixture(scope="module")
def first(campus: Lab) -> Path:
    """The first discovery, written."""
    path = campus.folder / "found.yaml"
    done = campus.campus_agent("discover", RANGE, "--no-tcp", "--community-file", campus.folder / "ro", "--write", path)
    assert done.returncode == 0, done.stderr
    return path


def test_a_first_inventory(first: Path) -> None:
    loaded = load_inventory(first)
    assert loaded.value is not None and not loaded.errors
    devices = {device.address: device for device in loaded.value.devices.values()}
    assert {*devices} == {f"198.18.1.{last}" for last in (1, 2, 10, 40, 41, 42, 43, 250)}
    core, access, camera = (devices[f"198.18.1.{last}"] for last in (1, 2, 10))
    assert (core.id, core.kind, core.vendor, core.model) == ("core", "switch", "H3C", "S5130-core")
    assert access.parent is not None and (access.parent.device, access.parent.port) == ("core", "p2")
    assert devices["198.18.1.42"].kind == "camera"  # its answer breaks the standard
    assert (camera.kind, camera.vendor, camera.model) == ("camera", "Hikvision", "DS-2CD2T47G2-L")
    assert {target.protocol for target in loaded.value.targets if target.device == "core"} == {"icmp", "snmp"}
    assert "# parent by LLDP: 198.18.1.1 p2" in first.read_text("utf-8")


def test_it_never_overwrites(campus: Lab, first: Path) -> None:
    before = first.read_bytes()
    done = campus.campus_agent("discover", RANGE, "--write", first)
    assert done.returncode == 2
    assert "not overwritten" in done.stderr
    assert first.read_bytes() == before


def test_the_difference_to_the_present_inventory(campus: Lab, first: Path) -> None:
    changed = first.read_text("utf-8").replace("port: p2", "port: p1").replace("vendor: Hikvision", "vendor: Dahua")
    changed = changed.replace("address: 198.18.1.43", "address: 198.18.1.99").replace("asset-198-18-1-43", "gone-99")
    present = campus.folder / "present.yaml"
    present.write_text("\n".join(line for line in changed.splitlines() if "mac:" not in line) + "\n", "utf-8")
    merged = campus.folder / "merged.yaml"
    done = campus.campus_agent("discover", RANGE, "--no-tcp", "--inventory", present, "--json", "--write", merged)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    moved = {"device": "access", "field": "port", "before": "p1", "after": "p2", "by": "lldp"}
    maker = {"field": "vendor", "before": "Dahua", "after": "Hikvision", "by": "onvif"}
    assert document["difference"] == {
        "new": ["asset-198-18-1-43"],
        "gone": ["gone-99"],
        "moved": [moved],
        "changed": [{"device": "camera-198-18-1-10", **maker}],
    }
    written = load_inventory(merged)
    assert written.value is not None
    assert len(written.value.devices) == 9
    assert present.read_text("utf-8").rstrip("\n") in merged.read_text("utf-8")
    said = campus.campus_agent("discover", RANGE, "--no-tcp", "--no-onvif", "--inventory", present)
    assert "New: 1" in said.stdout and "Gone" in said.stdout and "p1 → p2" in said.stdout


def test_ctrl_c_leaves_a_file_from_which_it_goes_on(campus: Lab) -> None:
    folder = campus.folder / "broken-off"
    folder.mkdir()
    inside = ["ip", "netns", "exec", campus.space("looker"), sys.executable, "-m", "agent.cli", "--lang", "en"]
    words = ["discover", RANGE, "--rate", "40", "--no-tcp", "--no-onvif", "--community-file", str(campus.folder / "ro")]
    process = subprocess.Popen(
        [*inside, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(3.0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 130, err
    left = folder / "campus-discover.resume"
    assert b"--resume campus-discover.resume" in err and out == b""
    assert left.stat().st_mode & 0o777 == 0o600
    assert COMMUNITY not in left.read_text("utf-8")
    begun = time.monotonic()
    done = campus.campus_agent(
        "discover", "--resume", left.name, "--no-tcp", "--no-onvif", "--community-file", campus.folder / "ro", "--json",
        folder=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < 10
    assert json.loads(done.stdout)["total"] == 8
    assert not left.exists()


def counted(campus: Lab, name: str) -> dict[str, int]:
    """Packets by destination, as the kernel's packet filter has counted them."""
    words = ["ip", "netns", "exec", campus.space("looker"), "nft", "-j", "list", "set", "inet", "count", name]
    listed = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)["nftables"]
    elements = next(each["set"].get("elem", []) for each in listed if "set" in each)
    return {each["elem"]["val"]: each["elem"]["counter"]["packets"] for each in elements}


FILTER = """
table inet count {
  set ping { type ipv4_addr; flags dynamic; size 65535; }
  set snmp { type ipv4_addr; flags dynamic; size 65535; }
  chain out {
    type filter hook output priority 0;
    icmp type echo-request update @ping { ip daddr counter }
    udp dport 161 update @snmp { ip daddr counter }
  }
}
"""
DEAF = "table inet deaf { chain in { type filter hook input priority 0; udp dport 161 drop; }; }"


def nft(campus: Lab, node: str, text: str) -> None:
    words = ["ip", "netns", "exec", campus.space(node), "nft", "-f", "-"]
    subprocess.run(words, input=text, text=True, check=True)


def test_a_killed_discovery_goes_on_and_asks_nobody_twice(campus: Lab) -> None:
    """kill -9 while the second credential waits for answers; the first is not sent again, nor are the pings."""
    if shutil.which("nft") is None:
        lacking("needs nft")
    folder = campus.folder / "killed"
    folder.mkdir()
    (folder / "wrong").write_text("wrong\n")
    nft(campus, "looker", FILTER)
    nft(campus, "quiet", DEAF)
    words = [
        "--rate",
        "200",
        "--no-tcp",
        "--no-onvif",
        "--json",
        "--community-file",
        "wrong",
        "--community-file",
        "../ro",
    ]
    inside = ["ip", "netns", "exec", campus.space("looker"), sys.executable, "-m", "agent.cli", "--lang", "en"]
    process = subprocess.Popen(
        [*inside, "discover", RANGE, *words], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    while not process.stderr.readline().startswith("asking"):
        pass
    time.sleep(2.3)
    process.kill()
    process.wait()
    left = folder / "campus-discover.resume"
    assert left.stat().st_mode & 0o777 == 0o600
    pings = counted(campus, "ping")
    done = campus.campus_agent("discover", "--resume", left.name, *words, folder=folder)
    assert done.returncode == 0, done.stderr
    found = {each["address"]: each for each in json.loads(done.stdout)["items"]}
    assert len(found) == 8 and found["198.18.1.2"]["credentials"] == "community-2"
    assert counted(campus, "ping") == pings
    asked = counted(campus, "snmp")
    assert [asked[f"198.18.1.{last}"] for last in (40, 41, 43)] == [
        3,
        3,
        3,
    ]  # wrong, ro, and ro whose answer nobody heard
    assert not left.exists()
    nft(campus, "quiet", "delete table inet deaf")
    nft(campus, "looker", "delete table inet count")


def test_neighbours_are_followed_within_the_ranges_and_no_further(campus: Lab) -> None:
    quick = ("--no-tcp", "--no-onvif", "--json", "--community-file", campus.folder / "ro")
    alone = json.loads(campus.campus_agent("discover", "198.18.1.1/32", *quick).stdout)
    assert [each["address"] for each in alone["items"]] == ["198.18.1.1"]
    assert alone["outside"] == [{"address": "198.18.1.2", "by": "lldp"}]
    campus.sysctl("access", "net.ipv4.icmp_echo_ignore_all=1")
    campus.known_for_good("looker", "198.18.1.2", "access")  # else its ARP answer would tell first
    both = json.loads(campus.campus_agent("discover", "198.18.1.1/32", "198.18.1.2/32", *quick).stdout)
    campus.sysctl("access", "net.ipv4.icmp_echo_ignore_all=0")
    assert {each["id"]: each["heard"] for each in both["items"]} == {
        "core": ["icmp", "snmp"],
        "access": ["lldp", "snmp"],
    }
