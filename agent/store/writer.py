"""Group commit: what queues while one transaction is written goes into the next one together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

from agent.store.errors import DiskFull, Unavailable
from agent.store.rows import Batch
from agent.store.store import Store

GROUP = 500
"""Journal lines in one transaction at most (one step is never divided): after a full disk, small groups fit first."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds before the first repeat of a group that could not be written, doubled up to the longest."""

SILENCE = 20.0
"""Seconds without an answer after which the database is called not writable; the write is waited for all the same."""

MOST = 200_000
"""Rows that may wait in memory (1.4 KB each, 270 MB in all): 25,000 outages that open and end before any is written."""

FOLD = 1000
"""Steps more than after the last folding before those that wait are folded again."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Step:
    batch: Batch
    done: tuple[Callable[[], None], ...]

    @property
    def stands_alone(self) -> bool:
        """Whether it says something that no later step replaces."""
        return bool(self.batch.events or self.batch.requests or self.batch.bookings)


class Writer:
    """Takes batches from the loop, writes them in the executor's thread, in the order they came, dropping none.

    on_committed: called on the loop with each group that is on the disk, before the `done` of its steps.
    on_error: called on the loop when the store refuses a group for good (Refused, DamagedDatabase, or a bug). The
    steps before the refused one are written; it and those behind it are not, and the writer has stopped: state in
    memory and on the disk have parted, and only a new start, which replays the journal, brings them together.
    It is called as well, and the writer goes on, for an error that `on_committed` or a `done` raised.
    What is Unavailable (disk full, locked, no server) is tried again for as long as it takes, and a write that is not
    answered is waited for; `writable` is False meanwhile. What waits then is bounded: rows that replace one another are
    kept once, and from `most` rows on `full` asks the owner to put no more; what is put all the same is kept.
    """

    def __init__(
        self,
        store: Store,
        executor: Executor,
        on_committed: Callable[[Batch], None],
        on_error: Callable[[BaseException, Batch], None],
        most: int = MOST,
    ) -> None:
        self._store = store
        self._executor = executor
        self.most = most
        self._on_committed = on_committed
        self._on_error = on_error
        self._steps: deque[_Step] = deque()
        self._task: asyncio.Task[None] | None = None
        self._rows = self._lines = self._under_way = 0
        self._asked_at: float | None = None
        self._fold_at = FOLD
        self.writable = True
        self.full = False
        self.stopped = False
        self.last_error: BaseException | None = None

    @property
    def pending(self) -> int:
        """Steps put and not yet on the disk."""
        return len(self._steps)

    @property
    def pending_entries(self) -> int:
        """Journal lines put and not yet on the disk."""
        return self._lines

    @property
    def pending_rows(self) -> int:
        """Rows put and not yet on the disk."""
        return self._rows

    @property
    def hangs(self) -> bool:
        """Whether the database has not answered the write under way for longer than `SILENCE`."""
        return self._asked_at is not None and asyncio.get_running_loop().time() - self._asked_at > SILENCE

    @property
    def reserve_bytes(self) -> int | None:
        """What is set aside for a full disk; None where the store has no disk of ours."""
        return None if self._store.reserve is None else self._store.reserve.size

    def put(self, batch: Batch, done: Callable[[], None] | None = None) -> None:
        """Queue `batch`; `done` is called on the loop once it is on the disk. From the loop only; never waits."""
        self._steps.append(_Step(batch, () if done is None else (done,)))
        self._count(batch, 1)
        if len(self._steps) >= self._fold_at:
            self._fold()
        if self._task is None and not self.stopped:
            self._task = asyncio.get_running_loop().create_task(self._drain(), name="store-writer")

    def _count(self, batch: Batch, sign: int) -> None:
        self._rows += sign * batch.size
        self._lines += sign * len(batch.events)
        if self.full != (self._rows >= (self.most // 2 if self.full else self.most)):
            self.full = not self.full
            level = logging.CRITICAL if self.full else logging.WARNING
            _log.log(level, "store.%s rows=%d most=%d", "full" if self.full else "has_room", self._rows, self.most)

    def _fold(self) -> None:
        """Of the steps behind those being written, what only replaces rows goes into the step before it."""
        waiting = [self._steps.pop() for _ in range(len(self._steps) - self._under_way)]
        run: list[_Step] = []
        while waiting or run:
            if run and (not waiting or waiting[-1].stands_alone):
                self._steps.append(self._joined(run))
                run = []
            else:
                run.append(waiting.pop())
        self._fold_at = len(self._steps) + FOLD

    def _joined(self, run: list[_Step]) -> _Step:
        if len(run) == 1:
            return run[0]
        batch = Batch.merged(step.batch for step in run)
        for step in run:
            self._count(step.batch, -1)
        self._count(batch, 1)
        return _Step(batch, tuple(done for step in run for done in step.done))

    async def close(self, patience: float | None = 10.0) -> int:
        """Write what is queued, for at most `patience` seconds. Returns how many steps are left unwritten.

        One that was being written may still arrive: let the executor shut down before the store is closed.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self._task is not None:
                    await asyncio.wait([self._task])
        self.stopped = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        return self.pending

    async def _drain(self) -> None:
        try:
            while self._steps and not self.stopped:
                await self._write_group(self._group())
        finally:
            self._task = None

    def _group(self) -> list[_Step]:
        lines = 0

        def fits(step: _Step) -> bool:
            nonlocal lines
            first, lines = lines == 0, lines + len(step.batch.events)
            return first or lines <= GROUP

        return list(takewhile(fits, self._steps))

    async def _write_group(self, steps: list[_Step]) -> None:
        batch = Batch.merged(step.batch for step in steps)
        self._under_way = len(steps)
        error = await self._until_answered(batch)
        self._under_way = 0
        if error is None:
            self._committed(batch, steps)
        elif len(steps) == 1:
            self._stop(error, batch)
        else:
            await self._one_by_one(steps)

    async def _one_by_one(self, steps: list[_Step]) -> None:
        """One of them is refused; those before it are not to suffer for it."""
        for step in steps:
            if not self.stopped:
                await self._write_group([step])

    async def _until_answered(self, batch: Batch) -> Exception | None:
        """None once the batch is on the disk, or why it never will be."""
        pause, repeated = FIRST_PAUSE, False
        while True:
            error = await self._try(partial(self._store.write, batch, repeated=repeated))
            if not isinstance(error, Unavailable):
                return error
            if isinstance(error, DiskFull) and await self._made_room():
                repeated = True
                continue
            self._not_writable(error)
            await asyncio.sleep(pause)
            pause, repeated = min(pause * 2, LONGEST_PAUSE), True

    async def _made_room(self) -> bool:
        """Whether the store found some, so that a repeat is worth while at once."""
        made = await asyncio.get_running_loop().run_in_executor(self._executor, self._store.make_room)
        if made:
            _log.error("store.disk_full reserve=released pending=%d", self.pending)
        return made

    async def _try(self, write: Callable[[], None]) -> Exception | None:
        loop = asyncio.get_running_loop()
        silent = Unavailable(f"no answer for {SILENCE:.0f} s")
        impatience = loop.call_later(SILENCE, self._not_writable, silent)
        self._asked_at = loop.time()
        try:
            await loop.run_in_executor(self._executor, write)
        except Exception as error:  # noqa: BLE001 - handed on: every kind reaches `on_error`, only one is tried again
            return error
        finally:
            impatience.cancel()
            self._asked_at = None
        return None

    def _not_writable(self, error: Unavailable) -> None:
        if self.writable:
            _log.error("store.not_writable error=%s pending=%d", error, self.pending)
        self.writable, self.last_error = False, error

    def _committed(self, batch: Batch, steps: list[_Step]) -> None:
        if not self.writable:
            _log.warning("store.writable_again pending=%d", self.pending - len(steps))
        self.writable, self.last_error = True, None
        for step in steps:
            self._steps.popleft()
            self._count(step.batch, -1)
        self._fold_at = max(FOLD, min(self._fold_at, len(self._steps) + FOLD))
        self._tell(partial(self._on_committed, batch), batch)
        for step in steps:
            for done in step.done:
                self._tell(done, batch)

    def _tell(self, tell: Callable[[], None], batch: Batch) -> None:
        try:
            tell()
        except Exception as error:  # noqa: BLE001 - handed on to the owner
            # One who cannot hear it must not keep it from the others; what he was told of is on the disk.
            _log.exception("store.callback_failed")
            self._on_error(error, batch)

    def _stop(self, error: Exception, batch: Batch) -> None:
        _log.error("store.refused events=%d error=%s", len(batch.events), error, exc_info=error)
        self.writable, self.last_error, self.stopped = False, error, True
        self._on_error(error, batch)
