"""The console as an ASGI application."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.console import (
    account,
    drafts,
    editing,
    knowledge,
    log,
    media,
    overview,
    queue,
    regrouping,
)
from bot.console.guard import signed_in
from bot.console.headers import SecureHeaders
from bot.console.pages import Pages, language_of
from bot.console.visiting import Desk, Fetch, Visit, desk_of

if TYPE_CHECKING:
    from bot.bootstrap import Services


def create_app(
    services: "Services", wake: Callable[[], None] = lambda: None, fetch: Fetch | None = None
) -> ASGIApp:
    """Build the console; it opens no port.

    Args:
        services: What the pages work with; the caller closes them.
        wake: Called when messages may be owed, where a sender runs in this process.
        fetch: Gets what Telegram keeps of farmers' photos and recordings.
    """
    desk = Desk(services, Pages(services.catalogue), wake, fetch)
    app = Starlette(
        routes=[
            Route("/", go_home),
            Route("/static/{mark}/{name:path}", desk.pages.serve_file),
            *account.routes(),
            *queue.routes(),
            *regrouping.routes(),
            *media.routes(),
            *log.routes(),
            *editing.routes(),
            *knowledge.routes(),
            *drafts.routes(),
            *overview.routes(),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=_hosts(desk), www_redirect=False),
            Middleware(GZipMiddleware, minimum_size=1000),
        ],
        exception_handlers={HTTPException: _say_error, Exception: _say_error},
    )
    app.router.redirect_slashes = False  # it names the host, and by another scheme than a proxy's
    app.state.desk = desk
    return SecureHeaders(app, desk.is_secure)  # outside everything, errors too


@signed_in
async def go_home(visit: Visit) -> Response:
    """Go to where most of the work is."""
    return visit.go("/queue")


def _hosts(desk: Desk) -> list[str]:
    """Return the names under which the console may be asked for; others are somebody's trick."""
    settings = desk.services.settings
    named = {urlsplit(settings.console).hostname or "", settings.console_host}
    asked = {f"[{name}]" if ":" in name else name for name in named}
    return sorted({*asked, "localhost", "127.0.0.1"} - {""})


async def _say_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return _sorry(request, 500)
    if error.status_code == 405 and request.method in ("GET", "HEAD"):
        # Where a form goes, asked for again: the page that it stands on is one step up.
        return RedirectResponse(request.url.path.rpartition("/")[0] or "/", 303)
    response = _sorry(request, error.status_code)
    response.headers.update(error.headers or {})
    return response


def _sorry(request: Request, status: int) -> Response:
    key = "console.sorry.missing" if status in (404, 405) else "console.sorry.failed"
    pages = desk_of(request).pages
    return pages.render("sorry.html", language_of(request), {"reason": key}, status)
