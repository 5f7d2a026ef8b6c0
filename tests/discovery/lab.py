"""A small campus of real programs in network namespaces: two bridges with snmpd and lldpd, a camera that announces
itself by WS-Discovery, hosts that only answer ping, one with a crooked announcement, and a place for the one who looks.

    looker ── core ── access ── camera (WSDiscovery of PyPI)
               └── quiet (198.18.1.40 to .43: ping only, .42 as ipycam)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NODES = ("core", "access", "camera", "quiet", "looker")
WIRES = (("core", "p1", "looker", "eth0"), ("core", "p2", "access", "p0"), ("core", "p3", "quiet", "eth0"),
         ("access", "p1", "camera", "eth0"))  # fmt: skip
ADDRESSES = {"core": "198.18.1.1", "access": "198.18.1.2", "camera": "198.18.1.10", "looker": "198.18.1.250"}
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
    """folder: for the daemons' files."""

    folder: Path
    prefix: str = field(default_factory=lambda: f"d{os.getpid()}")
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def space(self, node: str) -> str:
        return f"{self.prefix}-{node}"

    def build(self) -> None:
        for node in NODES:
            ip("netns", "add", self.space(node))
            self.ip(node, "link", "set", "lo", "up")
        for one, port, other, far in WIRES:
            ip(
                "link",
                "add",
                port,
                "netns",
                self.space(one),
                "type",
                "veth",
                "peer",
                "name",
                far,
                "netns",
                self.space(other),
            )
        for node, ports in {"core": ("p1", "p2", "p3"), "access": ("p0", "p1")}.items():
            self.ip(node, "link", "add", "br0", "type", "bridge")
            for port in ports:
                self.ip(node, "link", "set", port, "master", "br0", "up")
        for node, address in ADDRESSES.items():
            own = "br0" if node in ("core", "access") else "eth0"
            self.ip(node, "addr", "add", f"{address}/24", "dev", own)
            self.ip(node, "link", "set", own, "up")
        self.ip("quiet", "link", "set", "eth0", "up")
        for last in range(40, 44):
            self.ip("quiet", "addr", "add", f"198.18.1.{last}/24", "dev", "eth0")
        for node in ("camera", "looker"):
            self.ip(node, "route", "add", "239.255.255.250", "dev", "eth0")

    def ip(self, node: str, *words: str) -> None:
        ip("-n", self.space(node), *words)

    def sysctl(self, node: str, setting: str) -> None:
        subprocess.run(["ip", "netns", "exec", self.space(node), "sysctl", "-qw", setting], check=True)

    def daemons(self, *nodes: str) -> None:
        """snmpd and lldpd of a node, with a host name and a /run of their own."""
        for node in nodes:
            conf = self.folder / f"{node}.conf"
            conf.write_text(
                f"rocommunity {COMMUNITY}\nsysName {node}\nsysDescr H3C Comware Platform Software, H3C S5130-{node}\n"
                f"sysObjectID 1.3.6.1.4.1.25506.1.921\nmaster agentx\nagentXSocket /run/agentx\nagentXPerms 0777 0777\n"
                f"sysLocation room of {node}\n"
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
                ADDRESSES[node], "1.0.8802.1.1.2.1.4.1.1.9"]  # fmt: skip
        while time.monotonic() < until:
            rows = subprocess.run(
                walk, capture_output=True, text=True, check=False, env={**os.environ, "MIBS": ""}
            ).stdout
            if rows.count("STRING") >= neighbours:
                return
            time.sleep(0.3)
        raise AssertionError(f"{node} never saw {neighbours} neighbours: {rows}")

    def close(self) -> None:
        for process in self._started:
            os.killpg(process.pid, 15)
        for process in self._started:
            process.wait(10)
        for node in NODES:
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
