"""Wake-on-LAN: what is sent, where to, and what is refused; the packet seen on the wire of a namespace."""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.wake import NotWakeable, destination, magic
from tests.agent.running import running
from tests.fakes.icmp_peer import configure, here
from tests.probes.watching import lacking

MAC = "00:0c:29:ab:cd:ef"
PACKET = b"\xff" * 6 + bytes.fromhex(MAC.replace(":", "")) * 16


def device(name: str, address: str, mac: str = "") -> str:
    said = f", mac: '{mac}'" if mac else ""
    return f"  - {{id: {name}, kind: terminal, address: {address}, probes: []{said}}}\n"


DEVICES = (
    device("near", "198.18.7.20", MAC)
    + device("far", "198.18.40.7", MAC)
    + device("nameless", "198.18.7.21")
    + device("six", "'2001:db8::7'", MAC)
)


def test_the_packet() -> None:
    assert magic(MAC) == PACKET
    for wrong in ("", "00:0c:29:ab:cd", "zz:0c:29:ab:cd:ef"):
        with pytest.raises(NotWakeable, match="no_mac"):
            magic(wrong)


def test_where_it_goes() -> None:
    assert destination("198.51.100.77") == "198.51.100.255"
    assert destination("198.18.7.20", "198.18.255.255") == "198.18.255.255"
    assert destination("198.18.7.20", "198.18.7.20") == "198.18.7.20"
    for other in ("198.18.8.255", "255.255.255.255", "8.8.8.8", "x", "198.18.7.21"):
        with pytest.raises(NotWakeable, match="not_its_broadcast"):
            destination("198.18.7.20", other)
    for name in ("", "pc-1", "2001:db8::1"):
        with pytest.raises(NotWakeable, match="no_address"):
            destination(name)


@pytest.fixture
def wire() -> Iterator[socket.socket]:
    """A namespace with a cable; the socket sees every IPv4 frame that comes out of its far end."""
    if os.geteuid() != 0:
        lacking("needs root for a network namespace")
    with here() as namespace:
        configure(namespace, "link add v0 type veth peer name v1", "addr add 198.18.7.1/25 dev v0", "link set v0 up",
                  "link set v1 up", "route add 198.18.0.0/16 dev v0")  # fmt: skip
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as wire:
            wire.bind(("v1", 0))
            wire.settimeout(3.0)
            yield wire


def woken(wire: socket.socket) -> tuple[bytes, str, int]:
    """The next magic packet: its Ethernet and its IPv4 destination, its UDP port. It holds nothing else."""
    while True:
        frame = wire.recv(2048)
        if PACKET in frame:
            assert (frame[23], frame[42:]) == (socket.IPPROTO_UDP, PACKET)
            return frame[:6], socket.inet_ntoa(frame[30:34]), int.from_bytes(frame[36:38])


@pytest.mark.net
def test_by_the_running_agent(tmp_path: Path, wire: socket.socket) -> None:
    with running(tmp_path, DEVICES) as agent:
        done = agent.run("wake", "near")
        assert (done.returncode, done.stdout) == (0, f"near: packet for {MAC} sent to 198.18.7.127\n"), done.stderr
        assert woken(wire) == (b"\xff" * 6, "198.18.7.127", 9)
        person = getpass.getuser()
        assert f"wake.sent device=near mac={MAC} to=198.18.7.127 by={person}({os.getuid()})" in agent.log
        some = agent.run("--json", "wake", "near", "nameless", "nobody")
        document = json.loads(some.stdout)
        assert (some.returncode, document["total"], len(document["errors"])) == (1, 1, 2)
        refused = agent.run("wake", "nameless", "six")
        assert refused.returncode == 1
        assert "no MAC address" in refused.stderr and "no IPv4 address" in refused.stderr
        assert agent.run("wake", "nobody").returncode == 2
        assert "no broadcast address" in agent.run("wake", "near", "--broadcast", "198.18.9.255").stderr
        assert agent.run("wake", "near", "--broadcast", "198.18.255.255").returncode == 0
        assert agent.run("wake", "far").stdout.endswith("198.18.40.255\n")


def test_without_an_agent_it_is_4(tmp_path: Path) -> None:
    from agent.cli import main

    assert main(["--data", str(tmp_path), "--lang", "en", "wake", "x"]) == 4
