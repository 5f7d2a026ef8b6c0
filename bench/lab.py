"""The laboratory: two network namespaces joined by a cable, gone with the processes that hold them.

The bench itself runs on the agent's side, so that its HTTP reaches what it measures. The campus answers for every
address of 198.18.0.0/15 (RFC 2544, for benchmarks) with the kernel's own ICMP.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path

from bench import http

CAMPUS = "198.18.0.0/15"
_NEAR, _FAR = "192.0.2.2", "192.0.2.1"
_INSIDE = "CAMPUS_BENCH_INSIDE"


def enter() -> None:
    """Start this program again in a network namespace of its own; without root, in a user namespace too."""
    if os.environ.get(_INSIDE):
        return
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    os.environ[_INSIDE] = "1"
    os.execvp("unshare", ["unshare", *user, "--net", sys.executable, "-m", "bench", *sys.argv[1:]])


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def host(number: int) -> str:
    """The campus's address of that number, from 1."""
    return str(IPv4Address("198.18.0.0") + number)


def installed(program: str) -> bool:
    return shutil.which(program) is not None


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end; after 10 seconds it is not asked again."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def served(process: subprocess.Popen[bytes], address: str, path: str, log: Path) -> None:
    """Wait until the process answers this page; RuntimeError with its last words when it has ended, or is too late."""

    def ready() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"ended with {process.returncode}: {log.read_text()[-2000:]}")
        return http.answers(address, path)

    http.wait_until(ready, f"http://{address}{path}")


@contextmanager
def running(command: Sequence[str], log: Path, cwd: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """The program runs inside the `with`; what it says goes to `log`."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=cwd)
    try:
        yield process
    finally:
        stop(process)


class Campus:
    """The far side. Cutting a device is a route into nothing, so its echoes die without a word."""

    def __init__(self, holder: int) -> None:
        self._holder = holder
        self._cut: set[str] = set()

    def within(self, *command: str) -> list[str]:
        """The command line that runs `command` on the campus."""
        return ["nsenter", "--net", f"--target={self._holder}", "--", *command]

    def cut(self, address: str) -> None:
        self._cut.add(address)
        self._route("add", address)

    def cut_many(self, addresses: Iterable[str]) -> None:
        """All at once, as one power cut does."""
        fresh = set(addresses) - self._cut
        self._cut |= fresh
        self._batch("add", fresh)

    def mend_all(self) -> None:
        self._batch("del", self._cut)
        self._cut.clear()

    def echoes(self) -> int:
        """ICMP echo requests that have arrived on the campus (RFC 4293 InMsgs by type, as the kernel counts them)."""
        rows = [line.split() for line in Path(f"/proc/{self._holder}/net/snmp").read_text().splitlines()]
        names, values = [row for row in rows if row[0] == "Icmp:"]
        return int(values[names.index("InEchos")])

    def _batch(self, verb: str, addresses: Iterable[str]) -> None:
        lines = "".join(f"route {verb} blackhole {address}/32 table local\n" for address in addresses)
        subprocess.run(self.within("ip", "-batch", "-"), input=lines.encode(), check=True)

    def _route(self, verb: str, address: str) -> None:
        subprocess.run(
            self.within("ip", "route", verb, "blackhole", f"{address}/32", "table", "local"),
            check=True,
        )


@contextmanager
def campus() -> Iterator[Campus]:
    """Lay the cable and give the far side; both are gone at the end."""
    ip("link", "set", "lo", "up")
    with running(["unshare", "--net", "sleep", "infinity"], Path(os.devnull)) as holder:
        _wait_for_namespace(holder.pid)
        far = Campus(holder.pid)
        ip("link", "add", "campus", "type", "veth", "peer", "name", "agent", "netns", str(holder.pid))
        ip("address", "add", f"{_NEAR}/30", "dev", "campus")
        ip("link", "set", "campus", "up")
        for words in (
            ("link", "set", "lo", "up"),
            ("address", "add", f"{_FAR}/30", "dev", "agent"),
            ("link", "set", "agent", "up"),
            ("route", "add", "local", CAMPUS, "dev", "lo", "table", "local"),
        ):
            subprocess.run(far.within("ip", *words), check=True)
        ip("route", "add", CAMPUS, "via", _FAR)
        try:
            yield far
        finally:
            ip("link", "delete", "campus")


def _wait_for_namespace(pid: int) -> None:
    ours = Path("/proc/self/ns/net").readlink()
    for _ in range(200):
        if Path(f"/proc/{pid}/ns/net").readlink() != ours:
            return
        time.sleep(0.01)
    raise RuntimeError("the campus got no network namespace of its own")
