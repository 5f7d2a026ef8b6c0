"""What the process asks of its system and of its interpreter: open files, the garbage collector."""

from __future__ import annotations

import asyncio
import gc
import resource

SETTLED = 15.0
"""Seconds after the start by which every target has been looked at once."""

_YOUNG = (10_000, 20, 50)
"""Readings come and go by the hundred a second and form no circles: with Python's own 700 the young generation would
be collected for each tick of the scheduler; with 20,000 one collection took 34 ms beside 20,000 devices."""


def raise_file_limit() -> None:
    """As many open files as the system allows this process: a probe's session is one, 1,024 are soon spent."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def settle_memory(loop: asyncio.AbstractEventLoop) -> None:
    """What was built at start stays: the collector need not walk 20,000 devices again and again.

    The first look at each target builds as much again; without the second time one collection takes 84 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_YOUNG)
    loop.call_later(SETTLED, gc.freeze)
