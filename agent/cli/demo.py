"""`campus-agent demo`: the practice campus on this machine, and the agent watching it.

This process holds the listening web socket, so the page is reached from outside the namespace that the agent lives in,
and outlives an agent that is killed. Run as a module (`python -m agent.cli.demo`) it is that agent.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import json
import shutil
import signal
import socket
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

from agent.cli.demo_plan import LOW_PORTS, SNMP_PORTS, on_loopback, plan_of
from agent.clock import SystemClock
from agent.inventory import Inventory, load_inventory
from agent.locale import Catalogue, catalogue, language
from agent.simulator.child import Child, python
from agent.simulator.console import standard
from agent.simulator.namespace import Lab, NoLab
from agent.simulator.script import GRAMMAR, ScriptError, Step, parse
from agent.simulator.show import Show, ShowFailed
from agent.simulator.words import tell_with_place

LISTEN = "127.0.0.1:9880"
DATA = Path("data/demo")
SCRIPTS = ("tour", "quiet", "storm", "ladder")
MARK = ".campus-demo"
"""Lies in every data folder that a demo made; only such a folder is ever emptied."""
LOG_TAIL = 12
ASK_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line asks for. `agent` is the program to start as the agent, ours when empty."""

    listen: str = LISTEN
    script: str = "tour"
    keep: bool = False
    data: Path = DATA
    lang: str = ""
    agent: tuple[str, ...] = ()


class Stop(Exception):
    """The demo cannot go on: what to say, and the exit code."""

    def __init__(self, code: int, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.code = code


def demo(wanted: Wanted) -> int:
    """Run until Ctrl-C; 0 then. 1 when something does not come up, 2 for a mistake of the caller."""
    words = catalogue(language(wanted.lang))
    try:
        with contextlib.ExitStack() as stack:
            return _run(wanted, words, stack)
    except Stop as stop:
        print(stop, file=sys.stderr)
        return stop.code


def _run(wanted: Wanted, words: Catalogue, stack: contextlib.ExitStack) -> int:
    script = _script_text(wanted.script, words)
    web = stack.enter_context(_listening(wanted.listen, words))
    data = stack.enter_context(_data_folder(wanted, words))
    lab, reason = _lab()
    if lab is not None:
        stack.enter_context(lab)
    inventory = _inventory(data, loopback=lab is None)
    steps = _steps(script, wanted.script, inventory, words)
    log = stack.enter_context((data / "agent.log").open("ab"))
    stage = _Stage(wanted, words, web, data, lab, reason, inventory, steps, log)
    return asyncio.run(stage.run())


def _script_text(script: str, words: Catalogue) -> str:
    """The text of a shipped script or a file; nothing yet for `-`."""
    if script == "-":
        return ""
    try:
        if script in SCRIPTS:
            return (files("agent.simulator") / "scripts" / f"{script}.script").read_text("utf-8")
        return Path(script).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(2, words.say("demo.error.script", script=script, reason=str(error))) from error


def _steps(text: str, source: str, inventory: Inventory, words: Catalogue) -> tuple[Step, ...]:
    try:
        return parse(text, source, inventory.devices)
    except ScriptError as error:
        raise Stop(2, *(tell_with_place(words, mistake) for mistake in error.mistakes)) from error


def _listening(listen: str, words: Catalogue) -> socket.socket:
    """The web socket, made here in the machine's own network: a socket stays in the namespace it was born in."""
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise Stop(2, words.say("demo.error.address", listen=listen))
    host = host.strip("[]")
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, int(port)))
        sock.listen(128)
    except OSError as error:
        sock.close()
        raise Stop(1, words.say("demo.error.listen", listen=listen, reason=error.strerror)) from error
    return sock


@contextlib.contextmanager
def _data_folder(wanted: Wanted, words: Catalogue) -> Iterator[Path]:
    """The folder, emptied unless kept, and locked for this demo."""
    data = wanted.data
    mark = data / MARK
    if data.exists() and not mark.exists() and not wanted.keep and any(data.iterdir()):
        raise Stop(2, words.say("demo.error.data", data=str(data)))
    data.mkdir(parents=True, exist_ok=True)
    with mark.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Stop(1, words.say("demo.error.busy", data=str(data))) from error
        if not wanted.keep:
            _empty(data)
        yield data


def _empty(data: Path) -> None:
    for entry in data.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != MARK:
            entry.unlink()


def _lab() -> tuple[Lab | None, str]:
    """A network of our own, or why there is none."""
    try:
        return Lab.open(), ""
    except NoLab as error:
        return None, str(error)


def _inventory(data: Path, loopback: bool) -> Inventory:
    """The shipped inventory; on loopback its variant, kept in the data folder for the reader to see."""
    path = Path(str(files("agent") / "inventory.yaml"))
    if loopback:
        low = _may_listen(socket.SOCK_DGRAM, SNMP_PORTS[0]) and all(
            _may_listen(socket.SOCK_STREAM, port) for port in LOW_PORTS
        )
        variant = on_loopback(path.read_text("utf-8"), SNMP_PORTS[0] if low else SNMP_PORTS[1], low)
        path = data / "inventory.yaml"
        path.write_text(variant, "utf-8")
    loaded = load_inventory(path)
    if loaded.value is None or loaded.errors:
        raise Stop(2, *loaded.render())
    return loaded.value


def _may_listen(kind: int, port: int) -> bool:
    """Whether it may, and nobody else does."""
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.18.0.1", port))
        except OSError:
            return False
    return True


@dataclass(slots=True)
class _Stage:
    """Everything that is ready before the show begins."""

    wanted: Wanted
    words: Catalogue
    web: socket.socket
    data: Path
    lab: Lab | None
    reason: str
    inventory: Inventory
    steps: tuple[Step, ...]
    log: IO[bytes]

    async def run(self) -> int:
        plan = plan_of(self.inventory, loopback=self.lab is None)
        console = standard([*GRAMMAR, "expect", "help", "list", "quit", *self.inventory.devices])
        show = Show(
            plan=plan, words=self.words, clock=SystemClock(), console=console, lab=self.lab,
            start_agent=self._start_agent, tickets=self._tickets, device=self._device, steps=self.steps,
            log=str(self.log.name), midnight_seconds=self._midnight_seconds(), from_input=self.wanted.script == "-",
        )  # fmt: skip
        task = asyncio.ensure_future(self._perform(show, console.terminal))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        try:
            await task
        except asyncio.CancelledError:
            pass  # Ctrl-C is how a demo ends
        except (ShowFailed, OSError) as error:
            raise Stop(1, str(error), *self._log_tail()) from error
        finally:
            await show.close()
            console.close()
        print("\n" + self.words.say("demo.stopped", data=str(self.data)), flush=True)
        return 0

    async def _perform(self, show: Show, terminal: bool) -> None:
        await show.start()
        self._introduce(sum(not box.id.startswith("@") for box in show.plan.boxes), terminal)
        await show.play()

    def _introduce(self, count: int, terminal: bool) -> None:
        say, data = self.words.say, str(self.data)
        mode = say("demo.mode.lab") if self.lab else say("demo.mode.loopback", reason=self.reason)
        kind = self.wanted.script if self.wanted.script in SCRIPTS else "file"
        ahead = say(f"demo.next.{kind}", data=data, script=self.wanted.script, count=len(self.steps))
        hint = say("demo.console", example="cam-gate") if terminal else say("demo.stop_hint")
        lines = (
            say("demo.title", count=count), mode, say("demo.page", url=self._url()), say("demo.data", data=data),
            say("demo.log", log=self.log.name), "", ahead, "", hint,
        )  # fmt: skip
        print("\n".join(lines), flush=True)

    def _url(self) -> str:
        host, port = self.web.getsockname()[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    async def _start_agent(self) -> Child:
        fd = self.web.fileno()
        argv = [
            *(self.wanted.agent or python("agent.cli.demo")), "--fd", str(fd), "--inventory", self.inventory.file,
            "--data", str(self.data), "--listen", self.wanted.listen, "--lang", self.words.lang,
        ]  # fmt: skip
        return await Child.start(argv, self.lab, "agent", pass_fds=[fd], log=self.log)

    async def _tickets(self) -> Sequence[Mapping[str, Any]]:
        """The agent's tickets as everybody may read them. Raises OSError."""
        items: Sequence[Mapping[str, Any]] = (await asyncio.to_thread(_ask, self._url() + "api/v1/tickets")).get(
            "items", ()
        )
        return items

    async def _device(self, device: str) -> Mapping[str, Any]:
        """One device as everybody may read it. Raises OSError."""
        return await asyncio.to_thread(_ask, f"{self._url()}api/v1/devices/{device}")

    def _midnight_seconds(self) -> float:
        now = datetime.fromtimestamp(SystemClock().now() / 1000, ZoneInfo(self.inventory.site.timezone))
        return now.hour * 3600 + now.minute * 60 + now.second + now.microsecond / 1e6

    def _log_tail(self) -> list[str]:
        return Path(self.log.name).read_text("utf-8", "replace").splitlines()[-LOG_TAIL:]


def _ask(url: str) -> Mapping[str, Any]:
    """A document. Raises OSError."""
    try:
        with urllib.request.urlopen(url, timeout=ASK_SECONDS) as answer:
            document = json.load(answer)
        return document if isinstance(document, dict) else {}
    except ValueError as error:
        raise OSError(str(error)) from error


def main(argv: Sequence[str] | None = None) -> int:
    """The agent inside the namespace, with the web socket that was made outside."""
    from agent.app import Options
    from agent.start import serve

    parser = argparse.ArgumentParser(prog="python -m agent.cli.demo")
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--inventory", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--listen", required=True)
    parser.add_argument("--lang", required=True)
    args = parser.parse_args(argv)
    web = socket.socket(fileno=args.fd)
    return serve(Options(inventory=args.inventory, data=args.data, listen=args.listen, lang=args.lang, sockets=(web,)))


if __name__ == "__main__":
    sys.exit(main())
