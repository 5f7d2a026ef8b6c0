"""The routes of the HTTP face, and what happens on none of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from agent.metrics import Exposition
from agent.probes.picture.keep import Album
from agent.store import Unavailable
from agent.view import View
from agent.web.api import Api, Journal
from agent.web.login import Login
from agent.web.pages import Health, Pages, Surveys
from agent.web.pictures import Pictures
from agent.web.reloading import Reload, Reloading
from agent.web.scrapes import Look, Ready, Scrapes
from agent.web.shell import Shell, refusal, wants_document


def make_app(
    view: View,
    exposition: Exposition,
    journal: Journal,
    look: Look,
    ready: Ready,
    *,
    writable: Callable[[], bool] = lambda: True,
    full: Callable[[], bool] = lambda: False,
    roomy: Callable[[], bool] = lambda: True,
    reload_good: Callable[[], bool] = lambda: True,
    site: Callable[[], str] = str,
    reload: Reload | None = None,
    may_reload: Callable[[], bool] = lambda: False,
    users: Callable[[], Mapping[str, str]] = dict,
    album: Album | None = None,
) -> Starlette:
    """The application. journal: a ticket's committed journal; look: one look now; ready: whether every part runs, and
    what does not; writable, full, roomy, reload_good: for the banners; site: the name of the campus; reload,
    may_reload: what `POST /-/reload` does, and whether it is served; users: who may read, everybody while there are
    none; album: the small pictures of cameras."""
    surveys = Surveys(view)
    health = Health(writable=writable, full=full, roomy=roomy, reload_good=reload_good)
    pictures = Pictures(view, album)
    pages = Pages(view, surveys, journal, health, site, pictures)

    refused = _refused(pages)
    app = Starlette(
        routes=[
            *pages.routes(),
            *pictures.routes(),
            *Api(view, journal, surveys.latest).routes(),
            *Scrapes(view, exposition, look, ready).routes(),
            *Reloading(reload, may_reload).routes(),
            Mount("/static", StaticFiles(packages=[("agent.web", "static")])),
        ],
        middleware=[Middleware(Shell), Middleware(Login, users=users)],
        exception_handlers={HTTPException: refused, Unavailable: refused, 500: refused},
    )
    # A redirect would be written with the Host header, which is whatever the caller says.
    app.router.redirect_slashes = False
    return app


def _refused(pages: Pages) -> Callable[[Request, Exception], Awaitable[Response]]:
    """What is answered where no route answers: a document to programs, a page to people."""

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        status = 503 if isinstance(error, Unavailable) else status
        answer: Response = refusal(status) if wants_document(request) else pages.error(request, status, "")
        if isinstance(error, HTTPException):
            answer.headers.update(error.headers or {})
        return answer

    return refused
