"""What every handler is given: the services, Govi's words, the batched search, and the sender."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from telegram.ext import CallbackContext, ExtBot

from bot.batching import Batcher
from bot.delivery.lifeline import Lifeline
from bot.delivery.sender import Sender
from bot.delivery.wire import Wire
from bot.handlers.allowance import Allowance
from bot.i18n import Catalogue, Words
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
    #: For what is said at once and needs no memory; what is owed goes through the outbox.
    wire: Wire
    sender: Sender
    #: How much each person may still send.
    allowance: Allowance
    #: For calls for help that cannot be written down.
    lifeline: Lifeline
    _asides: set[asyncio.Task[None]] = field(default_factory=set)

    def do_aside(self, errand: Coroutine[None, None, None]) -> None:
        """Start something that nobody waits for and that may fail; it must catch its errors."""
        task = asyncio.create_task(errand)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    async def close(self) -> None:
        """Stop searching, and whatever nobody waits for."""
        for task in self._asides:
            task.cancel()
        await asyncio.gather(*self._asides, return_exceptions=True)
        await self.batcher.close()


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
        """Govi's own words in every language."""
        return self.desk.services.catalogue

    @property
    def words(self) -> Words:
        """The same in the person's language."""
        return Words(self.catalogue, self.language)

    def text(self, key: str, **values: object) -> str:
        """Return one of Govi's own texts in the person's language."""
        return self.words.text(key, **values)

    async def run(
        self, function: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a service function in one transaction; what it owes is sent once it is committed."""
        result = await self.desk.services.run(function, *args, **kwargs)
        self.desk.sender.wake()
        return result

    async def read(
        self, function: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a service function that changes nothing."""
        return await self.desk.services.read(function, *args, **kwargs)

    async def search(self, text: str) -> SearchResult:
        """Search for one question, together with others that arrive meanwhile."""
        result = await self.desk.batcher.submit(text)
        self.desk.services.vitals.note_search(result.seconds)
        return result
