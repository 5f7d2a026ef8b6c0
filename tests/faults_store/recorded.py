"""The writes of a real store as the kernel saw them, and the file as it may look after the power failed at any of them.

`record` runs a program under strace and reads its calls; `Disk` lays them down one by one and is cut at will. What a
call wrote is on the disk for certain once the file was synced; before that each sector of it may be there or not.
Run as a program: `DIRECTORY LINES` writes that many chained lines and says `TICKET SEQ` for each that is committed.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from agent.store import Batch, DataDirectory, Writer
from agent.store.sound import open_sound
from tests.store.given import chain, ticket

SECTOR = 512
CALLS = "openat,close,write,pwrite64,ftruncate,fallocate,fsync,fdatasync,rename,unlink,unlinkat,fcntl"
_LINE = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+)(?:<(.*?)>)?(?: .*)?$")
_FILE = re.compile(r"^(\d+)<(.*?)>")
_DATA = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Call:
    """One call that matters. name: write, truncate, sync, move, remove, said (to stdout)."""

    name: str
    path: str = ""
    data: bytes = b""
    at: int = 0
    to: str = ""


def record(folder: Path, lines: int) -> list[Call]:
    """What a writing store of `lines` lines does, from the making of its database to its last commit."""
    log = folder / "calls"
    argv = ["strace", "-f", "-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(log)]
    program = [sys.executable, "-m", __name__, str(folder / "data"), str(lines)]
    subprocess.run([*argv, *program], check=True, stdout=subprocess.DEVNULL, timeout=120)
    with log.open() as text:
        return list(_calls(text))


def with_errors(folder: Path, lines: int, every: int) -> dict[str, int]:
    """What the program is told is committed while the disk answers EIO to each `every`th sync (after the first 20)."""
    fault = f"inject=fsync,fdatasync:error=EIO:when=20+{every}"
    argv = ["strace", "-f", "-e", "trace=fsync,fdatasync", "-e", fault, "-o", str(folder / "calls")]
    program = [sys.executable, "-m", __name__, str(folder / "data"), str(lines)]
    run = subprocess.run([*argv, *program], check=True, capture_output=True, text=True, timeout=120)
    assert "EIO" in (folder / "calls").read_text()
    return {number: int(seq) for number, seq in (line.split() for line in run.stdout.splitlines())}


def _calls(text: Iterator[str]) -> Iterator[Call]:
    """strace in hexadecimal; a call that another thread interrupts comes in two halves."""
    halves: dict[str, str] = {}
    for line in text:
        pid = line.split(" ", 1)[0]
        if line.endswith("<unfinished ...>\n"):
            halves[pid] = line.removesuffix("<unfinished ...>\n")
            continue
        if "resumed>" in line:
            line = halves.pop(pid) + line.split("resumed>", 1)[1]
        found = _LINE.match(line)
        if found is not None and not found[3].startswith("-"):
            yield from _call(found[1], found[2])


def _call(name: str, args: str) -> Iterator[Call]:
    texts = [bytes.fromhex(raw.replace("\\x", "")) for raw in _DATA.findall(args)]
    on = _FILE.match(args)
    path = _plain(on[2]) if on else ""
    if name == "write" and on and on[1] == "1":
        yield Call("said", data=texts[0])
    elif name == "pwrite64":
        yield Call("write", path, texts[0], int(args.rsplit(", ", 1)[1]))
    elif name == "ftruncate":
        yield Call("truncate", path, at=int(args.rsplit(", ", 1)[1]))
    elif name in ("fsync", "fdatasync"):
        yield Call("sync", path)
    elif name == "rename":
        yield Call("move", os.fsdecode(texts[0]), to=os.fsdecode(texts[1]))
    elif name == "unlink":
        yield Call("remove", os.fsdecode(texts[0]))


def _plain(path: str) -> str:
    """With -xx the names of descriptors are in hexadecimal, too."""
    return os.fsdecode(bytes.fromhex(path.replace("\\x", ""))) if path.startswith("\\x") else path


@dataclass(slots=True)
class _File:
    sure: bytearray = field(default_factory=bytearray)
    late: list[Call] = field(default_factory=list)


class Disk:
    """The files of one folder, with what is certain and what is still on its way kept apart."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self.files: dict[str, _File] = {}
        self.said: dict[str, int] = {}

    def take(self, call: Call) -> None:
        if call.name == "said":
            for line in call.data.decode().splitlines():
                number, seq = line.split()
                self.said[number] = int(seq)
        elif call.path.startswith(self._folder) and not call.path.endswith("-shm"):
            self._change(call)

    def _change(self, call: Call) -> None:
        if call.name == "move":
            self.files[call.to] = self.files.pop(call.path, _File())
        elif call.name == "remove":
            self.files.pop(call.path, None)
        elif call.name == "sync":
            file = self.files.get(call.path)
            if file is not None:
                for one in file.late:
                    _lay(file.sure, one, None)
                file.late.clear()
        else:
            self.files.setdefault(call.path, _File()).late.append(call)

    def fail(self, into: Path, dice: random.Random | None) -> None:
        """The power fails now: the files as a new start finds them. dice: what of the late is there; None for nothing.

        The reserve and what was never named are left out.
        """
        into.mkdir()
        for path, file in self.files.items():
            name = Path(path).name
            if Path(path).parent == Path(self._folder) and name.startswith("campus.db"):
                content = bytearray(file.sure)
                for call in file.late if dice else ():
                    _lay(content, call, dice)
                (into / name).write_bytes(content)


def _lay(content: bytearray, call: Call, dice: random.Random | None) -> None:
    """One call into the file: whole, or by `dice` whole, not at all, or some of its sectors."""
    kind = dice.choice(("whole", "none", "torn")) if dice else "whole"
    if kind == "none":
        return
    if call.name == "truncate":
        del content[call.at :]
        content.extend(bytes(call.at - len(content)))
        return
    end = call.at + len(call.data)
    at = call.at
    while at < end:
        until = min(end, (at // SECTOR + 1) * SECTOR)
        if kind == "whole" or (dice and dice.random() < 0.5):
            content.extend(bytes(max(0, until - len(content))))
            content[at:until] = call.data[at - call.at : until - call.at]
        at = until


# --- the program that is recorded ---------------------------------------------------------------


def say(number: str, seq: int) -> None:
    os.write(1, f"{number} {seq}\n".encode())


async def write(directory: DataDirectory, lines: int) -> None:
    store = open_sound(directory)
    with ThreadPoolExecutor(1) as executor:
        writer = Writer(store, executor, lambda _: None, lambda error, _: say(repr(error).replace(" ", ""), -1))
        for number in range(1 + lines // 10):
            name = f"T20260901-{number + 1:04d}"
            for line in chain(name, 10):
                # A root is held until the last line, so that no second ticket may stand beside it.
                row = ticket(name, version=line.seq, root=f"cam-{number % 7}", holds_root=line.seq < 10,
                             is_open=line.seq < 10, snapshot={"padding": "x" * 900})  # fmt: skip
                counters = {"20260901": number + 1}
                writer.put(Batch(events=(line,), tickets=(row,), counters=counters), partial(say, name, line.seq))
                await asyncio.sleep(0.001)
        await writer.close()
    # No orderly end: the last checkpoint would hide the log that a power failure leaves.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(write(DataDirectory(Path(sys.argv[1])), int(sys.argv[2])))
