"""Who may see a page, and what is said to the others, and of what is not done."""

import contextlib
import functools
from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from bot.console.forms import CSRF, WRITTEN, Form, is_mark_of, read_form
from bot.console.pages import language_of
from bot.console.visiting import Desk, Visit, desk_of
from bot.errors import (
    AlreadyDecidedError,
    ChangedMeanwhileError,
    EntryMissingError,
    EscalationClosedError,
    EscalationMissingError,
    HeldByOtherError,
    LongFormError,
    MediaGoneError,
    MediaMissingError,
    MediaTooLargeError,
    MediaUnreachableError,
    NotAllowedError,
    NotConnectedError,
    NotHeldError,
    ProposalMissingError,
    QuestionMissingError,
    RequestError,
    StaleFormError,
    VersionMissingError,
)
from bot.i18n.refusals import text_key
from bot.services.signing_in import find_visitor, note_visit

_STATUS: dict[type[RequestError], int] = {
    NotAllowedError: 403,
    StaleFormError: 403,
    EntryMissingError: 404,
    ProposalMissingError: 404,
    QuestionMissingError: 404,
    VersionMissingError: 404,
    AlreadyDecidedError: 409,
    HeldByOtherError: 409,
    NotHeldError: 409,
    EscalationClosedError: 409,
    EscalationMissingError: 404,
    ChangedMeanwhileError: 409,
    LongFormError: 413,
    MediaMissingError: 404,
    MediaGoneError: 410,
    MediaTooLargeError: 413,
    MediaUnreachableError: 503,
    NotConnectedError: 503,
}

Page = Callable[[Visit], Awaitable[Response]]


def signed_in(page: Page, *, is_person: bool = True) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a page for people with a role: others are shown how to sign in.

    A form must carry the mark of the session that it was made for. A `RequestError` that the page
    raises becomes a page that says so kindly. Nobody loses what they wrote, see `_written`.
    """

    @functools.wraps(page)
    async def call(request: Request) -> Response:
        desk = desk_of(request)
        token = request.cookies.get(desk.cookie, "")
        visitor = await desk.services.read(find_visitor, token) if token else None
        if visitor is None:
            return await _turn_away(desk, request, bool(token))
        if is_person and not visitor.is_fresh:
            await desk.services.run(note_visit, visitor.session_id)
        visit = Visit(request, desk, visitor, Form({}), token)
        try:
            visit = replace(visit, form=await read_form(request))
            if request.method == "POST" and not is_mark_of(token, visit.form.text(CSRF)):
                raise StaleFormError
            return await page(visit)
        except RequestError as error:
            return _refuse(visit, error)

    return call


#: As `signed_in`, for what a script asks for by itself: a session that nobody uses still ends.
polled = functools.partial(signed_in, is_person=False)


def say_refusal(visit: Visit, error: RequestError) -> str:
    """Say why something is not done; a few things are done in another way here than in a chat."""
    key = text_key(error)
    own = f"console.{key}"
    return visit.text(own if visit.words.has(own) else key, **error.values)


def _refuse(visit: Visit, error: RequestError) -> Response:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 400)
    written = _written(visit.request, visit.form)
    return visit.render("refused.html", status, reason=say_refusal(visit, error), written=written)


async def _turn_away(desk: Desk, request: Request, had_session: bool) -> Response:
    form = Form({})
    with contextlib.suppress(RequestError):
        form = await read_form(request)
    values = {"is_over": had_session, "written": _written(request, form)}
    response = desk.pages.render("signed_out.html", language_of(request), values, 401)
    if had_session:
        desk.forget(response)
    return response


def _written(request: Request, form: Form) -> list[str]:
    """Return what a person wrote into a form that nothing came of, to be given back to them.

    Only what the browser says was sent from a page of ours: others could put words in our mouth.
    """
    if request.headers.get("sec-fetch-site") != "same-origin":
        return []
    return [text for text in map(form.text, WRITTEN) if text]
