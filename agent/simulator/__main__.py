"""`python -m agent.simulator [--lang zh|en] PLAN`: the campus of a plan (JSON) as a process.

Fault lines come on standard input, what they did goes to standard output; the first line says that all devices answer.
Ends with the end of its input or SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from agent.clock import Clock, SystemClock
from agent.locale import Catalogue, catalogue, language
from agent.simulator.campus import Campus, Refused
from agent.simulator.expect import Expect
from agent.simulator.plan import from_json
from agent.simulator.script import Fault, ScriptError, parse_now
from agent.simulator.wire import Wire
from agent.simulator.words import tell

NAMED = 6
"""Devices named in a line before it only counts them."""


class Simulator:
    """Takes lines, throws faults, tells."""

    def __init__(self, campus: Campus, words: Catalogue, clock: Clock) -> None:
        self._campus, self._words, self._clock = campus, words, clock
        self._wire = Wire(campus, clock)
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Until the input ends or SIGTERM comes. Raises OSError when a port is taken."""
        loop = asyncio.get_running_loop()
        lines = await _standard_input()
        await self._wire.follow()
        self._say("demo.campus.ready", count=len(self._campus.boxes))
        clock = loop.create_task(self._keep_time())
        reader = loop.create_task(self._take(lines))
        loop.add_signal_handler(signal.SIGTERM, reader.cancel)
        loop.add_signal_handler(signal.SIGINT, reader.cancel)
        try:
            await asyncio.wait({clock, reader}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (clock, reader):
                task.cancel()
            self._wire.close()
        for end in await asyncio.gather(clock, reader, return_exceptions=True):
            if isinstance(end, Exception):
                raise end

    async def _take(self, lines: asyncio.StreamReader) -> None:
        while line := await lines.readline():
            await self._line(line.decode("utf-8", "replace"))

    async def _line(self, line: str) -> None:
        if line.strip() == "list":
            self._list()
            return
        try:
            fault = parse_now(line, "stdin", self._campus.boxes)
        except ScriptError as error:
            for mistake in error.mistakes:
                print(tell(self._words, mistake), flush=True)
            return
        if isinstance(fault, Fault):
            await self._throw(fault, " ".join(line.split()))
        elif isinstance(fault, Expect):
            self._say("demo.campus.not_ours", verb="expect")

    async def _throw(self, fault: Fault, line: str) -> None:
        before = self._reachable()
        try:
            self._campus.apply(fault, self._clock.mono())
        except Refused as refused:
            self._say(f"demo.campus.{refused.key}", **refused.sentence_args)
            return
        await self._follow(before, line)
        self._wake.set()

    async def _keep_time(self) -> None:
        """Let time pass on the campus: the ends of reboots, the turns of flapping cables."""
        while True:
            self._wake.clear()
            due = self._campus.next_tick()
            try:
                async with asyncio.timeout(None if due is None else max(0.0, due - self._clock.mono())):
                    await self._wake.wait()
            except TimeoutError:
                before = self._reachable()
                if self._campus.tick(self._clock.mono()):
                    await self._follow(before, self._words.say("demo.campus.time"))

    async def _follow(self, before: set[str], line: str) -> None:
        if not await self._wire.follow():
            self._say("demo.campus.no_echo")
        after = self._reachable()
        self._say("demo.campus.did", line=line)
        for key, devices in (("gone", before - after), ("back", after - before)):
            if devices:
                more = "" if len(devices) <= NAMED else " ..."
                self._say(f"demo.campus.{key}", count=len(devices), devices=" ".join(sorted(devices)[:NAMED]) + more)

    def _reachable(self) -> set[str]:
        return {device for device, path in self._campus.paths.items() if path.reachable}

    def _list(self) -> None:
        for box in self._campus.boxes.values():
            state = "on" if self._campus.paths[box.id].reachable else "off"
            where = f"{box.parent}:{box.port}" if box.parent else "-"
            print(f"{box.id:<16} {state:<4} {box.address:<16} {where:<36} {box.name}", flush=True)

    def _say(self, key: str, **args: object) -> None:
        print(self._words.say(key, **args), flush=True)


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m agent.simulator")
    parser.add_argument("--lang", choices=("zh", "en"))
    parser.add_argument("plan", type=Path)
    args = parser.parse_args()
    words, clock = catalogue(language(args.lang)), SystemClock()
    campus = Campus(plan=from_json(args.plan.read_text("utf-8")), began=clock.mono())

    async def run() -> None:
        await Simulator(campus, words, clock).run()

    try:
        asyncio.run(run())
    except OSError as error:
        print(words.say("demo.campus.failed", error=str(error)), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
