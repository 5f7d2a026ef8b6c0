"""The campus on real wires: net-snmp reads it on loopback, and in a namespace addresses really vanish."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.simulator.namespace import Lab
from agent.simulator.plan import Plan, to_json
from tests.simulator import needs
from tests.simulator.given import BOXES

pytestmark = pytest.mark.net
SNMP_PORT = 21161


class Running:
    """A simulator process."""

    def __init__(self, plan: Plan, folder: Path, lab: Lab | None) -> None:
        path = folder / "plan.json"
        path.write_text(to_json(plan), "utf-8")
        argv = [sys.executable, "-m", "agent.simulator", "--lang", "en", str(path)]
        pipe = subprocess.PIPE
        if lab is None:
            self._process = subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True)
        else:
            self._process = lab.spawn(argv, "campus", stdin=pipe, stdout=pipe, text=True)
        assert self.line() == f"{len(plan.boxes)} devices answer"

    def line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip("\n")

    def throw(self, text: str, *told: str) -> None:
        print(text, file=self._process.stdin, flush=True)
        assert [self.line() for _ in range(1 + len(told))] == [text, *told]

    def close(self) -> int:
        self._process.communicate(timeout=10)
        return self._process.returncode


@pytest.fixture
def on_loopback(tmp_path: Path) -> Iterator[Running]:
    boxes = tuple(
        replace(box, address=box.address.replace("198.18.", "127.18."), tcp=tuple(port + 20_000 for port in box.tcp))
        for box in BOXES
    )
    running = Running(Plan(boxes=boxes, snmp_port=SNMP_PORT, loopback=True), tmp_path, None)
    yield running
    assert running.close() == 0


def snmp(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [program, "-v2c", "-cpractice", "-On", "-Oq", "-t0.5", "-r0", f"127.18.1.11:{SNMP_PORT}", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_net_snmp_reads_a_switch(on_loopback: Running) -> None:
    needs.program("snmpget", "snmpbulkwalk")
    walked = snmp("snmpbulkwalk", "-Cc", "-Cr40", "1.3.6.1.2.1.2.2")
    assert walked.returncode == 0 and len(walked.stdout.splitlines()) == 52 * 22, walked.stderr
    oper = ".1.3.6.1.2.1.2.2.1.8.9"
    assert snmp("snmpget", oper).stdout.split()[1] in ("1", "up")
    on_loopback.throw("power off cam", "  no longer reachable (1): cam")
    assert snmp("snmpget", oper).stdout.split()[1] in ("2", "down")
    on_loopback.throw("service hang sw snmp")
    assert "Timeout" in snmp("snmpget", oper).stderr


def test_on_loopback_a_switched_off_device_closes_its_ports(on_loopback: Running) -> None:
    camera = ("127.18.21.1", 20_554)
    socket.create_connection(camera, 1).close()
    on_loopback.throw("power off cam", "  no longer reachable (1): cam")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(camera, 1)
    on_loopback.throw("power on cam", "  reachable again (1): cam")
    socket.create_connection(camera, 1).close()


PING = """
import sys
from icmplib import ping
print(*(ping(a, count=8, interval=0.01, timeout=0.06, privileged=True).packets_received for a in sys.argv[1:]))
"""


def pings(lab: Lab, *addresses: str) -> list[int]:
    with lab.spawn([sys.executable, "-c", PING, *addresses], "agent", stdout=subprocess.PIPE, text=True) as process:
        return [int(count) for count in process.communicate()[0].split()]


def test_in_the_namespace_addresses_vanish(tmp_path: Path) -> None:
    with needs.lab() as lab:
        running = Running(Plan(boxes=BOXES, networks=("198.18.200.0/24",)), tmp_path, lab)
        assert pings(lab, "198.18.21.1", "198.18.1.12", "198.18.200.7") == [8, 0, 8]
        running.throw("power off sw", "  no longer reachable (4): amp ap cam sw")
        assert pings(lab, "198.18.21.1", "198.18.1.11", "198.18.0.1") == [0, 0, 8]
        running.throw("power on sw", "  reachable again (4): amp ap cam sw")
        running.throw("loss 50% cam")
        running.throw("service stop ap icmp")
        lossy, silent, sound = pings(lab, "198.18.21.1", "198.18.11.1", "198.18.0.1")
        assert 0 < lossy < 8 and silent == 0 and sound == 8
        running.throw("loss 0% cam")
        running.throw("service start ap icmp")
        assert pings(lab, "198.18.21.1", "198.18.11.1") == [8, 8]
        assert running.close() == 0


def test_a_stopped_service_refuses_and_a_hung_one_is_silent(tmp_path: Path) -> None:
    look = (
        "import socket;s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);s.settimeout(0.3);"
        "s.connect(('198.18.1.11',161));s.send(b'0');s.recv(1)"
    )
    with needs.lab() as lab:
        running = Running(Plan(boxes=BOXES), tmp_path, lab)
        for action, error in (("stop", "ConnectionRefusedError"), ("hang", "TimeoutError")):
            running.throw(f"service {action} sw snmp")
            with lab.spawn([sys.executable, "-c", look], "agent", stderr=subprocess.PIPE, text=True) as process:
                assert error in process.communicate()[1]
        assert running.close() == 0


def test_the_agents_side_reaches_nothing_else() -> None:
    with needs.lab() as lab:
        look = "import socket;s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);s.connect(('192.0.2.1',9))"
        with lab.spawn([sys.executable, "-c", look], "agent", stderr=subprocess.PIPE, text=True) as process:
            assert "Network is unreachable" in process.communicate()[1]


def test_nothing_of_a_lab_is_left() -> None:
    lab = needs.lab()
    namespace = _points(Path(f"/proc/self/fd/{lab.campus_ns}"))
    process = lab.spawn(["sleep", "60"], "campus")
    lab.close()
    process.terminate()
    process.wait()
    held = [path for path in Path("/proc").glob("[0-9]*/ns/net") if _points(path) == namespace]
    assert held == []


def _points(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:  # the process has gone, or is not ours to look at
        return ""


NOBODY = """
import sys, subprocess
from agent.simulator.namespace import Lab
with Lab.open() as lab:
    assert lab.user_ns is not None
    look = "import os;print(os.getuid());from agent.simulator.routes import Routes;Routes().add(['198.18.1.1'])"
    process = lab.spawn([sys.executable, "-c", look], "campus", stdout=subprocess.PIPE, text=True)
    print(process.communicate()[0].strip(), process.returncode)
"""


def test_an_ordinary_user_gets_one_too_and_stays_himself() -> None:
    needs.program("setpriv")
    if os.geteuid():
        needs.absent("root, to become nobody")
    needs.lab().close()
    python = f"/usr/bin/python3.{sys.version_info.minor}"
    env = {"PYTHONPATH": os.pathsep.join(["", *sys.path]), "PYTHONDONTWRITEBYTECODE": "1"}
    argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", python, "-c", NOBODY]
    if not Path(python).exists() or not Path(__file__).stat().st_mode & 0o004:
        needs.absent("a Python and a checkout that nobody may read")
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["65534", "0"], "")


def test_routes_come_and_go_by_the_thousand() -> None:
    with needs.lab() as lab:
        look = (
            "from agent.simulator.routes import Routes;r=Routes();"
            "many=[f'198.18.{a}.{b}' for a in range(20) for b in range(250)];r.add(many);r.add(many[:3]);"
            "r.remove(many);r.remove(many[:3]);print(sum('198.18.' in line for line in open('/proc/net/fib_trie')))"
        )
        with lab.spawn([sys.executable, "-c", look], "campus", stdout=subprocess.PIPE, text=True) as process:
            assert int(process.communicate()[0]) <= 4
