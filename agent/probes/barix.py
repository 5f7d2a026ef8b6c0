"""The status of a Barix audio box, asked for by its UDP command interface: `MTELL`.

The answer is one line, `BufferLevel=…,SoftErrorCount=…,Reconnects=…,Error=…,Volume=…,UpTime=…,URL=…`. The port is set
on the box; there is none that all of them share.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from agent.model import Json, Target
from agent.probes.base import Hooks, Kind, Log, Prober
from agent.probes.conversation import WORST, Conversation, Found, WrongAnswer
from agent.text import clean
from agent.units import Port

REQUEST = b"MTELL\r\n"
AGAIN = 1.0
"""Seconds until the question is repeated."""
MOST_REJECTED = 100
_LONGEST = 2048

_SAMPLES = {
    "bufferlevel": "buffer_level",
    "softerrorcount": "soft_errors",
    "reconnects": "reconnects",
    "error": "error_code",
    "volume": "volume",
    "uptime": "uptime_seconds",
}
_FACTS = {"url": "barix_url", "error": "barix_error"}
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """port: UDP, as set on the box."""

    port: Port


class Asker(Conversation):
    """The prober."""

    def __init__(self, hooks: Hooks) -> None:
        super().__init__(hooks, self._ask)
        self._hooks = hooks

    async def _ask(self, target: Target, address: str, log: Log) -> Found:
        loop = asyncio.get_running_loop()
        inbox = _Inbox(loop.create_future(), self._hooks)
        log(f"MTELL to {address} port {target.options.port}")
        remote = (address, target.options.port)
        transport, _ = await loop.create_datagram_endpoint(lambda: inbox, remote_addr=remote)
        try:
            while not inbox.answer.done():
                transport.sendto(REQUEST)
                await asyncio.wait([inbox.answer], timeout=AGAIN)
            status = inbox.answer.result()
        finally:
            transport.abort()
        log(", ".join(f"{name}={value}" for name, value in status.items()))
        return found(status)


class _Inbox(asyncio.DatagramProtocol):
    """What comes on the connected socket of one look: nobody but the box can send there."""

    def __init__(self, answer: asyncio.Future[dict[str, str]], hooks: Hooks) -> None:
        self.answer, self._hooks, self._count = answer, hooks, 0

    def datagram_received(self, data: bytes, addr: object) -> None:
        if self.answer.done():
            return
        status = fields(data)
        if status:
            self.answer.set_result(status)
            return
        self._hooks.rejected("barix", "malformed")
        self._count += 1
        if self._count >= MOST_REJECTED:
            self.answer.set_exception(WrongAnswer(f"{MOST_REJECTED} datagrams, none of them a status"))

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


def fields(raw: bytes) -> dict[str, str]:
    """The status by names in lower case; empty for what is none. The URL comes last and may hold commas."""
    if len(raw) > _LONGEST:
        return {}
    text = clean(raw, _LONGEST)
    line, mark, url = _split_url(text)
    pairs = (part.partition("=") for part in line.split(","))
    status = {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}
    if mark:
        status["url"] = url.strip()
    return status if status.keys() & _SAMPLES.keys() else {}


def _split_url(text: str) -> tuple[str, str, str]:
    place = text.lower().find("url=")
    return (text, "", "") if place < 0 else (text[:place], "URL=", text[place + 4 :])


def found(status: dict[str, str]) -> Found:
    """Samples and facts of a status; a field that is no number is no sample."""
    samples = {
        sample: float(status[name])
        for name, sample in _SAMPLES.items()
        if name in status and _NUMBER.fullmatch(status[name])
    }
    facts: dict[str, Json] = {fact: status[name] for name, fact in _FACTS.items() if status.get(name)}
    return Found(samples=samples, facts=facts)


def _open(hooks: Hooks) -> Prober:
    return Asker(hooks)


KIND = Kind(name="barix", open=_open, options=Options, confirm=2, worst=WORST)
