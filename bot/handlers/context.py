"""What every handler is given: the services, Govi's words, and the batched search."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from telegram.ext import CallbackContext, ExtBot

from bot.batching import Batcher
from bot.i18n import Catalogue
from bot.i18n.catalogue import MAIN_LANGUAGE
from retrieval import SearchResult

if TYPE_CHECKING:
    from bot.bootstrap import Services

P = ParamSpec("P")
T = TypeVar("T")
_Data = dict[Any, Any]

DESK = "desk"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the handlers of one application share."""

    services: "Services"
    batcher: Batcher[str, SearchResult]


class GoviContext(CallbackContext[ExtBot[Any], _Data, _Data, _Data]):
    """The context of one update."""

    #: What the person reads; `bot.handlers.guard.guarded` asks the database.
    language: str = MAIN_LANGUAGE

    @property
    def desk(self) -> Desk:
        """What the application was built with."""
        desk: Desk = self.application.bot_data[DESK]
        return desk

    @property
    def catalogue(self) -> Catalogue:
        """Govi's own words."""
        return self.desk.services.catalogue

    def text(self, key: str, **values: object) -> str:
        """Return one of Govi's own texts in the person's language."""
        return self.catalogue.text(key, self.language, **values)

    async def run(
        self, function: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a service function in one transaction, in a thread."""
        return await self.desk.services.run(function, *args, **kwargs)

    async def search(self, text: str) -> SearchResult:
        """Search for one question, together with others that arrive meanwhile."""
        return await self.desk.batcher.submit(text)
