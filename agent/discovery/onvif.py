"""Cameras by their own announcement: WS-Discovery probe and match, and the one call that ONVIF answers to strangers.

Every byte is hostile: no DTD, no entity, bounded size; an answer that breaks the standard (`ProbeMatch` in the place of
`ProbeMatches`, strange namespaces, tags left open) still says who is there. Addresses in it are never dialled.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from dataclasses import dataclass
from urllib.parse import unquote
from xml.parsers import expat

from agent.text import clean

LONGEST = 65536
"""Bytes of an answer."""
PORTS = (80, 8080)
_SECONDS = 3.0
_SCOPE = re.compile(r"onvif://www\.onvif\.org/([^/\s]+)/([^\s]*)", re.IGNORECASE)
_COUNTRY = re.compile(r"(?:country|province|city)/", re.IGNORECASE)
"""What makers write into the location; who hangs a camera up writes another one beside it."""
_WANTED = ("Types", "Scopes", "XAddrs", "Address")
_LOOSE = {name: re.compile(rf"<(?:[\w.-]+:)?{name}\b[^>]*>([^<]*)<".encode(), re.ASCII) for name in _WANTED}
_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]?){5}[0-9a-f]{2}", re.IGNORECASE)

_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Header><w:MessageID>uuid:{ident}</w:MessageID>
<w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>
<w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>
<e:Body><d:Probe/></e:Body></e:Envelope>"""

_CLOCK = """<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">\
<s:Body><GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One answer. types: local names (`NetworkVideoTransmitter`).  name, hardware, location, mac: of its scopes."""

    types: tuple[str, ...] = ()
    name: str = ""
    hardware: str = ""
    location: str = ""
    mac: str = ""
    xaddrs: tuple[str, ...] = ()

    @property
    def camera_like(self) -> bool:
        """It speaks ONVIF, and not only WS-Discovery, as a printer or a Windows does."""
        return bool(self.name or self.hardware) or any("NetworkVideo" in each for each in self.types)


def probe_message() -> bytes:
    """A probe for every type: some makers answer to none in particular, some to theirs only."""
    return _PROBE.format(ident=uuid.uuid4()).encode()


def parse_match(data: bytes) -> Match | None:
    """What an answer says; None for what is none."""
    if b"ProbeMatch" not in data or len(data) > LONGEST:
        return None
    texts = _strict(data) or _loose(data)
    return _match(texts) if any(texts.values()) else None


def _strict(data: bytes) -> dict[str, str]:
    """Texts of the wanted elements of the first match, whatever their namespaces; nothing where the XML is broken or
    has a DTD."""
    texts, stack, closed = dict.fromkeys(_WANTED, ""), [""], list[str]()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse

    def start(name: str, attributes: dict[str, str]) -> None:
        stack.append(name.rpartition(":")[2])

    def end(name: str) -> None:
        if stack.pop() == "ProbeMatch":
            closed.append(name)

    def text(words: str) -> None:
        if stack[-1] in texts and not closed:
            texts[stack[-1]] += words

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    try:
        parser.Parse(data.strip(b"\0 \r\n\t"), True)
    except (expat.ExpatError, _Refused, ValueError, LookupError):
        return {}
    return texts


class _Refused(Exception):
    """The document has a DTD."""


def _refuse(*words: object) -> None:
    raise _Refused


def _loose(data: bytes) -> dict[str, str]:
    """The same by looking for the tags alone; some boxes write GB18030, whatever they declare."""
    found = {name: pattern.search(data) for name, pattern in _LOOSE.items()}
    return {name: clean(hit[1], LONGEST) if hit else "" for name, hit in found.items()}


def _match(texts: dict[str, str]) -> Match:
    found = [(key.lower(), value) for key, value in _SCOPE.findall(texts["Scopes"])]
    scopes = {key: value for key, value in reversed(found) if not _COUNTRY.match(value)}
    said = {key: clean(unquote(value).replace("/", " ").replace("_", " "), 120) for key, value in scopes.items()}
    mac = _MAC.fullmatch(said.get("mac", "").replace(" ", ""))
    return Match(
        types=tuple(clean(word.rpartition(":")[2], 60) for word in texts["Types"].split()[:10]),
        name=said.get("name", ""),
        hardware=clean(unquote(scopes.get("hardware", "")), 120),
        location=said.get("location", ""),
        mac=mac[0].lower() if mac else "",
        xaddrs=tuple(clean(word, 200) for word in texts["XAddrs"].split()[:8]),
    )


async def answers_clock(address: str, port: int, seconds: float = _SECONDS) -> bool:
    """Whether GetSystemDateAndTime is answered at this port: the call that needs no login (ONVIF Core 5.12).

    A SOAP fault counts, too: some makers want a login even here. One connection, to this address and no other.
    """
    host = f"[{address}]" if ":" in address else address
    body = _CLOCK.encode()
    head = (
        f"POST /onvif/device_service HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/soap+xml; "
        f"charset=utf-8\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    try:
        async with asyncio.timeout(seconds):
            answer = await _exchange(address, port, head.encode() + body)
    except (OSError, asyncio.IncompleteReadError):
        return False
    return b"SystemDateAndTime" in answer or (b"soap-envelope" in answer and b"Fault" in answer)


async def _exchange(address: str, port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(address, port, limit=LONGEST)
    try:
        writer.write(request)
        answer = b""
        while len(answer) < LONGEST and (more := await reader.read(LONGEST - len(answer))):
            answer += more
        return answer
    finally:
        writer.transport.abort()
