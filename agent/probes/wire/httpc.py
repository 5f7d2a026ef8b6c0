"""A small HTTP/1.1 client (RFC 9112) for devices: what they say is hostile, and they are asked at one address only.

The address is an IP address that the caller has resolved: nothing here looks up a name, follows a redirect or uses a
proxy. The caller sets ONE deadline around all of it (`asyncio.timeout`); sizes are bounded here, after decompression.
TLS is used without checking the certificate, since cameras and amplifiers sign their own: it hides a login from
listeners, it does not prove who answers. `Line.certificate` is there for whoever remembers it.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import ssl
import zlib
from dataclasses import dataclass
from functools import cache

from agent.probes.conversation import NO_TLS, WrongAnswer
from agent.probes.wire.certificate import fingerprint

HEADER_BYTES = 16 * 1024
BODY_BYTES = 1024 * 1024
"""Most of a body, as sent and after decompression."""
CHUNKS = 4096
"""Most chunks of one body: a million chunks of one byte would cost seconds."""

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: [^\r\n]*)?\r?\n")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BLANK = (b"\r\n", b"\n")
_LENGTH = re.compile(r"\d{1,15}", re.ASCII)
_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")
_BODILESS = frozenset((204, 304))
_INTERIM = 4
"""Most answers of class 1xx before the true one."""


class BadAnswer(WrongAnswer):
    """What came is no HTTP, or more than is taken."""


@dataclass(frozen=True, slots=True)
class Answer:
    """headers: in their order, names in lower case; bytes that are no UTF-8 as lone surrogates (PEP 383), so that they
    go back as they came.  lasting: the connection may carry another request.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    lasting: bool = False

    def all(self, name: str) -> list[str]:
        """The values of a header, one for each time it stands there; `name` in lower case."""
        return [value for key, value in self.headers if key == name]

    def one(self, name: str) -> str:
        """The first value of a header, "" without."""
        return next(iter(self.all(name)), "")


_LEGACY_SERVER = 0x4
"""SSL_OP_LEGACY_SERVER_CONNECT (openssl/ssl.h), which Python names from 3.12 on: servers without RFC 5746."""


@cache
def unverified() -> ssl.SSLContext:
    """TLS with whoever answers: any certificate, and what old devices speak: TLS 1.0, keys of 1024 bits, SHA-1.

    Nothing is lost by it: where nobody proves who he is, a stronger cipher keeps out only those who do not matter. Two
    sides that can do better agree on better. What costs us is left out: a group of 10,000 bits of the other side's
    choosing takes a second of the loop (DHE), and so do handshakes again and again.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:!DHE:@SECLEVEL=0")
    context.options |= _LEGACY_SERVER | ssl.OP_NO_RENEGOTIATION
    return context


def request(method: str, path: str, host: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """The bytes of one request. ValueError for a path or a header that would break out of its line.

    Words beyond ASCII go as UTF-8: a login's name, a device's realm (RFC 7616, 4; RFC 9110, 5.5, obs-text).
    """
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    if not (path.isascii() and path.isprintable()) or " " in path or any(map(_CONTROL.search, lines)):
        raise ValueError("a request line with a control character or a blank in it")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body


class Line:
    """One connection to one address, opened when needed and kept as long as the other side allows it.

    Errors: OSError with the kernel's number (ECONNRESET where the other side hung up), BadAnswer.
    """

    def __init__(self, address: str, port: int, tls: bool = False, name: str = "") -> None:
        """name: by which TLS asks for it (RFC 6066, 3), where it is asked for by name."""
        self._address, self._port, self._tls = address, port, tls
        self._name = name or address
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.certificate = ""
        """SHA-256 of the certificate that the other side has shown, hexadecimal; "" without TLS."""
        self.shown = b""
        """That certificate itself (DER)."""

    @property
    def open(self) -> bool:
        return self._writer is not None

    async def connect(self) -> None:
        """Open it, if it is not."""
        if self._writer is not None:
            return
        try:
            self._reader, self._writer = await asyncio.open_connection(
                self._address,
                self._port,
                ssl=unverified() if self._tls else None,
                server_hostname=self._name if self._tls else None,
                limit=HEADER_BYTES,
            )
        except ssl.SSLError as error:
            raise BadAnswer(f"TLS: {error.reason}", NO_TLS) from error
        except OSError as error:
            raise numbered(error) from error
        if self._tls:
            shown = self._writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            self.shown = shown or b""
            self.certificate = fingerprint(self.shown)

    async def exchange(self, sent: bytes, most: int = BODY_BYTES) -> Answer:
        """Send a request, take its answer. A kept connection that was closed meanwhile is opened anew, once.

        most: bytes of a body, for what is larger than a page.
        """
        kept = self.open
        try:
            answer = await self._once(sent, most)
        except ConnectionError:
            if not kept:
                raise
            answer = await self._once(sent, most)
        if not answer.lasting:
            self.close()
        return answer

    async def _once(self, sent: bytes, most: int) -> Answer:
        await self.connect()
        reader, writer = self._reader, self._writer
        assert reader is not None and writer is not None
        try:
            writer.write(sent)
            await writer.drain()
            return await _answer(reader, most, bodiless=sent.startswith(b"HEAD "))
        except asyncio.IncompleteReadError as error:
            self.close()
            if error.partial:
                raise BadAnswer("cut off") from error
            raise ConnectionResetError(errno.ECONNRESET, "hung up without an answer") from error
        except asyncio.LimitOverrunError as error:
            self.close()
            raise BadAnswer("a header or line without an end") from error
        except ssl.SSLError as error:
            self.close()
            raise BadAnswer(f"TLS: {error.reason}") from error
        except OSError as error:
            self.close()
            raise numbered(error) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Hang up at once: nobody waits for the other side to say goodbye."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None


def numbered(error: OSError) -> OSError:
    """asyncio reports a lost connection without the kernel's number; a reset is what it means."""
    if isinstance(error, ConnectionError) and error.errno is None:
        return ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
    return error


async def _answer(reader: asyncio.StreamReader, most: int, bodiless: bool) -> Answer:
    """bodiless: the answer to a HEAD, which has the headers of a body only (RFC 9110, 9.3.2)."""
    for _ in range(_INTERIM):
        status, headers, newer = await _head(reader)
        if status >= 200:
            break
    else:
        raise BadAnswer("one interim answer after another")
    body, framed = b"", True
    found = Answer(status, headers)
    if not bodiless and status not in _BODILESS:
        body, framed = await _body(reader, found, most)
    asked = found.one("connection").lower()
    lasting = framed and ("close" not in asked if newer else "keep-alive" in asked)
    return Answer(status, headers, _unpacked(body, found.one("content-encoding"), most), lasting)


async def _head(reader: asyncio.StreamReader) -> tuple[int, tuple[tuple[str, str], ...], bool]:
    """Status, headers, and whether it is HTTP/1.1. A line may end without CR (RFC 9112, 2.2): small boxes do so."""
    begins = await reader.readuntil(b"\n")
    first = _STATUS.fullmatch(begins)
    if first is None:
        raise BadAnswer("no HTTP")
    headers, taken = [], len(begins)
    while (line := await reader.readuntil(b"\n")) not in _BLANK:
        taken += len(line)
        if taken > HEADER_BYTES:
            raise BadAnswer("a header without an end")
        name, colon, value = line.decode("utf-8", "surrogateescape").partition(":")
        if colon:
            headers.append((name.strip().lower(), value.strip()))
    return int(first[2]), tuple(headers), first[1] == b"1"


async def _body(reader: asyncio.StreamReader, head: Answer, most: int) -> tuple[bytes, bool]:
    """The body as sent, and whether its end was marked by more than the end of the connection."""
    if "chunked" in head.one("transfer-encoding").lower():
        return await _chunked(reader, most), True
    lengths = set(head.all("content-length"))
    if not lengths:
        return await _until_closed(reader, most), False
    length = lengths.pop()
    if lengths or not _LENGTH.fullmatch(length):
        raise BadAnswer("no length that can be believed")
    if int(length) > most:
        raise BadAnswer(f"a body of {int(length)} bytes")
    return await reader.readexactly(int(length)), True


async def _until_closed(reader: asyncio.StreamReader, most: int) -> bytes:
    body = bytearray()
    while piece := await reader.read(HEADER_BYTES):
        body += piece
        if len(body) > most:
            raise BadAnswer("a body without an end")
    return bytes(body)


async def _chunked(reader: asyncio.StreamReader, most: int) -> bytes:
    body = bytearray()
    for _ in range(CHUNKS):
        size = _SIZE.fullmatch(await reader.readuntil(b"\r\n"))
        if size is None:
            raise BadAnswer("no chunk")
        length = int(size[1], 16)
        if length == 0:
            await _trailer(reader)
            return bytes(body)
        if len(body) + length > most:
            raise BadAnswer("a body without an end")
        body += (await reader.readexactly(length + 2))[:-2]
    raise BadAnswer("chunks without an end")


async def _trailer(reader: asyncio.StreamReader) -> None:
    taken = 0
    while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
        taken += len(line)
        if taken > HEADER_BYTES:
            raise BadAnswer("a trailer without an end")


def _unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """The body without its compression, which may be gzip or deflate."""
    if encoding.lower() in ("", "identity") or not body:
        return body
    if encoding.lower() not in ("gzip", "x-gzip", "deflate"):
        raise BadAnswer("a compression nobody asked for")
    try:
        plain = zlib.decompressobj(wbits=47).decompress(body, most + 1)
    except zlib.error as error:
        raise BadAnswer("compressed wrongly") from error
    if len(plain) > most:
        raise BadAnswer("a body that swells")
    return plain
