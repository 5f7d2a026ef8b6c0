"""What a hostile or broken camera does instead of answering; each is a `Mischief` of `onvif_camera`."""

from __future__ import annotations

import asyncio
import gzip
import random

from tests.fakes.onvif_camera import SOAP, Camera, Mischief, Request, envelope

ELSEWHERE = "127.66.66.66"
"""An address that nobody may be sent to."""


def raw(answer: bytes) -> Mischief:
    """These bytes, then the end of the connection."""

    async def act(camera: Camera, request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(answer)
        return True

    return act


def body(xml: bytes, *headers: str) -> Mischief:
    """This body in a correct HTTP answer; the connection goes on."""

    async def act(camera: Camera, request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(camera.http(200, xml, *headers))
        return False or await _sent(writer)

    return act


async def _sent(writer: asyncio.StreamWriter) -> bool:
    await writer.drain()
    return True


async def hang(camera: Camera, request: Request, writer: asyncio.StreamWriter) -> bool:
    """Accepts, reads, says nothing."""
    await asyncio.sleep(60)
    return True


async def tarpit(camera: Camera, request: Request, writer: asyncio.StreamWriter) -> bool:
    """A byte now and then, for ever."""
    for byte in camera.answer(request) * 100:
        writer.write(bytes((byte,)))
        await writer.drain()
        await asyncio.sleep(0.05)
    return True


async def endless_chunks(camera: Camera, request: Request, writer: asyncio.StreamWriter) -> bool:
    """Chunked, and no last chunk."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(200_000):
        writer.write(b"400\r\n" + b" " * 1024 + b"\r\n")
        await writer.drain()
    return True


async def endless_header(camera: Camera, request: Request, writer: asyncio.StreamWriter) -> bool:
    """A header of 10 MB."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(10_000):
        writer.write(b"X-Long: " + b"a" * 1000 + b"\r\n")
        await writer.drain()
    return True


def redirect(where: str) -> Mischief:
    """307 to another host."""
    return raw(f"HTTP/1.1 307 X\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode())


def gzip_bomb() -> Mischief:
    """200 MB of blanks in 200 kB."""
    return body(gzip.compress(b" " * 200_000_000, 9), "Content-Encoding: gzip")


def xxe() -> bytes:
    """A file of this machine as the device's name."""
    return _with_dtd('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;")


def dtd_elsewhere(port: int) -> bytes:
    """A DTD that would be fetched."""
    return (
        f'<?xml version="1.0"?><!DOCTYPE e SYSTEM "http://{ELSEWHERE}:{port}/x.dtd">'.encode()
        + envelope("<x/>").split(b"?>", 1)[1]
    )


def billion_laughs() -> bytes:
    """10^9 words in ten entities."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return _with_dtd('<!ENTITY l0 "lol">' + levels, "&l9;")


def utf16_bomb() -> bytes:
    """The same where a search for `<!DOCTYPE` does not see it."""
    return billion_laughs().decode().replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")


def utf7_bomb() -> bytes:
    """The same in UTF-7."""
    text = billion_laughs().decode()
    head, rest = '<?xml version="1.0" encoding="UTF-7"?>', text.split("?>", 1)[1]
    return head.encode() + rest.replace("<!", "+ADwAIQ-").encode()


def quadratic() -> bytes:
    """One long entity, used often."""
    return _with_dtd(f'<!ENTITY a "{"a" * 50_000}">', "&a;" * 5_000)


def deep(levels: int = 100) -> bytes:
    """Elements in elements."""
    return envelope("<a>" * levels + "</a>" * levels)


def wide(count: int = 100_000) -> bytes:
    """Very many elements."""
    return envelope("<a/>" * count)


def _with_dtd(dtd: str, value: str) -> bytes:
    return (
        f'<?xml version="1.0"?><!DOCTYPE e [{dtd}]><s:Envelope xmlns:s="{SOAP}"><s:Body>'
        '<tds:GetDeviceInformationResponse xmlns:tds="http://www.onvif.org/ver10/device/wsdl">'
        f"<tds:Manufacturer>{value}</tds:Manufacturer></tds:GetDeviceInformationResponse></s:Body></s:Envelope>"
    ).encode()


def mutated(text: bytes, chance: random.Random) -> bytes:
    """An envelope that is no longer this one."""
    data = bytearray(text)
    for _ in range(chance.choice((1, 1, 2, 5, 30))):
        at = chance.randrange(len(data))
        match chance.randrange(8):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                del data[at : at + chance.randrange(1, 200)]
            case 2:
                data[at:at] = chance.randbytes(chance.randrange(1, 40))
            case 3:
                end = at + chance.randrange(1, 300)
                data[at:at] = data[at:end] * chance.randrange(1, 20)
            case 4:
                data[at:at] = chance.choice((b"&#0;", b"&x;", b"<![CDATA[", b"]]>", b"<!--", b"<?x ?>", b"\0", b"\xff"))
            case 5:
                digits = [place for place, byte in enumerate(data) if 48 <= byte <= 57]
                if digits:
                    data[chance.choice(digits)] = chance.choice(b"9-.eEx\x00")
            case 6:
                tags = [place for place, byte in enumerate(data) if byte == 62]
                if tags:
                    place = chance.choice(tags) + 1
                    data[place:place] = chance.choice(
                        (b"99999999999999999999", b"NaN", b"-1", b"<a/>", "王🎥\u202e".encode())
                    )
            case _:
                data = data[: max(1, at)]
        if not data:
            return b"<"
    return bytes(data)
