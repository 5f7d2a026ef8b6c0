"""A show: the campus process, the agent process, the script played on time and the person's own faults. asyncio.

It decides nothing about devices or tickets; `cli.demo` says what to start and how to ask for tickets.
"""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.clock import Clock
from agent.locale import Catalogue
from agent.simulator.child import Child, python
from agent.simulator.console import Console
from agent.simulator.expect import Expect, holds, seen
from agent.simulator.namespace import Lab
from agent.simulator.plan import Plan, to_json
from agent.simulator.script import Fault, ScriptError, Step, due, parse, parse_now
from agent.simulator.words import tell_with_place

Tickets = Callable[[], Awaitable[Sequence[Mapping[str, Any]]]]
Device = Callable[[str], Awaitable[Mapping[str, Any]]]
StartAgent = Callable[[], Awaitable[Child]]
READY_SECONDS = 30.0


class ShowFailed(Exception):
    """Something that the show needs did not come up or went away; the text is for the reader."""


@dataclass(slots=True)
class Show:
    """`start`, then `play` until it is over or interrupted, then `close` in any case."""

    plan: Plan
    words: Catalogue
    clock: Clock
    console: Console
    lab: Lab | None
    start_agent: StartAgent
    tickets: Tickets
    device: Device
    log: str = ""
    """Where the agent writes what it does, for the reader of its end."""
    steps: tuple[Step, ...] = ()
    midnight_seconds: float = 0.0
    """How long after midnight (site's time) the show begins, for steps at a time of day."""
    from_input: bool = False
    """Whether standard input is a script (`--script -`)."""
    _campus: Child | None = field(default=None, init=False)
    _agent: Child | None = field(default=None, init=False)
    _restarting: bool = field(default=False, init=False)
    _began: float = field(default=0.0, init=False)
    _tasks: asyncio.TaskGroup = field(init=False)
    _running: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    async def start(self) -> None:
        """Devices first, then the agent. Raises ShowFailed, OSError."""
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="campus-", suffix=".json") as plan:
            plan.write(to_json(self.plan))
            plan.flush()
            argv = python("agent.simulator", "--lang", self.words.lang, plan.name)
            self._campus = await Child.start(argv, self.lab, "campus", piped=True)
            await self._first_line(self._campus)
        self._agent = await self.start_agent()

    async def play(self) -> None:
        """Until `quit`, the end of a terminal's input, or cancelled. Raises ShowFailed when a program is lost."""
        self._began = self.clock.mono()
        try:
            async with asyncio.TaskGroup() as self._tasks:
                for work in (self._relay(), self._watch_agent(), self._play_steps(self.steps, told=bool(self.steps))):
                    self._also(work)
                await self._take_lines()
                for task in self._running:
                    task.cancel()
        except BaseExceptionGroup as group:
            failed = group.subgroup(ShowFailed)
            raise (failed or group).exceptions[0] from None

    async def close(self) -> None:
        """End both programs; the agent first, as it would be by an operator."""
        for child in (self._agent, self._campus):
            if child is not None:
                await child.end()

    async def throw(self, deed: Fault | Expect, text: str) -> None:
        """Do one step now."""
        if isinstance(deed, Expect):
            await self._expect(deed, text)
        elif deed.verb == "agent":
            await self._agent_order(deed.action)
        elif deed.verb == "clock":
            self.console.say(self.words.say("demo.clock"))
        elif self._campus is not None:
            await self._campus.write(text)

    async def _first_line(self, campus: Child) -> None:
        assert campus.process.stdout is not None
        try:
            async with asyncio.timeout(READY_SECONDS):
                if await campus.process.stdout.readline():
                    return
        except TimeoutError:
            pass
        raise ShowFailed(self.words.say("demo.campus_gone", code=campus.process.returncode))

    async def _relay(self) -> None:
        """Print what the campus says; its end is the end of the show."""
        assert self._campus is not None and self._campus.process.stdout is not None
        while line := await self._campus.process.stdout.readline():
            self._say(line.decode("utf-8", "replace").rstrip("\n"))
        raise ShowFailed(self.words.say("demo.campus_gone", code=await self._campus.wait()))

    async def _watch_agent(self) -> None:
        assert self._agent is not None
        while True:
            code = await self._agent.wait()
            if not self._restarting:
                raise ShowFailed(self.words.say("demo.agent_gone", code=code, log=self.log))
            self._agent = await self.start_agent()
            self._restarting = False

    async def _play_steps(self, steps: Sequence[Step], told: bool) -> None:
        for step in sorted(steps, key=lambda step: due(step, self.midnight_seconds)):
            await asyncio.sleep(self._began + due(step, self.midnight_seconds) - self.clock.mono())
            await self.throw(step.do, step.text.partition(" ")[2])
        if told:
            self.console.say(self.words.say("demo.end"))

    def _also(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._tasks.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _take_lines(self) -> None:
        """Until `quit` or the end of a terminal; the end of a pipe only ends the orders."""
        if self.console.terminal or self.from_input:
            lines = self.console.start()
            number = 0
            while (line := await lines.get()) is not None:
                number += 1
                if line.strip() in ("quit", "exit"):
                    return
                await self._line(line.strip(), number)
        if not self.console.terminal:
            await asyncio.Event().wait()

    async def _line(self, line: str, number: int) -> None:
        if line == "help":
            self.console.say(self.words.say("demo.help"))
        elif line == "list" and self._campus is not None:
            await self._campus.write("list")
        elif line[:1].isdigit() or line.startswith("+"):
            self._schedule(line, number)
        else:
            await self._now(line, number)

    def _schedule(self, line: str, number: int) -> None:
        try:
            steps = parse("\n" * (number - 1) + line, "stdin", self._devices())
        except ScriptError as error:
            self._tell(error)
        else:
            self._also(self._play_steps(steps, told=False))

    async def _now(self, line: str, number: int) -> None:
        try:
            deed = parse_now(line, "stdin", self._devices(), number)
        except ScriptError as error:
            self._tell(error)
        else:
            if deed is not None:
                await self.throw(deed, line)

    async def _agent_order(self, action: str) -> None:
        assert self._agent is not None
        self._restarting = self._restarting or action == "kill"
        self._agent.signal({"kill": signal.SIGKILL, "stop": signal.SIGSTOP, "cont": signal.SIGCONT}[action])
        self._say(self.words.say(f"demo.agent_{action}"))

    async def _expect(self, expect: Expect, text: str) -> None:
        try:
            if expect.reason:
                found = seen(expect, await self.device(expect.device))
            else:
                found = holds(expect, await self.tickets())
            answer = "yes" if found else "no"
        except OSError:
            answer = "unknown"
        self._say(self.words.say(f"demo.expect_{answer}", text=text))

    def _devices(self) -> set[str]:
        return {box.id for box in self.plan.boxes}

    def _tell(self, error: ScriptError) -> None:
        for mistake in error.mistakes:
            self.console.say(tell_with_place(self.words, mistake))

    def _say(self, text: str) -> None:
        minutes, seconds = divmod(int(self.clock.mono() - self._began), 60)
        self.console.say(self.words.say("demo.at", time=f"{minutes}:{seconds:02d}", text=text))
