"""`POST /-/reload`: the files are read again, as by SIGHUP. Only where the configuration says `web.reload: true`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from agent import documents
from agent.config import Loaded, Problem
from agent.web.shell import Document, refusal
from agent.web.words import tongue

Reload = Callable[[], Awaitable[Loaded[Any]]]
"""Reads the files again: a value where they are in force now, else why the old ones are."""


class Reloading:
    """The route."""

    def __init__(self, reload: Reload | None, allowed: Callable[[], bool]) -> None:
        self._reload, self._allowed = reload, allowed

    def routes(self) -> list[Route]:
        return [Route("/-/reload", self._answer, methods=["POST"])]

    async def _answer(self, request: Request) -> Response:
        if self._reload is None or not self._allowed():
            return refusal(403, "not enabled", "web: {reload: true} in the configuration, or kill -HUP")
        if _from_a_page(request):
            return refusal(403, "a web page may not ask for this")
        loaded = await self._reload()
        if loaded.value is not None:
            return PlainTextResponse("reloaded\n")
        return _refused(loaded.errors, tongue(request)[0])


def _from_a_page(request: Request) -> bool:
    """Browsers say where a request comes from; none of our own pages sends this one (Fetch standard, 3.2)."""
    return "origin" in request.headers or request.headers.get("sec-fetch-site", "none") != "none"


def _refused(errors: tuple[Problem, ...], lang: str) -> Response:
    """400 with the first mistake as the error, and all of them behind it."""
    first = errors[0]
    where = f"{first.file}:{first.line}" if first.line else first.file or None
    said = [problem.render(lang) for problem in errors]
    body = documents.error("bad_request", said[0], "the old files stay in force", where)
    return Document({**body, "problems": said}, 400)
