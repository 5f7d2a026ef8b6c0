"""HTTP/1.1 of the devices (RFC 9112): reading a request, writing an answer, and the pages that need no login."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from agent.simulator.services import onvif
from agent.simulator.services.places import SNAPSHOT
from agent.simulator.services.voice import Voice

MAX_BODY = 256 * 1024
_REQUEST = re.compile(r"([A-Z]{3,10}) (\S{1,2048}) HTTP/1\.[01]")
_KINDS = {"json": "application/json", "html": "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Request:
    """Names of headers are in lower case; of each the last value."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


async def talk(voice: Voice, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Requests until the caller has enough."""
    while (request := await read(reader)) is not None:
        writer.write(_answer(voice, request))
        await writer.drain()
        if request.headers.get("connection", "").lower() == "close":
            return


async def read(reader: asyncio.StreamReader) -> Request | None:
    """The next request; None at the end. Raises ValueError, EOFError, OSError."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise
    except asyncio.LimitOverrunError as error:
        raise ValueError("a head without an end") from error
    first, *lines = head.rstrip("\r\n").split("\r\n")
    match = _REQUEST.fullmatch(first)
    if match is None:
        raise ValueError("no HTTP")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}
    size = headers.get("content-length", "0")
    if not (size.isascii() and size.isdigit()) or int(size) > MAX_BODY:
        raise ValueError("a body of unknown size")
    return Request(match[1], match[2], headers, await reader.readexactly(int(size)))


def respond(status: int, kind: str, body: bytes, *headers: str) -> bytes:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Server: practice", f"Content-Type: {kind}"]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


def _answer(voice: Voice, request: Request) -> bytes:
    if voice.box.service("onvif") is not None and request.path.startswith("/onvif/") and request.method == "POST":
        reply = onvif.answer(voice, request.headers, request.body)
        return respond(reply.status, onvif.CONTENT, reply.body, *reply.headers)
    path = request.path.partition("?")[0]
    if voice.box.service("onvif") is not None and path == SNAPSHOT and request.method == "GET":
        reply = onvif.snapshot(voice, request.headers)
        return respond(reply.status, "image/jpeg", reply.body, *reply.headers)
    if request.method not in ("GET", "HEAD"):
        return respond(405, _KINDS["html"], b"")
    page = _page(voice, path)
    if page is None:
        return respond(404, _KINDS["html"], b"<h1>404</h1>")
    kind, body = page
    return respond(200, _KINDS[kind], b"" if request.method == "HEAD" else body)


def _page(voice: Voice, path: str) -> tuple[str, bytes] | None:
    if path == "/":
        return "html", f"<!DOCTYPE html><title>{voice.box.model or voice.box.kind}</title>".encode()
    make = {"/api/phone/status": _phone, "/api/system/info": _system, "/api/status": _service}.get(path)
    return None if make is None else ("json", json.dumps(make(voice), ensure_ascii=False).encode())


def _phone(voice: Voice) -> Any:
    """The accounts of a network speaker at its exchange, in the manner of 2N's HTTP API."""
    registered = voice.setting("registered", "yes") == "yes"
    account = {"account": 1, "enabled": True, "sipNumber": f"80{voice.salt % 100:02d}", "registered": registered}
    return {"success": True, "result": {"accounts": [account]}}


def _system(voice: Voice) -> Any:
    up = int(voice.campus.uptime(voice.box.id, voice.mono))
    info = {"deviceName": voice.box.name, "serialNumber": voice.serial, "swVersion": "2.46.0", "upTime": up}
    return {"success": True, "result": info}


def _service(voice: Voice) -> Any:
    """Of a classroom server: its desktops and its disk."""
    disk = voice.setting("disk", "good")
    return {"status": "running", "desktops": {"total": 60, "running": 42 + voice.salt % 12}, "storage": disk}
