"""Is a TCP port open? Connect, measure, hang up: nothing is sent (RFC 9293)."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

from agent.model import Target
from agent.probes.base import Hooks, Kind, Log, Prober
from agent.probes.conversation import WORST, Conversation, Found


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """port: the port to connect to; there is no default."""

    port: int


class Connector(Conversation):
    """The prober: `ok`, `refused`, `timeout`, `unreachable`, with the time the connection took."""

    def __init__(self, hooks: Hooks) -> None:
        super().__init__(hooks, self._connect)
        self._mono = hooks.clock.mono

    async def _connect(self, target: Target, address: str, log: Log) -> Found:
        port = target.options.port
        log(f"connect to {address} port {port}, at most {target.timeout:g} s")
        begun = self._mono()
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM) as sock:
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, (address, port))
        return Found(samples={"connect_seconds": self._mono() - begun})


def _open(hooks: Hooks) -> Prober:
    return Connector(hooks)


KIND = Kind(name="tcp", open=_open, options=Options, interval=60.0, timeout=5.0, worst=WORST, confirm=2)
