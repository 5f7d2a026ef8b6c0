"""Keeps the decoder's process: one picture at a time, killed when it hangs, started again when it has died."""

from __future__ import annotations

import asyncio
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress

from agent.probes.picture import decoder
from agent.probes.picture.decoder import ANSWER, COLUMNS, LARGEST, OK, READY, REQUEST, ROWS, Picture

START = 8.0
"""Seconds for the process to be ready; 0.2 on an idle machine."""
LIMIT = 8.0
"""Seconds for one picture, more than its CPU bound, as the machine may be busy."""
IDLE = 60.0
"""Seconds without a picture after which the process is ended and its memory given back."""
TRIES = 2
"""How often a picture is tried that finds the decoder dead: something else may have killed it."""
_SMALL_MAX = 1 << 20

_log = logging.getLogger(__name__)


class NoDecoder(Exception):
    """The decoder cannot be started on this machine: PyAV is absent, or no process may be made."""


class Decoder:
    """The door to it. Nothing runs before the first picture."""

    def __init__(self, *, limit: float = LIMIT, idle: float = IDLE, python: str = sys.executable) -> None:
        """limit: seconds for one picture.  idle: seconds after which it rests.  python: what runs it."""
        self._limit, self._idle, self._python = limit, idle, python
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._leaving: set[asyncio.Task[int]] = set()

    async def decode(self, codec: str, data: bytes, small: int = 0) -> Picture | None:
        """The picture; None where there is none that is whole, or it has cost the decoder its life.

        codec: `h264`, `hevc` (a key frame, Annex B) or `mjpeg` (a JPEG file).  small: width of the JPEG wanted, in
        pixels, 0 for none.  Raises NoDecoder.
        """
        if len(data) > LARGEST:
            return None
        async with self._turn:
            self._wake()
            request = REQUEST.pack(codec.encode(), small, len(data)) + data
            for _ in range(TRIES):
                try:
                    return await self._asked(request)
                except (BrokenPipeError, ConnectionResetError, EOFError):
                    _log.warning("picture.decoder_died codec=%s bytes=%d", codec, len(data))
                    await self._end()
                except TimeoutError:
                    _log.warning("picture.decoder_hung codec=%s bytes=%d", codec, len(data))
                    await self._end()
                    break
            return None

    async def _asked(self, request: bytes) -> Picture | None:
        process = await self._running()
        try:
            async with asyncio.timeout(self._limit):
                picture = await _exchange(process, request)
        except asyncio.CancelledError:
            await self._end()  # its answer would be taken for the next picture's
            raise
        self._timer = asyncio.get_running_loop().call_later(self._idle, self._rest)
        return picture

    async def close(self) -> None:
        """End the process."""
        self._wake()
        await self._end()

    async def _running(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                self._python, "-I", decoder.__file__, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}, cwd="/"
            )
            assert process.stdout is not None
            async with asyncio.timeout(START):
                if await process.stdout.readexactly(len(READY)) == READY:
                    return process
        except (OSError, EOFError) as error:
            _log.warning("picture.no_decoder error=%s", error)
        await self._end()
        raise NoDecoder

    def _wake(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rest(self) -> None:
        """Closing its input ends it."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            leaving = asyncio.create_task(process.wait())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _exchange(process: Process, request: bytes) -> Picture | None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(request)
    await process.stdin.drain()
    status, width, height, colour, size = ANSWER.unpack(await process.stdout.readexactly(ANSWER.size))
    if status != OK:
        return None
    if size > _SMALL_MAX:
        raise EOFError("an answer that makes no sense")
    luma = await process.stdout.readexactly(COLUMNS * ROWS)
    return Picture(width, height, colour, luma, await process.stdout.readexactly(size))
