"""What jobs leave behind in the outbox, as it would be read."""

from datetime import datetime, timedelta

from bot.bootstrap import Services
from bot.db.engine import reading
from bot.db.models import OutgoingMessage
from bot.delivery.messages import compose
from bot.i18n import Catalogue
from bot.rendering import Attachment, Rendered
from bot.services.job_runs import Occasion
from bot.services.outbox import _LEASED, LeasedMessage
from tests.jobs.clock import MORNING

TEXTS = Catalogue.load()
DAY = timedelta(days=1)


def occasion(due_at: datetime = MORNING, since: datetime | None = None) -> Occasion:
    """A run that begins when it is due."""
    return Occasion(1, "work", due_at, due_at, since, 1)


def owed(services: Services) -> list[tuple[int, str]]:
    """Who is owed what, oldest first; "" for what is over."""
    return [(chat_id, words_of(rendered)) for chat_id, rendered in rendered_rows(services)]


def rendered_rows(services: Services) -> list[tuple[int, Rendered | None]]:
    """Each row's chat, and what would be sent now."""
    with reading(services.sessions) as session:
        rows = session.query(OutgoingMessage).order_by("id").all()
        leased = [LeasedMessage(*(getattr(row, field.key) for field in _LEASED)) for row in rows]
        found = compose(session, TEXTS, leased)
    for each in found:
        if isinstance(each, Exception):
            raise each
    return [(row.chat_id, each) for row, each in zip(leased, found, strict=True)]


def words_of(rendered: Rendered | None) -> str:
    """The words of all parts."""
    parts = rendered.parts if rendered else ()
    return "\n".join(each.caption if isinstance(each, Attachment) else each for each in parts)
