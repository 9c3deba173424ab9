"""Turning templates into pages: everything in them is escaped, nothing is asked of other hosts."""

import hashlib
import mimetypes
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.i18n import Catalogue, Words
from bot.i18n.catalogue import COMPLETE_LANGUAGES, MAIN_LANGUAGE
from bot.i18n.faults import say_fault, say_field, say_piece
from bot.i18n.moments import say_age, say_date, say_span, say_time
from bot.i18n.sent import say_sent
from bot.services.texts import straight
from retrieval import detect_script

FOLDER = Path(__file__).parent
#: Languages of the console; people who read another get the first.
LANGUAGES = (MAIN_LANGUAGE, *COMPLETE_LANGUAGES)
#: What an address holds for one page only.
_PASSING = ("done", "open", "page", "before")
_TONGUES = {"sinhala": "si", "mixed": "si", "tamil": "ta"}
_A_YEAR = "public, max-age=31536000, immutable"


class Pages:
    """The templates, and the files that they name."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._files = {
            str(path.relative_to(FOLDER / "static")): path.read_bytes()
            for path in sorted((FOLDER / "static").rglob("*"))
            if path.is_file()
        }
        self._mark = _fingerprint(self._files)
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            finalize=_in_direction,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(static=self.address_of)
        self._templates.filters.update(
            day=say_date,
            moment=say_time,
            script=detect_script,
            in_tongue=_in_tongue,
            percent=_percent,
            urlencode_with=_with,
            breakable=_breakable,
        )

    def address_of(self, name: str) -> str:
        """Return the path of a file; it changes with the files, so that browsers keep them."""
        if name not in self._files:
            raise LookupError(f"no file {name} in bot/console/static")
        return f"/static/{self._mark}/{name}"

    def render(
        self, template: str, language: str, values: Mapping[str, Any], status: int = 200
    ) -> HTMLResponse:
        """Return a page in a language."""
        spoken = language if language in LANGUAGES else LANGUAGES[0]
        said = _say_with(Words(self._catalogue, spoken))
        return HTMLResponse(self._templates.get_template(template).render(values, **said), status)

    async def serve_file(self, request: Request) -> Response:
        """Return a file of the console, to be kept by the browser."""
        name = request.path_params["name"]
        content = self._files.get(name)
        if content is None:
            return Response(status_code=404)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Response(content, media_type=kind, headers={"Cache-Control": _A_YEAR})


def _say_with(words: Words) -> dict[str, Any]:
    """Return what templates say things with, by the names that they know."""
    return {
        "language": words.language,
        "t": words.text,
        "has": words.has,
        "area_name": words.area,
        "age": partial(say_age, words),
        "span": partial(say_span, words),
        "sent": partial(say_sent, words),
        "field": partial(say_field, words),
        "fault": partial(say_fault, words),
        "piece_of": partial(say_piece, words),
    }


def language_of(request: Request) -> str:
    """Return what to speak with a browser of which nobody is known."""
    return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "si"


def _in_direction(value: object) -> object:
    """Return what is put into a page, without what would turn the direction of the page's own."""
    if isinstance(value, Markup):
        return value
    return straight(value) if isinstance(value, str) else value


def _with(query: Mapping[str, str], **changed: object) -> str:
    """Return what stands after the question mark, with some of it changed; a notice goes."""
    kept = {name: value for name, value in query.items() if value and name not in _PASSING}
    return urlencode(kept | changed)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _in_tongue(text: str) -> Markup:
    """Return the attribute that says what language words are in, if their script tells."""
    tongue = _TONGUES.get(detect_script(text))
    return Markup(' lang="{}"').format(tongue) if tongue else Markup()


def _breakable(key: str) -> Markup:
    """Return a key that a narrow column may break after its dots."""
    return escape(key).replace(".", Markup(".<wbr>"))


def _fingerprint(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:12]
