"""What a renderer of outbox rows is, and what it is given."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.i18n import Words
from bot.rendering import Rendered
from bot.services.outbox import LeasedMessage

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Letter(NamedTuple):
    """What a renderer is given.

    Attributes:
        message: The row: its data, chat and references.
        words: Govi's, in what the recipient reads; the main language in a group or for a stranger.
        found: What the kind's `read` returned; None for a kind without one.
    """

    message: LeasedMessage
    words: Words
    found: Any = None

    @property
    def data(self) -> Mapping[str, Any]:
        """What was given to `outbox.post`."""
        return self.message.data

    def text(self, key: str, **values: object) -> str:
        """Return one of Govi's own texts in the recipient's language."""
        return self.words.text(key, **values)


def number_of(number: int | None) -> int:
    """Return the id by which a row names what it is about, such as its `reply_id`.

    Raises:
        ValueError: It does not name it.
    """
    if number is None:
        raise ValueError("the outbox message does not name what it is about")
    return number


class Kind(NamedTuple):
    """How rows of one kind become text.

    Attributes:
        render: Returns the message, or None when its matter is over and nothing is to be sent.
        read: Reads what `render` needs beyond the row, by a service function; None when the matter
            is over, and then `render` is not asked. May be left out.
    """

    render: Callable[[Letter], Rendered | None]
    read: Callable[["Session", LeasedMessage], Any] | None = None
