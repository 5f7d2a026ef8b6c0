"""Makes the two namespaces of a `Lab`, joins them by a cable and hands them over: a process of a moment.

Run as `python -m agent.simulator.wiring FD`: sends the descriptors over the Unix socket FD and ends; what stood in the
way goes to stderr as one line. Nothing is asked beforehand: some systems let a process unshare and then deny it
everything inside, so the proof is a datagram that went through.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from agent.simulator.enter import CLONE_NEWNET, CLONE_NEWUSER, setns, unshare

AGENT_LINK = "uplink"
CAMPUS_LINK = "campus"
AGENT_ADDRESS, CAMPUS_ADDRESS = "198.19.255.253", "198.19.255.254"
"""Both ends of the cable, in the part of RFC 2544's range that no device uses."""
CAMPUS_NETWORK = "198.18.0.0/15"
PROOF_SECONDS = 2.0


def own_user_namespace() -> bool:
    """Become owner of a user namespace unless root already may; true when it was needed. Raises OSError."""
    if os.geteuid() == 0 and _may_unshare_network():
        return False
    uid, gid = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    return True


def _may_unshare_network() -> bool:
    try:
        unshare(CLONE_NEWNET)
    except PermissionError:
        return False
    return True


def new_network() -> int:
    """A descriptor of a fresh network namespace, which this process now stands in. Raises OSError."""
    unshare(CLONE_NEWNET)
    return os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def wire(campus: int, agent: int) -> None:
    """Lay the cable; in the campus every address that is no device is a black hole. Raises OSError, NetlinkError."""
    setns(campus, CLONE_NEWNET)
    with IPRoute() as ip:
        peer = {"ifname": AGENT_LINK, "net_ns_fd": agent}
        ip.link("add", ifname=CAMPUS_LINK, kind="veth", peer=peer)
        _up(ip, CAMPUS_LINK, CAMPUS_ADDRESS)
        # A host that forwards hands that down to new namespaces, and would say "unreachable" of what is switched off.
        ip.route("add", dst=CAMPUS_NETWORK, type="blackhole")
    setns(agent, CLONE_NEWNET)
    with IPRoute() as ip:
        _up(ip, AGENT_LINK, AGENT_ADDRESS)
        ip.route("add", dst=CAMPUS_NETWORK, gateway=CAMPUS_ADDRESS)


def _up(ip: IPRoute, name: str, address: str) -> None:
    for link in ("lo", name):
        ip.link("set", index=ip.link_lookup(ifname=link)[0], state="up")
    ip.addr("add", index=ip.link_lookup(ifname=name)[0], address=address, prefixlen=30)


def prove(campus: int, agent: int) -> None:
    """A datagram goes from the agent's side to the campus, and raw sockets open there. Raises OSError."""
    setns(campus, CLONE_NEWNET)
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind((CAMPUS_ADDRESS, 0))
        ear.settimeout(PROOF_SECONDS)
        setns(agent, CLONE_NEWNET)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
            mouth.sendto(b"?", ear.getsockname())
        ear.recv(1)


def main(argv: list[str]) -> int:
    """Build all of it, prove it and send `[user,] campus, agent`; 1 and a reason on stderr when denied."""
    try:
        user = own_user_namespace()
        campus, agent = new_network(), new_network()
        wire(campus, agent)
        prove(campus, agent)
    except (OSError, NetlinkError) as error:
        number = error.code if isinstance(error, NetlinkError) else error.errno or 0
        print(os.strerror(number) if number else error, file=sys.stderr)
        return 1
    fds = [os.open("/proc/self/ns/user", os.O_RDONLY)] if user else []
    with socket.socket(fileno=int(argv[0])) as way:
        socket.send_fds(way, [b"."], [*fds, campus, agent])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
