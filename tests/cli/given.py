"""What the command line's tests stand on: an inventory on loopback, a database with tickets, an agent's socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.alerting import engine
from agent.alerting.commands import Command, Refused
from agent.alerting.frame import build
from agent.clock import SystemClock
from agent.control import Caller, serve_control
from agent.inventory import load_inventory
from agent.memory import Memory, batch
from agent.store import DataDirectory, open_store

INVENTORY = """\
version: 1
site: {id: school, name: 学校, timezone: Asia/Shanghai}
devices:
  - {id: sw-1, name: 一层交换机, kind: switch, address: 127.0.0.2, location: {building: A, floor: 1F}, probes: [icmp]}
  - {id: web-1, name: 网站, kind: server, address: 127.0.0.3, location: {building: B}, probes: [{tcp: {port: PORT}}]}
  - {id: desk-1, name: 课桌, kind: asset, location: {building: A, room: "301"}}
"""


def inventory_text(port: int = 9) -> str:
    return INVENTORY.replace("PORT", str(port))


@dataclass(slots=True)
class Books:
    """A database written by the real judge, command by command."""

    folder: Path
    inventory: Path

    def write(self, *commands: Command) -> list[str]:
        """Carry the commands out; the numbers of the tickets that they touched, a number once."""
        loaded = load_inventory(self.inventory)
        assert loaded.value is not None
        frame, memory = build(loaded.value.devices, loaded.value.targets, {}), Memory()
        store = open_store(DataDirectory(self.folder).database)
        memory.load(store.load(), [], [], frame)
        numbers: dict[str, None] = {}
        for command in commands:
            now = SystemClock().now()
            delta = engine.step(memory.state, command, now, frame)
            assert not isinstance(delta.answer, Refused), delta.answer
            store.write(batch(delta, dict(memory.tickets), now))
            memory.apply(delta, frame)
            numbers |= dict.fromkeys(delta.answer)
        store.close()
        return list(numbers)

    def open(self, what: str = "黑板不亮", device: str = "desk-1", **args: Any) -> str:
        command = Command(ticket="", verb="open", by="王", args={"device": device, "what": what, **args})
        return self.write(command)[0]


Answers = Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]


@dataclass(slots=True)
class Agent:
    """An agent's end of the socket that answers as it is told and keeps what it was asked."""

    answers: Answers
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        self.asked.append(request)
        return self.answers[request["do"]](request)

    @property
    def commanded(self) -> dict[str, Any]:
        """The last command it was given."""
        return next(request for request in reversed(self.asked) if request["do"] == "command")


@contextmanager
def agent(folder: Path, answers: Answers) -> Iterator[Agent]:
    """A live socket in the data directory, served from a thread."""
    served = Agent({"status": lambda request: {"ready": True, "timezone": "Asia/Shanghai"}, **answers})
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        with DataDirectory(folder).lock(since=SystemClock().now(), listen="127.0.0.1:1") as lock:
            async with serve_control(lock, served.answer):
                ready.set()
                await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(5)
    try:
        yield served
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)
        loop.close()
