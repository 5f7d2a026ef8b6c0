"""What every answer carries, and how a refusal looks: security headers, error documents and error pages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent import documents

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

SENDING = 60.0
"""Seconds for a whole page to be taken by who asked for it."""

CODES = {
    400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    429: "too_many_requests", 503: "unavailable",
}  # fmt: skip


class Shell:
    """Adds the headers to every answer. A plain ASGI layer: streamed answers pass through untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/"):
            scope = {**scope, "path": _own_path(scope["path"])}

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                still = message["status"] == 200 and scope["path"].startswith("/static/")
                headers.setdefault("Cache-Control", "public, max-age=86400" if still else "no-store")
            await send(message)

        await self._app(scope, receive, dressed if scope["type"] == "http" else send)


def _own_path(target: str) -> str:
    """The path of a target in absolute form (RFC 9112, 3.2.2), which says the host once more; others as they are."""
    scheme, separator, rest = target.partition("://")
    if not separator or scheme.lower() not in ("http", "https"):
        return target
    return "/" + rest.partition("/")[2]


class Streamed(Response):
    """A page that is made while it is sent; a reader who does not take it in time loses it."""

    def __init__(self, chunks: AsyncIterator[bytes], media_type: str) -> None:
        super().__init__(media_type=media_type)
        del self.headers["content-length"]
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] != "HEAD":
            async with asyncio.timeout(SENDING):
                async for chunk in self._chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class Document(JSONResponse):
    """JSON that no string can break: a lone surrogate becomes a question mark."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def wants_document(request: Request) -> bool:
    """Programs get JSON: under `/api/`, and whoever does not ask for HTML."""
    # Not `request.url`: that is built with the Host header, and a Host such as `[` cannot be.
    return request.scope["path"].startswith("/api/") or "text/html" not in request.headers.get("accept", "")


def refusal(status: int, message: str = "", hint: str = "", where: str | None = None) -> Document:
    """The one form of an error."""
    code = CODES.get(status, "error")
    return Document(documents.error(code, message or HTTPStatus(status).phrase, hint, where), status)
