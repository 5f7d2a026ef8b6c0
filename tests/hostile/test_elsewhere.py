"""Devices that send us to other hosts, by every protocol that can: a counter of the kernel sees not one packet leave.

A real agent in a network namespace with a way out. The devices stand at addresses of their own; what is sent to any
other address, a name server's too, is counted on its way out (nftables, hook output).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.running import until
from tests.fakes import keyframes
from tests.fakes import onvif_mischief as mischief
from tests.fakes.icmp_peer import configure, here
from tests.fakes.onvif_camera import Camera, folder
from tests.fakes.rtsp_camera import Camera as Stream
from tests.fakes.rtsp_camera import Request, reply
from tests.fakes.sip_peer import answer
from tests.hostile.given import SITE, agent_on, port_of
from tests.hostile.stage import Stage, stage
from tests.probes.certificates import own
from tests.probes.peers import Talk
from tests.probes.watching import lacking

pytestmark = pytest.mark.net

HOSTS = ("203.0.113.66", "198.18.9.200", "127.0.0.1:8009", "[2001:db8::66]:8009", "evil.example")
"""Out in the world, a neighbour, the agent's own machine, IPv6, a name that somebody would have to be asked for."""
NETWORK = "198.18.9"
RULES = f"""
table inet trap {{
  counter known {{ }}
  counter strays {{ }}
  set web {{ type inet_service; }}
  set asked4 {{ type ipv4_addr; flags dynamic; }}
  set asked6 {{ type ipv6_addr; flags dynamic; }}
  chain out {{
    type filter hook output priority 0;
    icmpv6 type {{ mld2-listener-report, nd-router-solicit, nd-neighbor-solicit }} accept
    tcp sport @web accept
    tcp dport @web accept
    ip daddr {NETWORK}.1-{NETWORK}.60 counter name known accept
    counter name strays
    ip version 4 add @asked4 {{ ip daddr }}
    ip6 version 6 add @asked6 {{ ip6 daddr }}
  }}
}}
"""

ENOUGH = {"http": 3, "https": 3, "away": 1, "snap": 6, "rtsp": 8, "onvif": 20, "dtd": 3}
seen: Counter[str] = Counter()
"""How often each device has said what it says."""


@pytest.fixture
def way_out() -> Iterator[None]:
    """A namespace with default routes to where nobody is."""
    if os.geteuid() != 0 or shutil.which("nft") is None:
        lacking("needs root and nft of the Debian package nftables")
    if not folder().is_dir():
        lacking("the recorded ONVIF replies are not here")
    with here() as namespace:
        configure(namespace, "link add out type veth peer name gone", "link set gone up", "link set out up",
                  f"addr add {NETWORK}.254/24 dev out", "route add default dev out",
                  "-6 addr add 2001:db8::1/64 dev out nodad", "-6 route add default dev out",
                  *(f"addr add {NETWORK}.{last}/32 dev lo" for last in range(1, 61)))  # fmt: skip
        yield


def counted(name: str) -> int:
    said = subprocess.run(["nft", "list", "counter", "inet", "trap", name], check=True, capture_output=True, text=True)
    found = re.search(r"packets (\d+)", said.stdout)
    assert found is not None
    return int(found[1])


def asked() -> str:
    """Whom the packets were for."""
    return "".join(
        subprocess.run(["nft", "list", "set", "inet", "trap", name], check=True, capture_output=True, text=True).stdout
        for name in ("asked4", "asked6")
    )


# -- the devices


def web(name: str, host: str) -> Talk:
    """Every status that sends somebody elsewhere in turn, and every header that may."""

    async def talk(incoming, outgoing) -> None:  # type: ignore[no-untyped-def]
        await incoming.readuntil(b"\r\n\r\n")
        seen[name] += 1
        status = (301, 302, 303, 305, 307, 308, 300)[seen[name] % 7]
        there, page = f"http://{host}/x", f'<meta http-equiv=refresh content="0;url=http://{host}/"><img src=//{host}/>'
        lines = [f"HTTP/1.1 {status} X", f"Location: {there}", f"Content-Location: {there}", f"Refresh: 0;url={there}",
                 f'Alt-Svc: h2="{host}"', f"Link: <{there}>; rel=preload", f"Set-Cookie: a=b; Domain={host}",
                 f"Content-Length: {len(page)}", "", page]  # fmt: skip
        outgoing.write("\r\n".join(lines).encode())

    return talk


def phone(name: str, host: str, request: bytes) -> bytes:
    """302, with everything in it that a proxy or a caller would go to (RFC 3261, 8.1.3.4, 16.7, 18.2.2)."""
    seen[name] += 1
    via = request.split(b"Via: ")[1].split(b"\r\n")[0].decode()
    body = f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"
    extra = [f"Contact: <sip:{host}>;q=1", f"Record-Route: <sip:{host};lr>", f"Route: <sip:{host};lr>",
             f"Alert-Info: <http://{host}/a>", f"Warning: 399 {host} x", "Content-Type: application/sdp"]  # fmt: skip
    made = answer(request, "302 Moved Temporarily", *extra, via=f"{via};received={host};maddr={host}")
    length = f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
    return made.replace(b"Content-Length: 0\r\n\r\n", length)


def caller(name: str, host: str) -> Talk:
    async def talk(incoming, outgoing) -> None:  # type: ignore[no-untyped-def]
        outgoing.write(phone(name, host, await incoming.readuntil(b"\r\n\r\n")))
        await incoming.read()

    return talk


def elsewhere(name: str, host: str):  # type: ignore[no-untyped-def]
    """A stream that is at another host: by its status, by its SDP and headers, by a request of its own, in turn."""

    def twist(request: Request, honest: bytes) -> bytes:
        seen[name] += 1
        cseq, there = request.headers.get("cseq", "1"), f"rtsp://{host}/main/"
        if request.method == "DESCRIBE" and b" 200 " in honest[:20] and seen[name] % 2:
            return reply(cseq, 302, [f"Location: {there}", f"Content-Base: {there}"])
        redirect = f"REDIRECT {request.uri} RTSP/1.0\r\nCSeq: 9\r\nLocation: {there}\r\n\r\n".encode()
        text = honest.replace(b"a=control:", f"a=control:{there}".encode()).replace(b"0.0.0.0", host.encode())
        head, gap, body = text.partition(b"\r\n\r\n")
        head = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), head)
        head = head.replace(b"Content-Type:", f"Content-Base: {there}\r\nContent-Type:".encode())
        head = head.replace(b"TCP;", f"TCP;destination={host};source={host};".encode())
        return redirect + head + gap + body

    return twist


class Campus:
    """The devices of a test, each at an address of its own."""

    def __init__(self, on: Stage, tls: ssl.SSLContext) -> None:
        self.on, self.tls, self.lines, self.names = on, tls, list[str](), list[str]()
        self.streams: list[Stream] = []
        self.cameras: dict[str, Camera] = {}

    def add(self, name: str, probe: str, login: str = "") -> str:
        """A line of the inventory; the device's address."""
        self.names.append(name)
        address = f"{NETWORK}.{len(self.names)}"
        given = f", credentials: {login}" if login else ""
        self.lines.append(f"  - {{id: {name}, kind: camera, address: {address}, probes: [{{{probe}}}]{given}}}\n")
        return address

    def stand(self, number: int, host: str) -> None:
        """One device of each protocol, all of which name this host."""
        name = f"http-{number}"
        self.on.tcp(web(name, host), self.add(name, "http: {port: 80}", "web"), 80)
        name = f"https-{number}"
        self.on.tcp(web(name, host), self.add(name, "https: {port: 443}", "web"), 443, self.tls)
        self._phones(number, host)
        self._cameras(number, host)

    def _phones(self, number: int, host: str) -> None:
        for transport in ("udp", "tcp", "tls"):
            name = f"sip-{transport}-{number}"
            address = self.add(name, f"sip: {{transport: {transport}}}")
            if transport == "udp":
                self.on.udp(lambda request, name=name: [phone(name, host, request)], address, 5060)  # type: ignore[misc]
            else:
                tls = self.tls if transport == "tls" else None
                self.on.tcp(caller(name, host), address, 5061 if tls else 5060, tls)

    def _cameras(self, number: int, host: str) -> None:
        frame = keyframes.key_frame("h264", size=(320, 180))
        for name, probe in (
            (f"rtsp-{number}", "rtsp: {path: /main, picture: 2s}"),
            (f"onvif-{number}", "onvif: {picture: 2s, beside: 2s}"),
            (f"away-{number}", "onvif: {beside: 2s}"),
            (f"dtd-{number}", "onvif: {beside: 2s}"),
            (f"snap-{number}", "onvif: {beside: 2s, picture: 2s, by: snapshot, stream: false}"),
        ):
            address = self.add(name, probe, "cam")
            if name.startswith("away"):
                self._camera(name, address, Camera(mischief={"*": mischief.redirect(f"http://{host}/x")}))
            elif name.startswith("snap"):  # a GET has no operation
                away = {"": mischief.redirect(f"http://{host}/x.jpg")}
                self._camera(name, address, Camera(names=host, mischief=away), *(80, 8009))
            elif name.startswith("dtd"):
                dtd = mischief.dtd_elsewhere(80).replace(mischief.ELSEWHERE.encode(), host.encode())
                self._camera(name, address, Camera(mischief={"GetProfiles": mischief.body(dtd)}))
            else:
                stream = Stream(frames=[frame], user="admin", password="correct horse", twist=elsewhere(name, host))
                self.streams.append(stream)
                for port in (554, 8009):  # a port that is named with another host is one of the camera's own
                    self.on.tcp(stream.serve, address, port)
                if name.startswith("onvif"):
                    self._camera(name, address, Camera(names=host))

    def _camera(self, name: str, address: str, camera: Camera, *ports: int) -> None:
        camera.asked = _Asked(name)
        self.cameras[name] = camera
        for port in ports or (80,):
            self.on.run(camera.start(address, port))


class _Asked(list[str]):
    """What a camera was asked, counted with the others."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def append(self, operation: str) -> None:
        seen[self._name] += 1
        super().append(operation)


CREDENTIALS = """credentials:
  web: {http: {username: admin, password: geheim}, https: {username: admin, password: geheim, scheme: basic}}
  cam: {onvif: {username: admin, password: correct horse}, rtsp: {username: admin, password: correct horse}}
"""
DEFAULTS = "".join(f"  {name}: {{interval: 2s}}\n" for name in ("http", "https", "sip", "rtsp", "onvif"))


def test_not_one_packet_for_another_host(tmp_path: Path, way_out: None) -> None:
    seen.clear()
    with stage() as on:
        campus = Campus(on, own(tmp_path, more=("-addext", f"authorityInfoAccess=OCSP;URI:http://{HOSTS[0]}/")).server)
        for number, host in enumerate(HOSTS):
            campus.stand(number, host)
        subprocess.run(["nft", "-f", "-"], input=RULES, text=True, check=True)
        files = {"inventory.yaml": SITE + CREDENTIALS + "defaults:\n" + DEFAULTS + "devices:\n" + "".join(campus.lines)}
        with agent_on(tmp_path, files) as agent:
            subprocess.run(["nft", "add", "element", "inet", "trap", "web", f"{{ {port_of(agent)} }}"], check=True)
            until(lambda: all(seen[name] >= ENOUGH.get(name.split("-")[0], 2) for name in campus.names), 40)
            until(lambda: all(stream.seen["PLAY"] for stream in campus.streams), 20)
            snaps = [camera for name, camera in campus.cameras.items() if name.startswith("snap")]
            until(lambda: all("" in camera.asked for camera in snaps), 20)
            page = agent.get("/metrics")
        assert {name for name in campus.names if f'campus_probe_success{{device="{name}"' in page} == set(campus.names)
    assert counted("known") > 1000, "the counter is where the packets pass"
    assert counted("strays") == 0, asked()
    _would_have_been_seen()


def _would_have_been_seen() -> None:
    """The trap works: a packet for each of the hosts is counted."""
    for host in HOSTS:
        before = counted("strays")
        name, _, port = host.rpartition(":") if host.endswith(":8009") else (host, "", "80")

        def dial(name: str = name.strip("[]"), port: int = int(port)) -> None:
            with contextlib.suppress(OSError):
                socket.create_connection((name, port), timeout=0.3).close()

        threading.Thread(target=dial, daemon=True).start()
        until(lambda before=before: counted("strays") > before, 5)  # type: ignore[misc]
