"""What every page is given: who looks, what they sent, and how to answer them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlencode

from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console.forms import LARGEST, Form, make_mark, read_number
from bot.console.pages import Pages
from bot.console.viewings import Viewings
from bot.i18n import Words
from bot.services.roles import Role
from bot.services.signing_in import LONGEST, Visitor
from bot.services.texts import storable

if TYPE_CHECKING:
    from bot.bootstrap import Services

P = ParamSpec("P")
T = TypeVar("T")

#: Returns what a file of Telegram's holds, by its id; raises what `bot.delivery.fetching` says.
Fetch = Callable[[str], Awaitable[bytes]]

#: Stands in an address for the area of questions near no entry.
NO_AREA = "-"
#: Where the menu leads: path, text, and who sees it.
MENU = (
    ("/queue", "console.nav.queue", Role.OFFICER),
    ("/questions", "console.nav.log", Role.OFFICER),
    ("/knowledge", "console.nav.knowledge", Role.OFFICER),
    ("/drafts", "console.nav.drafts", Role.ADMIN),
    ("/overview", "console.nav.overview", Role.ADMIN),
)


class _RowConvertor(IntegerConvertor):
    """Takes the number of a row from a path; one of thousands of digits leads nowhere."""

    regex = "[0-9]{1,18}"


register_url_convertor("row", _RowConvertor())


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages of one console share.

    Attributes:
        wake: Tells the sender, where there is one in this process, that something is owed.
        fetch: Gets photos and recordings; None without a token for Telegram.
        viewings: Who looks at which of them just now.
    """

    services: "Services"
    pages: Pages
    wake: Callable[[], None]
    fetch: Fetch | None = None
    viewings: Viewings = field(default_factory=Viewings)

    @property
    def is_secure(self) -> bool:
        """Whether people reach the console by TLS."""
        return self.services.settings.console.startswith("https://")

    @property
    def cookie(self) -> str:
        """The cookie's name; a browser takes the prefix from this very host and by TLS alone."""
        return "__Host-govi" if self.is_secure else "govi"

    def remember(self, response: Response, token: str) -> None:
        """Let a browser keep its session."""
        response.set_cookie(
            self.cookie,
            token,
            max_age=int(LONGEST.total_seconds()),
            httponly=True,
            secure=self.is_secure,
            samesite="lax",
        )

    def forget(self, response: Response) -> None:
        """Take a browser's session away."""
        response.delete_cookie(self.cookie, httponly=True, secure=self.is_secure, samesite="lax")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is signed in."""

    request: Request
    desk: Desk
    visitor: Visitor
    form: Form
    _token: str

    @property
    def who(self) -> int:
        """The Telegram user id, which the services ask for."""
        return self.visitor.telegram_user_id

    @property
    def words(self) -> Words:
        """Govi's own words in the person's language."""
        return Words(self.desk.services.catalogue, self.visitor.language)

    def text(self, key: str, **values: object) -> str:
        """Return one of them."""
        return self.words.text(key, **values)

    def query(self, name: str) -> str:
        """Return what the address holds after the question mark; "" for what is not there."""
        return storable(self.request.query_params.get(name, "")).strip()

    def part(self, name: str) -> str:
        """Return a text that stands in the path."""
        return storable(self.request.path_params[name])

    def number(self, name: str) -> int:
        """Return a number that stands in the path."""
        return min(int(self.request.path_params[name]), LARGEST)

    def number_asked(self, name: str) -> int | None:
        """Return a number that stands after the question mark, if one does."""
        return read_number(self.query(name))

    def area(self) -> str | None:
        """Return the area that a list is narrowed to; "" is that of questions near no entry."""
        area = self.query("area")
        return "" if area == NO_AREA else area or None

    def page_number(self) -> int:
        """Return which page of a list is asked for, from 0."""
        return self.number_asked("page") or 0

    async def run(
        self, function: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a service function in one transaction; what it owes is sent once it is committed."""
        result = await self.desk.services.run(function, *args, **kwargs)
        self.desk.wake()
        return result

    async def read(
        self, function: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a service function that changes nothing."""
        return await self.desk.services.read(function, *args, **kwargs)

    def render(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page; its forms carry this session's mark."""
        shared = {
            "visitor": self.visitor,
            "mark": make_mark(self._token),
            "query": dict(self.request.query_params),
            "faults": (),
            "written": (),
            "is_sent": self.request.method == "POST",
            "here": self.request.url.path,
            "can_fetch": self.desk.fetch is not None,
            "no_area": NO_AREA,
            "done": f"console.done.{self.query('done')}",
            "menu": [
                (path, key)
                for path, key, role in MENU
                if role is Role.OFFICER or self.visitor.is_admin
            ],
        }
        return self.desk.pages.render(template, self.visitor.language, shared | values, status)

    def go(self, path: str, done: str = "", **query: str) -> Response:
        """Send the browser on after a form, so that reloading does not send it again."""
        query |= {"done": done} if done else {}
        return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303)


def desk_of(request: Request) -> Desk:
    """Return what the console was built with."""
    desk: Desk = request.app.state.desk
    return desk
