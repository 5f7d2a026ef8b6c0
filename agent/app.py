"""The composition root: the only file that knows every part. Builds the agent, runs it, takes it down."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent import __version__, control
from agent.alerting.engine import Removal
from agent.alerting.frame import Frame
from agent.clock import Clock, SystemClock
from agent.config import Loaded, Problem
from agent.config.agentfile import LISTEN, Endpoint
from agent.documents import Document
from agent.inventory import difference
from agent.inventory.difference import Difference
from agent.inventory.setting import NoInventory, Setting, frame_of, load_setting
from agent.locale import catalogue
from agent.logs import SPAN, Folding
from agent.logs import set_up as set_up_log
from agent.memory import Memory
from agent.metrics import Exposition, Own
from agent.model import Target
from agent.monitor import Monitor
from agent.notify import Notifier
from agent.probes import PROBES
from agent.probes.base import Hooks, Kind, Prober
from agent.requests import Requests
from agent.scheduler import Scheduler
from agent.store import (
    AlreadyRunning,
    Batch,
    DamagedDatabase,
    DataDirectory,
    Lock,
    Store,
    StoreError,
    Writer,
    open_store,
)
from agent.tallies import Tallies
from agent.view import View
from agent.web import make_app
from agent.web.server import serving

_log = logging.getLogger(__name__)

REPEAT_MS = 30 * 86_400_000
"""How far back past faults matter: the longest repeat window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says; None where it says nothing. sockets: already listening, handed in by a parent."""

    inventory: Path | None = None
    config: Path | None = None
    data: Path | None = None
    listen: str | None = None
    lang: str = "zh"
    sockets: tuple[socket.socket, ...] = ()


class CannotListen(Exception):
    """The page has no address: where it was wanted, and what the system says."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why = where, why


def serve(options: Options) -> int:
    """Run the agent until it is told to stop. 0 stopped, 1 failed, 2 wrong files or usage, 3 data damaged."""
    words = catalogue(options.lang)
    try:
        loaded = load_setting(options.config, options.inventory)
    except NoInventory:
        return _fail(2, words.say("app.no_inventory"))
    for problem in loaded.problems:
        print(problem.render(options.lang), file=sys.stderr)
    if loaded.value is None:
        return _fail(2, words.say("app.not_started", count=len(loaded.errors)))
    setting = loaded.value
    folding = set_up_log(setting.agent.log.level, setting.agent.log.format)
    try:
        directory = DataDirectory(options.data or default_data())
    except OSError as error:
        return _fail(1, words.say("app.no_data", data=str(options.data or default_data()), why=error.strerror))
    clock = SystemClock()
    try:
        with directory.lock(since=clock.now()) as lock:
            return _with_store(options, setting, lock, clock, folding)
    except AlreadyRunning as error:
        return _fail(1, words.say("app.already_running", data=str(directory.path), pid=error.pid))
    except DamagedDatabase as error:
        return _fail(3, words.say("app.damaged", data=str(directory.database), why=str(error)))
    except StoreError as error:
        return _fail(1, words.say("app.no_store", data=str(directory.database), why=str(error)))
    except CannotListen as error:
        return _fail(1, words.say("app.cannot_listen", listen=error.where, why=error.why))


def default_data() -> Path:
    """`/var/lib/campus-agent` as a service (systemd says so in STATE_DIRECTORY), else `./data`."""
    return Path(os.environ.get("STATE_DIRECTORY", "").split(":")[0] or os.environ.get("CAMPUS_AGENT_DATA") or "data")


def _fail(code: int, message: str) -> int:
    print(message, file=sys.stderr)
    return code


def _with_store(options: Options, setting: Setting, lock: Lock, clock: Clock, folding: Folding) -> int:
    store = open_store(lock.directory.database)
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="writer") as executor:
            return asyncio.run(App(options, setting, lock, store, executor, clock, folding).run())
    finally:
        store.close()


@dataclass(slots=True)
class Reload:
    """How the last reading of the files went."""

    good: bool = True
    at: int = 0
    problems: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Change:
    """A new setting, ready to be put in force: nothing is left that a file could make fail."""

    setting: Setting
    frame: Frame
    found: Difference


class App:
    """One running agent."""

    def __init__(
        self,
        options: Options,
        setting: Setting,
        lock: Lock,
        store: Store,
        executor: ThreadPoolExecutor,
        clock: Clock,
        folding: Folding,
    ) -> None:
        self._options, self._setting, self._lock, self._store, self._clock = options, setting, lock, store, clock
        self._folding = folding
        self._failed: list[BaseException] = []
        self._stop = asyncio.Event()
        self._reading = asyncio.Lock()
        self._asked: asyncio.Task[None] | None = None
        self._tls: ssl.SSLContext | None = None
        self.reload_state = Reload(at=clock.now())
        self.own = Own()
        frame, memory = frame_of(setting), Memory()
        self.tallies = Tallies(setting.policy.contract)
        self.scheduler = Scheduler(PROBES, self._open_prober)
        self.writer = Writer(store, executor, self._committed, self._refused)
        self.monitor = Monitor(clock, frame, memory, self.scheduler, self.writer, self.tallies.observe)
        self.view = View(self.monitor)

    def _open_prober(self, kind: Kind) -> Prober:
        hooks = Hooks(
            clock=self._clock,
            sink=self.monitor.receive,
            missed=self.monitor.missed,
            rejected=self.own.rejected,
        )
        return kind.open(hooks)

    def _committed(self, batch: Batch) -> None:
        """Steps tell of themselves one by one; nothing is owed to the group."""

    def _refused(self, error: BaseException, batch: Batch) -> None:
        """Memory and disk have parted: stop, so that a new start replays the journal."""
        _log.critical("agent.stopping why=store_refused error=%s", error)
        self._failed.append(error)
        self._stop.set()

    # -- life

    async def run(self) -> int:
        """Live until a signal or a failure."""
        self._restore()
        async with AsyncExitStack() as stack:
            requests = Requests(self.view, self._store, self._status)
            await stack.enter_async_context(self._web(requests))
            await stack.enter_async_context(control.serve_control(self._lock, requests.answer))
            await stack.enter_async_context(self._looking())
            self._signals()
            self._unfold()
            _settle_memory()
            _log.info("agent.ready devices=%d targets=%d", len(self.monitor.frame.devices), len(self.scheduler))
            with Notifier().attended(self._ready, self._in_a_line):
                await self._stop.wait()
        return 1 if self._failed else 0

    def _restore(self) -> None:
        """Take up what the store remembers: open tickets, conditions, past faults, totals."""
        loaded = self._store.load()
        memory, frame = self.monitor.memory, self.monitor.frame
        past = self._store.recent_faults(self._clock.now() - REPEAT_MS)
        absorbed = memory.absorbed(loaded)
        memory.load(loaded, [self._store.journal(number) for number in absorbed], past, frame)
        self.monitor.published.update(memory.tickets)
        self.tallies.load(self._store)

    @asynccontextmanager
    async def _looking(self) -> AsyncIterator[None]:
        for target in self._setting.inventory.targets:
            self.scheduler.add(target)
        self.monitor.start()
        try:
            yield
        finally:
            self.monitor.stop()
            await self.scheduler.close()
            await self.writer.close()

    @asynccontextmanager
    async def _web(self, requests: Requests) -> AsyncIterator[None]:
        exposition = Exposition(self.view, self.tallies, self.own, self.writer, lambda: self.reload_state.good)
        app = make_app(
            self.view,
            exposition,
            requests.journal,
            requests.look,
            self._ready,
            writable=lambda: self.writer.writable,
            reload_good=lambda: self.reload_state.good,
            site=lambda: self._setting.inventory.site.name,
            reload=self.reload,
            may_reload=lambda: self._setting.agent.web.reload,
            users=lambda: self._setting.web.basic_auth_users,
        )
        sockets = list(self._options.sockets) or [listen(self._options.listen, self._setting.agent.listen)]
        host, port = sockets[0].getsockname()[:2]
        self._lock.note(f"{host}:{port}")
        tls = self._setting.web.tls_server_config
        self._tls = tls.context() if tls is not None else None
        async with serving(app, sockets, self._tls):
            _log.info("web.listening url=%s://%s:%d/", "http" if tls is None else "https", host, port)
            yield

    def _signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)

    def _unfold(self) -> None:
        """A folded kind of line may never come again: what was kept back is told in time."""
        self._folding.unfold(self._clock.now() / 1000)
        asyncio.get_running_loop().call_later(SPAN, self._unfold)

    def _ready(self) -> tuple[bool, str]:
        """Whether every part runs: the tick beats and the writer has not stopped."""
        late = asyncio.get_running_loop().time() - self.monitor.beat_at
        if late > 10.0:
            return False, f"tick {late:.0f} s old"
        return (False, "store stopped") if self.writer.stopped else (True, "")

    def _in_a_line(self) -> str:
        """For `systemctl status`."""
        blind = " blind" if self.monitor.memory.blind_since is not None else ""
        saved = "" if self.writer.writable else " database not writable"
        tickets = len(self.view.tickets())
        return f"targets {len(self.scheduler)}, open tickets {tickets}{blind}{saved}"

    def _status(self) -> Document:
        ready, why = self._ready()
        return {
            "version": __version__,
            "pid": os.getpid(),
            "since": self._lock.since,
            "timezone": self._setting.inventory.site.timezone,
            "ready": ready,
            "why": why,
            "devices": sum(1 for _ in self.view.devices()),
            "targets": len(self.scheduler),
            "blind": self.monitor.memory.blind_since is not None,
            "store_writable": self.writer.writable,
            "store_pending": self.writer.pending_entries,
            "reload_good": self.reload_state.good,
            "reload_problems": list(self.reload_state.problems),
        }

    # -- reload

    def _hang_up(self) -> None:
        """One reading that has not begun yet serves all who ask for one until then."""
        if self._asked is None:
            self._asked = asyncio.create_task(self._reload_for_signal(), name="reload")

    async def _reload_for_signal(self) -> None:
        async with self._reading:
            self._asked = None
            try:
                await self._reload()
            except Exception:
                _log.exception("reload.broke")

    async def reload(self) -> Loaded[Setting]:
        """Read the files again; a mistake keeps the old setting as a whole. One reading at a time, as they are asked."""
        async with self._reading:
            return await self._reload()

    async def _reload(self) -> Loaded[Setting]:
        self.reload_state = Reload(good=False, at=self._clock.now(), problems=("internal",))
        try:
            loaded, change = await asyncio.to_thread(self._read_again)
        except NoInventory:
            missing = Problem(file="", line=0, path="", key="app.no_inventory")
            loaded, change = Loaded(value=None, problems=(missing,)), None
        problems = tuple(problem.render(self._options.lang) for problem in loaded.problems)
        for line in problems:
            _log.warning("reload.problem %s", line)
        if change is None:
            _log.error("reload.failed problems=%d", len(loaded.errors))
        else:
            self._change_to(change)
        self.reload_state = Reload(good=change is not None, at=self._clock.now(), problems=problems)
        return loaded

    def _read_again(self) -> tuple[Loaded[Setting], Change | None]:
        """The files, and whatever of them can fail already done: beside the loop, which goes on meanwhile."""
        loaded = load_setting(self._options.config, self._options.inventory)
        if loaded.value is None:
            return loaded, None
        found = difference(self._setting.inventory, loaded.value.inventory)
        return loaded, Change(loaded.value, frame_of(loaded.value), found)

    def _change_to(self, change: Change) -> None:
        """What is new starts, what is gone stops, what changed changes; the rest never misses a beat."""
        found, before, self._setting = change.found, self._setting, change.setting
        for target in found.targets.removed:
            self.scheduler.remove(target)
        devices = tuple(device.id for device in found.devices.removed)
        probes = tuple(target.key for target in found.targets.removed if target.device not in devices)
        self.monitor.reload(change.frame, Removal(devices=devices, probes=probes))
        for target in found.targets.added:
            self.scheduler.add(target)
        for _, target in found.targets.changed:
            self.scheduler.change(target)
        _log.info("reload.done %s", _counts(found.targets.added, found.targets.removed, found.targets.changed))
        self._change_around(before)

    def _change_around(self, before: Setting) -> None:
        """What is not looked at: the log, the certificate; and what only a new start can change."""
        now = self._setting
        logging.getLogger().setLevel(now.agent.log.level.upper())
        tls, was = now.web.tls_server_config, before.web.tls_server_config
        if self._tls is not None and tls is not None:
            tls.certify(self._tls)
        late = {
            "listen": now.agent.listen != before.agent.listen and not self._options.listen,
            "log.format": now.agent.log.format != before.agent.log.format,
            "tls": (tls is None) != (was is None),
        }
        for name in (name for name, changed in late.items() if changed):
            _log.warning("reload.needs_restart what=%s", name)


def _counts(added: tuple[Target, ...], removed: tuple[Target, ...], changed: tuple[object, ...]) -> str:
    return f"added={len(added)} removed={len(removed)} changed={len(changed)}"


def _settle_memory() -> None:
    """What was built at start stays: the collector need not walk 20,000 devices again and again.

    Readings come and go by the hundred a second and form no circles; a young generation of 700 would be collected for
    each tick of the scheduler.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def listen(asked: str | None, configured: Endpoint) -> socket.socket:
    """A listening socket. Raises CannotListen."""
    try:
        endpoint = Endpoint.parse(asked) if asked else configured or LISTEN
    except ValueError:
        raise CannotListen(asked or "", "ADDR:PORT?") from None
    family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((endpoint.host, endpoint.port))
        made.listen(128)
    except OSError as error:
        made.close()
        raise CannotListen(str(endpoint), error.strerror or str(error)) from error
    return made
