"""The SIP look. Over UDP a socket of its own for each: the kernel drops strangers and tells of ICMP errors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agent.model import Json, Target
from agent.probes.base import Hooks, Log
from agent.probes.conversation import Conversation, Found, WrongAnswer
from agent.probes.sip.message import HEAD, Call, Malformed, Response, answers, body_length, options, parse
from agent.probes.wire.certificate import shown
from agent.probes.wire.httpc import unverified
from agent.probes.wire.stream import Stream, dial
from agent.text import clean

T1, T2 = 0.5, 4.0
"""Seconds to the first repetition, and between two at most (RFC 3261, 17.1.2.2, timer E)."""
MOST_REJECTED = 1000
"""Messages of one look that are not ours; then it ends."""
_MOST_BODY = 1 << 16
_ALLOWED = 32
"""Methods of an Allow header that are kept."""

Rejected = Callable[[str], None]


class Caller(Conversation):
    """The prober: `ok` for every answer of our own transaction, whatever its status."""

    def __init__(self, hooks: Hooks) -> None:
        super().__init__(hooks, self._ask)
        self._rejected: Rejected = lambda reason: hooks.rejected("sip", reason)

    async def _ask(self, target: Target, address: str, log: Log) -> Found:
        transport = target.options.transport
        port = target.options.port or (5061 if transport == "tls" else 5060)
        log(f"OPTIONS to {address} port {port} by {transport.upper()}")
        begun, der, sent = self._clock.mono(), b"", 1
        if transport == "udp":
            response, sent = await self._by_datagrams(target, address, port)
        else:
            response, der = await self._by_stream(target, address, port)
        took = self._clock.mono() - begun
        log(f"{response.status} {clean(response.phrase, 80)}, {sent} sent")
        samples = {"status_code": float(response.status), "answer_seconds": took, "requests": sent}
        if not der:
            return Found(samples=samples, facts=_facts(response))
        seen = shown(der, self._clock.now())
        return Found(samples=samples | seen.samples, facts=_facts(response) | seen.facts, checks=seen.checks)

    async def _by_datagrams(self, target: Target, address: str, port: int) -> tuple[Response, int]:
        """The answer, and how often the request was sent."""
        loop, call = asyncio.get_running_loop(), Call()
        inbox = _Inbox(call, loop.create_future(), self._rejected)
        transport, _ = await loop.create_datagram_endpoint(lambda: inbox, remote_addr=(address, port))
        try:
            local = transport.get_extra_info("sockname")
            request = options(call, _host(address, port), _host(*local[:2]), "UDP", target.options.user)
            sent, wait = 0, T1
            while not inbox.answer.done():
                transport.sendto(request)
                await asyncio.wait([inbox.answer], timeout=wait)
                sent, wait = sent + 1, min(2 * wait, T2)
            return inbox.answer.result(), sent
        finally:
            transport.abort()

    async def _by_stream(self, target: Target, address: str, port: int) -> tuple[Response, bytes]:
        """The answer, and the certificate that was shown (DER), none without TLS."""
        call, secure = Call(), target.options.transport == "tls"
        async with dial(address, port, unverified() if secure else None) as stream:
            name = "TLS" if secure else "TCP"
            await stream.send(options(call, _host(address, port), _host(*stream.local), name, target.options.user))
            for _ in range(MOST_REJECTED):
                response = await _next(stream)
                if response is not None and answers(response, call):
                    return response, stream.certificate
                self._rejected("malformed" if response is None else "wrong_id")
        raise WrongAnswer(f"{MOST_REJECTED} messages, none of them ours")


class _Inbox(asyncio.DatagramProtocol):
    """What comes on the socket of one look."""

    def __init__(self, call: Call, answer: asyncio.Future[Response], rejected: Rejected) -> None:
        self._call, self._rejected, self._count = call, rejected, 0
        self.answer = answer

    def datagram_received(self, data: bytes, addr: object) -> None:
        if self.answer.done():
            return
        try:
            response = parse(data)
        except Malformed:
            self._reject("malformed")
            return
        if answers(response, self._call):
            self.answer.set_result(response)
        else:
            self._reject("wrong_id")

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)

    def _reject(self, reason: str) -> None:
        self._rejected(reason)
        self._count += 1
        if self._count >= MOST_REJECTED:
            self.answer.set_exception(WrongAnswer(f"{MOST_REJECTED} messages, none of them ours"))


async def _next(stream: Stream) -> Response | None:
    """The next message of a stream, its body read past; None for one that is no response. Raises WrongAnswer."""
    head = await stream.until(b"\r\n\r\n", HEAD)
    try:
        response = parse(head.lstrip(b"\r\n"))  # Empty lines in between are keep-alives (RFC 5626, 3.5.1).
        length = body_length(response)
    except Malformed:
        return None
    if length > _MOST_BODY:
        raise WrongAnswer(f"a body of {length} bytes")
    await stream.exactly(length)
    return response


def _facts(response: Response) -> dict[str, Json]:
    facts: dict[str, Json] = {}
    for name, header in (("sip_server", b"server"), ("sip_user_agent", b"user-agent")):
        if response.get(header):
            facts[name] = clean(response.get(header), 200)
    if response.get(b"allow"):
        methods = [clean(method, 32) for method in response.get(b"allow").split(b",")[:_ALLOWED]]
        facts["sip_allow"] = [method for method in methods if method]
    return facts


def _host(host: str, port: int) -> str:
    """`host:port` as a URI has it; the scope of a link-local address is nobody else's business."""
    bare = host.partition("%")[0]
    return f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"
