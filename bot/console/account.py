"""Coming in, going out, and the language."""

import hmac
import secrets

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console.forms import read_form
from bot.console.guard import signed_in
from bot.console.pages import LANGUAGES, language_of
from bot.console.visiting import Desk, Visit, desk_of
from bot.errors import RequestError, SignInError, StaleFormError
from bot.i18n.refusals import text_key
from bot.services.farmers import Asker, choose_language
from bot.services.signing_in import LINK_MINUTES, list_sessions, sign_in
from bot.services.signing_out import sign_out, sign_out_everywhere

_KNOCK = "govi-knock"


def routes() -> list[Route]:
    """Return what `bot.console.app` serves."""
    return [
        Route("/sign-in/{token}", show_link),
        Route("/sign-in", use_link, methods=["POST"]),
        Route("/account", show_account),
        Route("/sign-out", leave, methods=["POST"]),
        Route("/language", switch_language, methods=["POST"]),
    ]


async def show_link(request: Request) -> Response:
    """Show a button to the person with a link; opening it, as previews do, uses nothing up."""
    return _door(request, request.path_params["token"])


async def use_link(request: Request) -> Response:
    """Sign in whoever pressed the button on the page that this browser was shown."""
    desk = desk_of(request)
    token = ""
    try:
        form = await read_form(request)
        token = form.text("token")
        knock = request.cookies.get(_KNOCK, "")
        if not knock or not hmac.compare_digest(knock.encode(), form.text("knock").encode()):
            raise StaleFormError
        browser = request.headers.get("user-agent", "")
        opened = await desk.services.run(sign_in, token, browser)
    except RequestError as error:
        return _door(request, token, error)
    response = RedirectResponse("/", 303)
    desk.remember(response, opened)
    _set_knock(desk, response, "")
    return response


@signed_in
async def show_account(visit: Visit) -> Response:
    """Show a person what they are and where they are signed in."""
    sessions = await visit.read(list_sessions, visit.who)
    return visit.render("account.html", sessions=sessions)


@signed_in
async def leave(visit: Visit) -> Response:
    """Sign out here, or everywhere."""
    if visit.form.text("everywhere"):
        await visit.run(sign_out_everywhere, visit.who)
    else:
        await visit.run(sign_out, visit.who, visit.visitor.session_id)
    values = {"is_over": False, "written": ()}
    response = visit.desk.pages.render("signed_out.html", visit.visitor.language, values)
    visit.desk.forget(response)
    return response


@signed_in
async def switch_language(visit: Visit) -> Response:
    """Speak another language from now on, on Telegram too."""
    chosen = visit.form.text("language")
    if chosen in LANGUAGES:
        await visit.run(choose_language, Asker(visit.who, visit.who), chosen)
    back = visit.form.text("back")
    # Only a path of ours: what begins with two slashes names another host.
    is_own = back.startswith("/") and not back.startswith(("//", "/\\"))
    return visit.go(back if is_own else "/")


def _door(request: Request, token: str, error: RequestError | None = None) -> Response:
    desk, language = desk_of(request), language_of(request)
    knock = secrets.token_urlsafe(16)
    values = {
        "token": token,
        "knock": knock,
        "minutes": LINK_MINUTES,
        "is_spent": isinstance(error, SignInError),
        "reason": text_key(error) if error else "",
    }
    status = 403 if error else 200
    response = desk.pages.render("sign_in.html", language, values, status)
    _set_knock(desk, response, knock)
    return response


def _set_knock(desk: Desk, response: Response, knock: str) -> None:
    """Keep what the form on the page must repeat: no other site can make a browser sign in."""
    response.set_cookie(
        _KNOCK,
        knock,
        max_age=LINK_MINUTES * 60 if knock else 0,
        path="/sign-in",
        httponly=True,
        secure=desk.is_secure,
        samesite="strict",
    )
