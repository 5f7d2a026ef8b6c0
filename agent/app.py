"""The composition root: the only file that knows every part. Builds the agent, runs it, takes it down."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from agent import __version__, control
from agent.clock import Steady
from agent.config import Loaded
from agent.documents import Document
from agent.inventory.setting import Setting, frame_of, load_setting
from agent.logs import SPAN, Folding
from agent.memory import Memory
from agent.metrics import Exposition, Own
from agent.monitor import Monitor
from agent.notify import Notifier
from agent.probes import PROBES
from agent.probes.base import Hooks, Kind, Prober
from agent.probes.picture.keep import Album
from agent.probes.picture.rights import keeping
from agent.probes.picture.tending import tended
from agent.probes.picture.viewer import Viewer
from agent.probes.resolve import Resolver
from agent.process import settle_memory
from agent.reload import Reloader
from agent.remembered import Remembered
from agent.requests import Requests
from agent.scheduler import Scheduler
from agent.store import (
    Batch,
    Lock,
    Store,
    Writer,
)
from agent.store.database import is_url
from agent.store.rounds import Rounds
from agent.tallies import Tallies
from agent.traps.hearing import Hearing
from agent.view import View
from agent.web import make_app
from agent.web.server import CannotListen, listen, serving

_log = logging.getLogger(__name__)

_DAY = 86_400.0

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


class App:
    """One running agent."""

    def __init__(
        self,
        options: Options,
        setting: Setting,
        lock: Lock,
        store: Store,
        executor: ThreadPoolExecutor,
        clock: Steady,
        folding: Folding,
    ) -> None:
        self._options, self._lock, self._store, self._clock = options, lock, store, clock
        self._folding = folding
        self.failed: list[BaseException] = []
        self._stop = asyncio.Event()
        self._resolver = Resolver()
        self._album = Album(lock.directory.pictures)
        self._viewer = Viewer(album=self._album)
        self._tls: ssl.SSLContext | None = None
        self._traps: Hearing | None = None
        self.own = Own()
        frame, memory = frame_of(setting), Memory()
        self.tallies = Tallies(setting.policy.contract)
        self.scheduler = Scheduler(PROBES, self._open_prober)
        self.writer = Writer(store, executor, self._committed, self._refused)
        self._remembered = Remembered(self.writer.put)
        self.monitor = Monitor(clock, frame, memory, self.scheduler, self.writer, self.tallies.observe)
        self.view = View(self.monitor)
        files = not is_url(store.where)
        self.rounds = Rounds(lock.directory, store.reserve, clock, self._zone, self._quiet, copies=files)
        self.reloader = Reloader(setting, self._read_files, self.monitor, clock, self._changed, options.lang)

    def _open_prober(self, kind: Kind) -> Prober:
        hooks = Hooks(
            clock=self._clock,
            sink=self.monitor.receive,
            missed=self.monitor.missed,
            rejected=self.own.rejected,
            resolver=self._resolver,
            logins=self._remembered.logins,
            identities=self._remembered.identities,
            viewer=self._viewer,
            profiles=Path(self.reloader.setting.inventory.file).parent / "profiles",
        )
        return kind.open(hooks)

    def _keeping(self) -> frozenset[str]:
        return keeping(self.reloader.setting.inventory.targets)

    def _zone(self) -> tzinfo:
        return self.reloader.setting.inventory.site.zone

    def _quiet(self) -> bool:
        """Whether the store may be kept busy with something else."""
        return self.writer.writable and not self.writer.pending

    def _committed(self, batch: Batch) -> None:
        """Steps tell of themselves one by one; nothing is owed to the group."""

    def _refused(self, error: BaseException, batch: Batch) -> None:
        """Memory and disk have parted: stop, so that a new start replays the journal."""
        _log.critical("agent.stopping why=store_refused error=%s", error)
        self.failed.append(error)
        self._stop.set()

    # -- life

    async def run(self) -> None:
        """Live until a signal or a failure; what failed is in `failed`."""
        self._restore()
        async with AsyncExitStack() as stack:
            requests = Requests(self.view, self._store, self._status)
            await stack.enter_async_context(self._web(requests))
            await stack.enter_async_context(control.serve_control(self._lock, requests.answer))
            await stack.enter_async_context(self._looking())
            await stack.enter_async_context(self.rounds.walked())
            await stack.enter_async_context(tended(self._album, self._clock, self._keeping))
            await stack.enter_async_context(self._hearing())
            self._signals()
            self._unfold()
            self._mind_calendar()
            settle_memory(asyncio.get_running_loop())
            _log.info("agent.ready devices=%d targets=%d", len(self.monitor.frame.devices), len(self.scheduler))
            with Notifier().attended(self._alive, self._in_a_line):
                await self._stop.wait()

    def _restore(self) -> None:
        """Take up what the store remembers: open tickets, conditions, past faults, totals."""
        loaded = self._store.load()
        last = loaded.meta.get("clock")
        self._clock.resume(last if isinstance(last, dict) else None)
        self.monitor.since.update(self._remembered.load(loaded, self.reloader.setting))
        memory, frame = self.monitor.memory, self.monitor.frame
        past = self._store.recent_faults(self._clock.now() - REPEAT_MS)
        memory.load(loaded, memory.absorbed(loaded, self._store.journal), past, frame)
        self.monitor.published.update(memory.tickets)
        self.tallies.load(self._store)

    @asynccontextmanager
    async def _looking(self) -> AsyncIterator[None]:
        for target in self.reloader.setting.inventory.targets:
            self.scheduler.add(target)
        self.monitor.start()
        try:
            yield
        finally:
            self.monitor.stop()
            await self.scheduler.close()
            await self._viewer.close()
            await self.writer.close()

    @asynccontextmanager
    async def _web(self, requests: Requests) -> AsyncIterator[None]:
        exposition = Exposition(self.view, self.tallies, self.own, self.writer, lambda: self.reloader.last.good)
        app = make_app(
            self.view,
            exposition,
            requests.journal,
            requests.look,
            self._ready,
            writable=lambda: self.writer.writable,
            full=lambda: self.writer.full,
            roomy=lambda: self.rounds.roomy,
            reload_good=lambda: self.reloader.last.good,
            site=lambda: self.reloader.setting.inventory.site.name,
            reload=self.reloader.reload,
            may_reload=lambda: self.reloader.setting.agent.web.reload,
            users=lambda: self.reloader.setting.web.basic_auth_users,
            album=self._album,
        )
        sockets = list(self._options.sockets) or [listen(self._options.listen, self.reloader.setting.agent.listen)]
        host, port = sockets[0].getsockname()[:2]
        self._lock.note(f"{host}:{port}")
        tls = self.reloader.setting.web.tls_server_config
        self._tls = tls.context() if tls is not None else None
        async with serving(app, sockets, self._tls):
            _log.info("web.listening url=%s://%s:%d/", "http" if tls is None else "https", host, port)
            yield

    @asynccontextmanager
    async def _hearing(self) -> AsyncIterator[None]:
        """Traps, where the configuration asks for them: each makes the agent look, and nothing else."""
        where = self.reloader.setting.agent.traps.listen
        if where is None:
            yield
            return
        targets = self.reloader.setting.inventory.targets
        try:
            hearing = Hearing(where.host, where.port, targets, self._engine_id, self._clock.mono, self._look_at)
        except OSError as error:
            raise CannotListen(f"{where}/udp", error.strerror or str(error)) from error
        self._traps = self.own.traps = hearing
        _log.info("traps.listening at=%s", where)
        try:
            yield
        finally:
            hearing.close()

    def _engine_id(self, device: str) -> str:
        """A device's SNMP engine as its last poll found it, hex."""
        reading = self.monitor.looks.get((device, "snmp"))
        return str(reading.facts.get("engine_id", "")) if reading else ""

    def _look_at(self, device: str) -> None:
        """A trap came: what is under way just now may have been asked before it happened, so that is asked twice."""
        for probe in self.monitor.frame.probes.get(device, ()):
            if not self.scheduler.look_now(device, probe):
                asyncio.get_running_loop().call_later(1.0, self.scheduler.look_now, device, probe)

    def _signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.reloader.hang_up)

    def _unfold(self) -> None:
        """A folded kind of line may never come again: what was kept back is told in time."""
        self._folding.unfold(self._clock.now() / 1000)
        asyncio.get_running_loop().call_later(SPAN, self._unfold)

    def _mind_calendar(self) -> None:
        """Once a day, from `AHEAD` days before the known holidays end."""
        if self.view.calendar_ends() is not None:
            _log.warning("calendar.ends valid_until=%s", self.monitor.frame.calendar.valid_until)
        asyncio.get_running_loop().call_later(_DAY, self._mind_calendar)

    def _ready(self) -> tuple[bool, str]:
        """Whether every part works; where one does not, a new start need not help."""
        if self.writer.hangs:
            return False, "the database does not answer"
        if self.monitor.hearing.mute:
            return False, f"no look says anything: {', '.join(self.monitor.hearing.mute)}"
        return self._alive()

    def _alive(self) -> tuple[bool, str]:
        """Whether every part runs, for the watchdog: the tick beats and the writer has not stopped."""
        late = asyncio.get_running_loop().time() - self.monitor.beat_at
        if late > 10.0:
            return False, f"tick {late:.0f} s old"
        overdue = self.scheduler.overdue(asyncio.get_running_loop().time())
        if overdue > 2 * self.scheduler.pace:
            return False, f"looks {overdue:.0f} s overdue"
        if self.monitor.deaf:
            return False, "no look ends"
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
            "timezone": self.reloader.setting.inventory.site.timezone,
            "ready": ready,
            "why": why,
            "devices": sum(1 for _ in self.view.devices()),
            "targets": len(self.scheduler),
            "blind": self.monitor.memory.blind_since is not None,
            "clock_sure": self._clock.sure,
            "store_writable": self.writer.writable,
            "store_pending": self.writer.pending_entries,
            "store_roomy": self.rounds.roomy,
            "copy_failed": self.rounds.failed or None,
            "reload_good": self.reloader.last.good,
            "reload_problems": list(self.reloader.last.problems),
        }

    # -- reload

    def _read_files(self) -> Loaded[Setting]:
        return load_setting(self._options.config, self._options.inventory)

    def _changed(self, before: Setting, now: Setting) -> None:
        """What is neither looked at nor judged: the log, the certificate; and what only a new start can change."""
        logging.getLogger().setLevel(now.agent.log.level.upper())
        tls, was = now.web.tls_server_config, before.web.tls_server_config
        if self._tls is not None and tls is not None:
            tls.certify(self._tls)
        self._remembered.reloaded(before, now)
        self._album.purge(self._clock.now(), keeping(now.inventory.targets))
        if self._traps is not None:
            self._traps.teach(now.inventory.targets)
        late = {
            "traps.listen": now.agent.traps != before.agent.traps,
            "listen": now.agent.listen != before.agent.listen and not self._options.listen,
            "database": now.agent.database != before.agent.database,
            "log.format": now.agent.log.format != before.agent.log.format,
            "histograms": not self.tallies.fits(now.policy.contract),
            "tls_server_config": (tls is None) != (was is None),
        }
        for name in (name for name, changed in late.items() if changed):
            _log.warning("reload.needs_restart what=%s", name)
