"""An event loop whose clock jumps to the next timer: a day of the agent's life in a second of ours."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

from agent.model import Ms

T = TypeVar("T")


class _Jumping(selectors.DefaultSelector):
    """Waits for nobody: where nothing is ready, the loop's clock moves on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("nothing will ever happen: the scenario hangs")
        if not ready and timeout:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` is virtual; everything else is asyncio's own."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def leap(self, seconds: float) -> None:
        """Time goes on while nothing runs: a stopped process, a blocked loop."""
        self._jumping.now += seconds


class VirtualClock:
    """The agent's clock on a virtual loop; `step` moves the wall clock alone, as NTP or a person does."""

    def __init__(self, loop: VirtualLoop, start: Ms) -> None:
        self._loop, self._start = loop, start
        self.step = 0
        self.steered: bool | None = None

    def now(self) -> Ms:
        return self._start + self.step + round(self._loop.time() * 1000)

    def mono(self) -> float:
        return self._loop.time()

    def synchronised(self) -> bool | None:
        return self.steered

    def boot(self) -> str:
        return "virtual"


class Inline(Executor):
    """Does what a thread would, at once: virtual time must not run on while a real thread works."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - a future carries whatever was raised
            future.set_exception(error)
        return future
