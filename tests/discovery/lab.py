"""A small campus of real programs in network namespaces: two bridges with snmpd and lldpd, a camera that announces
itself by WS-Discovery, hosts that only answer ping, one with a crooked announcement, and a place for the one who looks.

    looker ── core ── access ── camera (WSDiscovery of PyPI)
               └── quiet (198.18.1.40 to .43: ping only, .42 as ipycam)
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WIRES = (("core", "p1", "looker", "eth0"), ("core", "p2", "access", "p0"), ("core", "p3", "quiet", "eth0"),
         ("access", "p1", "camera", "eth0"))  # fmt: skip
BRIDGES = {"core": ("p1", "p2", "p3"), "access": ("p0", "p1")}
ADDRESSES = {"core": ("198.18.1.1",), "access": ("198.18.1.2",), "camera": ("198.18.1.10",),
             "looker": ("198.18.1.250",), "quiet": tuple(f"198.18.1.{last}" for last in range(40, 44))}  # fmt: skip
COMMUNITY = "practice"

_ANNOUNCE = """
import sys, time
from wsdiscovery.publishing import ThreadedWSPublishing
from wsdiscovery import QName, Scope
publisher = ThreadedWSPublishing()
publisher.start()
scopes = [Scope("onvif://www.onvif.org/" + each) for each in
          ("name/HIKVISION%20DS-2CD2T47G2-L", "hardware/DS-2CD2T47G2-L", "location/gate", "type/video_encoder")]
publisher.publishService([QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")], scopes,
                         ["http://198.18.1.10/onvif/device_service"])
print("ready", flush=True)
time.sleep(600)
"""

_CROOKED = """
import socket, sys
from tests.discovery.test_onvif import MALFORMED
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.bind(("198.18.1.42", 3702))
print("ready", flush=True)
while True:
    data, sender = line.recvfrom(65535)
    line.sendto(MALFORMED, sender)
"""


def lacking(what: str) -> None:
    """Skip, or fail where everything ought to be."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


def needed(*programs: str) -> None:
    if os.geteuid() != 0:
        lacking("needs root for network namespaces")
    for program in programs:
        if shutil.which(program) is None:
            lacking(f"needs {program}")


@dataclass(slots=True)
class Lab:
    """folder: for the daemons' files.  bridges: ports by node.  addresses: the first is the node's own."""

    folder: Path
    wires: Sequence[tuple[str, str, str, str]] = WIRES
    bridges: Mapping[str, Sequence[str]] = field(default_factory=lambda: BRIDGES)
    addresses: Mapping[str, Sequence[str]] = field(default_factory=lambda: ADDRESSES)
    prefix: str = field(default_factory=lambda: f"d{os.getpid()}")
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def space(self, node: str) -> str:
        return f"{self.prefix}-{node}"

    def build(self) -> None:
        for node in self.nodes():
            ip("netns", "add", self.space(node))
            self.ip(node, "link", "set", "lo", "up")
        for one, port, other, far in self.wires:
            near = ("link", "add", port, "netns", self.space(one), "type", "veth")
            ip(*near, "peer", "name", far, "netns", self.space(other))
        for node, ports in self.bridges.items():
            self.ip(node, "link", "add", "br0", "type", "bridge")
            for port in ports:
                self.ip(node, "link", "set", port, "master", "br0", "up")
        for node, addresses in self.addresses.items():
            own = "br0" if node in self.bridges else "eth0"
            for address in addresses:
                self.ip(node, "addr", "add", f"{address}/24", "dev", own)
            self.ip(node, "link", "set", own, "up")
            if node not in self.bridges:
                self.ip(node, "route", "add", "239.255.255.250", "dev", "eth0")

    def nodes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(node for one, _, other, _ in self.wires for node in (one, other)))

    def ip(self, node: str, *words: str) -> None:
        ip("-n", self.space(node), *words)

    def sysctl(self, node: str, setting: str) -> None:
        subprocess.run(["ip", "netns", "exec", self.space(node), "sysctl", "-qw", setting], check=True)

    def known_for_good(self, node: str, address: str, other: str) -> None:
        """A standing ARP entry of another node's bridge: no request is sent, so no answer says that it is there."""
        shown = ["ip", "-n", self.space(other), "-j", "link", "show", "br0"]
        mac = json.loads(subprocess.run(shown, capture_output=True, text=True, check=True).stdout)[0]["address"]
        self.ip(node, "neigh", "replace", address, "lladdr", mac, "dev", "eth0", "nud", "permanent")

    def daemons(self, *nodes: str, more: str = "") -> None:
        """snmpd and lldpd of a node, with a host name and a /run of their own. more: lines of snmpd.conf."""
        for node in nodes:
            conf = self.folder / f"{node}.conf"
            conf.write_text(
                f"rocommunity {COMMUNITY}\nsysName {node}\nsysDescr H3C Comware Platform Software, H3C S5130-{node}\n"
                f"sysObjectID 1.3.6.1.4.1.25506.1.921\nmaster agentx\nagentXSocket /run/agentx\nagentXPerms 0777 0777\n"
                f"sysLocation room of {node}\n{more}"
            )
            script = (
                f"hostname {node}; mount -t tmpfs tmpfs /run; mkdir /run/lldpd; "
                f"snmpd -f -Ln -C -c {conf} -p /run/snmpd.pid udp:161 & "
                "sleep 0.5; lldpd -d -x -X /run/agentx -I 'p*' & sleep 1.5; lldpcli configure lldp tx-interval 1; wait"
            )
            self.start(
                node,
                ["unshare", "--uts", "--mount", "sh", "-c", script],
                {"MIBS": "", "SNMP_PERSISTENT_DIR": str(self.folder / node)},
            )

    def camera(self, node: str, program: str) -> None:
        process = self.start(node, [sys.executable, "-c", program], {"PYTHONPATH": str(ROOT)}, out=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"

    def start(
        self, node: str, command: Sequence[str], environ: dict[str, str], out: int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        whole = ["ip", "netns", "exec", self.space(node), *command]
        process = subprocess.Popen(
            whole, env={**os.environ, **environ}, stdout=out, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self._started.append(process)
        return process

    def campus_agent(
        self, *words: object, seconds: float = 120, folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """The command line, run where the looker is."""
        command = [
            "ip",
            "netns",
            "exec",
            self.space("looker"),
            sys.executable,
            "-m",
            "agent.cli",
            "--lang",
            "en",
            *map(str, words),
        ]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env=environ,
            cwd=folder or self.folder,
        )

    def sees(self, node: str, neighbours: int, seconds: float = 25.0) -> None:
        """Wait until a node's LLDP table, asked by SNMP, has so many neighbours."""
        until = time.monotonic() + seconds
        walk = ["ip", "netns", "exec", self.space("looker"), "snmpwalk", "-v2c", "-c", COMMUNITY, "-On", "-t1",
                self.addresses[node][0], "1.0.8802.1.1.2.1.4.1.1.9"]  # fmt: skip
        while time.monotonic() < until:
            rows = subprocess.run(
                walk, capture_output=True, text=True, check=False, env={**os.environ, "MIBS": ""}
            ).stdout
            if rows.count("STRING") >= neighbours:
                return
            time.sleep(0.3)
        raise AssertionError(f"{node} never saw {neighbours} neighbours: {rows}")

    def quieten(self, node: str, program: str) -> None:
        """End a program of a node: of this lab's namespace, and no other's."""
        inside = subprocess.run(["ip", "netns", "pids", self.space(node)], capture_output=True, text=True, check=True)
        for pid in map(int, inside.stdout.split()):
            if Path(f"/proc/{pid}/comm").read_text().strip() == program:
                os.kill(pid, 15)

    def close(self) -> None:
        for process in self._started:
            os.killpg(process.pid, 15)
        for process in self._started:
            process.wait(10)
        for node in self.nodes():
            subprocess.run(["ip", "netns", "del", self.space(node)], check=False, capture_output=True)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@contextmanager
def lab(folder: Path) -> Iterator[Lab]:
    """The campus with everything running."""
    needed("ip", "snmpd", "snmpwalk", "lldpd", "unshare")
    one = Lab(folder)
    try:
        one.build()
        one.daemons("core", "access")
        one.camera("camera", _ANNOUNCE)
        one.camera("quiet", _CROOKED)
        one.sees("core", 1)
        one.sees("access", 1)
        yield one
    finally:
        one.close()
