"""Announcements of cameras: the standard's, a maker's own idea of them, and an enemy's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.discovery.onvif import LONGEST, answers_clock, parse_match, probe_message

GOOD = b"""<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Body><d:ProbeMatches><d:ProbeMatch>
<a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter tds:Device </d:Types><d:Scopes>onvif://www.onvif.org/name/HIKVISION%20DS-2CD2T47 onvif://www.onvif.org/hardware/DS-2CD2T47
 onvif://www.onvif.org/location/gate onvif://www.onvif.org/MAC/44:a6:42:00:00:01</d:Scopes>
<d:XAddrs>http://192.0.2.9/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"""

# As ipycam 1.3.0 sends it: ProbeMatch in the place of ProbeMatches, its addressing namespace where there is none.
MALFORMED = b"""<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="urn:wrong"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><SOAP-ENV:Header>
<wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatch</wsa:Action></SOAP-ENV:Header><SOAP-ENV:Body>
<d:ProbeMatch><wsa:EndpointReference><wsa:Address>urn:uuid:2</wsa:Address></wsa:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/name/IPyCam</d:Scopes>
<d:XAddrs>http://198.18.0.7:8080/onvif/device_service</d:XAddrs></d:ProbeMatch></SOAP-ENV:Body></SOAP-ENV:Envelope>"""


def test_the_standard_s_answer() -> None:
    match = parse_match(GOOD)
    assert match is not None
    assert (match.name, match.hardware, match.location) == ("HIKVISION DS-2CD2T47", "DS-2CD2T47", "gate")
    assert match.types == ("NetworkVideoTransmitter", "Device")
    assert match.mac == "44:a6:42:00:00:01"
    assert match.camera_like


@pytest.mark.parametrize(
    "data",
    [
        MALFORMED,
        MALFORMED + b"\0\0",
        MALFORMED.replace(b' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"', b""),
        MALFORMED.replace(b"</SOAP-ENV:Body></SOAP-ENV:Envelope>", b""),
        MALFORMED.replace(b"urn:uuid:2", b"urn & uuid"),
        MALFORMED.replace(b"UTF-8", b"no-such-coding"),
    ],
)
def test_malformed_answers_still_say_who_is_there(data: bytes) -> None:
    match = parse_match(data)
    assert match is not None
    assert match.name == "IPyCam"
    assert match.camera_like


def test_one_answer_for_several_is_the_first_one_s() -> None:
    """A recorder may answer for its channels, too."""
    one, _, rest = GOOD.partition(b"</d:ProbeMatches>")
    second = one.partition(b"<d:ProbeMatches>")[2].replace(b"HIKVISION", b"OTHER")
    match = parse_match(one + second + b"</d:ProbeMatches>" + rest)
    assert match is not None
    assert (match.name, match.types) == ("HIKVISION DS-2CD2T47", ("NetworkVideoTransmitter", "Device"))


def test_the_country_is_no_place() -> None:
    match = parse_match(
        GOOD.replace(b"onvif://www.onvif.org/location/gate", b"onvif://www.onvif.org/location/country/china")
    )
    assert match is not None and match.location == ""
    both = b"onvif://www.onvif.org/location/city/hangzhou onvif://www.onvif.org/location/gate"
    match = parse_match(GOOD.replace(b"onvif://www.onvif.org/location/gate", both))
    assert match is not None and match.location == "gate"


def test_names_in_gb18030() -> None:
    for declared in (b"UTF-8", b"gb2312", b"GBK"):
        match = parse_match(
            GOOD.replace(b"UTF-8", declared).replace(b"location/gate", "location/东门".encode("gb18030"))
        )
        assert match is not None and match.location == "东门" and match.camera_like


@pytest.mark.parametrize("length", [150, 400, 600, 700, 800])
def test_a_cut_off_answer_says_what_it_has(length: int) -> None:
    match = parse_match(GOOD[:length])
    assert match is None or match.types == ("NetworkVideoTransmitter", "Device")


def test_an_entity_bomb_is_never_expanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    data = bomb + GOOD.split(b"?>")[1].replace(b"HIKVISION", b"&b;")
    begun = time.perf_counter()
    match = parse_match(data)
    assert time.perf_counter() - begun < 0.5
    assert match is not None and "aaaa" not in match.name
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>ProbeMatch<Scopes>&a;</Scopes></x>'
    said = parse_match(outside)
    assert said is None or "root" not in said.name


def test_a_printer_is_no_camera() -> None:
    printer = GOOD.replace(b"NetworkVideoTransmitter", b"PrintDeviceType").replace(b"onvif://", b"ldap:///")
    match = parse_match(printer)
    assert match is not None and not match.camera_like


@given(st.binary(max_size=300), st.integers(0, len(GOOD)))
@settings(max_examples=300, deadline=None)
def test_anything_is_survived(noise: bytes, at: int) -> None:
    parse_match(GOOD[:at] + noise + GOOD[at:])
    parse_match(b"ProbeMatch" + noise)


def test_a_probe_has_an_id_of_its_own() -> None:
    assert probe_message() != probe_message()
    assert parse_match(b"x" * (LONGEST + 1) + b"ProbeMatch") is None


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(serve: Serve) -> Any:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def saying(answer: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    return serve


@pytest.mark.parametrize(
    ("answer", "yes"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n<x><tds:GetSystemDateAndTimeResponse/></x>", True),
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n<e xmlns='http://www.w3.org/2003/05/soap-envelope'><Fault/></e>", True),
        (b"HTTP/1.1 404 Not Found\r\n\r\n<html>no</html>", False),
        (b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\n\r\n", False),
        (b"", False),
    ],
)
async def test_the_clock_that_needs_no_login(answer: bytes, yes: bool) -> None:
    async with served(saying(answer)) as port:
        assert await answers_clock("127.0.0.1", port) is yes


async def test_a_tarpit_ends_in_time() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"x")
                await asyncio.sleep(0.01)
        except ConnectionError:
            writer.close()

    async with served(serve) as port:
        begun = time.monotonic()
        assert not await answers_clock("127.0.0.1", port, 0.3)
        assert time.monotonic() - begun < 1.0


async def test_an_endless_body_ends() -> None:
    async with served(saying(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (LONGEST * 20))) as port:
        assert not await answers_clock("127.0.0.1", port)
